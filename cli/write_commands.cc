#include "cli/write_commands.h"

#include <google/protobuf/message.h>

#include <deque>
#include <iterator>
#include <memory>

#include "cli/contract.h"
#include "cli/fields.h"
#include "cli/remote.h"
#include "cli/ticket_lookup.h"
#include "cli/upload.h"
#include "platform/base/encoding.h"
#include "platform/base/random.h"
#include "platform/base/status.h"

namespace plazo::cli {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MessageFactory;
using google::protobuf::MethodDescriptor;

// A write as the command line fills it. One entry a field of the table, in the form that the field
// takes.
struct Input {
  std::deque<std::string> texts;
  std::deque<std::vector<std::string>> lists;
  std::deque<bool> switches;
  std::string request_id, wait, agent, agent_name;
  int64_t expected_version = 0;
};

const MethodDescriptor& MethodOf(const WriteCommand& command) {
  const auto* method = FindMethod(command.method);
  if (method == nullptr) std::abort();  // the table names a method the contract does not have
  return *method;
}

bool HasAgent(const Descriptor& request) { return request.FindFieldByName("agent") != nullptr; }

// Adds one option of the table to the command and makes room for what it is given.
void AddOption(const Command& sub, const FieldOption& option, const FieldDescriptor& field,
               Input& input) {
  const std::string& name = option.option;
  const bool boolean = field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL;
  input.texts.push_back(option.fallback);
  input.lists.emplace_back();
  input.switches.push_back(false);
  OptionRules rules{.required = option.required, .choices = Choices(field)};
  if (boolean) rules.choices = {"true", "false"};
  if (boolean && !option.required) {
    sub.Flag(name, &input.switches.back(), option.help);
  } else if (field.is_repeated()) {
    sub.Texts(name, &input.lists.back(), option.help, rules);
  } else {
    sub.Text(name, &input.texts.back(), option.help, rules);
  }
}

std::vector<std::string> Given(const Input& input, size_t i) {
  if (input.switches[i]) return {"true"};
  if (!input.texts[i].empty()) return {input.texts[i]};
  return input.lists[i];
}

std::string NewRequestId() {
  SystemRandom random;
  return Hex(random.Bytes(12));
}

std::string ReadAll(std::istream& in) {
  return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

// What stands for a value on the command line: a case number for a ticket, - for standard input, a
// file for an attachment.
absl::Status Fill(Session& session, Message& request, const FieldOption& option,
                  const std::string& given) {
  if (option.field == "attachments") {
    auto reference = UploadFile(session, given, "");
    if (!reference.ok()) return reference.status();
    request.GetReflection()
        ->AddMessage(&request, request.GetDescriptor()->FindFieldByName("attachments"))
        ->CopyFrom(*reference);
    return absl::OkStatus();
  }
  if (option.field == "ticket_id" || option.field == "into_ticket_id") {
    auto ticket_id = TicketIdOf(session, given);
    if (!ticket_id.ok()) return ticket_id.status();
    return SetField(request, option.field, *ticket_id);
  }
  return SetField(request, option.field, given == "-" ? ReadAll(session.in) : given);
}

absl::Status FillFrame(const Session& session, const Input& input, Message& request) {
  PLAZO_RETURN_IF_ERROR(SetField(request, "request_id", input.request_id));
  PLAZO_RETURN_IF_ERROR(SetField(request, "tenant", session.tenant));
  if (input.expected_version != 0) {
    PLAZO_RETURN_IF_ERROR(
        SetField(request, "expected_version", std::to_string(input.expected_version)));
  }
  if (!input.wait.empty()) PLAZO_RETURN_IF_ERROR(SetField(request, "decision_wait", input.wait));
  if (!input.agent.empty()) PLAZO_RETURN_IF_ERROR(SetField(request, "agent.id", input.agent));
  if (!input.agent_name.empty()) {
    PLAZO_RETURN_IF_ERROR(SetField(request, "agent.name", input.agent_name));
  }
  return absl::OkStatus();
}

// `applied: ticket_id abc, version 2 (request_id 3f...)`
std::string Summary(const Message& response, const std::string& request_id) {
  std::vector<const FieldDescriptor*> fields;
  response.GetReflection()->ListFields(response, &fields);
  std::string line;
  const FieldDescriptor* decision = response.GetDescriptor()->FindFieldByName("decision");
  if (decision != nullptr) {
    line = ShortName(*response.GetReflection()->GetEnum(response, decision)) + ":";
  }
  std::string version;
  for (const FieldDescriptor* field : fields) {
    if (field->name() == "version") {
      version = std::to_string(response.GetReflection()->GetInt64(response, field));
    } else if (field->number() >= 10 && field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      line += " " + field->name() + " " + response.GetReflection()->GetString(response, field);
    } else if (field->number() >= 10 && field->cpp_type() == FieldDescriptor::CPPTYPE_INT64) {
      line += " " + field->name() + " " +
              std::to_string(response.GetReflection()->GetInt64(response, field));
    }
  }
  if (!version.empty()) line += " version " + version;
  return line + " (request_id " + request_id + ")";
}

void PrintAnswer(Session& session, const Message& response, const std::string& request_id) {
  if (!session.json) {
    session.out << Summary(response, request_id) << "\n";
    return;
  }
  std::string text = JsonText(response);
  text.insert(1, "\"request_id\":" + JsonQuoted(request_id) + (text == "{}" ? "" : ","));
  session.out << text << std::endl;
}

absl::Status FillFields(Session& session, const WriteCommand& command, const Input& input,
                        Message& request) {
  for (size_t i = 0; i < command.fields.size(); ++i) {
    for (const std::string& value : Given(input, i)) {
      PLAZO_RETURN_IF_ERROR(
          Annotate(Fill(session, request, command.fields[i], value), command.fields[i].option));
    }
  }
  return absl::OkStatus();
}

int RunWrite(Session& session, const WriteCommand& command, Input input) {
  if (session.tenant.empty()) return session.Misuse("give --tenant or PLAZO_TENANT");
  if (input.request_id.empty()) input.request_id = NewRequestId();
  const MethodDescriptor& method = MethodOf(command);
  MessageFactory& factory = *MessageFactory::generated_factory();
  std::unique_ptr<Message> request(factory.GetPrototype(method.input_type())->New());
  std::unique_ptr<Message> response(factory.GetPrototype(method.output_type())->New());

  absl::Status filled = FillFrame(session, input, *request);
  if (filled.ok()) filled = FillFields(session, command, input, *request);
  if (!filled.ok()) return session.Fail(filled);
  absl::StatusOr<Remote> intake = Remote::Open(session, session.intake);
  if (!intake.ok()) return session.Fail(intake.status());
  const std::string path = method.service()->full_name() + "/" + method.name();
  const absl::Status called = intake->Call(path, *request, *response);
  if (called.ok()) {
    PrintAnswer(session, *response, input.request_id);
    return 0;
  }
  // Sent again with the same id it cannot be done twice.
  if (RetryableOf(called)) session.err << "plazoctl: request_id " << input.request_id << "\n";
  return session.Fail(called);
}

}  // namespace

void AddWriteCommand(const Command& group, const WriteCommand& command, Session& session) {
  const Descriptor& request = *MethodOf(command).input_type();
  auto input = std::make_shared<Input>();
  Command sub = group.Sub(command.name, command.summary);
  for (const FieldOption& option : command.fields) {
    const FieldDescriptor* field = FindField(request, option.field);
    if (field == nullptr) std::abort();  // the table names a field the request does not have
    AddOption(sub, option, *field, *input);
  }
  if (HasAgent(request)) {
    sub.Text("--agent", &input->agent, "agent id", {.required = true, .environment = "PLAZO_AGENT"})
        .Text("--agent-name", &input->agent_name, "agent's name, for the customer");
  }
  sub.Text("--request-id", &input->request_id, "idempotency key; random if not given")
      .Number("--expected-version", &input->expected_version,
              "refuse unless the aggregate has this version")
      .Text("--wait", &input->wait, "how long to wait for the decision: 0, 500ms, 5s");
  sub.Run([&session, &command, input] { return RunWrite(session, command, *input); });
}

}  // namespace plazo::cli
