#pragma once

// What all commands share: where the cluster is, whom they speak for, and how they answer.
//
// Text is for people; with --json every answer is one JSON object a line, messages of the contract
// in protobuf's JSON with the field names of the .proto files. One owner, one thread.

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>
#include <google/protobuf/message.h>

#include <istream>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command_line.h"
#include "domain/core/topics.h"
#include "platform/kafka/broker.h"
#include "platform/runtime/exit_code.h"

namespace plazo::cli {

struct Session {
  Session(std::istream& in, std::ostream& out, std::ostream& err) : in(in), out(out), err(err) {}

  std::istream& in;
  std::ostream& out;
  std::ostream& err;

  std::string intake = "127.0.0.1:50051";
  std::string desk = "127.0.0.1:50052";
  std::string kafka = "127.0.0.1:9092";
  std::vector<std::string> kafka_properties;  // key=value, for librdkafka
  std::string topic_prefix;
  std::string redis = "127.0.0.1:6379";
  std::string tenant;
  std::string timeout = "10s";  // of one call
  std::string tls_ca, tls_certificate, tls_key;
  bool tls = false;
  bool json = false;
  // Used instead of `kafka` where set: a broker in memory.
  std::shared_ptr<kafka::Broker> broker;

  Topics topics() const { return Topics(topic_prefix); }
  // `timeout` read; 10 s where it cannot be.
  absl::Duration CallTimeout() const;
  // A broker that has not been contacted yet.
  absl::StatusOr<std::shared_ptr<kafka::Broker>> OpenKafka() const;

  // One line on `err`; returns the exit code that goes with the status.
  int Fail(const absl::Status& status);
  // Faulty use of the command line.
  int Misuse(std::string_view what);
  // The message as one line of JSON.
  void PrintJson(const google::protobuf::Message& message);
};

// The options of Session, for the root of the command line.
void AddSessionOptions(const Command& root, Session& session);

// 65 refused for good, 69 not there (or not in time), 77 not allowed, 70 anything else.
runtime::ExitCode ExitCodeOf(const absl::Status& status);
inline int ToInt(runtime::ExitCode code) { return static_cast<int>(code); }

std::string JsonText(const google::protobuf::Message& message);
// The text as a JSON string, with quotes.
std::string JsonQuoted(std::string_view text);

}  // namespace plazo::cli
