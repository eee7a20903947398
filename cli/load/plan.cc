#include "cli/load/plan.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>

#include <numeric>

#include "platform/base/status.h"
#include "plazo/intake/v1/agent.pb.h"
#include "plazo/intake/v1/chat.pb.h"
#include "plazo/intake/v1/customer.pb.h"
#include "plazo/intake/v1/email.pb.h"
#include "plazo/intake/v1/ticket.pb.h"

namespace plazo::cli {
namespace {

constexpr size_t kMaxTickets = 10'000;

constexpr std::string_view kSubjects[] = {
    "Server does not answer", "Invoice of last month",     "El correo no llega",
    "Reinicio del servidor",  "Il sito è lento",           "Fattura doppia",
    "Не працює пошта",        "Рахунок оплачено двічі",    "New IP address",
    "Disk is failing",        "Se ha caducado el dominio", "Backup restore"};

constexpr std::string_view kSentences[] = {"My VPS has not answered ping since this morning.",
                                           "The invoice names a service that I cancelled.",
                                           "No llegan correos desde ayer y los clientes se quejan.",
                                           "El servidor se reinicia solo cada hora.",
                                           "Il sito risponde dopo dieci secondi.",
                                           "Abbiamo pagato due volte la stessa fattura.",
                                           "Пошта не надходить з учорашнього дня.",
                                           "Сервер недоступний, клієнти скаржаться.",
                                           "Please add one IPv4 address to the order.",
                                           "SMART says that the second disk is failing.",
                                           "Could you restore the database of Tuesday?",
                                           "Thank you for your help."};

std::string CustomerId(int customer) { return "load-" + std::to_string(customer); }

}  // namespace

absl::StatusOr<LoadMix> ParseMix(std::string_view text) {
  LoadMix mix = {};
  for (const auto& part : absl::StrSplit(ToAbsl(text), ',')) {
    const std::string entry(part.data(), part.size());
    const size_t equals = entry.find('=');
    size_t kind = 0;
    while (kind < kLoadKinds.size() && kLoadKinds[kind] != entry.substr(0, equals)) ++kind;
    int share = 0;
    if (kind == kLoadKinds.size() || equals == std::string::npos ||
        !absl::SimpleAtoi(entry.substr(equals + 1), &share) || share < 0) {
      return InvalidArgument(entry + ": must be ticket, chat, mail or reply = a share");
    }
    mix[kind] = share;
  }
  if (std::accumulate(mix.begin(), mix.end(), 0) == 0) return InvalidArgument("all shares are 0");
  return mix;
}

LoadKind LoadPlan::Choose() {
  const int sum = std::accumulate(options_.mix.begin(), options_.mix.end(), 0);
  int at = static_cast<int>(Below(static_cast<uint64_t>(sum)));
  size_t kind = 0;
  while (at >= options_.mix[kind]) at -= options_.mix[kind++];
  const auto chosen = static_cast<LoadKind>(kind);
  return chosen == LoadKind::kReply && tickets_.empty() ? LoadKind::kTicket : chosen;
}

std::string LoadPlan::Text() {
  std::string text;
  const uint64_t sentences = 1 + Below(4);
  for (uint64_t i = 0; i < sentences; ++i) {
    if (i > 0) text += ' ';
    text += kSentences[Below(std::size(kSentences))];
  }
  return text;
}

std::string LoadPlan::Mail(const std::string& request_id, int customer) {
  const std::string from = "c" + std::to_string(customer) + "@" + options_.mail_domain;
  return "From: " + from + "\r\nTo: " + options_.mail_to + "\r\nSubject: Load " + request_id +
         "\r\nMessage-ID: <" + request_id + "@" + options_.mail_domain +
         ">\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
         "Content-Transfer-Encoding: 8bit\r\n\r\n" +
         Text() + "\r\n";
}

std::vector<LoadRequest> LoadPlan::Customers() {
  std::vector<LoadRequest> requests;
  for (int customer = 0; customer < options_.customers; ++customer) {
    auto request = std::make_unique<intake::v1::UpsertCustomerRequest>();
    request->set_request_id("load-customer-" + std::to_string(customer) + "-" + options_.run);
    request->set_tenant(options_.tenant);
    core::v1::CustomerProfile& profile = *request->mutable_customer();
    profile.set_customer_id(CustomerId(customer));
    profile.set_name("Load " + std::to_string(customer));
    profile.set_email("c" + std::to_string(customer) + "@" + options_.mail_domain);
    LoadRequest entry;
    entry.request_id = request->request_id();
    entry.method = "plazo.intake.v1.CustomerService/UpsertCustomer";
    entry.request = std::move(request);
    entry.response = std::make_unique<intake::v1::UpsertCustomerResponse>();
    requests.push_back(std::move(entry));
  }
  return requests;
}

void LoadPlan::MakeTicket(LoadRequest& next, int customer) {
  auto request = std::make_unique<intake::v1::SubmitTicketRequest>();
  request->set_request_id(next.request_id);
  request->set_tenant(options_.tenant);
  request->set_customer_id(CustomerId(customer));
  request->set_department(Below(4) == 0 ? core::v1::DEPARTMENT_FINANCIAL
                                        : core::v1::DEPARTMENT_TECHNICAL);
  request->set_priority(Below(5) == 0 ? core::v1::PRIORITY_HIGH : core::v1::PRIORITY_REGULAR);
  request->set_subject(std::string(kSubjects[Below(std::size(kSubjects))]));
  request->set_body(Text());
  next.method = "plazo.intake.v1.TicketService/SubmitTicket";
  next.request = std::move(request);
  next.response = std::make_unique<intake::v1::SubmitTicketResponse>();
}

void LoadPlan::MakeChat(LoadRequest& next, int customer) {
  auto request = std::make_unique<intake::v1::SendChatMessageRequest>();
  request->set_request_id(next.request_id);
  request->set_tenant(options_.tenant);
  request->set_customer_id(CustomerId(customer));
  request->set_text(Text());
  next.method = "plazo.intake.v1.ChatService/SendChatMessage";
  next.request = std::move(request);
  next.response = std::make_unique<intake::v1::SendChatMessageResponse>();
}

void LoadPlan::MakeMail(LoadRequest& next, int customer) {
  auto request = std::make_unique<intake::v1::SubmitEmailRequest>();
  request->set_tenant(options_.tenant);
  request->set_envelope_from("c" + std::to_string(customer) + "@" + options_.mail_domain);
  request->add_envelope_to(options_.mail_to);
  request->set_raw(Mail(next.request_id, customer));
  next.method = "plazo.intake.v1.EmailService/SubmitEmail";
  next.request = std::move(request);
  next.response = std::make_unique<intake::v1::SubmitEmailResponse>();
}

void LoadPlan::MakeReply(LoadRequest& next) {
  auto request = std::make_unique<intake::v1::ReplyRequest>();
  request->set_request_id(next.request_id);
  request->set_tenant(options_.tenant);
  request->set_ticket_id(tickets_[Below(tickets_.size())]);
  request->mutable_agent()->set_id("load");
  request->set_body(Text());
  next.method = "plazo.intake.v1.AgentService/Reply";
  next.request = std::move(request);
  next.response = std::make_unique<intake::v1::ReplyResponse>();
}

LoadRequest LoadPlan::Next() {
  LoadRequest next;
  next.kind = Choose();
  next.request_id = "load-" + options_.run + "-" + std::to_string(++sent_);
  const int customer = static_cast<int>(Below(static_cast<uint64_t>(options_.customers)));
  switch (next.kind) {
    case LoadKind::kTicket:
      MakeTicket(next, customer);
      break;
    case LoadKind::kChat:
      MakeChat(next, customer);
      break;
    case LoadKind::kMail:
      MakeMail(next, customer);
      break;
    case LoadKind::kReply:
      MakeReply(next);
      break;
  }
  return next;
}

void LoadPlan::Opened(const std::string& ticket_id) {
  tickets_.push_back(ticket_id);
  if (tickets_.size() > kMaxTickets) tickets_.pop_front();
}

}  // namespace plazo::cli
