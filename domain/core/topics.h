#pragma once

// The topics of the log and how each is kept (architecture §3). Names are fixed; a prefix separates
// clusters that share a broker.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace plazo {

inline constexpr int32_t kPartitions = 24;  // never changed: state is keyed
inline constexpr size_t kMaxCommandBytes = 512 * 1024;
inline constexpr size_t kMaxRecordBytes = 1024 * 1024;
inline constexpr size_t kMaxDeadLetterBytes = 2 * 1024 * 1024;

struct Topics {
  explicit Topics(std::string_view prefix = {})
      : inbound(Name(prefix, "plazo.cmd.inbound.v1")),
        decisions(Name(prefix, "plazo.evt.tickets.v1")),
        tickets(Name(prefix, "plazo.state.tickets.v1")),
        directory(Name(prefix, "plazo.state.directory.v1")),
        delivery(Name(prefix, "plazo.cmd.delivery.v1")),
        sla(Name(prefix, "plazo.evt.sla.v1")),
        dead_letters(Name(prefix, "plazo.dlq.v1")) {}

  std::string inbound;
  std::string decisions;
  std::string tickets;
  std::string directory;
  std::string delivery;
  std::string sla;
  std::string dead_letters;

  std::vector<std::string> All() const {
    return {inbound, decisions, tickets, directory, delivery, sla, dead_letters};
  }

 private:
  static std::string Name(std::string_view prefix, std::string_view name) {
    std::string full(prefix);
    full += name;
    return full;
  }
};

// Consumer groups.
inline constexpr std::string_view kRouterGroup = "plazo-router";
inline constexpr std::string_view kSlaTimerGroup = "plazo-sla-timer";
inline constexpr std::string_view kNotifierGroup = "plazo-notifier";

struct TopicSpec {
  std::string name;
  std::vector<std::pair<std::string, std::string>> config;
};

// What `topics apply` creates; `replicas` decides min.insync.replicas.
std::vector<TopicSpec> TopicSpecs(const Topics& topics, int replicas);

}  // namespace plazo
