#pragma once

// The smallest policy that can be kept, for tests to change one thing of.

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>

#include "platform/base/zstd.h"
#include "plazo/policy/v1/policy.pb.h"

namespace plazo::policy {

inline constexpr char kTestPolicy[] = R"pb(
  tenant: "acme"
  display_name: "Acme"
  mail {
    domain: "acme.example"
    from_name: "Acme"
    from_address: "help@acme.example"
    own_addresses: "help@acme.example"
  }
  languages: "en"
  languages: "es"
  time_zone: "UTC"
  calendars {
    name: "office"
    time_zone: "UTC"
    weekly {
      weekdays: WEEKDAY_MONDAY
      intervals { start_second: 32400 end_second: 61200 }
    }
  }
  teams {
    id: "first"
    level: 1
    names { language: "en" text: "first" }
    names { language: "es" text: "primero" }
  }
  teams {
    id: "second"
    level: 2
    names { language: "en" text: "second" }
    names { language: "es" text: "segundo" }
    calendar: "office"
  }
  management {
    addresses: "boss@acme.example"
    remind_every { seconds: 3600 }
  }
  plans { id: "small" channels: CHANNEL_TICKET default: true }
  plans { id: "large" channels: CHANNEL_TICKET channels: CHANNEL_TELEPHONE }
  clocks {
    clock: CLOCK_KIND_FIRST_RESPONSE
    match { plans: "large" channels: CHANNEL_TICKET channels: CHANNEL_TELEPHONE }
    warn_after { seconds: 60 }
    warn_after { seconds: 120 }
    target { seconds: 180 }
    limit { seconds: 300 }
  }
  clocks {
    clock: CLOCK_KIND_FIRST_RESPONSE
    warn_after { seconds: 300 }
    target { seconds: 600 }
    calendar: "team"
  }
  routing {
    first_team: "first"
    unsure_below: 0.5
    teams { classified: "billing" data_centres: "moon" team: "first" }
    teams { classified: "billing" team: "second" }
  }
  escalation_causes {
    id: "special"
    reasons { language: "en" text: "because" }
    reasons { language: "es" text: "porque" }
    next_steps { language: "en" text: "then" }
    next_steps { language: "es" text: "entonces" }
    typical { seconds: 60 }
    upper { seconds: 120 }
  }
  estimates {
    complexity: COMPLEXITY_SIMPLE
    typical { seconds: 60 }
    upper { seconds: 60 }
    texts { language: "en" text: "soon" }
    texts { language: "es" text: "pronto" }
  }
  lifecycle {
    close_after { seconds: 10 }
    reopen_within { seconds: 20 }
    shrink_after { seconds: 20 }
    forget_after { seconds: 30 }
  }
  automatic_replies {
    limit: 5
    window { seconds: 86400 }
  }
  delivery {
    retry_after { seconds: 30 }
    retry_after { seconds: 30 }
    give_up_after { seconds: 60 }
    in_doubt_after { seconds: 60 }
    stuck_after { seconds: 60 }
  }
  knowledge_base {
    intents: "lost"
    language: "es"
    title: "Ayuda"
    link: "https://help.acme.example/a?b=c"
  }
  saved_answers {
    id: "found"
    intents: "lost"
    texts { language: "en" text: "Here." }
    texts { language: "es" text: "Aquí." }
  }
)pb";

inline v1::Policy TestPolicy() {
  v1::Policy policy;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(kTestPolicy, &policy));
  return policy;
}

inline v1::PolicyBundle TestBundle() {
  v1::PolicyBundle bundle;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"pb(
        lexicons {
          concepts { name: "lost" words: "lost" words: "perdido" }
          intents {
            name: "lost"
            title: "lost"
            department: "technical"
            team: "support-engineers"
            impact: "low"
            complexity: "simple"
          }
          rules { intent: "lost" all: "lost" weight: 3 }
        }
        lexicons { language: "en" signs: "the" }
        lexicons { language: "es" signs: "el" }
        zones { name: "UTC" tzdb_version: "2030a" }
      )pb",
      &bundle));
  *bundle.mutable_policy() = TestPolicy();
  return bundle;
}

inline std::string Pack(const v1::PolicyBundle& bundle) {
  return ZstdCompress(bundle.SerializeAsString()).value_or("");
}

}  // namespace plazo::policy
