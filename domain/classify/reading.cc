#include "domain/classify/reading.h"

#include <algorithm>

namespace plazo::classify {
namespace {

// Words between a negation and what it denies.
constexpr uint32_t kReach = 5;
constexpr float kSeen = 0.3F;

enum Mark : uint8_t { kNegation = 1, kDenial = 2, kContrast = 4, kUsed = 8 };

}  // namespace

std::string_view DiscountName(Discount discount) {
  switch (discount) {
    case Discount::kNone:
      return "";
    case Discount::kDenied:
      return "denied";
    case Discount::kElsewhere:
      return "elsewhere";
    case Discount::kIf:
      return "only if";
    case Discount::kAside:
      return "an aside";
    case Discount::kOld:
      return "old conversation";
    case Discount::kCited:
      return "cited";
  }
  return "";
}

struct Reader::Scopes {
  // By word.
  std::vector<uint8_t> marks;
  // By sentence.
  std::vector<bool> elsewhere;
  std::vector<bool> aside;
  std::vector<bool> main_point;
  std::vector<bool> request;
  // Clauses that begin with a condition, by word.
  std::vector<bool> condition;
};

size_t Reader::Mark(const Text& text, const std::vector<Hit>& hits, Scopes& scopes) const {
  scopes.marks.assign(text.tokens.size(), 0);
  scopes.condition.assign(text.tokens.size(), false);
  const size_t sentences = text.sentences.size();
  scopes.elsewhere.assign(sentences, false);
  scopes.aside.assign(sentences, false);
  scopes.main_point.assign(sentences, false);
  scopes.request.assign(sentences, false);
  std::vector<bool> here(sentences, false);
  size_t steps = 0;
  for (const Hit& hit : hits) {
    const size_t sentence = text.tokens[hit.first_token].sentence;
    const ConceptId id = hit.concept_id;
    if (id == cues_.negation) scopes.marks[hit.end_token - 1] |= kNegation;
    if (id == cues_.denial) scopes.marks[hit.first_token] |= kDenial;
    if (id == cues_.contrast) scopes.marks[hit.first_token] |= kContrast;
    if (id == cues_.elsewhere) scopes.elsewhere[sentence] = true;
    if (id == cues_.here) here[sentence] = true;
    if (id == cues_.aside) scopes.aside[sentence] = true;
    if (id == cues_.main_point) scopes.main_point[sentence] = true;
    if (id == cues_.request) scopes.request[sentence] = true;
    if (id == cues_.condition) {
      const Token& cue = text.tokens[hit.first_token];
      // Up to the end of the clause, or to where another condition has marked it.
      for (size_t i = hit.end_token;
           i < text.tokens.size() && !scopes.condition[i] && text.tokens[i].clause == cue.clause;
           ++i, ++steps) {
        scopes.condition[i] = true;
      }
    }
    // "no" in "no funciona" is spoken for: it denies nothing else.
    if (!is_cue_[id] && hit.end_token - hit.first_token > 1) {
      steps += hit.end_token - hit.first_token;
      for (uint32_t i = hit.first_token; i < hit.end_token; ++i) scopes.marks[i] |= kUsed;
    }
  }
  // What was said of another provider goes on in the next sentence, until it is about us again.
  for (size_t s = 1; s < sentences; ++s) {
    if (scopes.elsewhere[s - 1] && !here[s] && !text.sentences[s].question && !scopes.request[s] &&
        text.sentences[s - 1].first_token < text.tokens.size()) {
      scopes.elsewhere[s] = scopes.elsewhere[s] || !here[s - 1];
    }
  }
  return steps;
}

bool Reader::Denied(const Text& text, const Scopes& scopes, const Hit& hit) const {
  const Token& first = text.tokens[hit.first_token];
  for (uint32_t back = 1; back <= kReach && back <= hit.first_token; ++back) {
    const uint32_t i = hit.first_token - back;
    if (text.tokens[i].clause != first.clause || text.tokens[i].sentence != first.sentence) break;
    const uint8_t marks = scopes.marks[i];
    if ((marks & kContrast) != 0) break;
    if ((marks & kNegation) != 0 && (marks & kUsed) == 0) return true;
  }
  // "refund? no." and "hacked: no"
  const uint32_t next = hit.end_token;
  if (next < text.tokens.size() && (scopes.marks[next] & kDenial) != 0) {
    const Token& token = text.tokens[next];
    const bool alone = next + 1 >= text.tokens.size() ||
                       text.tokens[next + 1].clause != token.clause ||
                       text.tokens[next + 1].sentence != token.sentence;
    return alone;
  }
  return false;
}

void Reader::Weigh(const Text& text, const Scopes& scopes, SeenHit& seen) const {
  const Hit& hit = seen.hit;
  const Token& token = text.tokens[hit.first_token];
  const bool deniable = deniable_[hit.concept_id];
  if (hit.misspelt) seen.strength *= 0.8F;
  const auto discount = [&](Discount why, float factor) {
    seen.discount = why;
    seen.strength *= factor;
  };
  if (token.part == Part::kReplySubject) discount(Discount::kOld, 0.3F);
  if (token.part == Part::kQuoted) discount(Discount::kOld, 0.3F);
  if (token.part == Part::kForwarded) discount(Discount::kOld, 0.7F);
  if (scopes.aside[token.sentence]) discount(Discount::kAside, 0.5F);
  if (deniable) {
    if (token.cited && hit.end_token - hit.first_token < 3) discount(Discount::kCited, 0.7F);
    if (scopes.condition[hit.first_token]) discount(Discount::kIf, 0.2F);
    if (scopes.elsewhere[token.sentence]) discount(Discount::kElsewhere, 0);
    if (Denied(text, scopes, hit)) discount(Discount::kDenied, 0);
  }
  if (scopes.main_point[token.sentence]) seen.strength *= 1.5F;
}

Reading Reader::Read(const Text& text, std::vector<Hit> hits) const {
  Reading reading;
  const size_t concepts = deniable_.size();
  reading.strength.assign(concepts, 0);
  reading.sentences.assign(concepts, 0);
  reading.taken_back.assign(concepts, false);
  Scopes scopes;
  reading.steps = hits.size() + Mark(text, hits, scopes);
  reading.hits.reserve(hits.size());
  for (const Hit& hit : hits) {
    SeenHit seen{.hit = hit};
    if (!is_cue_[hit.concept_id] || text.tokens[hit.first_token].part != Part::kNew)
      Weigh(text, scopes, seen);
    const ConceptId id = hit.concept_id;
    reading.strength[id] = std::max(reading.strength[id], seen.strength);
    if (seen.strength >= kSeen) {
      const size_t sentence = text.tokens[hit.first_token].sentence;
      reading.sentences[id] |= uint64_t{1} << std::min<size_t>(sentence, 63);
    }
    if (seen.discount == Discount::kDenied || seen.discount == Discount::kElsewhere)
      reading.taken_back[id] = true;
    reading.hits.push_back(seen);
  }
  return reading;
}

}  // namespace plazo::classify
