// A week of each provider on the manual clock, with nights, a weekend, a holiday and a change of
// clocks. What must come of it was worked out by hand, from the policies, before it was run.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/core/proto_time.h"
#include "tests/cluster/cluster.h"
#include "tests/cluster/invariants.h"

namespace plazo::cluster {
namespace {

using namespace core::v1;
using ::testing::ElementsAre;

absl::TimeZone Zone(const std::string& name) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone(name, &zone)) << name;
  return zone;
}

// Of March 2026: the 32nd is the first of April.
absl::Time March(const absl::TimeZone& zone, int day, int hour, int minute, int second = 0) {
  return absl::FromCivil(absl::CivilSecond(2026, 3, day, hour, minute, second), zone);
}

// A cluster whose times are told as the office sees them.
class Week {
 public:
  Week(const std::string& zone, const Policy& policy, int day, int hour)
      : zone_(Zone(zone)), cluster_(March(zone_, day, hour, 0), policy) {}
  ~Week() { ExpectInvariants(cluster_); }

  // Lives on until then.
  Week& At(int day, int hour, int minute, int second = 0) {
    const absl::Time time = March(zone_, day, hour, minute, second);
    EXPECT_GE(time, cluster_.Now());
    cluster_.Advance(time - cluster_.Now());
    return *this;
  }
  std::string Open(Customer& customer, const Request& request) {
    return cluster_.Open(customer, request);
  }
  void Ask(Command command) {
    const Decision decision = cluster_.Ask(std::move(command));
    EXPECT_EQ(decision.outcome(), OUTCOME_APPLIED) << decision.reason();
  }
  // "Fri 27 16:30 MET acknowledgement"
  std::vector<std::string> Facts(const std::string& ticket_id) const {
    std::vector<std::string> lines;
    for (const Logged<SlaFact>& entry : cluster_.facts().entries()) {
      const SlaFact& fact = entry.value;
      if (fact.ticket_id() != ticket_id) continue;
      lines.push_back(
          absl::FormatTime("%a %d %H:%M:%E*S ", FromProto(fact.detected_time()), zone_) +
          SlaFactKind_Name(fact.kind()).substr(std::string_view("SLA_FACT_KIND_").size()) + " " +
          Word(ClockKind_Name(fact.clock()), "CLOCK_KIND_"));
    }
    return lines;
  }

 private:
  const absl::TimeZone zone_;
  Cluster cluster_;
};

// --- Provider B: business hours Mon-Fri 08:00-18:00, Maundy Thursday off ---

policy::v1::Holiday MaundyThursday() {
  policy::v1::Holiday holiday;
  holiday.set_name("Jueves Santo");
  holiday.mutable_date()->set_year(2026);
  holiday.mutable_date()->set_month(4);
  holiday.mutable_date()->set_day(2);
  return holiday;
}

struct Office {
  const char* zone;
  // Three and four hours after Sunday 00:20. Madrid's clocks go from 02:00 to 03:00 that night.
  const char* three_hours_later;
  const char* four_hours_later;
};

void PrintTo(const Office& office, std::ostream* out) { *out << office.zone; }

class WeekOfProviderB : public ::testing::TestWithParam<Office> {};

