#include "platform/kafka/transactional_loop.h"

#include <utility>

#include "platform/kafka/loop/loop_state.h"

namespace plazo::kafka {

TransactionalLoop::TransactionalLoop(Broker& broker, const Clock& clock, LaneProcessor& processor,
                                     TransactionalLoopOptions options,
                                     std::function<void(const Alarm&)> alarm)
    : wait_(options.poll_timeout),
      state_(std::make_unique<State>(broker, clock, processor, std::move(options),
                                     std::move(alarm))) {}

TransactionalLoop::~TransactionalLoop() = default;

void TransactionalLoop::Run(std::stop_token stop) {
  while (!stop.stop_requested()) state_->RunOnce(wait_);
}

bool TransactionalLoop::RunOnce(absl::Duration wait) { return state_->RunOnce(wait); }
bool TransactionalLoop::Running() const { return state_->Running(); }
const LoopCounters& TransactionalLoop::counters() const { return state_->counters(); }

}  // namespace plazo::kafka
