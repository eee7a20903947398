#pragma once

// The result of looking at one invariant: how much was looked at, what contradicts it, and what
// could not be judged. One owner.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace plazo::cli {

class Check {
 public:
  static constexpr size_t kMaxEvidence = 20;

  // `id` as in ARCHITECTURE.md: I3. `claim` in words.
  Check(std::string id, std::string claim) : id_(std::move(id)), claim_(std::move(claim)) {}

  void Count(int64_t n = 1) { checked_ += n; }
  // What contradicts the claim, and where.
  void Violate(std::string evidence) {
    ++violations_;
    if (evidence_.size() < kMaxEvidence) evidence_.push_back(std::move(evidence));
  }
  // It could not be looked at.
  void Fail(std::string why) {
    failed_ = true;
    Note(std::move(why));
  }
  // Why something was left out. Not a violation.
  void Note(std::string note) {
    if (notes_.size() < kMaxEvidence) notes_.push_back(std::move(note));
  }

  const std::string& id() const { return id_; }
  const std::string& claim() const { return claim_; }
  int64_t checked() const { return checked_; }
  int64_t violations() const { return violations_; }
  bool failed() const { return failed_; }
  const std::vector<std::string>& evidence() const { return evidence_; }
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  std::string id_, claim_;
  int64_t checked_ = 0, violations_ = 0;
  bool failed_ = false;
  std::vector<std::string> evidence_, notes_;
};

}  // namespace plazo::cli
