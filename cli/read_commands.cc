#include "cli/read_commands.h"

#include <fstream>
#include <memory>

#include "cli/fields.h"
#include "cli/remote.h"
#include "cli/ticket_lookup.h"
#include "cli/ticket_text.h"
#include "cli/upload.h"
#include "platform/base/status.h"
#include "platform/config/duration.h"
#include "plazo/desk/v1/desk.pb.h"

namespace plazo::cli {
namespace {

using google::protobuf::Message;

const std::string kDesk = "plazo.desk.v1.DeskService/";

absl::Status Ask(const Session& session, const std::string& method, const Message& request,
                 Message& response) {
  auto desk = Remote::Open(session, session.desk);
  if (!desk.ok()) return desk.status();
  return desk->Call(kDesk + method, request, response);
}

struct TicketQuery {
  std::string ticket, position;
};

int ShowTicket(Session& session, const TicketQuery& query) {
  desk::v1::GetTicketRequest request;
  desk::v1::GetTicketResponse response;
  request.set_tenant(session.tenant);
  request.set_min_position(query.position);
  if (LooksLikeCaseNumber(query.ticket)) {
    request.set_case_number(query.ticket);
  } else {
    request.set_ticket_id(query.ticket);
  }
  if (absl::Status s = Ask(session, "GetTicket", request, response); !s.ok()) {
    return session.Fail(Annotate(s, query.ticket));
  }
  if (session.json) {
    session.PrintJson(response.ticket());
  } else {
    session.out << TicketText(response.ticket(), Moment::Here());
  }
  return 0;
}

struct ListQuery {
  std::string customer, team, department, impact, text, order, page_token, position;
  std::vector<std::string> statuses;
  int64_t level = 0, max = 50;
  bool breached = false;
};

absl::Status Fill(const Session& session, const ListQuery& query,
                  desk::v1::ListTicketsRequest& request) {
  request.set_tenant(session.tenant);
  request.set_customer_id(query.customer);
  request.set_team(query.team);
  request.set_level(static_cast<int32_t>(query.level));
  request.set_breached(query.breached);
  request.set_text(query.text);
  request.set_min_position(query.position);
  for (const auto& [field, value] :
       {std::pair{"department", query.department}, std::pair{"impact", query.impact},
        std::pair{"order", query.order}}) {
    if (!value.empty()) PLAZO_RETURN_IF_ERROR(SetField(request, field, value));
  }
  for (const std::string& status : query.statuses) {
    PLAZO_RETURN_IF_ERROR(SetField(request, "statuses", status));
  }
  return absl::OkStatus();
}

// Pages on until `max` tickets are shown or there are no more.
int ListTickets(Session& session, const ListQuery& query) {
  desk::v1::ListTicketsRequest request;
  if (absl::Status s = Fill(session, query, request); !s.ok()) return session.Fail(s);
  request.set_page_token(query.page_token);
  int64_t left = query.max;
  while (left > 0) {
    desk::v1::ListTicketsResponse response;
    request.set_page_size(static_cast<int32_t>(std::min<int64_t>(left, 200)));
    if (absl::Status s = Ask(session, "ListTickets", request, response); !s.ok()) {
      return session.Fail(s);
    }
    for (const core::v1::TicketState& ticket : response.tickets()) {
      if (session.json) {
        session.PrintJson(ticket);
      } else {
        session.out << TicketLine(ticket, Moment::Here()) << "\n";
      }
    }
    left -= std::max(1, response.tickets_size());
    request.set_page_token(response.next_page_token());
    if (response.next_page_token().empty()) return 0;
  }
  session.err << "plazoctl: there are more; --max or --page-token " << request.page_token() << "\n";
  return 0;
}

struct WatchQuery {
  std::string ticket, queue, resume, duration = "1d";
  int64_t max = 0;
};

int Watch(Session& session, const WatchQuery& query) {
  const auto duration = config::ParseDuration(query.duration);
  if (!duration) return session.Misuse("--for: must be a duration such as 10s");
  auto desk = Remote::Open(session, session.desk);
  if (!desk.ok()) return session.Fail(desk.status());
  int64_t seen = 0;
  const auto show = [&](const core::v1::TicketState& ticket, const Message& response, bool gone) {
    if (ticket.ticket_id().empty()) return true;  // a heartbeat
    if (session.json) {
      session.PrintJson(response);
    } else {
      session.out << (gone ? "left  " : "") << TicketLine(ticket, Moment::Here()) << std::endl;
    }
    return query.max == 0 || ++seen < query.max;
  };
  absl::Status ended;
  if (!query.ticket.empty()) {
    auto ticket_id = TicketIdOf(session, query.ticket);
    if (!ticket_id.ok()) return session.Fail(ticket_id.status());
    desk::v1::WatchTicketRequest request;
    desk::v1::WatchTicketResponse response;
    request.set_tenant(session.tenant);
    request.set_ticket_id(*ticket_id);
    request.set_resume_token(query.resume);
    ended = desk->Read(kDesk + "WatchTicket", request, response, *duration,
                       [&] { return show(response.ticket(), response, false); });
  } else {
    desk::v1::WatchQueueRequest request;
    desk::v1::WatchQueueResponse response;
    request.set_tenant(session.tenant);
    request.set_team(query.queue);
    request.set_resume_token(query.resume);
    ended = desk->Read(kDesk + "WatchQueue", request, response, *duration,
                       [&] { return show(response.ticket(), response, response.removed()); });
  }
  // The time that was asked for is over.
  if (ended.code() == absl::StatusCode::kDeadlineExceeded) return 0;
  return ended.ok() ? 0 : session.Fail(ended);
}

struct ConversationQuery {
  std::string ticket, position;
  bool internal = false;
};

int ShowConversation(Session& session, const ConversationQuery& query) {
  auto ticket_id = TicketIdOf(session, query.ticket);
  if (!ticket_id.ok()) return session.Fail(ticket_id.status());
  desk::v1::GetConversationRequest request;
  request.set_tenant(session.tenant);
  request.set_ticket_id(*ticket_id);
  request.set_include_internal(query.internal);
  request.set_page_size(200);
  request.set_min_position(query.position);
  do {
    desk::v1::GetConversationResponse response;
    if (absl::Status s = Ask(session, "GetConversation", request, response); !s.ok()) {
      return session.Fail(Annotate(s, query.ticket));
    }
    for (const desk::v1::ConversationEntry& entry : response.entries()) {
      if (session.json) {
        session.PrintJson(entry);
      } else {
        session.out << EntryText(entry, Moment::Here());
      }
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return 0;
}

struct CustomerQuery {
  std::string customer, email, position;
};

int ShowCustomer(Session& session, const CustomerQuery& query) {
  desk::v1::GetCustomerRequest request;
  desk::v1::GetCustomerResponse response;
  request.set_tenant(session.tenant);
  request.set_customer_id(query.customer);
  request.set_email(query.email);
  request.set_min_position(query.position);
  if (absl::Status s = Ask(session, "GetCustomer", request, response); !s.ok()) {
    return session.Fail(s);
  }
  if (session.json) {
    session.PrintJson(response.customer());
  } else {
    session.out << CustomerText(response.customer(), Moment::Here());
  }
  return 0;
}

int ExportCustomer(Session& session, const std::string& customer) {
  desk::v1::ExportCustomerRequest request;
  desk::v1::ExportCustomerResponse part;
  request.set_tenant(session.tenant);
  request.set_customer_id(customer);
  auto desk = Remote::Open(session, session.desk);
  if (!desk.ok()) return session.Fail(desk.status());
  const absl::Status ended =
      desk->Read(kDesk + "ExportCustomer", request, part, absl::Hours(1), [&] {
        if (session.json) {
          session.PrintJson(part);
        } else if (part.has_customer()) {
          session.out << CustomerText(part.customer(), Moment::Here());
        } else if (part.has_ticket()) {
          session.out << "\n" << TicketText(part.ticket(), Moment::Here());
        } else {
          session.out << EntryText(part.entry(), Moment::Here());
        }
        return true;
      });
  return ended.ok() ? 0 : session.Fail(Annotate(ended, customer));
}

struct FeedQuery {
  std::string customer, resume, watch_for;
  int64_t max = 50;
};

void ShowNotification(Session& session, const desk::v1::Notification& each) {
  session.out << TimeText(each.time(), Moment::Here()) << "  " << each.case_number() << "  "
              << each.subject() << (each.read() ? "" : "  (unread)") << "\n"
              << each.text() << (each.text().ends_with('\n') ? "" : "\n");
}

int WatchNotifications(Session& session, const FeedQuery& query) {
  const auto duration = config::ParseDuration(query.watch_for);
  if (!duration) return session.Misuse("--watch: must be a duration such as 10s");
  desk::v1::WatchNotificationsRequest request;
  desk::v1::WatchNotificationsResponse response;
  request.set_tenant(session.tenant);
  request.set_customer_id(query.customer);
  request.set_resume_token(query.resume);
  auto desk = Remote::Open(session, session.desk);
  if (!desk.ok()) return session.Fail(desk.status());
  int64_t left = query.max;
  const absl::Status ended =
      desk->Read(kDesk + "WatchNotifications", request, response, *duration, [&] {
        if (!response.has_notification()) return true;  // a heartbeat
        if (session.json) {
          session.PrintJson(response);
        } else {
          ShowNotification(session, response.notification());
        }
        return --left > 0;
      });
  // The time that was asked for is over.
  if (ended.code() == absl::StatusCode::kDeadlineExceeded) return 0;
  return ended.ok() ? 0 : session.Fail(ended);
}

int ListNotifications(Session& session, const FeedQuery& query) {
  desk::v1::ListNotificationsRequest request;
  request.set_tenant(session.tenant);
  request.set_customer_id(query.customer);
  for (int64_t left = query.max; left > 0;) {
    desk::v1::ListNotificationsResponse response;
    request.set_page_size(static_cast<int32_t>(std::min<int64_t>(left, 200)));
    if (absl::Status s = Ask(session, "ListNotifications", request, response); !s.ok()) {
      return session.Fail(s);
    }
    for (const desk::v1::Notification& each : response.notifications()) {
      if (session.json) {
        session.PrintJson(each);
      } else {
        ShowNotification(session, each);
      }
    }
    if (response.next_page_token().empty()) return 0;
    request.set_page_token(response.next_page_token());
    left -= std::max(1, response.notifications_size());
  }
  session.err << "plazoctl: there are more; --max shows them\n";
  return 0;
}

const std::string kPositionHelp = "wait until what was written there is visible";

}  // namespace

void AddTicketReading(const Command& ticket, Session& session) {
  auto show = std::make_shared<TicketQuery>();
  ticket.Sub("show", "a ticket with its clocks and what is pending")
      .Text("TICKET", &show->ticket, "ticket id or case number", {.required = true})
      .Text("--position", &show->position, kPositionHelp)
      .Run([&session, show] { return ShowTicket(session, *show); });

  auto list = std::make_shared<ListQuery>();
  const auto& request = *desk::v1::ListTicketsRequest::descriptor();
  ticket.Sub("list", "tickets, the most urgent first")
      .Text("--customer", &list->customer, "of this customer")
      .Text("--team", &list->team, "of this team")
      .Number("--level", &list->level, "of this level")
      .Text("--department", &list->department, "of this department",
            {.choices = Choices(*FindField(request, "department"))})
      .Texts("--status", &list->statuses, "in this status, several times",
             {.choices = Choices(*FindField(request, "statuses"))})
      .Text("--impact", &list->impact, "of this impact",
            {.choices = Choices(*FindField(request, "impact"))})
      .Flag("--breached", &list->breached, "with a breach nobody acknowledged")
      .Text("--text", &list->text, "in subject or case number")
      .Text("--order", &list->order, "what comes first",
            {.choices = Choices(*FindField(request, "order"))})
      .Number("--max", &list->max, "how many")
      .Text("--page-token", &list->page_token, "go on where a list ended")
      .Text("--position", &list->position, kPositionHelp)
      .Run([&session, list] { return ListTickets(session, *list); });

  auto watch = std::make_shared<WatchQuery>();
  ticket.Sub("watch", "a ticket, or all of a queue, as it changes")
      .Text("TICKET", &watch->ticket, "ticket id or case number; none = the queue")
      .Text("--team", &watch->queue, "the queue's team; none = all")
      .Text("--resume", &watch->resume, "token of an earlier stream")
      .Text("--for", &watch->duration, "how long")
      .Number("--max", &watch->max, "end after so many changes; 0 = never")
      .Run([&session, watch] { return Watch(session, *watch); });
}

void AddConversation(const Command& root, Session& session) {
  auto query = std::make_shared<ConversationQuery>();
  root.Sub("conversation", "what was said and what happened, oldest first")
      .Text("TICKET", &query->ticket, "ticket id or case number", {.required = true})
      .Flag("--internal", &query->internal, "notes and events, too")
      .Text("--position", &query->position, kPositionHelp)
      .Run([&session, query] { return ShowConversation(session, *query); });
}

void AddCustomerReading(const Command& customer, Session& session) {
  auto query = std::make_shared<CustomerQuery>();
  customer.Sub("show", "a customer by id or address")
      .Text("CUSTOMER", &query->customer, "customer id")
      .Text("--email", &query->email, "one of their addresses")
      .Text("--position", &query->position, kPositionHelp)
      .Run([&session, query] { return ShowCustomer(session, *query); });

  auto exported = std::make_shared<std::string>();
  customer.Sub("export", "everything kept about a customer")
      .Text("CUSTOMER", exported.get(), "customer id", {.required = true})
      .Run([&session, exported] { return ExportCustomer(session, *exported); });

  auto feed = std::make_shared<FeedQuery>();
  customer.Sub("notifications", "what was said to a customer, newest first; or as it is said")
      .Text("CUSTOMER", &feed->customer, "customer id", {.required = true})
      .Text("--watch", &feed->watch_for, "new ones, for so long")
      .Text("--resume", &feed->resume, "with --watch: token of an earlier stream")
      .Number("--max", &feed->max, "how many")
      .Run([&session, feed] {
        return feed->watch_for.empty() ? ListNotifications(session, *feed)
                                       : WatchNotifications(session, *feed);
      });
}

}  // namespace plazo::cli
