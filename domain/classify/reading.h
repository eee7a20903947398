#pragma once

// From words found to what they are worth: a negation takes a claim back, another provider's
// trouble is not ours, a condition is not yet a fact, a subject of an old conversation says little.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "domain/classify/phrases.h"
#include "domain/classify/text.h"

namespace plazo::classify {

enum class Discount : uint8_t { kNone, kDenied, kElsewhere, kIf, kAside, kOld, kCited };

std::string_view DiscountName(Discount discount);

struct SeenHit {
  Hit hit;
  float strength = 1;
  Discount discount = Discount::kNone;
};

// How strongly each concept was seen, and in which sentences.
struct Reading {
  std::vector<float> strength;
  // Bit of the sentence (the 64th and later share one).
  std::vector<uint64_t> sentences;
  // Seen, but denied or elsewhere.
  std::vector<bool> taken_back;
  std::vector<SeenHit> hits;
  // Words looked at to find how far cues reach.
  size_t steps = 0;
};

// The concepts that steer the reading. kNoConcept where no lexicon has them.
struct Cues {
  static constexpr ConceptId kNoConcept = 0xFFFF;
  ConceptId negation = kNoConcept;    // before what it denies
  ConceptId denial = kNoConcept;      // after it: "refund? no."
  ConceptId contrast = kNoConcept;    // ends a negation's reach: but, only
  ConceptId elsewhere = kNoConcept;   // another provider
  ConceptId here = kNoConcept;        // back to us
  ConceptId condition = kNoConcept;   // if, in case
  ConceptId aside = kNoConcept;       // by the way
  ConceptId main_point = kNoConcept;  // the real problem is
  ConceptId request = kNoConcept;     // please, could you, I want
  ConceptId over = kNoConcept;        // was, last month, already solved
  ConceptId past = kNoConcept;        // was, last month
};

class Reader {
 public:
  Reader(Cues cues, std::vector<bool> deniable, std::vector<bool> is_cue)
      : cues_(cues), deniable_(std::move(deniable)), is_cue_(std::move(is_cue)) {}

  Reading Read(const Text& text, std::vector<Hit> hits) const;

 private:
  struct Scopes;
  size_t Mark(const Text& text, const std::vector<Hit>& hits, Scopes& scopes) const;
  void Weigh(const Text& text, const Scopes& scopes, SeenHit& seen) const;
  bool Denied(const Text& text, const Scopes& scopes, const Hit& hit) const;

  Cues cues_;
  std::vector<bool> deniable_;
  std::vector<bool> is_cue_;
};

}  // namespace plazo::classify