TEST_P(WeekOfProviderB, EndsWithExactlyTheseFacts) {
  constexpr char kB[] = "tiered-plans";
  Week week(GetParam().zone, TieredPlans(GetParam().zone, MaundyThursday()), 27, 16);
  Customer uno("uno", "es", {kB, "level-1"});
  Customer dos("dos", "es", {kB, "level-2"});
  Customer tres("tres", "es", {kB, "level-3"});
  for (Customer* customer : {&uno, &dos, &tres}) week.Ask(customer->Register());
  Agent eva("eva", kB);

  const std::string password =
      week.At(27, 16, 30).Open(uno, {.body = "Olvidé la contraseña, ¿me la restablecen?"});
  const std::string blocked = week.At(27, 17, 0).Open(
      dos, {.body = "Mi IP 203.0.113.9 está bloqueada en el firewall, desbloquéenla por favor"});
  const std::string premium =
      week.At(28, 23, 30).Open(tres, {.body = "¿Cómo creo una cuenta de correo en el panel?"});
  week.At(29, 0, 20).Ask(eva.Reply(premium, "…"));
  week.At(29, 6, 0).Ask(eva.Reply(premium, "…", /*wait_for_customer=*/true));
  week.At(30, 9, 30).Ask(eva.Reply(blocked, "…"));
  week.At(30, 15, 0).Ask(eva.Reply(password, "…", /*wait_for_customer=*/true));
  week.At(31, 10, 0).Ask(eva.Resolve(blocked, "…"));
  week.At(31, 11, 0).Ask(dos.Confirm(blocked));
  const std::string restore =
      week.At(32, 16, 0).Open(uno, {.body = "Necesito restaurar la copia de seguridad de ayer"});
  week.At(32, 17, 0).Ask(uno.Write(password, "…"));
  const std::string down = week.At(33, 10, 0).Open(
      uno, {.body = "El servidor dedicado no responde, está fuera de servicio"});
  week.At(33, 12, 30).Ask(eva.Reply(down, "…", /*wait_for_customer=*/true));
  week.At(34, 10, 59, 59).Ask(eva.Reply(restore, "…", /*wait_for_customer=*/true));
  week.At(34, 18, 0);

  // F30, low: 5-6 business hours. The answer on Monday was late; what the customer wrote on
  // Wednesday at 17:00 has one hour before the holiday.
  EXPECT_THAT(
      week.Facts(password),
      ElementsAre("Fri 27 16:30:00 MET acknowledgement", "Mon 30 11:30:00 WARNED first_response",
                  "Mon 30 12:30:00 BREACHED first_response", "Mon 30 14:30:00 WARNED update",
                  "Mon 30 15:00:00 LATE first_response", "Mon 30 15:00:00 MET update",
                  "Fri 03 12:00:00 WARNED next_response", "Fri 03 13:00:00 BREACHED next_response",
                  "Fri 03 15:00:00 WARNED update", "Fri 03 17:00:00 BREACHED update"));
  // F31, medium: 2-3 business hours.
  EXPECT_THAT(
      week.Facts(blocked),
      ElementsAre("Fri 27 17:00:00 MET acknowledgement", "Mon 30 09:00:00 WARNED first_response",
                  "Mon 30 09:30:00 MET first_response", "Mon 30 09:30:00 MET update",
                  "Mon 30 17:30:00 WARNED update", "Tue 31 09:30:00 BREACHED update",
                  "Tue 31 10:00:00 LATE update"));
  // F32, F41: round the clock, whatever it is.
  EXPECT_THAT(
      week.Facts(premium),
      ElementsAre("Sat 28 23:30:00 MET acknowledgement", "Sun 29 00:00:00 WARNED first_response",
                  "Sun 29 00:15:00 WARNED first_response", "Sun 29 00:20:00 MET first_response",
                  "Sun 29 00:20:00 MET update",
                  std::string(GetParam().three_hours_later) + " WARNED update",
                  std::string(GetParam().four_hours_later) + " BREACHED update",
                  "Sun 29 06:00:00 LATE update"));
  // F30, medium: 3-5 business hours, two of them before the holiday; kept by a second.
  EXPECT_THAT(
      week.Facts(restore),
      ElementsAre("Wed 01 16:00:00 MET acknowledgement", "Fri 03 09:00:00 WARNED first_response",
                  "Fri 03 10:59:59 MET first_response", "Fri 03 10:59:59 MET update"));
  // F42: high impact counts round the clock, on a holiday too.
  EXPECT_THAT(
      week.Facts(down),
      ElementsAre("Thu 02 10:00:00 MET acknowledgement", "Thu 02 10:30:00 WARNED first_response",
                  "Thu 02 10:45:00 WARNED first_response",
                  "Thu 02 11:00:00 BREACHED first_response", "Thu 02 11:30:00 WARNED update",
                  "Thu 02 12:00:00 BREACHED update", "Thu 02 12:30:00 LATE first_response",
                  "Thu 02 12:30:00 LATE update"));
}

INSTANTIATE_TEST_SUITE_P(
    Offices, WeekOfProviderB,
    ::testing::Values(Office{"America/Bogota", "Sun 29 03:20:00", "Sun 29 04:20:00"},
                      Office{"Europe/Madrid", "Sun 29 04:20:00", "Sun 29 05:20:00"}),
    [](const auto& info) {
      return std::string(info.param.zone).substr(info.param.zone[0] == 'A' ? 8 : 7);
    });

