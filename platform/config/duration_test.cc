#include "platform/config/duration.h"

#include <gtest/gtest.h>

namespace plazo::config {
namespace {

TEST(Duration, GoesBothWays) {
  const std::pair<const char*, absl::Duration> table[] = {
      {"10m", absl::Minutes(10)},          {"2h30m", absl::Minutes(150)},
      {"500ms", absl::Milliseconds(500)},  {"1d", absl::Hours(24)},
      {"1d12h", absl::Hours(36)},          {"-5m", absl::Minutes(-5)},
      {"3us7ns", absl::Nanoseconds(3007)}, {"1s234ms", absl::Milliseconds(1234)},
  };
  for (const auto& [text, duration] : table) {
    EXPECT_EQ(ParseDuration(text), duration) << text;
    EXPECT_EQ(DurationText(duration), text);
  }
  EXPECT_EQ(ParseDuration("1.234s"), absl::Milliseconds(1234));
  EXPECT_EQ(ParseDuration("0.000000001s"), absl::Nanoseconds(1));
  EXPECT_EQ(ParseDuration("1.5h"), absl::Minutes(90));
  EXPECT_EQ(ParseDuration("90s"), absl::Seconds(90));
  EXPECT_EQ(ParseDuration("0"), absl::ZeroDuration());
  EXPECT_EQ(ParseDuration("0s"), absl::ZeroDuration());
  EXPECT_EQ(DurationText(absl::ZeroDuration()), "0s");
}

TEST(Duration, RefusesWhatIsNotOne) {
  for (const char* text :
       {"", "-", "10", "m", "10 m", "10min", "30m2h", "1h1h", "1.s", ".5s", "1.0000000001s", "+1s",
        "--1s", "1s-1s", "99999999999999999999s", "4000000000000h", "1M", "1e3s"}) {
    EXPECT_EQ(ParseDuration(text), std::nullopt) << text;
  }
}

TEST(LocalTime, IsAsTheClockOnTheWallShowsIt) {
  EXPECT_EQ(ParseLocalTime("00:00"), 0u);
  EXPECT_EQ(ParseLocalTime("09:00"), 32'400u);
  EXPECT_EQ(ParseLocalTime("23:59:59"), 86'399u);
  EXPECT_EQ(ParseLocalTime("24:00"), 86'400u);
  EXPECT_EQ(LocalTimeText(0), "00:00");
  EXPECT_EQ(LocalTimeText(86'400), "24:00");
  EXPECT_EQ(LocalTimeText(34'215), "09:30:15");
  for (const char* text : {"", "9:00", "09", "09:60", "09:00:60", "24:00:01", "24:01", "25:00",
                           "09:00:", "0900", "09.00", "-1:00", "09:00 ", "09:00:00:00"}) {
    EXPECT_EQ(ParseLocalTime(text), std::nullopt) << text;
  }
}

TEST(ByteSize, KnowsBinaryUnitsOnly) {
  EXPECT_EQ(ParseByteSize("0"), 0u);
  EXPECT_EQ(ParseByteSize("512"), 512u);
  EXPECT_EQ(ParseByteSize("64KiB"), 65536u);
  EXPECT_EQ(ParseByteSize("5MiB"), 5u << 20);
  EXPECT_EQ(ParseByteSize("1GiB"), 1u << 30);
  for (const char* text :
       {"", "KiB", "64KB", "64k", "-1", "1.5MiB", "64 KiB", "9999999999999GiB"}) {
    EXPECT_EQ(ParseByteSize(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace plazo::config
