#pragma once

// Reads text into a message and keeps the faults: the YAML of a file, of a default, or an
// environment variable. One reader serves one load; one owner.

#include <google/protobuf/message.h>
#include <yaml-cpp/yaml.h>

#include <functional>
#include <optional>
#include <set>
#include <string>

#include "platform/config/config.h"

namespace plazo::config {

class Reader {
 public:
  // `folder` is where relative secret files are looked for. Both pointers outlive the reader.
  Reader(std::string source, std::string folder, std::string environment_prefix,
         ConfigErrors* errors, Positions* positions);

  // False when there is nothing that could be read on: the one fault found would only bring forth
  // others.
  bool ReadText(std::string_view text, google::protobuf::Message* message);

  // Sets what the environment names; true when anything was.
  bool ReadEnvironment(const std::function<std::optional<std::string>(const std::string&)>& lookup,
                       google::protobuf::Message* message, const std::string& path = {});

  // Gives absent fields their defaults, the outer block's word before the inner's.
  void ApplyDefaults(google::protobuf::Message* message, const std::string& path = {});

  // Required, min, max, pattern, non_empty.
  void Check(const google::protobuf::Message& message, const std::string& path = {});

 private:
  using Message = google::protobuf::Message;
  using Field = google::protobuf::FieldDescriptor;

  void ReadMap(const YAML::Node& map, Message* message, const std::string& path);
  void ReadField(const YAML::Node& key, const YAML::Node& value, Message* message,
                 const Field& field, const std::string& path);
  void ReadList(const YAML::Node& list, Message* message, const Field& field,
                const std::string& path);
  void ReadElement(const YAML::Node& value, Message* message, const Field& field,
                   const std::string& path);
  void ReadSecretFile(const Position& position, const std::string& file, Message* message,
                      const Field& field, const std::string& path);
  bool ReadVariable(const std::string& name, const std::string& value, Message* message,
                    const Field& field, const std::string& path);
  bool ReadVariableOf(const std::function<std::optional<std::string>(const std::string&)>& lookup,
                      Message* message, const Field& field, const std::string& path);
  void ApplyDefault(Message* message, const Field& field, const std::string& path);
  void CheckPresence(const Message& message, const Field& field, const std::string& path);
  void CheckValue(const Message& message, const Field& field, int index, const std::string& path);

  Position At(const YAML::Node& node) const;
  std::string VariableName(const std::string& path) const;
  bool Present(const std::string& path) const { return present_.contains(path); }
  void MarkPresent(const std::string& path, const Position& position);
  void Error(const Position& position, std::string_view path, std::string_view message);

  const std::string source_;
  const std::string folder_;
  const std::string environment_prefix_;
  ConfigErrors* const errors_;
  Positions* const positions_;
  std::set<std::string> present_;  // paths that have a value, a default's included
  std::set<std::string> faulty_;   // paths with an error: not checked any further
  bool in_default_ = false;
  int nodes_ = 0;  // visited, so that a file of nested aliases comes to an end
  int depth_ = 0;  // of messages in ReadEnvironment, so that a recursive type comes to an end
};

}  // namespace plazo::config
