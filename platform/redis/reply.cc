#include "platform/redis/reply.h"

#include <charconv>

#include "platform/base/status.h"

namespace plazo::redis {
namespace {

std::string_view TypeName(Reply::Type type) {
  constexpr std::string_view kNames[] = {"nil", "status", "string", "integer", "array", "error"};
  return kNames[static_cast<size_t>(type)];
}

absl::Status Unexpected(const Reply& reply, std::string_view wanted) {
  if (reply.is_error()) return reply.ToStatus();
  // Only the type: the content may be a customer's.
  return Internal("redis: expected " + std::string(wanted) + ", got " +
                  std::string(TypeName(reply.type())));
}

bool HasText(const Reply& reply) {
  return reply.type() == Reply::Type::kString || reply.type() == Reply::Type::kStatus;
}

}  // namespace

Reply Reply::Text(Type type, std::string_view text) {
  Reply reply(type);
  reply.text_ = text;
  return reply;
}

Reply Reply::Integer(int64_t value) {
  Reply reply(Type::kInteger);
  reply.integer_ = value;
  return reply;
}

Reply Reply::Array(std::vector<Reply> elements) {
  Reply reply(Type::kArray);
  reply.elements_ = std::move(elements);
  return reply;
}

// The first word of an error names its kind.
absl::Status Reply::ToStatus() const {
  if (!is_error()) return absl::OkStatus();
  const std::string kind = text_.substr(0, text_.find(' '));
  const std::string message = "redis: " + text_;
  if (kind == "OOM") return absl::ResourceExhaustedError(message);
  for (const char* passing :
       {"LOADING", "BUSY", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "MISCONF"}) {
    if (kind == passing) return absl::UnavailableError(message);
  }
  for (const char* denied : {"NOAUTH", "NOPERM", "WRONGPASS"}) {
    if (kind == denied) return absl::PermissionDeniedError(message);
  }
  if (kind == "WRONGTYPE") return absl::FailedPreconditionError(message);
  return absl::InternalError(message);
}

absl::StatusOr<int64_t> Reply::AsInteger() const {
  if (type_ == Type::kInteger) return integer_;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
  if (!HasText(*this) || error != std::errc() || end != text_.data() + text_.size()) {
    return Unexpected(*this, "an integer");
  }
  return value;
}

absl::StatusOr<std::string> Reply::AsString() const {
  if (!HasText(*this)) return Unexpected(*this, "a string");
  return text_;
}

absl::StatusOr<std::optional<std::string>> Reply::AsOptionalString() const {
  if (is_nil()) return std::optional<std::string>();
  if (!HasText(*this)) return Unexpected(*this, "a string or nil");
  return std::optional<std::string>(text_);
}

absl::StatusOr<std::vector<std::string>> Reply::AsStrings() const {
  if (type_ != Type::kArray) return Unexpected(*this, "an array of strings");
  std::vector<std::string> out;
  out.reserve(elements_.size());
  for (const Reply& element : elements_) {
    absl::StatusOr<std::string> text = element.AsString();
    if (!text.ok()) return text.status();
    out.push_back(*std::move(text));
  }
  return out;
}

std::string Reply::DebugString() const {
  switch (type_) {
    case Type::kNil:
      return "nil";
    case Type::kInteger:
      return std::to_string(integer_);
    case Type::kArray: {
      std::string out = "[";
      for (const Reply& element : elements_)
        out += (out.size() > 1 ? ", " : "") + element.DebugString();
      return out + "]";
    }
    default:
      return std::string(TypeName(type_)) + " \"" + text_ + "\"";
  }
}

}  // namespace plazo::redis
