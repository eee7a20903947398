#include "platform/observability/trace.h"

#include <algorithm>

#include "platform/base/encoding.h"
#include "platform/base/sha256.h"

namespace plazo::observability {
namespace {

template <size_t N>
std::string HexOf(const std::array<uint8_t, N>& bytes) {
  return Hex(std::string_view(reinterpret_cast<const char*>(bytes.data()), N));
}

template <size_t N>
bool IsZero(const std::array<uint8_t, N>& bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](uint8_t b) { return b == 0; });
}

// Lower-case hex of exactly N bytes, at `offset`.
template <size_t N>
bool ReadHex(std::string_view text, size_t offset, std::array<uint8_t, N>* out) {
  const std::string_view digits = text.substr(offset, N * 2);
  if (std::any_of(digits.begin(), digits.end(), [](char c) { return c >= 'A' && c <= 'F'; }))
    return false;
  const std::optional<std::string> bytes = FromHex(digits);
  if (!bytes || bytes->size() != N) return false;
  std::copy(bytes->begin(), bytes->end(), out->begin());
  return true;
}

template <size_t N>
void Take(std::string_view bytes, std::array<uint8_t, N>* out) {
  std::copy_n(bytes.begin(), N, out->begin());
  if (IsZero(*out)) out->back() = 1;  // all zeros means "none"
}

}  // namespace

std::string TraceContext::TraceId() const { return HexOf(trace_id); }

std::string TraceContext::Traceparent() const {
  return "00-" + HexOf(trace_id) + "-" + HexOf(span_id) + "-" +
         HexOf(std::array<uint8_t, 1>{flags});
}

// 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01: 2, 32, 16, 2 digits at 0, 3, 36, 53.
std::optional<TraceContext> ParseTraceparent(std::string_view text) {
  constexpr size_t kLength = 55;
  if (text.size() < kLength || text[2] != '-' || text[35] != '-' || text[52] != '-')
    return std::nullopt;
  std::array<uint8_t, 1> version;
  std::array<uint8_t, 1> flags;
  TraceContext trace;
  if (!ReadHex(text, 0, &version) || !ReadHex(text, 3, &trace.trace_id) ||
      !ReadHex(text, 36, &trace.span_id) || !ReadHex(text, 53, &flags)) {
    return std::nullopt;
  }
  if (version[0] == 0xff || IsZero(trace.trace_id) || IsZero(trace.span_id)) return std::nullopt;
  if (text.size() > kLength && (version[0] == 0 || text[kLength] != '-')) return std::nullopt;
  trace.flags = flags[0] & 1;
  return trace;
}

TraceContext TraceFromCause(std::string_view cause) {
  const std::string digest = Sha256("trace\n" + std::string(cause));
  TraceContext trace;
  Take(digest, &trace.trace_id);
  Take(std::string_view(digest).substr(16), &trace.span_id);
  return trace;
}

TraceContext NewTrace(Random& random) {
  TraceContext trace;
  Take(random.Bytes(16), &trace.trace_id);
  Take(random.Bytes(8), &trace.span_id);
  return trace;
}

TraceContext ChildOf(const TraceContext& parent, Random& random) {
  TraceContext child = parent;
  Take(random.Bytes(8), &child.span_id);
  return child;
}

TraceContext ChildOf(const TraceContext& parent, std::string_view cause) {
  TraceContext child = parent;
  Take(Sha256("span\n" + parent.Traceparent() + "\n" + std::string(cause)), &child.span_id);
  return child;
}

TraceContext ContinueOrStart(std::string_view traceparent, Random& random) {
  const std::optional<TraceContext> parent = ParseTraceparent(traceparent);
  return parent ? ChildOf(*parent, random) : NewTrace(random);
}

}  // namespace plazo::observability
