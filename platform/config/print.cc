#include <string>

#include "platform/config/config.h"
#include "platform/config/scalar.h"
#include "platform/config/schema.h"

namespace plazo::config {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

bool IsPlain(std::string_view text) {
  const auto word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '/';
  };
  if (text.empty() || !word(text.front()) || text.back() == ':') return false;
  for (const char c : text) {
    if (!word(c) && c != '.' && c != ':' && c != '-' && c != '@' && c != '+') return false;
  }
  return text != "null" && text != "Null" && text != "NULL";
}

std::string Quote(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\x";
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    } else {
      out.push_back(c);
    }
  }
  return out + "\"";
}

class Printer {
 public:
  std::string Take() { return std::move(out_); }

  void PrintMessage(const Message& message, int indent, bool first_inline) {
    const auto* type = message.GetDescriptor();
    const size_t before = out_.size();
    for (int i = 0; i < type->field_count(); ++i) {
      const FieldDescriptor& field = *type->field(i);
      if (!IsShown(message, field)) continue;
      if (!first_inline || out_.size() != before) out_.append(static_cast<size_t>(indent), ' ');
      PrintField(message, field, indent);
    }
    // `- ` or `key:` must be followed by something.
    if (out_.size() == before && indent > 0) out_ += "{}\n";
  }

 private:
  // A number that is 0 where 0 is not what absent means, too.
  static bool IsShown(const Message& message, const FieldDescriptor& field) {
    if (field.is_map()) return false;
    const auto* reflection = message.GetReflection();
    if (field.is_repeated())
      return reflection->FieldSize(message, &field) > 0 || !DefaultValue(field).empty();
    if (reflection->HasField(message, &field)) return true;
    if (field.has_presence() || field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM) return false;
    return !IsSecret(field) && (IsRequired(field) || !DefaultValue(field).empty());
  }

  void PrintField(const Message& message, const FieldDescriptor& field, int indent) {
    out_ += field.name() + ":";
    const auto* reflection = message.GetReflection();
    if (field.is_repeated()) return PrintList(message, field, indent);
    if (IsScalar(field)) {
      out_ += " " + Scalar(message, field, 0) + "\n";
      return;
    }
    const Message& inner = reflection->GetMessage(message, &field);
    out_ += "\n";
    const size_t before = out_.size();
    PrintMessage(inner, indent + 2, false);
    if (out_.compare(before, std::string::npos, "{}\n") == 0)
      out_.replace(before - 1, std::string::npos, " {}\n");
  }

  void PrintList(const Message& message, const FieldDescriptor& field, int indent) {
    const int size = message.GetReflection()->FieldSize(message, &field);
    out_ += size == 0 ? " []\n" : "\n";
    for (int k = 0; k < size; ++k) {
      out_.append(static_cast<size_t>(indent + 2), ' ').append("- ");
      if (IsScalar(field)) {
        out_ += Scalar(message, field, k) + "\n";
      } else {
        PrintMessage(message.GetReflection()->GetRepeatedMessage(message, &field, k), indent + 4,
                     true);
      }
    }
  }

  static std::string Scalar(const Message& message, const FieldDescriptor& field, int index) {
    if (IsSecret(field)) return "***";
    const std::string text = GetScalar(message, field, index);
    // Other readers of YAML take a bare 17:00 for a number in base 60.
    if (IsLocalTime(field)) return Quote(text);
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_STRING) return text;
    return IsPlain(text) ? text : Quote(text);
  }

  std::string out_;
};

}  // namespace

std::string Print(const Message& message) {
  Printer printer;
  printer.PrintMessage(message, 0, false);
  return printer.Take();
}

}  // namespace plazo::config
