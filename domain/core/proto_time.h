#pragma once

// Between protobuf's well-known times and Abseil's. An unset Timestamp is a null pointer or
// `!has_x()` at the caller: none of these guesses.

#include <absl/time/time.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <cstdint>

namespace plazo {

inline absl::Time FromProto(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

inline absl::Duration FromProto(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

// Whole milliseconds: the resolution of everything we decide.
inline google::protobuf::Timestamp ToProto(absl::Time time) {
  const int64_t ms = absl::ToUnixMillis(time);
  google::protobuf::Timestamp proto;
  int64_t seconds = ms / 1000, rest = ms % 1000;
  if (rest < 0) --seconds, rest += 1000;
  proto.set_seconds(seconds);
  proto.set_nanos(static_cast<int32_t>(rest * 1'000'000));
  return proto;
}

inline google::protobuf::Duration ToProto(absl::Duration duration) {
  const int64_t ms = absl::ToInt64Milliseconds(duration);
  google::protobuf::Duration proto;
  proto.set_seconds(ms / 1000);
  proto.set_nanos(static_cast<int32_t>(ms % 1000 * 1'000'000));
  return proto;
}

}  // namespace plazo
