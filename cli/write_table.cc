#include "cli/write_commands.h"

namespace plazo::cli {
namespace {

FieldOption Ticket() { return {"TICKET", "ticket_id", "ticket id or case number", true}; }
FieldOption Body(const std::string& field, const std::string& help, bool required = true) {
  return {"TEXT", field, help + "; - reads standard input", required};
}
FieldOption Attach() {
  return {"--attach", "attachments", "file to upload and attach, several times"};
}
FieldOption Customer() { return {"--customer", "customer_id", "customer id", true}; }

WriteCommand Agent(const std::string& name, const std::string& method, const std::string& summary,
                   std::vector<FieldOption> fields) {
  return {"agent", name, "plazo.intake.v1.AgentService." + method, summary, std::move(fields)};
}

std::vector<WriteCommand> CustomerSide() {
  return {
      {"ticket",
       "submit",
       "plazo.intake.v1.TicketService.SubmitTicket",
       "opens a ticket from the client area",
       {{"--subject", "subject", "at most 300 characters", true},
        Body("body", "what the customer writes"),
        Customer(),
        {"--department", "department", "what the customer chose", false, "technical"},
        {"--priority", "priority", "what the customer chose", false, "regular"},
        {"--service", "service_name", "the service it is about"},
        {"--server-ip", "server_ip", "the server it is about"},
        {"--order", "order_number", "the order it is about"},
        {"--problem-start", "problem_start_time", "when it began, RFC 3339"},
        {"--diagnostics", "diagnostics", "output of tools; - reads standard input"},
        {"--language", "language", "of the client area, ISO 639-1"},
        Attach()}},
      {"ticket",
       "reply",
       "plazo.intake.v1.TicketService.AddTicketMessage",
       "a customer's answer in the client area",
       {Ticket(), Body("body", "what the customer writes"), Customer(), Attach()}},
      {"ticket",
       "confirm",
       "plazo.intake.v1.TicketService.ConfirmResolution",
       "the customer says whether the solution holds",
       {Ticket(),
        Customer(),
        {"--solved", "solved", "true, or false = opens again", true},
        {"--comment", "comment", "in the customer's words"}}},
      {"chat",
       "send",
       "plazo.intake.v1.ChatService.SendChatMessage",
       "a customer's or visitor's line in the chat; opens a conversation or continues one",
       {Body("text", "what is written"),
        {"--customer", "customer_id", "customer id, or --visitor"},
        {"--visitor", "visitor_id", "visitor id, or --customer"},
        {"--ticket", "ticket_id", "the conversation to continue"},
        {"--language", "language", "of the widget, ISO 639-1"}}},
      {"call",
       "log",
       "plazo.intake.v1.CallService.LogCall",
       "an operator records a telephone call",
       {Body("summary", "what was said"),
        {"--customer", "customer_id", "customer id"},
        {"--case", "case_number", "the case number named by the caller"},
        {"--ticket", "ticket_id", "the ticket it is about"},
        {"--caller", "caller", "who called"}}},
  };
}

std::vector<WriteCommand> Conversation() {
  return {
      Agent("reply", "Reply", "answers the customer",
            {Ticket(),
             Body("body", "the answer"),
             Attach(),
             {"--wait-for-customer", "wait_for_customer", "the customer has to act next"}}),
      Agent("note", "AddNote", "an internal note, never an answer",
            {Ticket(), Body("body", "the note")}),
      Agent("estimate", "GiveEstimate", "tells the customer when it will be solved",
            {Ticket(),
             {"REMAINING", "remaining", "from now: 4h, 2d", true},
             {"--reason", "reason", "for the customer"}}),
      Agent("wait", "WaitForCustomer", "the customer has to act next",
            {Ticket(), Body("question", "what the customer is asked", false)}),
      Agent("resolve", "Resolve", "solved: the customer is asked to confirm",
            {Ticket(), Body("summary", "what was done, for the customer")}),
      Agent("close", "Close", "closes the ticket", {Ticket(), {"--reason", "reason", "why"}}),
      Agent("reopen", "Reopen", "opens it again", {Ticket(), {"--reason", "reason", "why"}}),
      Agent("promote-chat", "PromoteChat", "a chat becomes a ticket", {Ticket()}),
  };
}

std::vector<WriteCommand> Organisation() {
  const FieldOption team = {"--team", "team", "team id of the policy"};
  return {
      Agent("assign", "Assign", "names a person or team of the same level",
            {Ticket(), team, {"--to", "assignee_id", "agent id"}}),
      Agent("escalate", "Escalate",
            "to a higher level or specialists; the customer is told why and what comes next",
            {Ticket(),
             team,
             {"--cause", "cause", "a cause of the policy", true},
             {"--reason", "reason", "to the customer; empty = the policy's words"},
             {"--next-step", "next_step", "to the customer; empty = the policy's words"}}),
      Agent("transfer", "Transfer", "to another department",
            {Ticket(), {"--department", "department", "where to", true}, team}),
      Agent("impact", "SetImpact", "corrects what was read; clocks follow",
            {Ticket(),
             {"--impact", "impact", "what it touches"},
             {"--complexity", "complexity", "how much work it is"}}),
      Agent("request-approval", "RequestApproval", "asks management",
            {Ticket(),
             {"--cause", "cause", "a cause of the policy"},
             {"--reason", "reason", "for management"}}),
      Agent("approve", "DecideApproval", "management decides",
            {Ticket(),
             {"--approved", "approved", "true or false", true},
             {"--reason", "reason", "why"}}),
      Agent("merge", "Merge", "goes on in another ticket",
            {Ticket(), {"INTO", "into_ticket_id", "that other ticket's id", true}}),
      Agent("ack-breach", "AcknowledgeBreach", "management has taken note: reminders end",
            {Ticket(),
             {"CLOCK", "clock", "the clock that was breached", true},
             {"--note", "note", "what follows from it"}}),
      {"agent participant",
       "add",
       "plazo.intake.v1.AgentService.AddParticipant",
       "somebody else may read and write along by mail",
       {Ticket(), {"ADDRESS", "address", "mail address", true}}},
      {"agent participant",
       "remove",
       "plazo.intake.v1.AgentService.RemoveParticipant",
       "somebody may do so no longer",
       {Ticket(), {"ADDRESS", "address", "mail address", true}}},
      Agent("update-incident", "UpdateIncident", "one update to every customer of an incident",
            {{"INCIDENT", "incident_id", "incident id", true}, Body("text", "the update")}),
      Agent("resolve-incident", "ResolveIncident", "the incident is over",
            {{"INCIDENT", "incident_id", "incident id", true}, Body("summary", "the end", false)}),
      Agent("unlink-incident", "UnlinkFromIncident", "the ticket is about something else",
            {Ticket(), {"--incident", "incident_id", "incident id"}}),
  };
}

std::vector<WriteCommand> Directory() {
  const std::string service = "plazo.intake.v1.CustomerService.";
  const FieldOption customer = {"CUSTOMER", "customer_id", "customer id", true};
  const auto types = [](const std::string& list) -> std::vector<FieldOption> {
    return {{"--billing", list + "[type=billing].addresses", "address for billing, several times"},
            {"--support", list + "[type=support].addresses", "address for support, several times"},
            {"--abuse", list + "[type=abuse].addresses", "address for abuse, several times"}};
  };
  WriteCommand upsert = {
      "customer",
      "upsert",
      service + "UpsertCustomer",
      "creates or replaces a profile",
      {{"CUSTOMER", "customer.customer_id", "customer id", true},
       {"--email", "customer.email", "registered address", true},
       {"--name", "customer.name", "name"},
       {"--other-email", "customer.other_emails", "another address of theirs, several times"},
       {"--language", "customer.language", "ISO 639-1"},
       {"--time-zone", "customer.time_zone", "IANA zone"},
       {"--plan", "customer.plan", "support plan of the policy"},
       {"--service", "customer.services",
        "name=web1,kind=vps,data_centre=mad1,ip_addresses=192.0.2.1, several times"}}};
  for (FieldOption& option : types("customer.notification_addresses")) {
    upsert.fields.push_back(std::move(option));
  }
  WriteCommand addresses = {"customer",
                            "addresses",
                            service + "SetNotificationAddresses",
                            "where each type of notification goes; an empty address falls back to "
                            "the registered one",
                            {customer}};
  for (FieldOption& option : types("addresses")) addresses.fields.push_back(std::move(option));
  return {upsert,
          addresses,
          {"customer", "delete", service + "DeleteCustomer", "removes the profile", {customer}},
          {"customer",
           "mark-read",
           service + "MarkNotificationsRead",
           "marks notifications of the client area as read",
           {customer, {"NOTIFICATION", "notification_ids", "notification ids", true}}}};
}

std::vector<WriteCommand> Notices() {
  const std::string service = "plazo.intake.v1.NoticeService.";
  const FieldOption notice = {"NOTICE", "notice_id", "notice id", true};
  return {
      {"notice",
       "publish",
       service + "PublishNotice",
       "an announcement to many",
       {{"--kind", "kind", "maintenance, change, outage, invoice, order, abuse_report, security",
         true},
        {"--subject", "subject", "subject", true},
        Body("body", "the text"),
        {"--customer", "customer_ids", "to this customer, several times"},
        {"--service", "service_names", "to those with this service, several times"},
        {"--data-centre", "data_centres", "to those with services there, several times"},
        {"--everyone", "everyone", "to all customers"}}},
      {"notice", "pause", service + "PauseNotice", "stops sending for now", {notice}},
      {"notice", "resume", service + "ResumeNotice", "goes on sending", {notice}},
      {"notice", "cancel", service + "CancelNotice", "stops sending for good", {notice}},
  };
}

}  // namespace

const std::vector<WriteCommand>& WriteCommands() {
  static const std::vector<WriteCommand> all = [] {
    std::vector<WriteCommand> table;
    for (auto part : {CustomerSide(), Conversation(), Organisation(), Directory(), Notices()}) {
      for (WriteCommand& command : part) table.push_back(std::move(command));
    }
    return table;
  }();
  return all;
}

}  // namespace plazo::cli