// --- Provider A: round the clock, with specialists who have hours ---

TEST(WeekOfProviderA, EndsWithExactlyTheseFacts) {
  Week week("Europe/Madrid", Introserv(), 26, 22);
  Customer ana("ana", "es"), leo("leo", "es"), mar("mar", "es");
  for (Customer* customer : {&ana, &leo, &mar}) week.Ask(customer->Register());
  Agent bea("bea"), root("root"), pau("pau");

  const std::string slow = week.At(26, 23, 0).Open(ana, {.body = "Mi VPS va lento"});
  week.At(26, 23, 5).Ask(bea.Reply(slow, "…"));
  week.At(26, 23, 10).Ask(bea.Escalate(slow, "server-access"));
  week.At(27, 9, 45).Ask(root.Reply(slow, "…"));
  week.At(27, 11, 40).Ask(root.Reply(slow, "…", /*wait_for_customer=*/true));
  const std::string charged =
      week.At(27, 17, 30).Open(leo, {.body = "¿Por qué me han cobrado dos veces?"});
  week.At(27, 17, 32).Ask(bea.Reply(charged, "…"));
  week.At(27, 17, 40).Ask(bea.Escalate(charged, "billing-review", "billing"));
  week.At(28, 12, 0).Ask(ana.Write(slow, "…"));
  const std::string down = week.At(29, 1, 55).Open(
      mar, {.body = "Mi página está caída, no abre para nadie", .priority = PRIORITY_HIGH});
  week.At(29, 4, 30).Ask(bea.Reply(down, "…", /*wait_for_customer=*/true));
  week.At(30, 9, 0).Ask(root.Reply(slow, "…"));
  week.At(30, 10, 45).Ask(root.Resolve(slow, "…"));
  week.At(30, 12, 0).Ask(pau.Reply(charged, "…"));
  week.At(30, 12, 30).Ask(pau.Resolve(charged, "…"));
  week.At(33, 23, 0);

  // F2 at night; then in the hours of the system administrators (F10), who have to be told of by
  // Saturday's half hour (F38), since the first team is there.
  EXPECT_THAT(
      week.Facts(slow),
      ElementsAre("Thu 26 23:00:00 MET acknowledgement", "Thu 26 23:05:00 MET first_response",
                  "Thu 26 23:05:00 MET update", "Fri 27 09:30:00 WARNED update",
                  "Fri 27 09:45:00 MET update", "Fri 27 11:15:00 WARNED update",
                  "Fri 27 11:40:00 MET update", "Sat 28 12:20:00 WARNED next_response",
                  "Sat 28 12:30:00 BREACHED next_response", "Mon 30 09:00:00 LATE next_response",
                  "Mon 30 09:00:00 MET update", "Mon 30 10:30:00 WARNED update",
                  "Mon 30 10:45:00 MET update", "Mon 30 10:45:00 MET estimate"));
  // F8: the estimate is used up as the billing team closes; the update has four of its hours.
  EXPECT_THAT(week.Facts(charged),
              ElementsAre("Fri 27 17:30:00 MET acknowledgement",
                          "Fri 27 17:32:00 MET first_response", "Fri 27 17:32:00 MET update",
                          "Fri 27 17:50:00 WARNED estimate", "Fri 27 18:00:00 BREACHED estimate",
                          "Mon 30 11:32:00 WARNED update", "Mon 30 12:00:00 MET update",
                          "Mon 30 12:30:00 MET update", "Mon 30 12:30:00 LATE estimate"));
  // F22: warned of after 5 and 8 minutes; five minutes after 01:55 it is 03:00 that night.
  EXPECT_THAT(
      week.Facts(down),
      ElementsAre("Sun 29 01:55:00 MET acknowledgement", "Sun 29 03:00:00 WARNED first_response",
                  "Sun 29 03:03:00 WARNED first_response",
                  "Sun 29 03:05:00 BREACHED first_response", "Sun 29 03:15:00 WARNED update",
                  "Sun 29 03:25:00 BREACHED update", "Sun 29 04:25:00 WARNED estimate",
                  "Sun 29 04:30:00 LATE first_response", "Sun 29 04:30:00 LATE update"));
}

}  // namespace
}  // namespace plazo::cluster
