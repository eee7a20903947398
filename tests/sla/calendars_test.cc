// Tickets in business hours. The arithmetic has its own tables in domain/calendar; these rows hold
// that promises use it, warnings and measured times included. A table: longer than a source should
// be.

#include "tests/sla/case.h"

namespace plazo::sla {
namespace {

constexpr const char* kTwoOfficeHours = "first_response target 2h calendar office";

const Case kCases[] = {
    {.id = "opened-in-closed-time",
     .sentence = "A ticket of Saturday counts from Monday's opening",
     .promises = {.clocks = kTwoOfficeHours},
     .steps = {"03-14 12:00 open", "03-16 12:00 end"},
     .facts = {"03-16 11:00 BREACHED first_response"}},
    {.id = "opened-at-the-opening-second",
     .sentence = "A ticket of the opening second counts from it",
     .promises = {.clocks = kTwoOfficeHours},
     .steps = {"03-16 09:00 open", "03-16 12:00 end"},
     .facts = {"03-16 11:00 BREACHED first_response"}},
    {.id = "opened-at-the-closing-second",
     .sentence = "A ticket of the closing second counts from the next opening",
     .promises = {.clocks = kTwoOfficeHours},
     .steps = {"03-13 17:00 open", "03-16 12:00 end"},
     .facts = {"03-16 11:00 BREACHED first_response"}},
    {.id = "due-at-the-closing-second",
     .sentence = "A promise that uses the day up is due at closing time and kept until then",
     .promises = {.clocks = kTwoOfficeHours},
     .steps = {"03-13 15:00 open", "03-13 15:00 t2 open", "03-13 17:00 reply", "03-16 12:00 end"},
     .facts = {"03-13 17:00 MET first_response in 2h", "03-13 17:00 t2 BREACHED first_response"}},
    {.id = "answered-in-closed-time",
     .sentence = "An answer at night uses nothing of the night",
     .promises = {.clocks = kTwoOfficeHours},
     .steps = {"03-13 16:00 open", "03-14 03:00 reply", "03-16 12:00 end"},
     .facts = {"03-14 03:00 MET first_response in 1h"}},
    {.id = "round-the-clock-at-night",
     .sentence = "A promise round the clock starts at once, also on a Saturday night",
     .promises = {.clocks = "first_response target 1h"},
     .steps = {"03-14 03:00 open", "03-14 04:30 end"},
     .facts = {"03-14 04:00 BREACHED first_response"}},
    {.id = "warned-in-business-time",
     .sentence = "Warnings come in business time: neither at opening a ticket nor at the weekend",
     .promises = {.clocks = "first_response warn 1h target 3h calendar office"},
     .steps = {"03-13 16:30 open", "03-16 11:30 end"},
     .facts = {"03-16 09:30 WARNED first_response", "03-16 11:30 BREACHED first_response"},
     .staff_mails = {{"03-16 09:30 warning_team", "03-16 11:30 breach_management"}}},
    {.id = "warned-in-a-split-day",
     .sentence = "Warnings and deadlines leave the lunch break out",
     .promises = {.clocks = "first_response warn 1h target 3h calendar split"},
     .steps = {"03-13 12:30 open", "03-13 18:00 end"},
     .facts = {"03-13 15:30 WARNED first_response", "03-13 17:30 BREACHED first_response"}},
    {.id = "due-after-midnight",
     .sentence = "A shift that passes midnight goes on after it",
     .promises = {.clocks = "first_response target 2h calendar lateshift"},
     .steps = {"03-13 23:00 open", "03-14 12:00 end"},
     .facts = {"03-14 01:00 BREACHED first_response"}},
    {.id = "two-short-days-a-week",
     .sentence = "Hours on two days of the week are found from any other",
     .promises = {.clocks = "first_response target 2h calendar monthu"},
     .steps = {"03-13 12:00 open", "03-16 15:30 t2 open", "03-20 12:00 end"},
     .facts = {"03-16 12:00 BREACHED first_response", "03-19 11:30 t2 BREACHED first_response"}},
    {.id = "business-hours-after-the-change-in-spring",
     .sentence = "After the change in spring the office opens by its own clock",
     .promises = {.clocks = kTwoOfficeHours},
     .steps = {"03-27 16:00 open", "03-30 12:00 end"},
     .facts = {"03-30 10:00 BREACHED first_response"}},
    {.id = "business-hours-measured-over-the-change",
     .sentence = "Time used is measured in office hours over the change in autumn",
     .promises = {.clocks = kTwoOfficeHours},
     .steps = {"10-23 16:00 open", "10-26 09:30 reply"},
     .facts = {"10-26 09:30 MET first_response in 1h30m"}},
    {.id = "a-day-of-23-hours",
     .sentence = "A day round the clock from the eve of the change in spring does not skip it",
     .promises = {.zone = "Europe/Berlin", .clocks = "first_response target 24h"},
     .steps = {"03-28 23:30 open", "03-30 12:00 end"},
     .facts = {"03-30 00:30 BREACHED first_response"}},
    {.id = "a-day-of-25-hours",
     .sentence = "A day round the clock into the change in autumn does not count it twice",
     .promises = {.zone = "Europe/Berlin", .clocks = "first_response target 24h"},
     .steps = {"10-25 00:30 open", "10-26 12:00 end"},
     .facts = {"10-25 23:30 BREACHED first_response"}},
    {.id = "holiday-and-warning",
     .sentence = "Neither warning nor deadline falls on a holiday",
     .promises = {.clocks = "first_response warn 1h target 2h calendar office",
                  .holidays = {"03-19 San-José"}},
     .steps = {"03-18 16:30 open", "03-20 12:00 end"},
     .facts = {"03-20 09:30 WARNED first_response", "03-20 10:30 BREACHED first_response"}},
};

class Calendars : public ::testing::TestWithParam<Case> {};
TEST_P(Calendars, Holds) { ExpectHolds(GetParam()); }
INSTANTIATE_TEST_SUITE_P(Cases, Calendars, ::testing::ValuesIn(kCases), NameOf);

}  // namespace
}  // namespace plazo::sla
