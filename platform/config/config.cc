#include "platform/config/config.h"

#include <algorithm>
#include <cstdlib>
#include <tuple>

#include "platform/base/encoding.h"
#include "platform/base/file.h"
#include "platform/base/status.h"
#include "platform/config/reader.h"

namespace plazo::config {
namespace {

constexpr size_t kMaxFile = 16 << 20;

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

std::optional<std::string> FromProcess(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

ConfigErrors Load(std::string_view text, std::string_view name, const std::string& folder,
                  google::protobuf::Message* message, const LoadOptions& options) {
  ConfigErrors errors;
  Positions own_positions;
  message->Clear();
  Reader reader(std::string(name), folder, options.environment_prefix, &errors,
                options.positions != nullptr ? options.positions : &own_positions);
  if (!IsValidUtf8(text)) {
    errors.Add({std::string(name), 0, 0}, "", "the file is not UTF-8");
    return errors;
  }
  if (!reader.ReadText(text, message)) return errors;
  if (!options.environment_prefix.empty()) {
    reader.ReadEnvironment(options.environment ? options.environment : FromProcess, message);
  }
  reader.ApplyDefaults(message);
  reader.Check(*message);
  return errors;
}

}  // namespace

void ConfigErrors::Add(Position position, std::string_view path, std::string_view message) {
  errors_.push_back({std::move(position), std::string(path), std::string(message)});
}

std::string ConfigErrors::Render() const {
  std::vector<const ConfigError*> sorted;
  for (const ConfigError& error : errors_) sorted.push_back(&error);
  std::stable_sort(sorted.begin(), sorted.end(), [](const ConfigError* a, const ConfigError* b) {
    return std::tie(a->position.file, a->position.line, a->position.column) <
           std::tie(b->position.file, b->position.line, b->position.column);
  });
  std::string out;
  for (const ConfigError* error : sorted) {
    const Position& at = error->position;
    out += at.file + ":";
    if (at.line > 0) out += std::to_string(at.line) + ":" + std::to_string(at.column) + ":";
    if (!error->path.empty()) out += " " + error->path + ":";
    out += " " + error->message + "\n";
  }
  return out;
}

absl::Status ConfigErrors::ToStatus() const {
  return ok() ? absl::OkStatus() : InvalidArgument(Render());
}

Position Positions::Find(std::string_view path) const {
  while (true) {
    if (const auto found = by_path_.find(path); found != by_path_.end()) return found->second;
    if (path.empty()) return {};
    const size_t end = path.find_last_of(".[");
    path = path.substr(0, end == std::string_view::npos ? 0 : end);
  }
}

LoadOptions ServiceOptions() { return {.environment_prefix = "PLAZO"}; }

ConfigErrors LoadYamlText(std::string_view text, std::string_view name,
                          google::protobuf::Message* message, const LoadOptions& options) {
  return Load(text, name, "", message, options);
}

ConfigErrors LoadYamlFile(const std::string& path, google::protobuf::Message* message,
                          const LoadOptions& options) {
  const absl::StatusOr<std::string> text = ReadFile(path, kMaxFile);
  if (!text.ok()) {
    ConfigErrors errors;
    errors.Add({path, 0, 0}, "", ToStd(text.status().message()));
    return errors;
  }
  return Load(*text, path, FolderOf(path), message, options);
}

}  // namespace plazo::config
