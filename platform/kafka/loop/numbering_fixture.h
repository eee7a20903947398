#pragma once

// A LaneProcessor for tests: numbers the inputs of every lane. Each input yields one record on
// "out" (its value, its number, where it came from) and one state record per key, and the batch one
// checkpoint per lane: enough to tell a lost, doubled or reordered input, or a state that does not
// fit its offset.

#include <absl/status/status.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "platform/base/status.h"
#include "platform/kafka/lane_processor.h"

namespace plazo::kafka {

class NumberingProcessor : public LaneProcessor {
 public:
  struct LaneState {
    int64_t next = 0;
    int64_t number = 0;                   // of the last input
    std::map<std::string, int64_t> keys;  // inputs per key
    std::string checkpoint;               // as restored
    friend bool operator==(const LaneState&, const LaneState&) = default;
  };

  void BeginRestore(int32_t lane) override { lanes_[lane] = {}; }
  void RestoreRecord(int32_t lane, const Record& record) override {
    LaneState& state = lanes_[lane];
    if (record.key == "lane") {
      state.checkpoint = *record.value;
      const size_t colon = record.value->find(':');
      state.next = std::stoll(record.value->substr(0, colon));
      state.number = std::stoll(record.value->substr(colon + 1));
    } else {
      state.keys[record.key] = std::stoll(*record.value);
    }
  }
  absl::Status FinishRestore(int32_t lane, int64_t committed) override {
    ++restored;
    const LaneState& state = lanes_[lane];
    const int64_t next = state.checkpoint.empty() ? kNoOffset : state.next;
    int64_t inputs = 0;
    for (const auto& [key, count] : state.keys) inputs += count;
    if (next == committed && inputs == state.number) return absl::OkStatus();
    return absl::DataLossError("lane " + std::to_string(lane) + " is at " + std::to_string(next) +
                               ", committed " + std::to_string(committed));
  }
  void ForgetLane(int32_t lane) override { lanes_.erase(lane); }
  int64_t NextOffset(int32_t lane) override {
    const auto found = lanes_.find(lane);
    return found == lanes_.end() || found->second.number == 0 ? kNoOffset : found->second.next;
  }

  BatchOutput Process(std::span<const Record> inputs, const BatchHints& hints) override {
    ++processed;
    EXPECT_FALSE(std::exchange(staged_, true)) << "the last batch was neither kept nor dropped";
    overlay_ = lanes_;
    BatchOutput output;
    size_t bytes = 0;
    std::map<int32_t, size_t> last;
    for (size_t i = 0; i < inputs.size() && (i == 0 || bytes <= hints.max_output_bytes); ++i) {
      const Record& input = inputs[i];
      LaneState& lane = overlay_[input.partition];
      lane.next = input.offset + 1;
      ++lane.number;
      OutRecord out{.topic = "out", .partition = input.partition, .key = input.key};
      out.value = std::to_string(lane.number) + "/" + Body(input, hints.marks[i]);
      out.headers = {{"x-origin", std::to_string(input.offset)}};
      bytes += out.SizeBound();
      output.items.push_back({std::move(out), i});
      OutRecord state{.topic = "state", .partition = input.partition, .key = input.key};
      state.value = std::to_string(++lane.keys[input.key]);
      output.items.push_back({std::move(state), i});
      last[input.partition] = i;
      output.consumed = i + 1;
    }
    for (const auto& [number, input] : last) {
      const LaneState& lane = overlay_[number];
      OutRecord state{.topic = "state", .partition = number, .key = "lane"};
      state.value = std::to_string(lane.next) + ":" + std::to_string(lane.number);
      output.items.push_back({std::move(state), input});
    }
    return output;
  }
  void Keep() override {
    EXPECT_TRUE(std::exchange(staged_, false));
    lanes_ = std::move(overlay_);
  }
  void Drop() override {
    EXPECT_TRUE(std::exchange(staged_, false));
    overlay_.clear();
  }

  const std::map<int32_t, LaneState>& lanes() const { return lanes_; }

  int processed = 0;
  int restored = 0;

 protected:
  virtual std::string Body(const Record& input, InputMark mark) {
    if (mark == InputMark::kUndecidable) return "undecidable";
    if (mark == InputMark::kTooLarge) return "too large";
    return input.value.value_or("-");
  }

 private:
  std::map<int32_t, LaneState> lanes_;
  std::map<int32_t, LaneState> overlay_;
  bool staged_ = false;
};

}  // namespace plazo::kafka
