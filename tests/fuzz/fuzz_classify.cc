// Any message, in any bytes, gets an answer that can be stored and read again, the same one twice.
//
// Input: a byte of what the customer chose, the subject up to a NUL, the body. Run in the source
// root: the words are those that ship.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "domain/classify/classifier.h"
#include "tests/classify/corpus.h"

namespace plazo::classify {
namespace {

const Classifier& Shipped() {
  static const auto classifier = [] {
    auto lexicons = LoadLexicons("policies/lexicon");
    if (!lexicons.ok()) std::abort();
    return *Classifier::Compile(*lexicons);
  }();
  return *classifier;
}

void Require(bool holds) {
  if (!holds) std::abort();
}

void Check(const Message& message) {
  const core::v1::Classification read = Shipped().Classify(message);
  Require(read.confidence() >= 0 && read.confidence() <= 1);
  Require(!read.team().empty() && !read.language().empty());
  Require(read.level() >= 1 && read.level() <= 3 && read.escalates() == (read.level() > 1));
  Require(read.impact() != core::v1::IMPACT_UNSPECIFIED);
  Require(read.department() != core::v1::DEPARTMENT_UNSPECIFIED);
  const std::string bytes = read.SerializeAsString();
  // Fails on strings that are not UTF-8.
  core::v1::Classification again;
  Require(again.ParseFromString(bytes));
  Require(Shipped().Classify(message).SerializeAsString() == bytes);
  Shipped().Explain(message);
}

}  // namespace
}  // namespace plazo::classify

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const unsigned chosen = data[0];
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const size_t end = std::min(text.find('\0'), text.size());
  plazo::classify::Message message{
      .channel = static_cast<plazo::core::v1::Channel>(chosen % 5),
      .subject = text.substr(0, end),
      .body = text.substr(std::min(end + 1, text.size())),
      .chosen_department = static_cast<plazo::core::v1::Department>(chosen / 5 % 4),
      .priority = static_cast<plazo::core::v1::Priority>(chosen / 20 % 3)};
  if (chosen >= 128) message.service_kinds = {"vps"};
  plazo::classify::Check(message);
  return 0;
}
