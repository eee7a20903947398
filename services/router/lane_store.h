#pragma once

// The router's memory: every lane's checkpoint, policies and aggregates, and a staged overlay on
// top, which either becomes the state (Keep) or never was (Drop). State is a function of the lane's
// next offset.
//
// Not thread-safe: owned by the router's one thread. Aggregates rest serialised and are parsed when
// a command needs them.

#include <absl/status/status.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "domain/core/effects.h"
#include "domain/lane/decide.h"
#include "platform/base/string_map.h"

namespace plazo::router {

// Which state topic an aggregate's record lies in.
enum class Shelf { kTickets, kDirectory };
Shelf ShelfOf(std::string_view key);

struct Lane {
  core::v1::LaneState checkpoint;
  bool known = false;  // a checkpoint was restored or made
  std::shared_ptr<const PolicyShelf> policies = std::make_shared<PolicyShelf>();
  StringMap<std::string> tickets;    // serialised StateRecords of plazo.state.tickets.v1
  StringMap<std::string> directory;  // and of plazo.state.directory.v1

  StringMap<std::string>& On(Shelf shelf) { return shelf == Shelf::kTickets ? tickets : directory; }
};

// What one batch changes in one lane.
class StagedLane {
 public:
  explicit StagedLane(const Lane& lane);

  core::v1::LaneState& checkpoint() { return checkpoint_; }
  const core::v1::LaneState& checkpoint() const { return checkpoint_; }
  const PolicyShelf& policies() const { return *policies_; }
  void SetPolicies(std::shared_ptr<const PolicyShelf> policies) { policies_ = std::move(policies); }

  // The aggregate as the batch has left it so far; nullptr = none. Valid until the next Put.
  const core::v1::StateRecord* Find(const std::string& key);
  // nullopt removes it. Keeps the checkpoint's key counts. `input` caused it.
  void Put(const std::string& key, std::optional<core::v1::StateRecord> record, size_t input);
  // Writes it again as it is.
  void Touch(const std::string& key, size_t input);

  struct Change {
    std::optional<core::v1::StateRecord> record;
    bool written = false;  // changed or touched: goes to its topic
    size_t input = 0;      // the last one that did so
  };
  const std::map<std::string, Change>& changes() const { return changes_; }
  void KeepIn(Lane& lane);

 private:
  Change& Load(const std::string& key);

  const Lane& lane_;
  core::v1::LaneState checkpoint_;
  std::shared_ptr<const PolicyShelf> policies_;
  std::map<std::string, Change> changes_;  // ordered: the same batch gives the same outputs
};

// Compiled policies by the hash of their published bytes, shared by all lanes of the process.
class PolicyCache {
 public:
  absl::StatusOr<PolicyPtr> Compile(std::string_view bundle);

 private:
  StringMap<PolicyPtr> by_bytes_;
};

// The shelf that a checkpoint describes, from the lane's policy records.
absl::StatusOr<std::shared_ptr<const PolicyShelf>> MakeShelf(
    const core::v1::LaneState& checkpoint,
    const std::function<const core::v1::PolicyRecord*(std::string_view hash)>& find,
    PolicyCache& cache);

}  // namespace plazo::router
