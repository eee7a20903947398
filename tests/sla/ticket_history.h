#pragma once

// Tickets lived through on paper: what people do at which local time, and the SLA facts that come
// of it. Deadlines fire by themselves at their instant, mails arrive at once; no process, no
// broker.
//
//   History history({.zone = "Europe/Madrid", .clocks = "first_response target 2h calendar
//   office"}); history.Do("03-13 16:00 open"); history.Do("03-16 12:00 end");
//   EXPECT_THAT(history.facts(), ElementsAre("03-16 10:00 BREACHED first_response"));
//
// All times are of 2026 in the zone; one that happens twice is the first. Not thread-safe.

#include <absl/time/time.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "domain/calendar/zone.h"
#include "domain/core/effects.h"

namespace plazo::sla {

struct Promises {
  const char* zone = "Europe/Madrid";
  // Rules by `;`, in order: `first_response warn 3h warn 4h target 3h limit 5h calendar office
  // pause if impacts=high`. Calendars: office (Mon-Fri 09:00-17:00), split (09:00-13:00
  // 15:00-19:00), lateshift (22:00-06:00), monthu (Monday and Thursday 10:00-16:00), team (see
  // below). Team `first` works round the clock, `second` in office hours.
  const char* clocks = "";
  // As AddHoliday of calendar_fixture.h reads it; the office is closed.
  std::vector<const char*> holidays = {};
  // The zone's table is that of another zone: as if the tz database had changed.
  const char* table_of = nullptr;
};

class History {
 public:
  explicit History(const Promises& promises);

  // What `policy` makes the active one; what runs keeps its own.
  void SetNextPolicy(const Promises& promises) { next_ = Compile(promises); }

  // `<MM-DD HH:MM[:SS]> [t2] <verb> [argument] [@MM-DD HH:MM] [= REASON]`
  //   open [CHANNEL|high|stranger]   write [CHANNEL]   robot (an automatic mail)   confirm   deny
  //   reply   ask (reply and wait)   wait (without a question)   note   automatic   estimate
  //   DURATION impact WORD   complexity WORD   transfer DEPARTMENT   to TEAM   promote plan ID (the
  //   customer writes, and has this plan now) resolve   close   reopen   merge TICKET   acknowledge
  //   policy   hold (timer and mail stand still)   go on   mail (report of the acknowledgement)
  //   fire ID (though it is not due or not armed any more)   end
  // `@` is when the command reached our edge, for `mail` when the relay had it. REASON is what the
  // decision says; without one it must be applied.
  void Do(std::string_view step);

  // Of all tickets, as they were told: `03-16 10:00 MET first_response in 1h`. A breach that was
  // noticed later than due names when it was due.
  const std::vector<std::string>& facts() const { return facts_; }
  // `03-16 10:00 breach_management`: mails to staff.
  const std::vector<std::string>& staff_mails() const { return staff_mails_; }

 private:
  struct Step;

  static PolicyPtr Compile(const Promises& promises);
  absl::Time At(std::string_view day, std::string_view clock) const;
  std::string Text(absl::Time time) const;
  Step Read(std::string_view text) const;
  core::v1::Command Make(const Step& step);
  Effects Decide(const std::string& ticket_id, core::v1::Command command);
  void Tell(const std::string& ticket_id, const Effects& effects);
  void Deliver(const std::vector<core::v1::DeliveryIntent>& intents, absl::Time relay_time);
  void FireUntil(absl::Time time);
  bool FireNext(absl::Time until);

  const calendar::Zone zone_;
  PolicyShelf shelf_;
  PolicyPtr next_;
  core::v1::LaneState lane_;
  absl::Time now_;
  bool held_ = false;
  int commands_ = 0;
  std::map<std::string, core::v1::TicketState> tickets_;
  std::vector<core::v1::DeliveryIntent> undelivered_;
  std::vector<std::string> facts_;
  std::vector<std::string> staff_mails_;
};

}  // namespace plazo::sla
