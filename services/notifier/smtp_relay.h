#pragma once

// Relay over SMTP: one connection, kept between mails. Not thread-safe.

#include <utility>

#include "services/notifier/relay.h"

namespace plazo::notifier {

class SmtpRelay final : public Relay {
 public:
  SmtpRelay(smtp::Mailer mailer, smtp::SendTimeouts timeouts)
      : mailer_(std::move(mailer)), timeouts_(timeouts) {}

  smtp::SendOutcome Send(const smtp::Envelope& envelope, std::string_view message,
                         const smtp::BeforeFinalDot& before_final_dot) override {
    return mailer_.Send(envelope, message, before_final_dot, timeouts_);
  }

 private:
  smtp::Mailer mailer_;
  const smtp::SendTimeouts timeouts_;
};

}  // namespace plazo::notifier
