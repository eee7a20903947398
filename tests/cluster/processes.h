#pragma once

// Plazo's services as processes that can be killed: each has its own switch for faults of Kafka.
// What outlives them (broker, index, ledger, relay) belongs to the cluster.

#include <string>
#include <vector>

#include "domain/core/topics.h"
#include "platform/base/fake/seeded_random.h"
#include "platform/kafka/fake/breakable_broker.h"
#include "platform/kafka/fake/fake_broker.h"
#include "platform/kafka/transactional_loop.h"
#include "platform/observability/metrics.h"
#include "services/notifier/fake/fake_ledger.h"
#include "services/notifier/fake/scripted_relay.h"
#include "services/notifier/notifier_service.h"
#include "services/router/router.h"
#include "services/sla-timer/fake/fake_deadline_index.h"
#include "services/sla-timer/timer_service.h"

namespace plazo::cluster {

// With the limits that services/router/main.cc sets, but no pauses.
inline kafka::TransactionalLoopOptions LoopOptions(const Topics& topics, int ordinal) {
  kafka::TransactionalLoopOptions options;
  options.input_topic = topics.inbound;
  options.group = std::string(kRouterGroup);
  options.instance = "plazo-router-" + std::to_string(ordinal);
  options.state_topics = {topics.tickets, topics.directory};
  options.output_topics = topics.All();
  options.max_record_bytes = {{topics.inbound, kMaxCommandBytes},
                              {topics.dead_letters, kMaxDeadLetterBytes}};
  options.default_max_record_bytes = kMaxRecordBytes;
  options.pace = absl::ZeroDuration();
  options.poll_timeout = absl::ZeroDuration();
  return options;
}

struct RouterProcess {
  RouterProcess(kafka::FakeBroker& fake, const Clock& clock, int ordinal)
      : broker(fake),
        router(Topics(), kPartitions),
        loop(broker, clock, router, LoopOptions(Topics(), ordinal),
             [this](const kafka::Alarm& alarm) { alarms.push_back(alarm); }) {}

  kafka::BreakableBroker broker;
  router::Router router;
  std::vector<kafka::Alarm> alarms;
  kafka::TransactionalLoop loop;
};

struct TimerProcess {
  TimerProcess(kafka::FakeBroker& fake, const Clock& clock, sla_timer::DeadlineIndex& index)
      : broker(fake), metrics(registry), service({broker, index, clock, metrics}, Options()) {}

  static sla_timer::TimerOptions Options() {
    sla_timer::TimerOptions options;
    options.own_thread = false;
    options.poll_timeout = absl::ZeroDuration();
    return options;
  }

  kafka::BreakableBroker broker;
  observability::Metrics registry;
  sla_timer::TimerMetrics metrics;
  sla_timer::TimerService service;
};

struct NotifierProcess {
  NotifierProcess(kafka::FakeBroker& fake, const Clock& clock, notifier::Ledger& ledger,
                  const notifier::Composer& composer, notifier::Inbox& inbox, Random& random)
      : broker(fake),
        metrics(registry),
        service({broker, ledger, composer,
                 [&inbox] { return std::make_unique<notifier::ScriptedRelay>(inbox); }, clock,
                 random, metrics},
                Options()) {}

  static notifier::NotifierOptions Options() {
    notifier::NotifierOptions options;
    options.instance = "plazo-notifier-0";
    options.threads = false;
    return options;
  }

  kafka::BreakableBroker broker;
  observability::Metrics registry;
  notifier::NotifierMetrics metrics;
  notifier::NotifierService service;
};

}  // namespace plazo::cluster
