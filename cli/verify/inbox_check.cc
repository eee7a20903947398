#include <set>

#include "cli/verify/checks.h"
#include "domain/ids/ids.h"

namespace plazo::cli {
namespace {

// What the log knows of one notification.
struct Notification {
  bool asked = false;     // an intent was committed
  bool accepted = false;  // settled: the relay took it
  bool doubted = false;   // once it was not known whether the relay had it
};

struct Known {
  std::map<std::string, Notification> notifications;
  std::set<std::string> tickets;
};

Known Learn(const History& history) {
  Known known;
  for (const auto& [lane, decisions] : history.decisions) {
    for (const Decided& decided : decisions) {
      if (const auto ticket = ids::AfterPrefix(decided.decision.aggregate(), "ticket")) {
        known.tickets.emplace(*ticket);
      }
      for (const core::v1::Event& event : decided.decision.events()) {
        if (event.has_notification_requested()) {
          const auto& intent = event.notification_requested().notification().intent();
          known.notifications[intent.notification_id()].asked = true;
        } else if (event.has_notification_settled()) {
          const auto& settled = event.notification_settled();
          Notification& notification = known.notifications[settled.notification_id()];
          notification.accepted = settled.outcome() == core::v1::DELIVERY_OUTCOME_ACCEPTED;
          notification.doubted |= settled.outcome() == core::v1::DELIVERY_OUTCOME_IN_DOUBT;
        } else if (event.has_notification_deferred()) {
          const auto& deferred = event.notification_deferred();
          known.notifications[deferred.notification_id()].doubted |= deferred.in_doubt();
        }
      }
    }
  }
  return known;
}

// <n.{notification}.{ticket}.{key}.{mac}@{domain}>
struct Mark {
  std::string notification_id, ticket_id;
};

std::optional<Mark> ReadMark(const std::string& message_id) {
  if (message_id.rfind("n.", 0) != 0) return std::nullopt;
  const size_t first = message_id.find('.', 2);
  if (first == std::string::npos) return std::nullopt;
  const size_t second = message_id.find('.', first + 1);
  if (second == std::string::npos) return std::nullopt;
  return Mark{message_id.substr(2, first - 2), message_id.substr(first + 1, second - first - 1)};
}

// Copies of one notification, by address, and the Message-IDs they came with.
struct Arrivals {
  std::map<std::string, std::vector<std::string>> copies;
  std::set<std::string> message_ids;
};

void CheckArrivals(const std::string& id, const Notification& notification,
                   const Arrivals& arrivals, Check& check) {
  const std::string& first = arrivals.copies.begin()->second.front();
  if (arrivals.message_ids.size() > 1) {
    check.Violate("notification " + id + " came under " +
                  std::to_string(arrivals.message_ids.size()) + " Message-IDs, first in " + first);
  }
  if (notification.doubted) return;
  for (const auto& [address, names] : arrivals.copies) {
    if (names.size() < 2) continue;
    check.Violate("notification " + id + " reached " + address + " " +
                  std::to_string(names.size()) + " times (" + names[0] + ", " + names[1] +
                  ") and was never in doubt");
  }
}

}  // namespace

Check CheckInbox(const History& history, const std::vector<KeptMail>& mails,
                 const InboxOptions& options) {
  Check check("I9", "an accepted notification reached the relay, twice only when in doubt");
  const Known known = Learn(history);
  std::map<std::string, Arrivals> arrived;
  for (const KeptMail& mail : mails) {
    const std::optional<Mark> mark = ReadMark(mail.message_id);
    const bool ours = mark && known.tickets.count(mark->ticket_id) > 0;
    if (!ours && options.shared) continue;
    // What asked for it may be newer than what was read. A second for clocks that differ.
    const bool newer = mail.accept_time + absl::Seconds(1) > history.dump.begin_time;
    const auto found =
        mark ? known.notifications.find(mark->notification_id) : known.notifications.end();
    const bool asked = found != known.notifications.end() && found->second.asked;
    if (!asked && newer) continue;
    check.Count();
    if (!asked) {
      check.Violate(mail.name + " (" + mail.message_id + ") was asked for by no decision");
      continue;
    }
    Arrivals& arrivals = arrived[mark->notification_id];
    arrivals.message_ids.insert(mail.message_id);
    for (const std::string& address : mail.recipients) {
      arrivals.copies[address].push_back(mail.name);
    }
    if (mail.recipients.empty()) arrivals.copies[""].push_back(mail.name);
  }
  for (const auto& [id, arrivals] : arrived) {
    CheckArrivals(id, known.notifications.at(id), arrivals, check);
  }
  for (const auto& [id, notification] : known.notifications) {
    if (notification.accepted && arrived.count(id) == 0) {
      check.Violate("notification " + id + " is said to be accepted, but never reached the relay");
    }
  }
  return check;
}

}  // namespace plazo::cli
