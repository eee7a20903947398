#include "platform/kafka/projector.h"

#include <utility>

#include "platform/kafka/loop/projector_state.h"

namespace plazo::kafka {

Projector::Projector(Broker& broker, const Clock& clock, ProjectorHandler& handler,
                     ProjectorOptions options)
    : state_(std::make_unique<State>(broker, clock, handler, std::move(options))) {}
Projector::~Projector() = default;

void Projector::Run(std::stop_token stop) {
  while (!stop.stop_requested()) state_->RunOnce(state_->poll_timeout());
}

bool Projector::RunOnce(absl::Duration wait) { return state_->RunOnce(wait); }
void Projector::Commit(const TopicPartition& partition, int64_t next) {
  state_->Commit(partition, next);
}
void Projector::MoveTo(const TopicPartition& partition, int64_t offset) {
  state_->MoveTo(partition, offset);
}
void Projector::Restart() { state_->Restart(); }
bool Projector::CaughtUp() const { return state_->CaughtUp(); }
absl::Status Projector::LastError() const { return state_->LastError(); }
const ProjectorCounters& Projector::counters() const { return state_->counters(); }

}  // namespace plazo::kafka
