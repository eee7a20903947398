#include "tests/cluster/commands.h"

#include "domain/core/proto_time.h"
#include "domain/ids/ids.h"

namespace plazo::cluster {

using namespace core::v1;

namespace {

// Once the body is complete, as intake does: the id covers what the client sent.
Command Finish(Command command) {
  command.set_command_id(
      ids::CommandId(command.tenant(), command.request_id(), command.SerializeAsString()));
  return command;
}

}  // namespace

std::string TicketIdOf(const Command& command) {
  return std::string(ids::AfterPrefix(command.aggregate(), "ticket").value_or(""));
}

Customer::Customer(std::string id, std::string language, Account account)
    : id_(std::move(id)), language_(std::move(language)), account_(std::move(account)) {}

Command Customer::Frame(const std::string& aggregate, Channel channel) {
  Command command;
  command.set_tenant(account_.tenant);
  command.set_request_id(id_ + "-" + std::to_string(++requests_));
  command.set_aggregate(aggregate);
  command.mutable_actor()->set_kind(ACTOR_KIND_CUSTOMER);
  command.mutable_actor()->set_id(id_);
  CustomerSnapshot& snapshot = *command.mutable_customer();
  snapshot.set_customer_id(id_);
  snapshot.set_version(1);
  snapshot.set_name(id_);
  snapshot.set_language(language_);
  snapshot.set_plan(account_.plan);
  snapshot.add_services()->set_kind("vps");
  snapshot.set_trust(channel == CHANNEL_EMAIL ? SENDER_TRUST_REGISTERED
                                              : SENDER_TRUST_AUTHENTICATED);
  return command;
}

Command Customer::Register() {
  Command command = Frame(ids::CustomerKey(account_.tenant, id_), CHANNEL_TICKET);
  CustomerProfile& profile = *command.mutable_upsert_customer()->mutable_profile();
  profile.set_customer_id(id_);
  profile.set_name(id_);
  profile.set_email(address());
  profile.set_language(language_);
  profile.set_plan(account_.plan);
  profile.add_services()->set_kind("vps");
  return Finish(std::move(command));
}

Command Customer::Open(const Request& request) {
  Command command = Frame("", request.channel);
  command.set_aggregate(ids::TicketKey(ids::TicketId(account_.tenant, command.request_id())));
  OpenTicket& open = *command.mutable_open_ticket();
  open.set_channel(request.channel);
  open.set_priority(request.priority);
  open.mutable_content()->set_subject(request.subject);
  open.mutable_content()->set_body(request.body);
  open.set_language(language_);
  if (request.channel == CHANNEL_EMAIL) {
    open.mutable_mail()->set_from(address());
    open.mutable_mail()->set_message_id(command.request_id() + "@customer.example");
  }
  return Finish(std::move(command));
}

Command Customer::Write(const std::string& ticket_id, const std::string& text, Channel channel) {
  Command command = Frame(ids::TicketKey(ticket_id), channel);
  command.mutable_add_customer_message()->set_channel(channel);
  command.mutable_add_customer_message()->mutable_content()->set_body(text);
  return Finish(std::move(command));
}

Command Customer::Confirm(const std::string& ticket_id, bool solved) {
  Command command = Frame(ids::TicketKey(ticket_id), CHANNEL_TICKET);
  command.mutable_confirm_resolution()->set_solved(solved);
  return Finish(std::move(command));
}

Command Agent::Frame(const std::string& ticket_id) {
  Command command;
  command.set_tenant(tenant_);
  command.set_request_id(id_ + "-" + std::to_string(++requests_));
  command.set_aggregate(ids::TicketKey(ticket_id));
  command.mutable_actor()->set_kind(ACTOR_KIND_AGENT);
  command.mutable_actor()->set_id(id_);
  command.mutable_actor()->set_name(id_);
  return command;
}

Command Agent::Reply(const std::string& ticket_id, const std::string& text,
                     bool wait_for_customer) {
  Command command = Frame(ticket_id);
  command.mutable_reply()->mutable_content()->set_body(text);
  command.mutable_reply()->set_wait_for_customer(wait_for_customer);
  return Finish(std::move(command));
}

Command Agent::Note(const std::string& ticket_id, const std::string& text) {
  Command command = Frame(ticket_id);
  command.mutable_add_note()->mutable_content()->set_body(text);
  return Finish(std::move(command));
}

Command Agent::Escalate(const std::string& ticket_id, const std::string& cause,
                        const std::string& team) {
  Command command = Frame(ticket_id);
  command.mutable_escalate()->set_cause(cause);
  command.mutable_escalate()->set_team(team);
  return Finish(std::move(command));
}

Command Agent::Estimate(const std::string& ticket_id, absl::Duration remaining,
                        const std::string& text) {
  Command command = Frame(ticket_id);
  *command.mutable_give_estimate()->mutable_remaining() = ToProto(remaining);
  command.mutable_give_estimate()->mutable_reason()->set_body(text);
  return Finish(std::move(command));
}

Command Agent::Resolve(const std::string& ticket_id, const std::string& summary) {
  Command command = Frame(ticket_id);
  command.mutable_resolve()->mutable_summary()->set_body(summary);
  return Finish(std::move(command));
}

Command Agent::AcknowledgeBreach(const std::string& ticket_id, ClockKind clock) {
  Command command = Frame(ticket_id);
  command.mutable_acknowledge_breach()->set_clock(clock);
  return Finish(std::move(command));
}

Command ActivatePolicy(const std::string& bundle, const std::string& bundle_hash,
                       const std::string& tenant) {
  Command command;
  command.set_tenant(tenant);
  command.set_request_id("policy-" + bundle_hash);
  command.set_aggregate(ids::TenantKey(tenant));
  command.mutable_actor()->set_kind(ACTOR_KIND_SYSTEM);
  command.mutable_actor()->set_id("operator");
  command.mutable_activate_policy()->set_bundle(bundle);
  command.mutable_activate_policy()->set_bundle_hash(bundle_hash);
  return Finish(std::move(command));
}

}  // namespace plazo::cluster
