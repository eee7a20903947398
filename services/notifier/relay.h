#pragma once

// The SMTP relay as a port: one mail to one address at a time. See platform/smtp/mailer.h for what
// Send promises. Not thread-safe: one Relay a worker.

#include <string_view>

#include "platform/smtp/mailer.h"

namespace plazo::notifier {

class Relay {
 public:
  virtual ~Relay() = default;
  // Blocks. `before_final_dot` runs at most once, on this thread, when the relay has everything but
  // the end of the message; false ends the transaction without it.
  virtual smtp::SendOutcome Send(const smtp::Envelope& envelope, std::string_view message,
                                 const smtp::BeforeFinalDot& before_final_dot) = 0;
};

}  // namespace plazo::notifier
