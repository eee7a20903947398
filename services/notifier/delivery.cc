#include "services/notifier/delivery.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "domain/core/proto_time.h"
#include "platform/base/fail_point.h"
#include "platform/base/status.h"
#include "platform/observability/log.h"
#include "services/notifier/recipients.h"

namespace plazo::notifier {

using namespace core::v1;

namespace {

constexpr absl::Duration kLedgerWait = absl::Milliseconds(250);
constexpr absl::Duration kRelayWait = absl::Milliseconds(100);
// Reports of a relay that is down: each one makes the router write, so they do not come faster than
// it takes a relay to come back.
constexpr double kDownReportsPerSecond = 50;
constexpr double kMaxAllowance = 50;

Report Plain(DeliveryOutcome outcome, std::string reason) {
  return {.outcome = outcome, .relay_time = {}, .smtp_code = 0, .reason = std::move(reason)};
}

}  // namespace

Policy Delivery::PolicyOf(const DeliveryIntent& intent) const {
  return world_.directory.PolicyFor(intent.tenant(), intent.policy_hash());
}

bool Delivery::DirectoryReached(const DeliveryIntent& intent) const {
  if (PolicyOf(intent) == nullptr) return false;
  if (!intent.has_customer()) return true;
  const auto customer = world_.directory.Customer(intent.tenant(), intent.customer().customer_id());
  return customer && customer->version() >= intent.customer().directory_version();
}

Recipients Delivery::RecipientsNow(const DeliveryIntent& intent,
                                   const policy::v1::Policy& policy) const {
  std::optional<CustomerState> customer;
  if (intent.has_customer()) {
    customer = world_.directory.Customer(intent.tenant(), intent.customer().customer_id());
  }
  return RecipientsOf(intent, customer ? &*customer : nullptr, policy, world_.composer.keys());
}

Recipients Delivery::RecipientsNow(const DeliveryIntent& intent) const {
  const Policy policy = PolicyOf(intent);
  return policy ? RecipientsNow(intent, *policy) : Recipients();
}

Verdict Delivery::Deliver(Task& task, Relay& relay) {
  const DeliveryIntent& intent = task.intent.value;
  const Policy policy = PolicyOf(intent);
  if (policy == nullptr) return Plain(DELIVERY_OUTCOME_DEFERRED, "directory_behind");
  auto entries = world_.ledger.Look(intent.notification_id());
  if (!entries.ok()) {
    world_.metrics.ledger_errors.Increment();
    return HoldBack{kLedgerWait};
  }
  for (const auto& [key, known] : task.known) {
    CopyEntry& entry = (*entries)[key];
    if (known.state == CopyState::kSent && entry.state != CopyState::kSent) {
      MarkSent({intent.notification_id(), key}, known.relay_time);
    }
    entry = known;
  }
  Copies copies(RecipientsNow(intent, *policy), *entries, {intent.attempt(), task.token});
  return SendCopies(task, *policy, copies, relay);
}

absl::Status Delivery::SuppressLoops(const DeliveryIntent& intent, const policy::v1::Policy& policy,
                                     Copies& copies) {
  if (!IsAutomaticAnswer(intent)) return absl::OkStatus();
  for (const std::string& address : copies.Missing()) {
    const auto admitted =
        world_.ledger.AdmitAnswer({.tenant = intent.tenant(),
                                   .address_key = AddressKey(address),
                                   .notification_id = intent.notification_id(),
                                   .limit = policy.automatic_replies().limit(),
                                   .window = FromProto(policy.automatic_replies().window())});
    if (!admitted.ok()) return admitted.status();
    if (!*admitted) copies.Suppress(address, "loop_window");
  }
  return absl::OkStatus();
}

Verdict Delivery::SendCopies(Task& task, const policy::v1::Policy& policy, Copies& copies,
                             Relay& relay) {
  const DeliveryIntent& intent = task.intent.value;
  if (!SuppressLoops(intent, policy, copies).ok()) {
    world_.metrics.ledger_errors.Increment();
    return HoldBack{kLedgerWait};
  }
  const std::vector<std::string> missing = copies.Missing();
  if (missing.empty() || copies.AllSuppressed()) return copies.Conclude();
  const auto mail = world_.composer.Compose(intent, policy, copies.Addressees());
  if (!mail.ok()) {
    observability::LogError("mail cannot be made", {{"status", mail.status()},
                                                    {"kind", TemplateName(intent.kind())},
                                                    {"tenant", intent.tenant()}});
    // A router that is newer than we are knows kinds that we do not: later there may be a template.
    return absl::IsNotFound(mail.status()) ? Plain(DELIVERY_OUTCOME_DEFERRED, "no_template")
                                           : Plain(DELIVERY_OUTCOME_FAILED, "unsendable");
  }
  for (const std::string& address : missing) {
    if (!world_.breaker.Allow(world_.clock.Now())) {
      if (!MayReportRelayDown()) return HoldBack{kRelayWait};
      copies.NotTaken({.relay_unusable = true}, address);
      break;
    }
    if (!SendCopy(task, *mail, address, copies, relay).ok()) {
      world_.metrics.ledger_errors.Increment();
      return HoldBack{kLedgerWait};
    }
  }
  return copies.Conclude();
}

absl::Status Delivery::SendCopy(Task& task, const ComposedMail& mail, const std::string& address,
                                Copies& copies, Relay& relay) {
  const CopyId copy{task.intent.value.notification_id(), AddressKey(address)};
  absl::StatusOr<StartAnswer> answer = absl::UnknownError("not asked");
  const smtp::SendOutcome outcome = relay.Send({mail.envelope_from, address}, mail.bytes, [&] {
    PLAZO_FAIL_POINT("notifier.before_started");
    answer = world_.ledger.Start(copy, copies.by());
    PLAZO_FAIL_POINT("notifier.before_final_dot");
    return answer.ok() && answer->verdict == StartAnswer::Verdict::kGo;
  });
  PLAZO_FAIL_POINT("notifier.after_final_dot");
  if (outcome.relay_unusable) {
    world_.breaker.OnUnreachable(world_.clock.Now());
  } else {
    world_.breaker.OnReachable();
  }
  const bool started = answer.ok() && answer->verdict == StartAnswer::Verdict::kGo;
  switch (outcome.result) {
    case smtp::SendResult::kAccepted:
      if (started && answer->repeats) world_.metrics.repeated.Increment();
      Taken(task, copy, outcome.accepted_time);
      copies.Sent(address, outcome.accepted_time);
      return absl::OkStatus();
    case smtp::SendResult::kInDoubt:
      task.known[copy.address_key] = {.state = CopyState::kStarted,
                                      .by = {copies.by().attempt, ""}};
      copies.InDoubt(address);
      return absl::OkStatus();
    case smtp::SendResult::kAborted:
      if (!answer.ok()) return answer.status();
      if (answer->verdict == StartAnswer::Verdict::kSent) copies.Sent(address, answer->relay_time);
      if (answer->verdict == StartAnswer::Verdict::kStartedBefore) copies.InDoubt(address);
      return absl::OkStatus();
    case smtp::SendResult::kRefused:
    case smtp::SendResult::kDeferred:
      copies.NotTaken(outcome, address);
      break;
  }
  // An entry that stays `started` does no harm: the next attempt is a later one.
  if (started && !world_.ledger.MarkRefused(copy, copies.by()).ok()) {
    world_.metrics.ledger_errors.Increment();
  }
  return absl::OkStatus();
}

// The mail has gone, whatever happens now. An entry that cannot be written makes a repeat possible
// after a crash, not in this process.
void Delivery::Taken(Task& task, const CopyId& copy, absl::Time relay_time) {
  world_.metrics.mails.Increment();
  task.known[copy.address_key] = {.state = CopyState::kSent, .by = {}, .relay_time = relay_time};
  PLAZO_FAIL_POINT("notifier.before_sent");
  if (!MarkSent(copy, relay_time)) MarkSent(copy, relay_time);
}

bool Delivery::MarkSent(const CopyId& copy, absl::Time relay_time) {
  if (world_.ledger.MarkSent(copy, relay_time).ok()) return true;
  world_.metrics.ledger_errors.Increment();
  return false;
}

bool Delivery::MayReportRelayDown() {
  const absl::Duration now = world_.clock.Monotonic();
  absl::MutexLock lock(&mutex_);
  const double passed = absl::ToDoubleSeconds(now - allowance_at_);
  report_allowance_ = std::min(kMaxAllowance, report_allowance_ + passed * kDownReportsPerSecond);
  allowance_at_ = now;
  if (report_allowance_ < 1) return false;
  report_allowance_ -= 1;
  return true;
}

}  // namespace plazo::notifier
