#include "platform/base/zoneinfo.h"

#include <absl/strings/str_cat.h>

#include <filesystem>
#include <fstream>

#include "platform/base/status.h"

namespace plazo {
namespace {

constexpr size_t kMaxNameLength = 64;
constexpr size_t kMaxFileBytes = 256 * 1024;

// IANA names are parts of letters, digits, `_`, `+` and `-` between slashes: nothing that could
// leave the directory.
bool CanBeZoneName(std::string_view zone) {
  if (zone.empty() || zone.size() > kMaxNameLength || zone.front() == '/' || zone.back() == '/') {
    return false;
  }
  char previous = '\0';
  for (char c : zone) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == '+' || c == '-';
    if (!plain && (c != '/' || previous == '/')) return false;
    previous = c;
  }
  return true;
}

}  // namespace

absl::StatusOr<std::string> ReadZoneinfo(std::string_view zone, std::string_view directory) {
  if (!CanBeZoneName(zone)) {
    return InvalidArgument(absl::StrCat("\"", ToAbsl(zone.substr(0, kMaxNameLength)),
                                        "\" is not the name of a time zone"));
  }
  const std::filesystem::path path = std::filesystem::path(directory) / zone;
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    return absl::NotFoundError(absl::StrCat("unknown time zone \"", ToAbsl(zone), "\""));
  }
  std::ifstream file(path, std::ios::binary);
  std::string bytes;
  char chunk[4096];
  while (file.read(chunk, sizeof chunk) || file.gcount() > 0) {
    bytes.append(chunk, static_cast<size_t>(file.gcount()));
    if (bytes.size() > kMaxFileBytes) break;
  }
  if (file.bad() || bytes.empty() || bytes.size() > kMaxFileBytes) {
    return Unavailable("cannot read time zone file " + path.string());
  }
  return bytes;
}

std::string ZoneinfoVersion(std::string_view directory) {
  // The text form of the database opens with `# version 2025b`.
  std::ifstream file(std::filesystem::path(directory) / "tzdata.zi");
  std::string hash, word, version;
  if (file >> hash >> word >> version && hash == "#" && word == "version") return version;
  return "";
}

}  // namespace plazo
