#include "domain/classify/phrases.h"

#include <unicode/utf8.h>

#include <algorithm>

namespace plazo::classify {
namespace {

constexpr uint64_t kWordSalt = 1;
constexpr uint64_t kStemSalt = 2;
constexpr uint64_t kNearWordSalt = 3;
constexpr uint64_t kNearStemSalt = 4;
constexpr uint64_t kKindSalt = 5;
constexpr uint64_t kBeginningSalt = 6;
constexpr size_t kMaxGap = 3;
constexpr size_t kMaxWordBytes = 48;
// Shorter words have too many neighbours that mean something else.
constexpr size_t kNearLetters = 6;
// What is left of the shortest of them when a letter is left out.
constexpr size_t kBeginning = kNearLetters - 1;

std::string_view KindName(TokenKind kind) {
  switch (kind) {
    case TokenKind::kNumber:
      return "<num>";
    case TokenKind::kMoney:
      return "<money>";
    case TokenKind::kIp:
      return "<ip>";
    case TokenKind::kUrl:
      return "<url>";
    case TokenKind::kMail:
      return "<mail>";
    case TokenKind::kWord:
      return "<word>";
  }
  return "<word>";
}

// Byte offsets at which letters begin, and the end.
struct Letters {
  explicit Letters(std::string_view word) {
    for (size_t i = 0; i < word.size() && count < kMaxWordBytes; ++i) {
      if ((static_cast<unsigned char>(word[i]) & 0xC0) != 0x80)
        at[count++] = static_cast<uint8_t>(i);
    }
    at[count] = static_cast<uint8_t>(std::min<size_t>(word.size(), 255));
  }
  uint8_t at[kMaxWordBytes + 1] = {};
  size_t count = 0;
};

// Optimal string alignment distance of at most 1.
bool WithinOneEdit(std::string_view a, std::string_view b) {
  const Letters la(a);
  const Letters lb(b);
  auto letter = [](std::string_view s, const Letters& l, size_t i) {
    return s.substr(l.at[i], static_cast<size_t>(l.at[i + 1] - l.at[i]));
  };
  if (la.count > lb.count) return WithinOneEdit(b, a);
  if (lb.count - la.count > 1) return false;
  size_t i = 0;
  while (i < la.count && letter(a, la, i) == letter(b, lb, i)) ++i;
  const auto rest = [&](size_t x, size_t y) {
    return a.substr(std::min<size_t>(la.at[std::min(x, la.count)], a.size())) ==
           b.substr(std::min<size_t>(lb.at[std::min(y, lb.count)], b.size()));
  };
  if (lb.count > la.count) return rest(i, i + 1);
  if (i == la.count) return true;
  if (rest(i + 1, i + 1)) return true;
  return i + 1 < la.count && letter(a, la, i) == letter(b, lb, i + 1) &&
         letter(a, la, i + 1) == letter(b, lb, i) && rest(i + 2, i + 2);
}

std::vector<std::string_view> SplitOn(std::string_view s, char separator) {
  std::vector<std::string_view> parts;
  for (size_t begin = 0; begin <= s.size();) {
    size_t end = s.find(separator, begin);
    if (end == std::string_view::npos) end = s.size();
    if (end > begin) parts.push_back(s.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

}  // namespace

uint32_t HashIndex::Insert(uint64_t key, uint32_t value) {
  if (2 * (used_ + 1) > slots_.size()) Grow();
  for (size_t i = key & mask_;; i = (i + 1) & mask_) {
    if (slots_[i].key == key) return slots_[i].value;
    if (slots_[i].key != 0) continue;
    slots_[i] = {key, value};
    filter_[(key >> 40) & filter_mask_] |= uint64_t{1} << (key >> 34 & 63);
    ++used_;
    return value;
  }
}

void HashIndex::Grow() {
  std::vector<Slot> old = std::move(slots_);
  slots_.assign(std::max<size_t>(64, old.size() * 2), Slot{});
  mask_ = slots_.size() - 1;
  filter_.assign(slots_.size() / 16, 0);
  filter_mask_ = filter_.size() - 1;
  used_ = 0;
  for (const Slot& slot : old) {
    if (slot.key != 0) Insert(slot.key, slot.value);
  }
}

uint64_t HashWord(std::string_view word, uint64_t salt) {
  WordHash hash;
  for (const char c : word) hash.Add(static_cast<unsigned char>(c));
  return hash.Value(salt);
}

absl::Status PhraseIndex::Add(std::string_view pattern, ConceptId concept_id) {
  struct Element {
    std::vector<AtomId> atoms;
    bool gap = false;
  };
  std::vector<Element> elements;
  bool gap = false;
  for (const std::string_view part : SplitOn(pattern, ' ')) {
    if (part == "_") {
      gap = true;
      continue;
    }
    // One part may fold into several words ("e-mail"); only its last word may then be one of
    // several.
    const std::vector<std::string_view> alternatives = SplitOn(part, '|');
    Element element{.atoms = {}, .gap = gap};
    for (const std::string_view alternative : alternatives) {
      const bool special = alternative.starts_with("<");
      const bool stem = alternative.ends_with("*");
      const std::vector<std::string> words =
          special ? std::vector<std::string>{std::string(alternative)} : FoldedWords(alternative);
      if (words.empty() || (words.size() > 1 && alternatives.size() > 1)) {
        return absl::InvalidArgumentError("\"" + std::string(pattern) + "\": cannot read \"" +
                                          std::string(alternative) + "\"");
      }
      for (size_t i = 0; i + 1 < words.size(); ++i) {
        elements.push_back({{AtomFor(words[i])}, gap && i == 0});
        element.gap = false;
      }
      element.atoms.push_back(AtomFor(words.back() + (stem ? "*" : "")));
    }
    elements.push_back(std::move(element));
    gap = false;
  }
  if (elements.empty()) return absl::InvalidArgumentError("an empty expression");
  std::vector<uint32_t> frontier = {0};
  for (size_t e = 0; e < elements.size(); ++e) {
    std::vector<uint32_t> next;
    for (const uint32_t node : frontier) {
      for (const AtomId atom : elements[e].atoms)
        next.push_back(AddChild(node, atom, e > 0 && elements[e].gap));
    }
    if (next.size() > 512)
      return absl::InvalidArgumentError("\"" + std::string(pattern) + "\": too many choices");
    frontier = std::move(next);
  }
  for (const uint32_t node : frontier) AddConcept(node, concept_id);
  return absl::OkStatus();
}

void PhraseIndex::AddConcept(uint32_t node, ConceptId concept_id) {
  Node& end = nodes_[node];
  if (end.concept_id == kNoConcept) end.concept_id = concept_id;
  if (end.concept_id == concept_id) return;
  if (end.more == 0) {
    end.more = static_cast<uint32_t>(more_.size());
    more_.emplace_back();
  }
  std::vector<ConceptId>& others = more_[end.more];
  if (std::find(others.begin(), others.end(), concept_id) == others.end())
    others.push_back(concept_id);
}

PhraseIndex::AtomId PhraseIndex::AtomFor(std::string_view element) {
  const bool special = element.starts_with("<");
  const bool stem = !special && element.ends_with("*");
  if (stem) element.remove_suffix(1);
  const uint64_t key = HashWord(element, special ? kKindSalt : stem ? kStemSalt : kWordSalt);
  const auto fresh = static_cast<AtomId>(atom_text_.size());
  const AtomId atom = (stem ? stems_ : words_).Insert(key, fresh);
  if (atom != fresh) return atom;
  atom_text_.emplace_back(element);
  atom_is_stem_.push_back(stem);
  if (!special) AddNearSpellings(element, stem, atom);
  return atom;
}

void PhraseIndex::AddNearSpellings(std::string_view word, bool stem, AtomId atom) {
  const Letters letters(word);
  if (letters.count < kNearLetters + (stem ? 1 : 0) || letters.count >= kMaxWordBytes) return;
  const uint64_t salt = stem ? kNearStemSalt : kNearWordSalt;
  near_.Insert(HashWord(word, salt), atom);
  AddBeginning(word);
  // The first letter is hardly ever the wrong one; a stem without its last letter begins too many
  // words.
  const size_t end = letters.count - (stem ? 1 : 0);
  for (size_t skip = 1; skip < end; ++skip) {
    std::string shorter(word.substr(0, letters.at[skip]));
    shorter += word.substr(letters.at[skip + 1]);
    near_.Insert(HashWord(shorter, salt), atom);
    if (skip < kBeginning) AddBeginning(shorter);
  }
}

void PhraseIndex::AddBeginning(std::string_view spelling) {
  const Letters letters(spelling);
  beginnings_[HashWord(spelling.substr(0, letters.at[kBeginning]), kBeginningSalt) % kBeginnings] =
      true;
}

bool PhraseIndex::Close(AtomId atom, std::string_view word) const {
  return WithinOneEdit(atom_text_[atom], word);
}

void PhraseIndex::LookupMisspelt(std::string_view word, Atoms& atoms) const {
  const Letters letters(word);
  if (letters.count <= kNearLetters || letters.count > 24) return;
  const auto consider = [&](uint64_t key, std::string_view candidate) {
    const uint32_t atom = near_.Find(key);
    if (atom == HashIndex::kNone || !Close(atom, candidate)) return;
    if (std::find(atoms.ids, atoms.ids + atoms.count, atom) != atoms.ids + atoms.count) return;
    atoms.Push(atom);
    atoms.misspelt = true;
  };
  // The word and its beginnings, whole or with one letter left out; the hash runs along behind the
  // gap.
  for (size_t skip = 1; skip <= letters.count; ++skip) {
    const bool whole = skip == letters.count;
    WordHash hash;
    size_t taken = 0;
    for (size_t i = 0; i < letters.count; ++i) {
      if (i == skip) continue;
      for (size_t b = letters.at[i]; b < letters.at[i + 1]; ++b)
        hash.Add(static_cast<unsigned char>(word[b]));
      if (++taken == kBeginning && !Begins(hash.Value(kBeginningSalt))) {
        // From here on every spelling begins alike.
        if (skip >= kBeginning) return;
        break;
      }
      if ((i < skip && !whole) || i + 2 < kNearLetters) continue;
      consider(hash.Value(kNearStemSalt), word.substr(0, letters.at[i + 1]));
      const bool last_left_out = whole && i + 2 == letters.count;
      if (i + 1 == letters.count || last_left_out) consider(hash.Value(kNearWordSalt), word);
    }
  }
}

void PhraseIndex::Lookup(const Text& text, size_t i, bool near, Atoms& atoms) const {
  const Token& token = text.tokens[i];
  const std::string_view word = text.Word(i);
  if (token.kind != TokenKind::kWord) {
    const uint32_t kind = words_.Find(HashWord(KindName(token.kind), kKindSalt));
    if (kind != HashIndex::kNone) atoms.Push(kind);
    if (token.kind == TokenKind::kMoney) {
      const uint32_t number = words_.Find(HashWord(KindName(TokenKind::kNumber), kKindSalt));
      if (number != HashIndex::kNone) atoms.Push(number);
    }
    if (token.kind != TokenKind::kNumber) return;
  }
  WordHash hash;
  for (size_t b = 0; b < word.size(); ++b) {
    hash.Add(static_cast<unsigned char>(word[b]));
    if (b + 1 < word.size() && (static_cast<unsigned char>(word[b + 1]) & 0xC0) == 0x80) continue;
    const uint32_t stem = stems_.Find(hash.Value(kStemSalt));
    if (stem != HashIndex::kNone) atoms.Push(stem);
  }
  const uint32_t exact = words_.Find(hash.Value(kWordSalt));
  if (exact != HashIndex::kNone) {
    if (atoms.count == Atoms::kMax) --atoms.count;
    atoms.Push(exact);
  }
  if (near && atoms.count == 0 && token.kind == TokenKind::kWord) LookupMisspelt(word, atoms);
}

uint32_t PhraseIndex::Child(uint32_t node, AtomId atom, bool gap) const {
  return edges_.Find(
      (uint64_t{node} << 32 | uint64_t{atom} << 1 | (gap ? 1 : 0)) * 0x9E3779B97F4A7C15ULL | 1);
}

uint32_t PhraseIndex::AddChild(uint32_t node, AtomId atom, bool gap) {
  const uint64_t key =
      (uint64_t{node} << 32 | uint64_t{atom} << 1 | (gap ? 1 : 0)) * 0x9E3779B97F4A7C15ULL | 1;
  const auto fresh = static_cast<uint32_t>(nodes_.size());
  const uint32_t child = edges_.Insert(key, fresh);
  if (child == fresh) nodes_.emplace_back();
  (gap ? nodes_[node].has_gaps : nodes_[node].has_children) = true;
  return child;
}

struct PhraseIndex::Walk {
  const Text& text;
  const std::vector<Atoms>& atoms;
  size_t first;
  std::vector<Hit>& hits;
  size_t& steps;
};

void PhraseIndex::Step(const Walk& walk, uint32_t node, size_t at, bool misspelt) const {
  ++walk.steps;
  const auto hit = [&](ConceptId id) {
    walk.hits.push_back(
        {id, static_cast<uint32_t>(walk.first), static_cast<uint32_t>(at), misspelt});
  };
  if (nodes_[node].concept_id != kNoConcept) hit(nodes_[node].concept_id);
  if (nodes_[node].more != 0) {
    for (const ConceptId id : more_[nodes_[node].more]) hit(id);
  }
  const size_t furthest = nodes_[node].has_gaps       ? kMaxGap
                          : nodes_[node].has_children ? 0
                                                      : SIZE_MAX;
  if (furthest == SIZE_MAX) return;
  for (size_t gap = 0; gap <= furthest; ++gap) {
    const size_t next = at + gap;
    // An expression does not reach over the end of a sentence.
    if (next >= walk.atoms.size() ||
        walk.text.tokens[next].sentence != walk.text.tokens[walk.first].sentence)
      return;
    const Atoms& atoms = walk.atoms[next];
    for (int a = 0; a < atoms.count; ++a) {
      const bool near = misspelt || atoms.misspelt;
      if (gap == 0 && nodes_[node].has_children) {
        const uint32_t child = Child(node, atoms.ids[a], false);
        if (child != HashIndex::kNone) Step(walk, child, next + 1, near);
      }
      if (nodes_[node].has_gaps) {
        const uint32_t child = Child(node, atoms.ids[a], true);
        if (child != HashIndex::kNone) Step(walk, child, next + 1, near);
      }
    }
  }
}

size_t PhraseIndex::Find(const Text& text, bool near, std::vector<Hit>& hits) const {
  std::vector<Atoms> atoms(text.tokens.size());
  for (size_t i = 0; i < atoms.size(); ++i) {
    if (text.tokens[i].part != Part::kLeftOut) Lookup(text, i, near, atoms[i]);
  }
  size_t steps = 0;
  for (size_t i = 0; i < atoms.size(); ++i) {
    for (int a = 0; a < atoms[i].count; ++a) {
      const uint32_t child = Child(0, atoms[i].ids[a], false);
      if (child != HashIndex::kNone)
        Step({text, atoms, i, hits, steps}, child, i + 1, atoms[i].misspelt);
    }
  }
  return steps;
}

}  // namespace plazo::classify
