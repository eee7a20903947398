#pragma once

// What people ask for, as the commands that intake makes of it: framed with a request id that the
// person counts up, and a snapshot of the customer's profile.

#include <absl/time/time.h>

#include <string>
#include <vector>

#include "plazo/core/v1/command.pb.h"

namespace plazo::cluster {

inline constexpr char kTenant[] = "introserv";

struct Request {
  std::string subject;
  std::string body;
  core::v1::Channel channel = core::v1::CHANNEL_TICKET;
  core::v1::Priority priority = core::v1::PRIORITY_REGULAR;
};

// The id of the ticket that a command is about.
std::string TicketIdOf(const core::v1::Command& command);

// Whose customer somebody is, and what they bought; no plan is the default one.
struct Account {
  std::string tenant = kTenant;
  std::string plan;
};

class Customer {
 public:
  // Has a VPS; is written to at `<id>@customer.example`.
  explicit Customer(std::string id, std::string language = "en", Account account = {});

  core::v1::Command Register();
  core::v1::Command Open(const Request& request);
  core::v1::Command Write(const std::string& ticket_id, const std::string& text,
                          core::v1::Channel channel = core::v1::CHANNEL_TICKET);
  core::v1::Command Confirm(const std::string& ticket_id, bool solved = true);

  const std::string& id() const { return id_; }
  std::string address() const { return id_ + "@customer.example"; }

 private:
  core::v1::Command Frame(const std::string& aggregate, core::v1::Channel channel);

  const std::string id_;
  const std::string language_;
  const Account account_;
  int requests_ = 0;
};

class Agent {
 public:
  explicit Agent(std::string id, std::string tenant = kTenant)
      : id_(std::move(id)), tenant_(std::move(tenant)) {}

  core::v1::Command Reply(const std::string& ticket_id, const std::string& text,
                          bool wait_for_customer = false);
  core::v1::Command Note(const std::string& ticket_id, const std::string& text);
  // `team` empty = the one that reading suggests.
  core::v1::Command Escalate(const std::string& ticket_id, const std::string& cause,
                             const std::string& team = {});
  core::v1::Command Estimate(const std::string& ticket_id, absl::Duration remaining,
                             const std::string& text);
  core::v1::Command Resolve(const std::string& ticket_id, const std::string& summary);
  core::v1::Command AcknowledgeBreach(const std::string& ticket_id,
                                      core::v1::ClockKind clock = core::v1::CLOCK_KIND_UNSPECIFIED);

 private:
  core::v1::Command Frame(const std::string& ticket_id);

  const std::string id_;
  const std::string tenant_;
  int requests_ = 0;
};

// What `plazoctl policy publish` sends.
core::v1::Command ActivatePolicy(const std::string& bundle, const std::string& bundle_hash,
                                 const std::string& tenant = kTenant);

}  // namespace plazo::cluster
