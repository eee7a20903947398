#include "cli/ticket_text.h"

#include <algorithm>
#include <array>
#include <optional>
#include <sstream>

#include "cli/fields.h"
#include "cli/record_text.h"
#include "domain/core/proto_time.h"
#include "platform/config/duration.h"

namespace plazo::cli {
namespace {

using core::v1::Clock;
using core::v1::TicketState;

std::string OrDash(const std::string& text) { return text.empty() ? "-" : text; }

// The clock that runs out first; nullopt when none runs.
const Clock* NextClock(const TicketState& ticket) {
  const Clock* next = nullptr;
  for (const Clock& clock : ticket.clocks()) {
    if (clock.status() != core::v1::CLOCK_STATUS_RUNNING || !clock.has_due_time()) continue;
    if (clock.has_breach_time()) continue;
    if (next == nullptr || FromProto(clock.due_time()) < FromProto(next->due_time())) next = &clock;
  }
  return next;
}

std::string ActorText(const core::v1::Actor& actor) {
  std::string text = ShortName(actor.kind());
  if (!actor.id().empty()) text += " " + actor.id();
  if (!actor.name().empty()) text += " (" + actor.name() + ")";
  return text;
}

std::string ClockEnd(const Clock& clock, const Moment& moment) {
  switch (clock.status()) {
    case core::v1::CLOCK_STATUS_RUNNING:
      if (!clock.has_due_time()) return "never due";
      return "due " + TimeText(clock.due_time(), moment) + " (" +
             DistanceText(FromProto(clock.due_time()), moment.now) + ")";
    case core::v1::CLOCK_STATUS_PAUSED:
      return "paused";
    case core::v1::CLOCK_STATUS_STOPPED:
      return "stopped " + TimeText(clock.stop_time(), moment) +
             (clock.has_breach_time() ? ", late" : ", in time");
    default:
      return ShortName(clock.status()) +
             (clock.end_reason().empty() ? "" : ": " + clock.end_reason());
  }
}

void WriteClocks(const TicketState& ticket, const Moment& moment, std::ostream& out) {
  for (const Clock& clock : ticket.clocks()) {
    out << "  " << ShortName(clock.kind()) << ": " << ClockEnd(clock, moment) << "; target "
        << config::DurationText(FromProto(clock.target()));
    if (clock.has_limit() && FromProto(clock.limit()) != FromProto(clock.target())) {
      out << ", limit " << config::DurationText(FromProto(clock.limit()));
    }
    if (!clock.calendar().empty()) out << ", hours of " << clock.calendar();
    if (clock.has_breach_time()) {
      out << ", BREACHED " << TimeText(clock.breach_time(), moment)
          << (clock.breached_by_reclassification() ? " by reclassification" : "");
    }
    out << ", policy " << clock.policy_hash().substr(0, 8) << "\n";
  }
}

void WriteWaiting(const TicketState& ticket, const Moment& moment, std::ostream& out) {
  for (const core::v1::OpenBreach& breach : ticket.open_breaches()) {
    out << "  open breach of " << ShortName(breach.clock()) << " at "
        << TimeText(breach.breach_time(), moment) << ", " << breach.reminders() << " reminders\n";
  }
  for (const core::v1::Deadline& deadline : ticket.housekeeping()) {
    out << "  " << ShortName(deadline.kind()) << " at " << TimeText(deadline.due_time(), moment)
        << " (" << DistanceText(FromProto(deadline.due_time()), moment.now) << ")\n";
  }
  for (const core::v1::PendingNotification& pending : ticket.notifications()) {
    out << "  " << ShortName(pending.intent().kind()) << " is being sent, attempt "
        << pending.intent().attempt() << (pending.in_doubt() ? ", in doubt" : "") << "\n";
  }
}

std::string Indented(const std::string& text) {
  std::string out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) out += "    " + line + "\n";
  return out;
}

}  // namespace

std::string TimeText(const google::protobuf::Timestamp& time, const Moment& moment) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S", FromProto(time), moment.zone);
}

std::string DistanceText(absl::Time time, absl::Time now) {
  static constexpr std::array<const char*, 4> kNames = {"d", "h", "m", "s"};
  const std::array<absl::Duration, 4> sizes = {absl::Hours(24), absl::Hours(1), absl::Minutes(1),
                                               absl::Seconds(1)};
  absl::Duration rest = absl::Trunc(absl::AbsDuration(time - now), absl::Seconds(1));
  std::string text;
  int units = 0;
  for (size_t i = 0; i < sizes.size() && units < 2; ++i) {
    const int64_t count = absl::IDivDuration(rest, sizes[i], &rest);
    if (count == 0 && units == 0 && i + 1 < sizes.size()) continue;
    ++units;
    if (count != 0 || units == 1) text += std::to_string(count) + kNames[i];
  }
  return time >= now ? "in " + text : text + " ago";
}

