#include <algorithm>
#include <utility>

#include "platform/base/status.h"
#include "platform/kafka/loop/loop_state.h"

namespace plazo::kafka {

// Begun sooner after a commit, a transaction finds the markers of the last one still being written,
// and librdkafka waits 20 ms before it asks again.
absl::Duration TransactionalLoop::State::PaceLeft() const {
  return std::max(absl::ZeroDuration(), last_commit_ + options_.pace - clock_.Monotonic());
}

bool TransactionalLoop::State::RunBatch() {
  std::vector<Record> inputs = Gather();
  if (inputs.empty()) return false;
  const auto records = Stage(std::move(inputs));
  if (!records) return true;
  std::vector<PartitionOffset> offsets;
  for (const auto& [lane, next] : staged_->next) {
    offsets.push_back({options_.input_topic, lane, next});
  }
  const absl::Status status = transaction_.Run(*records, offsets, *consumer_);
  if (status.ok()) {
    Keep();
  } else if (ErrorKindOf(status) == ErrorKind::kFenced) {
    StartAfresh(Annotate(status, "transaction"));
  } else {
    EnterDoubt(status);
  }
  return true;
}

std::vector<Record> TransactionalLoop::State::Gather() {
  std::map<int32_t, int64_t> next;
  for (const auto& [number, lane] : lanes_) next[number] = processor_.NextOffset(number);
  std::vector<Record> inputs;
  while (!pending_.empty() && inputs.size() < batch_inputs_) {
    Record& record = pending_.front();
    if (record.offset >= next[record.partition]) inputs.push_back(std::move(record));  // I1
    pending_.pop_front();
  }
  const size_t together = poison_.Together(inputs);
  if (together < inputs.size()) {
    const auto rest = inputs.begin() + static_cast<ptrdiff_t>(together);
    PutBack({std::make_move_iterator(rest), std::make_move_iterator(inputs.end())});
    inputs.resize(together);
  }
  return inputs;
}

void TransactionalLoop::State::PutBack(std::vector<Record> inputs) {
  pending_.insert(pending_.begin(), std::make_move_iterator(inputs.begin()),
                  std::make_move_iterator(inputs.end()));
}

std::optional<std::vector<OutRecord>> TransactionalLoop::State::Stage(std::vector<Record> inputs) {
  std::vector<InputMark> marks;
  for (const Record& input : inputs) {
    marks.push_back(poison_.MarkOf(input));
    if (marks.back() == InputMark::kNone) continue;
    ++counters_.undecidable;
    Raise(AlarmKind::kUndecidable, input.partition, "offset " + std::to_string(input.offset));
  }
  BatchOutput output;
  while (true) {
    poison_.Enter(inputs);
    output = processor_.Process(inputs, {marks, options_.max_batch_output_bytes});
    poison_.Leave();
    const Fit fit = Check(inputs, output, marks);
    if (fit == Fit::kFits) break;
    processor_.Drop();
    if (fit == Fit::kTryAgain) continue;
    std::erase_if(inputs, [this](const Record& input) {
      return lanes_[input.partition].phase == Lane::Phase::kHalted;
    });
    PutBack(std::move(inputs));
    Reassign();
    return std::nullopt;
  }
  const size_t consumed = std::clamp<size_t>(output.consumed, 1, inputs.size());
  const auto rest = inputs.begin() + static_cast<ptrdiff_t>(consumed);
  PutBack({std::make_move_iterator(rest), std::make_move_iterator(inputs.end())});
  inputs.resize(consumed);

  std::vector<OutRecord> records;
  records.reserve(output.items.size());
  for (BatchOutput::Item& item : output.items) records.push_back(std::move(item.record));
  staged_.emplace();
  for (const Record& input : inputs) staged_->next[input.partition] = input.offset + 1;
  staged_->inputs = std::move(inputs);
  staged_->outputs = records.size();
  return records;
}

// A record that can never be produced is refused before begin, so that no batch can fail for ever.
TransactionalLoop::State::Fit TransactionalLoop::State::Check(const std::vector<Record>& inputs,
                                                              const BatchOutput& output,
                                                              std::vector<InputMark>& marks) {
  Fit fit = Fit::kFits;
  for (const BatchOutput::Item& item : output.items) {
    if (item.record.SizeBound() <= LimitOf(item.record.topic)) continue;
    const size_t index = std::min(item.input, inputs.size() - 1);
    const Record& input = inputs[index];
    const std::string what = "offset " + std::to_string(input.offset) + ": " +
                             std::to_string(item.record.SizeBound()) + " bytes for " +
                             item.record.topic;
    if (marks[index] == InputMark::kTooLarge && fit == Fit::kFits) {
      Halt(input.partition, what + ", although it was to be refused");
      return Fit::kHalted;
    }
    if (marks[index] == InputMark::kTooLarge) continue;
    marks[index] = InputMark::kTooLarge;
    fit = Fit::kTryAgain;
    ++counters_.too_large;
    Raise(AlarmKind::kInputTooLarge, input.partition, what);
  }
  return fit;
}

size_t TransactionalLoop::State::LimitOf(const std::string& topic) const {
  const auto found = options_.max_record_bytes.find(topic);
  return found == options_.max_record_bytes.end() ? options_.default_max_record_bytes
                                                  : found->second;
}

void TransactionalLoop::State::Keep() {
  processor_.Keep();
  const Batch batch = *std::exchange(staged_, std::nullopt);
  for (const auto& [number, next] : batch.next) {
    lanes_[number].committed = next;
    poison_.Passed(number, next);
  }
  for (const Record& input : batch.inputs) {
    int64_t& kept = lanes_[input.partition].kept_timestamp_ms;
    kept = std::max(kept, input.timestamp_ms);
  }
  batch_inputs_ = std::min(options_.max_batch_inputs, 2 * batch_inputs_);
  ++counters_.transactions;
  counters_.inputs += batch.inputs.size();
  counters_.outputs += batch.outputs;
  counters_.last_batch_inputs = static_cast<int64_t>(batch.inputs.size());
  counters_.last_progress_ms = clock_.NowMs();
  last_commit_ = clock_.Monotonic();
  backoff_.Reset();
}

void TransactionalLoop::State::EnterDoubt(const absl::Status& why) {
  ++counters_.doubts;
  Raise(AlarmKind::kDoubt, -1, Describe(why));
  transaction_.Discard();
  not_before_ = clock_.Monotonic();
  phase_ = Phase::kDoubt;
}

bool TransactionalLoop::State::Resolve() {
  const absl::Status status = TryResolve();
  if (status.ok()) {
    phase_ = Phase::kRunning;
    return true;
  }
  if (ErrorKindOf(status) == ErrorKind::kFenced) {
    StartAfresh(Annotate(status, "doubt"));
    return true;
  }
  not_before_ = clock_.Monotonic() + backoff_.Next();
  return false;
}

// The new producer has ended what was open; what the group's stable offsets say now is what
// happened.
absl::Status TransactionalLoop::State::TryResolve() {
  PLAZO_RETURN_IF_ERROR(transaction_.Start());
  auto offsets = broker_.MakeGroupOffsets(options_.group);
  if (!offsets.ok()) return offsets.status();
  std::vector<TopicPartition> partitions;
  for (const auto& [lane, next] : staged_->next) partitions.push_back({options_.input_topic, lane});
  const auto committed = (*offsets)->Committed(partitions, options_.call_timeout);
  if (!committed.ok()) return committed.status();

  const auto all = [&](auto expected) {
    return std::ranges::all_of(*committed, [&](const PartitionOffset& each) {
      return each.offset == expected(each.partition);
    });
  };
  if (all([this](int32_t lane) { return staged_->next[lane]; })) {
    ++counters_.doubts_committed;
    Keep();
    return absl::OkStatus();
  }
  if (all([this](int32_t lane) { return lanes_[lane].committed; })) {
    ++counters_.doubts_aborted;
    processor_.Drop();
    batch_inputs_ = std::max<size_t>(1, staged_->inputs.size() / 2);
    PutBack(std::move(staged_->inputs));
    staged_.reset();
    return absl::OkStatus();
  }
  return Error(ErrorKind::kFenced, "offsets are neither those before nor those after the batch");
}

}  // namespace plazo::kafka
