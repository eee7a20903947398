#pragma once

// Which lines of a mail are new, and which were quoted, forwarded or put there by the mail program.

#include <string>
#include <string_view>
#include <vector>

#include "plazo/policy/v1/lexicon.pb.h"

namespace plazo::classify {

enum class LineKind { kNew, kQuoted, kForwarded, kSignature, kHeaders };

struct Segment {
  std::string_view text;
  LineKind kind;
};

class LayoutReader {
 public:
  void Add(const policy::v1::Layout& layout);
  // `body` comes from FoldCase(). Consecutive lines of one kind become one segment; together they
  // cover all of it.
  // Adds to `looks` how often a line was looked at, where given.
  std::vector<Segment> Split(std::string_view body, size_t* looks = nullptr) const;

 private:
  struct Line;
  void MarkQuotes(std::vector<Line>& lines) const;
  void MarkForwarded(std::vector<Line>& lines) const;
  size_t MarkSignature(std::vector<Line>& lines) const;
  bool IsAttribution(std::string_view folded) const;
  bool IsSeparator(std::string_view folded) const;
  bool IsClosing(std::string_view folded) const;

  std::vector<std::string> attributions_;
  std::vector<std::string> separators_;
  std::vector<std::string> closings_;
};

}  // namespace plazo::classify
