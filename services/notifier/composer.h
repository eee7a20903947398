#pragma once

// The mail of a notification: the same intent, policy and recipients give the same bytes, so that a
// second attempt is the same mail, with the same Message-ID.
//
// Thread-safe. Lifetime: the templates outlive it.

#include <absl/status/statusor.h>

#include <string>
#include <vector>

#include "domain/ids/message_id.h"
#include "platform/text/template_set.h"
#include "plazo/core/v1/delivery.pb.h"
#include "plazo/policy/v1/policy.pb.h"

namespace plazo::notifier {

struct ComposedMail {
  std::string envelope_from;  // empty = null return path
  std::string bytes;          // for DATA: CRLF lines, no dot stuffing
};

// "acknowledgement", "agent_reply", ...: names the template; empty for an unknown kind.
std::string TemplateName(core::v1::NotificationKind kind);

// An answer to an incoming message that no person wrote: what RFC 3834 calls auto-replied, and what
// a robot could be made to answer (I11).
bool IsAutomaticAnswer(const core::v1::DeliveryIntent& intent);

class Composer {
 public:
  // The first key signs. Requires at least one.
  Composer(const text::TemplateSet& templates, std::vector<ids::MarkKey> keys)
      : templates_(templates), keys_(std::move(keys)) {}

  // `to` is not empty; the first is the mail's To, the others its Cc. kNotFound: no such template;
  // kInvalidArgument: a value that cannot stand in a mail.
  absl::StatusOr<ComposedMail> Compose(const core::v1::DeliveryIntent& intent,
                                       const policy::v1::Policy& policy,
                                       const std::vector<std::string>& to) const;

  const std::vector<ids::MarkKey>& keys() const { return keys_; }

 private:
  const text::TemplateSet& templates_;
  const std::vector<ids::MarkKey> keys_;
};

}  // namespace plazo::notifier