std::string TicketLine(const TicketState& ticket, const Moment& moment) {
  std::ostringstream out;
  out << OrDash(ticket.case_number()) << "  " << ticket.ticket_id() << "  "
      << ShortName(ticket.status()) << "  " << OrDash(ticket.team()) << "  "
      << OrDash(ShortName(ticket.impact())) << "  " << ShortName(ticket.channel()) << "  ";
  if (const Clock* next = NextClock(ticket)) {
    out << ShortName(next->kind()) << " " << DistanceText(FromProto(next->due_time()), moment.now);
  } else {
    out << "-";
  }
  if (ticket.open_breaches_size() > 0) out << "  BREACHED";
  out << "  v" << ticket.version() << "  " << ticket.headline().subject();
  return out.str();
}

std::string TicketText(const TicketState& ticket, const Moment& moment) {
  std::ostringstream out;
  out << "case " << OrDash(ticket.case_number()) << "  ticket " << ticket.ticket_id()
      << "  version " << ticket.version() << "\n"
      << ticket.headline().subject() << "\n"
      << "status " << ShortName(ticket.status()) << ", " << ShortName(ticket.department())
      << ", team " << OrDash(ticket.team()) << " (level " << ticket.level() << "), agent "
      << OrDash(ticket.agent_id()) << "\n"
      << "impact " << OrDash(ShortName(ticket.impact())) << ", complexity "
      << OrDash(ShortName(ticket.complexity())) << ", priority "
      << OrDash(ShortName(ticket.priority())) << "\n"
      << "customer " << OrDash(ticket.customer().customer_id()) << " " << ticket.customer().name()
      << ", plan " << OrDash(ticket.customer().plan()) << ", language " << ticket.language() << ", "
      << ShortName(ticket.customer().trust()) << ", by " << ShortName(ticket.channel()) << "\n"
      << "received " << TimeText(ticket.received_time(), moment) << ", " << ticket.messages()
      << " messages\n";
  if (!ticket.suggested_team().empty()) {
    out << "reading suggests the team " << ticket.suggested_team() << "\n";
  }
  if (!ticket.linked_ticket_id().empty()) {
    out << "continues ticket " << ticket.linked_ticket_id() << "\n";
  }
  if (!ticket.merged_into_ticket_id().empty()) {
    out << "goes on in ticket " << ticket.merged_into_ticket_id() << "\n";
  }
  out << "clocks:\n";
  WriteClocks(ticket, moment, out);
  WriteWaiting(ticket, moment, out);
  return out.str();
}

std::string CustomerText(const core::v1::CustomerState& customer, const Moment& moment) {
  const core::v1::CustomerProfile& profile = customer.profile();
  std::ostringstream out;
  out << "customer " << profile.customer_id() << "  " << profile.name() << "  version "
      << customer.version() << (customer.deleted() ? "  deleted" : "") << "\n"
      << "registered address " << profile.email() << "\n"
      << "plan " << OrDash(profile.plan()) << ", language " << OrDash(profile.language())
      << ", time zone " << OrDash(profile.time_zone()) << "\n";
  for (const std::string& email : profile.other_emails()) out << "also " << email << "\n";
  for (const core::v1::CustomerService& service : profile.services()) {
    out << "service " << service.name() << " (" << OrDash(service.kind()) << ")";
    if (!service.data_centre().empty()) out << " in " << service.data_centre();
    for (const std::string& ip : service.ip_addresses()) out << " " << ip;
    out << "\n";
  }
  for (const core::v1::NotificationAddresses& set : profile.notification_addresses()) {
    out << ShortName(set.type()) << " to";
    for (const std::string& address : set.addresses()) out << " " << address;
    out << "\n";
  }
  for (const core::v1::AddressHealth& health : customer.address_health()) {
    if (!health.bounced()) continue;
    out << "bounces: " << health.address() << " " << health.status() << " since "
        << TimeText(health.since_time(), moment) << "\n";
  }
  return out.str();
}

std::string EntryText(const desk::v1::ConversationEntry& entry, const Moment& moment) {
  std::ostringstream out;
  out << TimeText(entry.time(), moment) << "  ";
  if (!entry.event_name().empty()) {
    out << "* " << (entry.has_event() ? EventText(entry.event()) : entry.event_name());
    if (!entry.text().empty()) out << ": " << entry.text();
    out << "\n";
    return out.str();
  }
  out << ActorText(entry.author()) << " by " << OrDash(ShortName(entry.channel()));
  if (entry.automatic()) out << ", automatic";
  if (entry.visibility() == core::v1::VISIBILITY_INTERNAL) out << ", internal note";
  if (!ShortName(entry.kind()).empty()) out << ", " << ShortName(entry.kind());
  out << "\n" << Indented(entry.text());
  for (const core::v1::AttachmentRef& attachment : entry.attachments()) {
    out << "    [" << attachment.filename() << ", " << attachment.content_type() << ", "
        << attachment.size_bytes() << " bytes, " << attachment.blob_id() << "]\n";
  }
  return out.str();
}

}  // namespace plazo::cli
