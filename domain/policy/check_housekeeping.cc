#include "domain/policy/check_parts.h"

namespace plazo::policy {
namespace {

void CheckLifecycle(const v1::Lifecycle& lifecycle, Findings& findings) {
  findings.Positive("lifecycle.close_after", lifecycle.close_after());
  if (ToAbsl(lifecycle.reopen_within()) < absl::ZeroDuration()) {
    findings.Error("lifecycle.reopen_within", "must not be negative");
  }
  const bool shrinks = findings.Positive("lifecycle.shrink_after", lifecycle.shrink_after());
  const bool forgets = findings.Positive("lifecycle.forget_after", lifecycle.forget_after());
  if (!shrinks || !forgets) return;
  // A shrunken ticket has nothing left to reopen.
  if (ToAbsl(lifecycle.reopen_within()) > ToAbsl(lifecycle.shrink_after())) {
    findings.Error("lifecycle.reopen_within", "must not be more than shrink_after");
  }
  if (ToAbsl(lifecycle.forget_after()) <= ToAbsl(lifecycle.shrink_after())) {
    findings.Error("lifecycle.forget_after", "must be more than shrink_after");
  }
}

// I11
void CheckReplies(const v1::AutomaticReplies& replies, Findings& findings) {
  if (replies.limit() < 1 || replies.limit() > 1000) {
    findings.Error("automatic_replies.limit", "must be 1 to 1000");
  }
  findings.Positive("automatic_replies.window", replies.window());
}

void CheckDelivery(const v1::Delivery& delivery, Findings& findings) {
  if (delivery.retry_after().empty()) findings.Error("delivery.retry_after", "must not be empty");
  for (int i = 0; i < delivery.retry_after_size(); ++i) {
    const std::string path = At("delivery.retry_after", i);
    if (!findings.Positive(path, delivery.retry_after(i))) continue;
    if (i > 0 && ToAbsl(delivery.retry_after(i)) < ToAbsl(delivery.retry_after(i - 1))) {
      findings.Error(path, "must not be less than the one before");
    }
  }
  if (findings.Positive("delivery.give_up_after", delivery.give_up_after()) &&
      !delivery.retry_after().empty() &&
      ToAbsl(delivery.give_up_after()) < ToAbsl(delivery.retry_after(0))) {
    findings.Error("delivery.give_up_after", "leaves no time for the first retry");
  }
  findings.Positive("delivery.in_doubt_after", delivery.in_doubt_after());
  findings.Positive("delivery.stuck_after", delivery.stuck_after());
}

}  // namespace

void CheckHousekeeping(const v1::Policy& policy, Findings& findings) {
  CheckLifecycle(policy.lifecycle(), findings);
  CheckReplies(policy.automatic_replies(), findings);
  CheckDelivery(policy.delivery(), findings);
}

}  // namespace plazo::policy
