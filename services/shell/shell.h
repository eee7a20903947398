#pragma once

// What the mains of all services share: from the command line to a configuration, and from its
// common blocks to handles. No service of its own.

#include <absl/status/statusor.h>
#include <google/protobuf/message.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "domain/ids/message_id.h"
#include "platform/base/clock.h"
#include "platform/kafka/librdkafka_broker.h"
#include "platform/redis/endpoints.h"
#include "platform/rpc/server.h"
#include "platform/runtime/flags.h"
#include "platform/runtime/service_runner.h"
#include "plazo/config/v1/config.pb.h"

namespace plazo::shell {

// Reads flags, file and environment into `config`. Set = the process is done: leave with it.
std::optional<runtime::ExitCode> Configure(int argc, char** argv, const runtime::Program& program,
                                           google::protobuf::Message* config);

void StartLog(std::string_view service, std::string_view instance, const config::v1::Log& log);

// Runner that logs every step.
runtime::ServiceRunner MakeRunner(std::string_view service);

absl::StatusOr<std::unique_ptr<kafka::LibrdkafkaBroker>> MakeBroker(const config::v1::Kafka& config,
                                                                    std::string_view instance);

// `pool_size` connections an endpoint for concurrent use; 0 = none shared.
redis::Endpoints OpenRedis(const config::v1::RedisEndpoints& config, const Clock& clock,
                           int pool_size);

rpc::ServerOptions ListenOptions(const config::v1::Listen& listen);

std::vector<ids::MarkKey> MarkKeys(
    const google::protobuf::RepeatedPtrField<config::v1::HmacKey>& keys);

}  // namespace plazo::shell
