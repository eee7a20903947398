#include <algorithm>

#include "domain/classify/classifier.h"
#include "domain/core/proto_time.h"
#include "domain/ids/ids.h"
#include "domain/sla/clocks.h"
#include "domain/ticket/clock_steps.h"
#include "domain/ticket/commands.h"
#include "domain/ticket/notify_steps.h"

namespace plazo::ticket {

using namespace core::v1;

namespace {

Classification Read(const Draft& draft, const OpenTicket& command) {
  classify::Message message;
  message.channel = command.channel();
  message.subject = command.content().subject();
  message.body = command.content().body();
  message.chosen_department = command.department();
  message.priority = command.priority();
  for (const CustomerService& service : draft.command().customer().services()) {
    message.service_kinds.push_back(service.kind());
  }
  message.language_hint = command.language();
  Classification read = draft.policy().classifier().Classify(message);
  read.set_unsure(read.confidence() < draft.policy().policy().routing().unsure_below());
  return read;
}

// The language of what was written, if the tenant speaks it; else the customer's.
std::string AnswerLanguage(const Draft& draft, const OpenTicket& command,
                           const Classification& read) {
  const auto& spoken = draft.policy().policy().languages();
  for (std::string_view wanted :
       {std::string_view(read.language()), std::string_view(draft.command().customer().language()),
        std::string_view(command.language())}) {
    if (std::find(spoken.begin(), spoken.end(), wanted) != spoken.end()) return std::string(wanted);
  }
  return std::string(draft.policy().LanguageFor(""));
}

void EmitOpened(Draft& draft, const OpenTicket& command, const Classification& read) {
  Event event;
  TicketOpened* opened = event.mutable_ticket_opened();
  opened->set_ticket_id(
      std::string(ids::AfterPrefix(draft.command().aggregate(), "ticket").value_or("")));
  opened->set_case_number(ids::CaseNumber(draft.context().lane.case_sequence() + 1,
                                          draft.context().lane.lane(), draft.context().lanes));
  *opened->mutable_customer() = draft.command().customer();
  opened->set_channel(command.channel());
  opened->set_chosen_department(command.department());
  opened->set_priority(command.priority());
  opened->mutable_headline()->set_subject(command.content().subject());
  opened->set_service_name(command.service_name());
  opened->set_server_ip(command.server_ip());
  opened->set_order_number(command.order_number());
  if (command.has_problem_start_time()) {
    *opened->mutable_problem_start_time() = command.problem_start_time();
  }
  opened->set_linked_ticket_id(command.linked_ticket_id());
  *opened->mutable_received_time() = ToProto(draft.asked());
  opened->set_policy_hash(draft.policy().hash());
  opened->set_language(AnswerLanguage(draft, command, read));
  draft.Emit(std::move(event));
}

NotificationType TypeOf(Department department) {
  switch (department) {
    case DEPARTMENT_FINANCIAL:
      return NOTIFICATION_TYPE_BILLING;
    case DEPARTMENT_ABUSE:
      return NOTIFICATION_TYPE_ABUSE;
    default:
      return NOTIFICATION_TYPE_SUPPORT;
  }
}

// Where the service stands that the request names; empty when it names none of the customer's.
std::string DataCentreOf(const Command& command) {
  const OpenTicket& open = command.open_ticket();
  for (const CustomerService& service : command.customer().services()) {
    const auto& addresses = service.ip_addresses();
    const bool named =
        (!open.service_name().empty() && open.service_name() == service.name()) ||
        (!open.order_number().empty() && open.order_number() == service.order_number()) ||
        std::find(addresses.begin(), addresses.end(), open.server_ip()) != addresses.end();
    if (named || command.customer().services_size() == 1) return service.data_centre();
  }
  return {};
}

void EmitRouted(Draft& draft, const OpenTicket& command, const Classification& read) {
  const policy::v1::Routing& routing = draft.policy().policy().routing();
  const policy::v1::Team& specialists =
      draft.policy().TeamForClassified(read.team(), DataCentreOf(draft.command()));
  const bool first_team = routing.first_team_reads_all() || read.unsure();
  const policy::v1::Team& team = first_team ? draft.policy().FirstTeam() : specialists;
  Event event;
  TicketRouted* routed = event.mutable_ticket_routed();
  *routed->mutable_classification() = read;
  const Department department = read.department() != DEPARTMENT_UNSPECIFIED ? read.department()
                                : command.department() != DEPARTMENT_UNSPECIFIED
                                    ? command.department()
                                    : DEPARTMENT_TECHNICAL;
  routed->set_department(department);
  routed->set_team(team.id());
  routed->set_level(team.level());
  routed->set_impact(read.impact() == IMPACT_UNSPECIFIED ? IMPACT_LOW : read.impact());
  routed->set_complexity(read.complexity() == COMPLEXITY_UNSPECIFIED ? COMPLEXITY_STANDARD
                                                                     : read.complexity());
  routed->set_notification_type(TypeOf(department));
  if (specialists.id() != team.id()) routed->set_suggested_team(specialists.id());
  draft.Emit(std::move(event));
}

Fields AcknowledgementFields(const Draft& draft) {
  const TicketState& ticket = draft.ticket();
  Fields fields = TicketFields(draft);
  if (const Clock* response = sla::Find(ticket, CLOCK_KIND_FIRST_RESPONSE)) {
    fields.emplace_back("first_response_target",
                        DurationText(FromProto(response->target()), ticket.language()));
  }
  if (const auto* estimate = draft.policy().EstimateFor(ticket.complexity())) {
    std::string_view text = policy::Localised(estimate->texts(), ticket.language());
    if (!text.empty()) fields.emplace_back("estimate", std::string(text));
  }
  // The first article that answers what was asked (F40).
  for (const policy::v1::KnowledgeArticle& article : draft.policy().policy().knowledge_base()) {
    if (!article.language().empty() && article.language() != ticket.language()) continue;
    for (const std::string& intent : article.intents()) {
      const auto& seen = ticket.classification().intents();
      if (std::find(seen.begin(), seen.end(), intent) == seen.end()) continue;
      fields.emplace_back("article_title", article.title());
      fields.emplace_back("article_link", article.link());
      return fields;
    }
  }
  return fields;
}

// The customer hears at once that we have it (F1), unless that would feed a loop or a stranger.
void Acknowledge(Draft& draft, const MailHeaders& mail) {
  const TicketState& ticket = draft.ticket();
  StartClock(draft, CLOCK_KIND_ACKNOWLEDGEMENT, draft.asked());
  if (!mail.auto_reply_reason().empty()) {
    CancelClock(draft, CLOCK_KIND_ACKNOWLEDGEMENT, "automatic_mail");
    return;
  }
  Message message;
  message.stops_acknowledgement = true;
  const bool stranger = ticket.customer().trust() == SENDER_TRUST_UNVERIFIED;
  if (stranger && ticket.channel() == CHANNEL_EMAIL) {
    if (!draft.policy().policy().automatic_replies().acknowledge_unverified() || !CanMail(ticket)) {
      CancelClock(draft, CLOCK_KIND_ACKNOWLEDGEMENT, "unverified_sender");
      return;
    }
    message.kind = NOTIFICATION_KIND_ACKNOWLEDGEMENT_MINIMAL;
    // Nothing that the sender wrote (I18).
    message.fields = {{"case_number", ticket.case_number()},
                      {"provider_name", draft.policy().policy().display_name()}};
  } else {
    message.kind = NOTIFICATION_KIND_ACKNOWLEDGEMENT;
    message.fields = AcknowledgementFields(draft);
  }
  TellCustomer(draft, std::move(message));
  // In a chat the conversation is the customer's own channel (I10).
  if (!CanMail(draft.ticket())) StopClock(draft, CLOCK_KIND_ACKNOWLEDGEMENT, draft.now());
}

// A request on a channel the plan lacks is kept and answered with the channels it has (F37).
void ExplainChannel(Draft& draft) {
  const TicketState& ticket = draft.ticket();
  if (ticket.customer().customer_id().empty()) return;
  const auto& channels = draft.policy().PlanFor(ticket.customer().plan()).channels();
  if (std::find(channels.begin(), channels.end(), ticket.channel()) != channels.end()) return;
  Message message;
  message.kind = NOTIFICATION_KIND_CHANNEL_NOT_INCLUDED;
  message.fields = TicketFields(draft);
  for (int channel : channels) {
    switch (channel) {
      case CHANNEL_TICKET:
        message.fields.emplace_back("channel_ticket", "1");
        break;
      case CHANNEL_CHAT:
        message.fields.emplace_back("channel_chat", "1");
        break;
      case CHANNEL_EMAIL:
        message.fields.emplace_back("channel_email", "1");
        break;
      default:
        message.fields.emplace_back("channel_telephone", "1");
    }
  }
  TellCustomer(draft, std::move(message));
}

// Another ticket passed it on: nobody is there to be told of a refusal, so it must find a place.
bool PassedOn(const Command& command) { return command.request_id().empty(); }

bool MayWrite(const TicketState& ticket, const Command& command) {
  const CustomerSnapshot& sender = command.customer();
  if (!sender.visitor_id().empty()) return sender.visitor_id() == ticket.customer().visitor_id();
  if (sender.trust() == SENDER_TRUST_AUTHENTICATED || sender.trust() == SENDER_TRUST_REGISTERED) {
    if (!sender.customer_id().empty() && sender.customer_id() == ticket.customer().customer_id()) {
      return true;
    }
  }
  const std::string& from = command.add_customer_message().mail().from();
  if (from.empty()) return false;
  const auto& others = ticket.participants();
  return from == ticket.customer().reply_address() ||
         std::find(others.begin(), others.end(), from) != others.end();
}

// Mail is never refused on grounds of state: a linked ticket takes it.
Effects OpenLinked(Draft draft, const core::v1::AddCustomerMessage& command,
                   std::string_view reason) {
  const std::string ticket_id =
      ids::TicketId(draft.command().tenant(), "linked:" + draft.command().command_id());
  Command open;
  open.set_tenant(draft.command().tenant());
  open.set_aggregate(ids::TicketKey(ticket_id));
  *open.mutable_actor() = draft.command().actor();
  *open.mutable_received_time() = ToProto(draft.asked());
  *open.mutable_customer() = draft.command().customer();
  OpenTicket* body = open.mutable_open_ticket();
  body->set_channel(command.channel());
  *body->mutable_content() = command.content();
  if (body->content().subject().empty()) {
    body->mutable_content()->set_subject(draft.ticket().headline().subject());
  }
  if (command.has_mail()) *body->mutable_mail() = command.mail();
  body->set_language(draft.ticket().language());
  // A stranger learns nothing of the ticket whose mark they hold.
  if (reason != "SENDER_UNKNOWN") {
    body->set_linked_ticket_id(draft.ticket().ticket_id());
  } else {
    body->mutable_content()->set_subject(command.content().subject());
  }
  draft.Send(std::move(open));
  draft.RedirectTo(ticket_id);
  return draft.Finish(reason);
}

Effects PassToSurvivor(Draft draft) {
  Command passed = draft.command();
  passed.clear_request_id();
  passed.clear_expected_version();
  passed.set_aggregate(ids::TicketKey(draft.ticket().merged_into_ticket_id()));
  draft.RedirectTo(draft.ticket().merged_into_ticket_id());
  draft.Send(std::move(passed));
  return draft.Finish("MERGED");
}

bool ClosedTooLong(const Draft& draft) {
  const TicketState& ticket = draft.ticket();
  if (ticket.stub()) return true;
  if (ticket.status() != TICKET_STATUS_CLOSED) return false;
  return draft.now() > FromProto(ticket.closed_time()) +
                           FromProto(draft.policy().policy().lifecycle().reopen_within());
}

}  // namespace

Effects Open(Draft draft, const OpenTicket& command) {
  const Classification read = Read(draft, command);
  EmitOpened(draft, command, read);
  EmitRouted(draft, command, read);
  AddCustomerEntry(draft, command.channel(), command.content(),
                   command.has_mail() ? &command.mail() : nullptr);
  // Before the acknowledgement, which says how soon somebody answers.
  StartClock(draft, CLOCK_KIND_FIRST_RESPONSE, draft.asked());
  // A machine is promised nothing; people look at what it says all the same.
  if (command.mail().auto_reply_reason().empty()) {
    StartClock(draft, CLOCK_KIND_UPDATE, draft.asked());
    StartClock(draft, CLOCK_KIND_ESTIMATE, draft.asked());
  }
  Acknowledge(draft, command.mail());
  ExplainChannel(draft);
  return draft.Finish();
}

Effects AddToNoTicket(Draft draft, const core::v1::AddCustomerMessage& command) {
  if (PassedOn(draft.command())) return OpenLinked(std::move(draft), command, "OPENED_LINKED");
  return draft.Refuse("UNKNOWN_TICKET", "no such ticket");
}

Effects AddCustomerMessage(Draft draft, const core::v1::AddCustomerMessage& command) {
  const TicketState& ticket = draft.ticket();
  if (!MayWrite(ticket, draft.command())) {
    if (command.channel() == CHANNEL_EMAIL || PassedOn(draft.command())) {
      return OpenLinked(std::move(draft), command, "SENDER_UNKNOWN");
    }
    return draft.Refuse("NOT_YOUR_TICKET", "the ticket is another customer's");
  }
  if (ticket.status() == TICKET_STATUS_MERGED && !PassedOn(draft.command())) {
    return PassToSurvivor(std::move(draft));
  }
  // What was passed on once is not passed on again: tickets may be merged in a circle.
  if (ticket.status() == TICKET_STATUS_MERGED || ClosedTooLong(draft))
    return OpenLinked(std::move(draft), command, "OPENED_LINKED");

  AddCustomerEntry(draft, command.channel(), command.content(),
                   command.has_mail() ? &command.mail() : nullptr);
  // A machine's answer is kept and moves nothing: no reopening, no clock.
  if (!command.mail().auto_reply_reason().empty()) return draft.Finish();
  if (ticket.status() == TICKET_STATUS_RESOLVED || ticket.status() == TICKET_STATUS_CLOSED ||
      ticket.status() == TICKET_STATUS_WAITING_FOR_CUSTOMER) {
    ReopenTicketNow(draft, "customer_answered");
  }
  const bool waiting_for_first = sla::IsOpen(sla::Find(ticket, CLOCK_KIND_FIRST_RESPONSE));
  if (!waiting_for_first && !sla::IsOpen(sla::Find(ticket, CLOCK_KIND_NEXT_RESPONSE))) {
    StartClock(draft, CLOCK_KIND_NEXT_RESPONSE, draft.asked());
  }
  return draft.Finish();
}

Effects ConfirmResolution(Draft draft, const core::v1::ConfirmResolution& command) {
  if (draft.ticket().customer().customer_id() != draft.command().customer().customer_id()) {
    return draft.Refuse("NOT_YOUR_TICKET", "the ticket is another customer's");
  }
  if (draft.ticket().status() != TICKET_STATUS_RESOLVED) {
    return draft.Refuse("NOT_RESOLVED", "only a resolved ticket can be confirmed");
  }
  if (!command.content().body().empty()) {
    AddCustomerEntry(draft, draft.ticket().channel(), command.content(), nullptr);
  }
  if (command.solved()) {
    CloseTicketNow(draft, "confirmed");
  } else {
    ReopenTicketNow(draft, "not_solved");
    StartClock(draft, CLOCK_KIND_NEXT_RESPONSE, draft.asked());
  }
  return draft.Finish();
}

Effects LogCall(Draft draft, const core::v1::LogCall& command) {
  Event event;
  event.mutable_call_logged()->set_caller(command.caller());
  draft.Emit(std::move(event));
  AddInternalNote(draft, command.summary());
  return draft.Finish();
}

}  // namespace plazo::ticket
