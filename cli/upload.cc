#include "cli/upload.h"

#include <absl/strings/ascii.h>

#include <array>
#include <filesystem>
#include <utility>

#include "cli/remote.h"
#include "platform/base/file.h"
#include "platform/base/status.h"
#include "plazo/intake/v1/ticket.pb.h"

namespace plazo::cli {
namespace {

constexpr size_t kPartBytes = 512 * 1024;

std::string ContentTypeOf(const std::filesystem::path& path) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kTypes = {{
      {".txt", "text/plain"},
      {".log", "text/plain"},
      {".csv", "text/csv"},
      {".html", "text/html"},
      {".png", "image/png"},
      {".jpg", "image/jpeg"},
      {".jpeg", "image/jpeg"},
      {".gif", "image/gif"},
      {".pdf", "application/pdf"},
      {".zip", "application/zip"},
      {".json", "application/json"},
      {".xml", "application/xml"},
  }};
  const std::string extension = absl::AsciiStrToLower(path.extension().string());
  for (const auto& [known, type] : kTypes) {
    if (extension == known) return std::string(type);
  }
  return "application/octet-stream";
}

}  // namespace

absl::StatusOr<core::v1::AttachmentRef> UploadFile(const Session& session, const std::string& path,
                                                   const std::string& content_type) {
  auto content = ReadFile(path, size_t{1} << 30);
  if (!content.ok()) return content.status();
  auto intake = Remote::Open(session, session.intake);
  if (!intake.ok()) return intake.status();

  intake::v1::UploadAttachmentRequest part;
  intake::v1::UploadAttachmentResponse response;
  part.set_tenant(session.tenant);
  part.set_filename(std::filesystem::path(path).filename().string());
  part.set_content_type(content_type.empty() ? ContentTypeOf(path) : content_type);
  size_t at = 0;
  bool first = true;
  const auto next = [&] {
    if (!first && at >= content->size()) return false;
    if (!first) part.Clear();
    first = false;
    part.set_data(content->substr(at, kPartBytes));
    at += kPartBytes;
    return true;
  };
  PLAZO_RETURN_IF_ERROR(Annotate(
      intake->Send("plazo.intake.v1.TicketService/UploadAttachment", part, response, next), path));
  return response.attachment();
}

}  // namespace plazo::cli
