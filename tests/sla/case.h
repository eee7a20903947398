#pragma once

// A row of the tables beside: one case of tests/data/sla_cases.yaml, which knows it by `id`.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "tests/sla/ticket_history.h"

namespace plazo::sla {

struct Case {
  const char* id;
  const char* sentence;
  Promises promises;
  std::optional<Promises> next_policy = {};
  std::vector<const char*> steps;
  std::vector<std::string> facts;  // all of them
  std::optional<std::vector<std::string>> staff_mails = {};
};

inline void PrintTo(const Case& c, std::ostream* out) { *out << c.sentence; }

inline std::string NameOf(const ::testing::TestParamInfo<Case>& info) {
  std::string name = info.param.id;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

inline void ExpectHolds(const Case& c) {
  History history(c.promises);
  if (c.next_policy) history.SetNextPolicy(*c.next_policy);
  for (const char* step : c.steps) history.Do(step);
  EXPECT_THAT(history.facts(), ::testing::ElementsAreArray(c.facts));
  if (c.staff_mails) {
    EXPECT_THAT(history.staff_mails(), ::testing::ElementsAreArray(*c.staff_mails));
  }
}

}  // namespace plazo::sla
