#include "services/desk/sla_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/core/proto_time.h"
#include "platform/base/fake/manual_clock.h"
#include "platform/kafka/fake/breakable_broker.h"
#include "platform/kafka/fake/fake_broker.h"

namespace plazo::desk {
namespace {

using namespace core::v1;
using ::testing::ElementsAre;

constexpr char kTopic[] = "plazo.evt.sla.v1";
constexpr int kDays = 10;

class SlaTableTest : public ::testing::Test {
 protected:
  SlaTableTest() { broker_.CreateTopic(kTopic, 2); }

  SlaFact Fact(SlaFactKind kind, const std::string& ticket = "t",
               const std::string& team = "first") {
    SlaFact fact;
    fact.set_kind(kind);
    fact.set_clock(CLOCK_KIND_FIRST_RESPONSE);
    fact.set_tenant("acme");
    fact.set_ticket_id(ticket);
    fact.set_team(team);
    fact.set_channel(CHANNEL_EMAIL);
    fact.set_plan("small");
    fact.set_impact(IMPACT_LOW);
    fact.mutable_due_time()->set_seconds(1000);
    *fact.mutable_detected_time() = ToProto(clock_.Now());
    return fact;
  }
  void Append(const SlaFact& fact, int32_t partition = 0) {
    broker_.Append({.topic = kTopic,
                    .partition = partition,
                    .key = "ticket/" + fact.ticket_id(),
                    .value = fact.SerializeAsString(),
                    .headers = {}});
    for (int i = 0; i < 20; ++i) projector_.RunOnce();
  }
  void Met(absl::Duration elapsed, int32_t partition = 0) {
    SlaFact fact = Fact(SLA_FACT_KIND_MET);
    *fact.mutable_elapsed() = ToProto(elapsed);
    Append(fact, partition);
  }

  SlaReport Report(absl::Time from = absl::UnixEpoch(), absl::Time to = absl::InfiniteFuture()) {
    return table_.Report(from, to, [](const SlaRow& row) { return row.tenant == "acme"; });
  }
  // met, warned, breached of all rows
  std::vector<int64_t> Sum(const SlaReport& report) {
    std::vector<int64_t> sum(3);
    for (const auto& [row, counts] : report.rows) {
      sum[0] += counts.met, sum[1] += counts.warned, sum[2] += counts.breached;
    }
    return sum;
  }
  std::vector<std::string> Breached(const std::optional<BreachPlace>& after = {},
                                    size_t count = 100) {
    std::vector<std::string> tickets;
    for (const BreachPtr& fact : table_.Breaches("acme", after, count)) {
      tickets.push_back(fact->ticket_id());
    }
    return tickets;
  }

