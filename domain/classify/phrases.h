#pragma once

// Finds many expressions in a text at once: a trie over words, entered by a hash of the word or of
// any of its beginnings. Long words match with one letter wrong, missing, added or two swapped,
// when nothing else fits.
//
// Pattern language: words separated by spaces; `stem*` any ending; `a|b` either; `_` up to three
// words between;
// `<num>`, `<ip>`, `<money>`, `<url>`, `<mail>` any such thing.

#include <absl/status/status.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "domain/classify/text.h"

namespace plazo::classify {

using ConceptId = uint16_t;

struct Hit {
  ConceptId concept_id = 0;
  uint32_t first_token = 0;
  uint32_t end_token = 0;
  bool misspelt = false;
};

// Open addressing, 64-bit keys, no removal. Key 0 is not used. A few bits a slot say that a key is
// not there without touching the slots: most words of a text are in no index, and the bits fit the
// processor's first cache.
class HashIndex {
 public:
  static constexpr uint32_t kNone = 0xFFFFFFFF;
  uint32_t Find(uint64_t key) const {
    if (slots_.empty() || (filter_[(key >> 40) & filter_mask_] >> (key >> 34 & 63) & 1) == 0) {
      return kNone;
    }
    for (size_t i = key & mask_;; i = (i + 1) & mask_) {
      if (slots_[i].key == key) return slots_[i].value;
      if (slots_[i].key == 0) return kNone;
    }
  }
  // The value kept for the key: `value` unless there was one.
  uint32_t Insert(uint64_t key, uint32_t value);

 private:
  struct Slot {
    uint64_t key = 0;
    uint32_t value = 0;
  };
  void Grow();
  std::vector<Slot> slots_;
  std::vector<uint64_t> filter_;
  size_t mask_ = 0;
  size_t filter_mask_ = 0;
  size_t used_ = 0;
};

// FNV-1a with a final mix, so that beginnings of a word hash as one goes along it.
class WordHash {
 public:
  void Add(unsigned char byte) { h_ = (h_ ^ byte) * 0x100000001B3ULL; }
  uint64_t Value(uint64_t salt) const {
    uint64_t x = h_ ^ (salt * 0x9E3779B97F4A7C15ULL);
    x ^= x >> 32;
    x *= 0xD6E8FEB86659FD93ULL;
    x ^= x >> 32;
    return x == 0 ? 1 : x;
  }

 private:
  uint64_t h_ = 0xCBF29CE484222325ULL;
};

uint64_t HashWord(std::string_view word, uint64_t salt);

class PhraseIndex {
 public:
  // kInvalidArgument says what is wrong with the pattern.
  absl::Status Add(std::string_view pattern, ConceptId concept_id);

  // Every occurrence in `text`, by position; overlapping ones too. `near` = misspelt words as well.
  // Appends to `hits`; returns how many beginnings of expressions it followed.
  size_t Find(const Text& text, bool near, std::vector<Hit>& hits) const;

 private:
  using AtomId = uint32_t;
  struct Node {
    // Most ends of an expression stand for one concept; `more` is an index into more_, 0 = none.
    ConceptId concept_id = kNoConcept;
    bool has_children = false;
    bool has_gaps = false;
    uint32_t more = 0;
  };
  static constexpr ConceptId kNoConcept = 0xFFFF;
  // What one word of the text may stand for.
  struct Atoms {
    static constexpr int kMax = 6;
    AtomId ids[kMax];
    int count = 0;
    bool misspelt = false;
    void Push(AtomId id) {
      if (count < kMax) ids[count++] = id;
    }
  };

  AtomId AtomFor(std::string_view element);
  void AddNearSpellings(std::string_view word, bool stem, AtomId atom);
  void Lookup(const Text& text, size_t i, bool near, Atoms& atoms) const;
  void LookupMisspelt(std::string_view word, Atoms& atoms) const;
  bool Close(AtomId atom, std::string_view word) const;
  uint32_t Child(uint32_t node, AtomId atom, bool gap) const;
  void AddConcept(uint32_t node, ConceptId concept_id);
  uint32_t AddChild(uint32_t node, AtomId atom, bool gap);
  struct Walk;
  void Step(const Walk& walk, uint32_t node, size_t at, bool misspelt) const;

  HashIndex words_;
  HashIndex stems_;
  HashIndex near_;
  HashIndex edges_;
  std::vector<Node> nodes_ = std::vector<Node>(1);
  std::vector<std::vector<ConceptId>> more_ = std::vector<std::vector<ConceptId>>(1);
  // A bit for the first kBeginning letters of every key of near_: most misspelt words have none.
  static constexpr size_t kBeginnings = size_t{1} << 18;
  void AddBeginning(std::string_view spelling);
  bool Begins(uint64_t hash) const { return beginnings_[hash % kBeginnings]; }
  std::vector<bool> beginnings_ = std::vector<bool>(kBeginnings);
  std::vector<std::string> atom_text_;
  std::vector<bool> atom_is_stem_;
};

}  // namespace plazo::classify
