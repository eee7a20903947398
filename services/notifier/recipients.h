#pragma once

// Whom a notification is written to, by what is known at this moment. Pure.
//
// Customers (F29): the addresses of the notification's type; where there is none, or all of them
// have bounced for good, the registered address. Staff: the addresses of the policy. Participants
// of the conversation come after the customer. Never an address of our own, one that cannot be
// written to safely, or the same one twice.

#include <span>
#include <string>
#include <vector>

#include "domain/ids/message_id.h"
#include "plazo/core/v1/delivery.pb.h"
#include "plazo/core/v1/state.pb.h"
#include "plazo/policy/v1/policy.pb.h"

namespace plazo::notifier {

struct Recipients {
  std::vector<std::string> to;
  std::vector<std::string>
      copies;  // for other people in the conversation; only where `to` is not empty
};

// `customer` is null when the intent names none, or there is none.
Recipients RecipientsOf(const core::v1::DeliveryIntent& intent,
                        const core::v1::CustomerState* customer, const policy::v1::Policy& policy,
                        std::span<const ids::MarkKey> keys);

}  // namespace plazo::notifier