  ManualClock clock_{absl::FromCivil(absl::CivilHour(2026, 3, 10, 12), absl::UTCTimeZone())};
  kafka::FakeBroker broker_{clock_};
  kafka::BreakableBroker outages_{broker_};
  SlaTable table_{clock_, kDays,
                  [](const kafka::TopicPartition&, absl::Time) { return kafka::kBeginning; }};
  kafka::Projector projector_{outages_, clock_, table_, {.topics = {kTopic}}};
};

TEST_F(SlaTableTest, CountsByTeamAndTellsHowLongItTook) {
  for (int minutes = 1; minutes <= 100; ++minutes) Met(absl::Minutes(minutes), minutes % 2);
  Append(Fact(SLA_FACT_KIND_WARNED, "u", "second"));
  Append(Fact(SLA_FACT_KIND_BREACHED, "u", "second"));
  SlaFact late = Fact(SLA_FACT_KIND_LATE, "u", "second");
  *late.mutable_elapsed() = ToProto(absl::Hours(30));
  Append(late);
  Append(Fact(SLA_FACT_KIND_ACKNOWLEDGED, "u", "third"));

  const SlaReport report = Report();
  ASSERT_EQ(report.rows.size(), 2u);
  const SlaCounts& first = report.rows.begin()->second;
  EXPECT_THAT((std::vector{first.met, first.warned, first.breached}), ElementsAre(100, 0, 0));
  auto about = [](double seconds) { return ::testing::DoubleNear(seconds, seconds * 0.025); };
  auto quantile = [](const SlaCounts& counts, double q) {
    return absl::ToDoubleSeconds(counts.used.Quantile(q));
  };
  EXPECT_THAT(quantile(first, 0.5), about(50 * 60));
  EXPECT_THAT(quantile(first, 0.9), about(90 * 60));
  EXPECT_THAT(quantile(first, 0.99), about(99 * 60));
  const SlaCounts& second = report.rows.rbegin()->second;
  EXPECT_THAT((std::vector{second.met, second.warned, second.breached}), ElementsAre(0, 1, 1));
  EXPECT_THAT(quantile(second, 0.5), about(30 * 3600));
}

TEST_F(SlaTableTest, AWithdrawnBreachCountsNowhereEvenWhenTheTicketHasMoved) {
  Append(Fact(SLA_FACT_KIND_BREACHED, "t", "first"));
  Append(Fact(SLA_FACT_KIND_BREACHED, "u", "first"));
  clock_.Advance(absl::Hours(24));
  Append(Fact(SLA_FACT_KIND_WITHDRAWN, "t", "second"));
  EXPECT_THAT(Breached(), ElementsAre("u"));
  EXPECT_THAT(Sum(Report()), ElementsAre(0, 0, 1));
  Append(Fact(SLA_FACT_KIND_WITHDRAWN, "t", "second"));
  EXPECT_THAT(Sum(Report()), ElementsAre(0, 0, 1));
}

TEST_F(SlaTableTest, ReportsWholeDaysAndForgetsOldOnes) {
  const absl::Time tenth = clock_.Now();
  Met(absl::Minutes(1));
  Append(Fact(SLA_FACT_KIND_BREACHED, "old"));
  clock_.Advance(absl::Hours(24));
  Met(absl::Minutes(1));
  EXPECT_THAT(Sum(Report(tenth, tenth + absl::Hours(1))), ElementsAre(1, 0, 1));
  EXPECT_THAT(Sum(Report(tenth, absl::FromUnixSeconds(1'773'187'200))),  // until 11 March 00:00
              ElementsAre(1, 0, 1));
  EXPECT_THAT(Sum(Report(tenth + absl::Hours(12), tenth + absl::Hours(13))), ElementsAre(1, 0, 0));
  EXPECT_THAT(Sum(Report()), ElementsAre(2, 0, 1));
  const SlaReport day = Report(tenth, tenth + absl::Hours(1));
  EXPECT_EQ(day.from, tenth - absl::Hours(12));
  EXPECT_EQ(day.to, tenth + absl::Hours(12));

  clock_.Advance(absl::Hours(24) * (kDays - 1));
  EXPECT_THAT(Sum(Report()), ElementsAre(1, 0, 0));
  Append(Fact(SLA_FACT_KIND_BREACHED, "new"));
  EXPECT_THAT(Breached(), ElementsAre("new"));
}

TEST_F(SlaTableTest, NothingCountsTwiceWhenTheReaderBeginsAnew) {
  Met(absl::Minutes(1));
  Met(absl::Minutes(1), 1);
  projector_.Restart();
  for (int i = 0; i < 50; ++i) {
    clock_.Advance(absl::Seconds(1));
    projector_.RunOnce();
  }
  Met(absl::Minutes(1));
  EXPECT_EQ(projector_.counters().restarts, 1u);
  EXPECT_THAT(Sum(Report()), ElementsAre(3, 0, 0));
}

TEST_F(SlaTableTest, PagesOfBreachesStayWholeWhileNewOnesComeIn) {
  for (const char* ticket : {"a", "b", "c", "d"}) {
    Append(Fact(SLA_FACT_KIND_BREACHED, ticket));
    clock_.Advance(absl::Seconds(1));
  }
  EXPECT_THAT(Breached({}, 2), ElementsAre("d", "c"));
  const BreachPlace c(*table_.Breaches("acme", {}, 2)[1]);
  Append(Fact(SLA_FACT_KIND_BREACHED, "e"));
  EXPECT_THAT(Breached(c, 2), ElementsAre("b", "a"));
  EXPECT_TRUE(table_.Breaches("another", {}, 2).empty());
}

TEST_F(SlaTableTest, TooManyRowsOfADayFallTogether) {
  const kafka::TopicPartition partition{kTopic, 0};
  for (size_t i = 0; i < SlaTable::kMaxRowsPerDay + 500; ++i) {
    SlaFact fact = Fact(SLA_FACT_KIND_WARNED);
    fact.set_plan("plan " + std::to_string(i));
    kafka::Record record;
    record.value = fact.SerializeAsString();
    ASSERT_TRUE(table_.OnRecords(partition, {&record, 1}).ok());
  }
  const SlaReport report = Report();
  EXPECT_EQ(report.rows.size(), SlaTable::kMaxRowsPerDay + 1);
  EXPECT_EQ(report.rows.begin()->first.team, SlaTable::kOthers);
  EXPECT_EQ(report.rows.begin()->second.warned, 500);
}

}  // namespace
}  // namespace plazo::desk
