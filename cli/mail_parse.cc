#include "cli/mail_parse.h"

#include <array>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "platform/mime/parsed_mail.h"

namespace plazo::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kOk = 0;
constexpr int kNoInput = 66;  // EX_NOINPUT

std::optional<std::string> ReadAll(std::istream& in) {
  std::string bytes;
  std::array<char, 1 << 16> chunk;
  do {
    in.read(chunk.data(), chunk.size());  // a directory sets badbit here; iterators would throw
    bytes.append(chunk.data(), static_cast<std::size_t>(in.gcount()));
  } while (in);
  if (in.bad()) return std::nullopt;
  return bytes;
}

std::optional<std::string> ReadFile(const std::string& file) {
  if (file == "-") return ReadAll(std::cin);
  std::ifstream in(file, std::ios::binary);
  if (!in) return std::nullopt;
  return ReadAll(in);
}

Json Addresses(const std::vector<mime::Mailbox>& mailboxes) {
  Json list = Json::array();
  for (const mime::Mailbox& mailbox : mailboxes) list.push_back(mailbox.address);
  return list;
}

Json Attachments(const std::vector<mime::Attachment>& attachments) {
  Json list = Json::array();
  for (const mime::Attachment& attachment : attachments) {
    list.push_back({{"filename", attachment.filename},
                    {"content_type", attachment.content_type},
                    {"size", attachment.bytes.size()}});
  }
  return list;
}

Json Line(const std::string& file, const mime::ParsedMail& mail, const std::string& error) {
  Json line;
  line["file"] = file;
  line["from"] = mail.from.address;
  line["to"] = Addresses(mail.to);
  line["cc"] = Addresses(mail.cc);
  line["reply_to"] = mail.reply_to;
  line["subject"] = mail.subject;
  line["message_id"] = mail.message_id;
  line["in_reply_to"] = mail.in_reply_to;
  line["references"] = mail.references;
  line["date"] = nullptr;
  if (mail.date.has_value())
    line["date"] = absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", *mail.date, absl::UTCTimeZone());
  line["text"] = mail.text;
  line["html"] = mail.html;
  line["visible_reply"] = mail.visible_reply;
  line["attachments"] = Attachments(mail.attachments);
  line["auto_reply"] = mail.auto_reply;
  line["auto_reply_reason"] = mail.auto_reply_reason;
  line["bounce"] = {{"is", mail.bounce.is},
                    {"permanent", mail.bounce.permanent},
                    {"status", mail.bounce.status},
                    {"recipient", mail.bounce.recipient},
                    {"original_message_id", mail.bounce.original_message_id}};
  line["feedback_report"] = {{"is", mail.feedback_report.is},
                             {"type", mail.feedback_report.type},
                             {"source_ip", mail.feedback_report.source_ip}};
  line["error"] = nullptr;
  if (!error.empty()) line["error"] = error;
  return line;
}

}  // namespace

int MailParse(const std::vector<std::string>& files, std::ostream& out) {
  int exit_code = kOk;
  for (const std::string& file : files) {
    mime::ParsedMail mail;
    std::string error;
    if (const std::optional<std::string> bytes = ReadFile(file); !bytes.has_value()) {
      error = "cannot read file";
      exit_code = kNoInput;
    } else if (absl::StatusOr<mime::ParsedMail> parsed = mime::ParseMail(*bytes); !parsed.ok()) {
      error = std::string(parsed.status().message());
    } else {
      mail = *std::move(parsed);
    }
    // File names are bytes: what is no UTF-8 is replaced, not thrown at.
    out << Line(file, mail, error).dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
  }
  return exit_code;
}

}  // namespace plazo::cli
