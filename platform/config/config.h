#pragma once

// YAML into any proto message, by reflection. A file is right as a whole or refused as a whole,
// with every fault listed at once and where it stands:
//
//   router.yaml:12:3: kafka.bootstrap_server: unknown key (did you mean "bootstrap_servers"?)
//
// Keys are proto field names. Durations are written 10m, 2h30m, 500ms, 1d; Timestamps as RFC 3339;
// enums by their lower-case name without the type's prefix (high, chat); repeated fields as lists.
// Unknown and duplicate keys, wrong types, values out of range, absent required keys, two members
// of one oneof, and nulls are errors. What else a field demands stands in its options
// (proto/plazo/config/v1/options.proto): required, min, max, pattern, non_empty, secret,
// default_value, byte_size, local_time. Map fields, Any and groups are not supported.
//
// Afterwards the environment is applied, with the same checks: PLAZO_KAFKA_TOPIC_PREFIX sets
// kafka.topic_prefix, PLAZO_KAFKA_PROPERTIES_0_VALUE an element the file has; a list of scalars is
// written a,b,c. PLAZO_<SECRET>_FILE names a file, as the key <secret>_file does.
//
// Thread-safe. Nothing is thrown. After errors the message holds what could be read and must not be
// used.

#include <absl/status/status.h>
#include <google/protobuf/message.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace plazo::config {

struct Position {
  std::string file;  // or "environment PLAZO_X"
  int line = 0;      // from 1; 0 = the source as a whole
  int column = 0;
};

struct ConfigError {
  Position position;
  std::string path;  // teams[2].calendar; empty = the whole
  std::string message;
};

class ConfigErrors {
 public:
  bool ok() const { return errors_.empty(); }
  const std::vector<ConfigError>& errors() const { return errors_; }
  void Add(Position position, std::string_view path, std::string_view message);

  // One line an error, in order of position, each ended by a newline.
  std::string Render() const;
  // INVALID_ARGUMENT with Render(), or OK.
  absl::Status ToStatus() const;

 private:
  std::vector<ConfigError> errors_;
};

// Where each value came from, by path, so that checks beyond the loader's can point at the line
// too.
class Positions {
 public:
  void Set(const std::string& path, Position position) { by_path_[path] = std::move(position); }
  bool Has(const std::string& path) const { return by_path_.contains(path); }
  // The nearest known place: of the path itself, else of the closest field around it.
  Position Find(std::string_view path) const;

 private:
  std::map<std::string, Position, std::less<>> by_path_;
};

struct LoadOptions {
  // "PLAZO" for services. Empty = the environment is not looked at (policies: the file is all there
  // is).
  std::string environment_prefix;
  // Replaces getenv in tests.
  std::function<std::optional<std::string>(const std::string& name)> environment;
  // Filled when given.
  Positions* positions = nullptr;
};

// For services: with the environment, prefix PLAZO.
LoadOptions ServiceOptions();

// Replaces the content of `message`. Files larger than 16 MiB are refused.
ConfigErrors LoadYamlFile(const std::string& path, google::protobuf::Message* message,
                          const LoadOptions& options = {});

// `name` stands where the path would in errors; secret files are then relative to the working
// directory.
ConfigErrors LoadYamlText(std::string_view text, std::string_view name,
                          google::protobuf::Message* message, const LoadOptions& options = {});

// The message as YAML that LoadYamlText reads back, with defaults filled in by the load; a secret
// shows as ***.
std::string Print(const google::protobuf::Message& message);

}  // namespace plazo::config
