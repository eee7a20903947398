#include "cli/calendar_eval.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

namespace plazo::cli {
namespace {

std::string Eval(const std::string& in) {
  std::istringstream input(in);
  std::ostringstream output;
  EXPECT_EQ(CalendarEval(input, output), 0);
  return output.str();
}

// The fields of a plain question; a case replaces or adds some.
nlohmann::json Office() {
  return nlohmann::json::parse(R"j({
    "time_zone": "Europe/Madrid",
    "weekly": {"mon": [["09:00","17:00"]], "tue": [["09:00","17:00"]], "wed": [["09:00","17:00"]],
               "thu": [["09:00","17:00"]], "fri": [["09:00","17:00"]]},
    "op": "add", "start": "2026-03-13T16:00:00+01:00", "business_seconds": 7200})j");
}

struct Case {
  const char* sentence;
  const char* fields;  // merged into Office(); null removes
  const char* want;    // the answer
};

const Case kCases[] = {
    {"two hours from Friday afternoon end on Monday", "{}",
     R"j({"result":"2026-03-16T10:00:00+01:00"})j"},
    {"the id comes back, whatever it is", R"j({"id":{"n":7}})j",
     R"j({"id":{"n":7},"result":"2026-03-16T10:00:00+01:00"})j"},
    {"fields that are not ours are ignored", R"j({"note":"x","expected":1})j",
     R"j({"result":"2026-03-16T10:00:00+01:00"})j"},
    {"a start in UTC is answered in the zone", R"j({"start":"2026-03-13T15:00:00Z"})j",
     R"j({"result":"2026-03-16T10:00:00+01:00"})j"},
    {"fractions of a second are dropped", R"j({"start":"2026-03-13T15:00:00.999Z"})j",
     R"j({"result":"2026-03-16T10:00:00+01:00"})j"},
    {"the answer has the offset of its own day", R"j({"start":"2026-03-27T16:00:00+01:00"})j",
     R"j({"result":"2026-03-30T10:00:00+02:00"})j"},
    {"zero from a closed moment is the next opening",
     R"j({"start":"2026-03-14T12:00:00+01:00","business_seconds":0})j",
     R"j({"result":"2026-03-16T09:00:00+01:00"})j"},
    {"zero from an open moment is that moment", R"j({"business_seconds":0})j",
     R"j({"result":"2026-03-13T16:00:00+01:00"})j"},
    {"using up the day ends at closing time", R"j({"business_seconds":3600})j",
     R"j({"result":"2026-03-13T17:00:00+01:00"})j"},
    {"a whole number may be written as 7200.0", R"j({"business_seconds":7200.0})j",
     R"j({"result":"2026-03-16T10:00:00+01:00"})j"},
    {"24:00 ends a day and 00:00 begins the next",
     R"j({"weekly":{"fri":[["20:00","24:00"]],"sat":[["00:00","02:00"]]},
         "start":"2026-03-13T23:00:00+01:00"})j",
     R"j({"result":"2026-03-14T01:00:00+01:00"})j"},
    {"hours may pass midnight",
     R"j({"weekly":{"fri":[["22:00","06:00"]]},"start":"2026-03-13T23:00:00+01:00","business_seconds":25200})j",
     R"j({"result":"2026-03-14T06:00:00+01:00"})j"},
    {"hours until 00:00 end at midnight",
     R"j({"weekly":{"fri":[["22:00","00:00"]]},"op":"between","end":"2026-03-15T00:00:00+01:00"})j",
     R"j({"result":7200})j"},
    {"a holiday is not worked", R"j({"holidays":["2026-03-16"]})j",
     R"j({"result":"2026-03-17T10:00:00+01:00"})j"},
    {"an override replaces the hours of a date",
     R"j({"overrides":{"2026-03-16":[["10:00","12:00"]]}})j",
     R"j({"result":"2026-03-16T11:00:00+01:00"})j"},
    {"an override without hours closes a date", R"j({"overrides":{"2026-03-16":[]}})j",
     R"j({"result":"2026-03-17T10:00:00+01:00"})j"},
    {"pauses are taken out",
     R"j({"pauses":[["2026-03-13T16:30:00+01:00","2026-03-16T09:15:00+01:00"],
                   ["2026-03-16T09:10:00+01:00","2026-03-16T09:30:00+01:00"]]})j",
     R"j({"result":"2026-03-16T11:00:00+01:00"})j"},
    {"between counts whole seconds", R"j({"op":"between","end":"2026-03-16T09:30:00+01:00"})j",
     R"j({"result":5400})j"},
    {"an end before the start is zero", R"j({"op":"between","end":"2026-03-12T09:30:00+01:00"})j",
     R"j({"result":0})j"},
    {"a day of 25 hours has 25 hours",
     R"j({"weekly":{"sun":[["00:00","24:00"]]},"op":"between","start":"2026-10-24T12:00:00Z",
         "end":"2026-10-26T12:00:00Z"})j",
     R"j({"result":90000})j"},
    {"a very long span is no matter", R"j({"business_seconds":1000000000})j",
     R"j({"result":"2159-04-18T09:46:40+02:00"})j"},
    {"null stands for nothing", R"j({"holidays":null,"overrides":null,"pauses":null})j",
     R"j({"result":"2026-03-16T10:00:00+01:00"})j"},

    {"an unknown zone", R"j({"time_zone":"Mars/Olympus"})j",
     R"j({"error":"time_zone: unknown time zone \"Mars/Olympus\""})j"},
    {"a zone that is a path", R"j({"time_zone":"../../etc/passwd"})j",
     R"j({"error":"time_zone: \"../../etc/passwd\" is not the name of a time zone"})j"},
    {"no zone", R"j({"time_zone":null})j", R"j({"error":"time_zone: is required"})j"},
    {"no hours in the week", R"j({"weekly":null})j", R"j({"error":"weekly: is required"})j"},
    {"weekdays without hours", R"j({"weekly":{"mon":[]}})j",
     R"j({"error":"weekly: leaves no working time at all"})j"},
    {"no such time of day", R"j({"weekly":{"mon":[["09:00","25:00"]]}})j",
     R"j({"error":"weekly.mon[0]: \"25:00\" is not a time of day from 00:00 to 24:00"})j"},
    {"no such weekday", R"j({"weekly":{"lunes":[["09:00","17:00"]]}})j",
     R"j({"error":"weekly: \"lunes\" is not a weekday (mon, tue, wed, thu, fri, sat, sun)"})j"},
    {"hours without an end", R"j({"weekly":{"mon":[["09:00"]]}})j",
     R"j({"error":"weekly.mon[0]: must be [\"HH:MM\", \"HH:MM\"]"})j"},
    {"a negative budget", R"j({"business_seconds":-1})j",
     R"j({"error":"business_seconds: must not be negative"})j"},
    {"a budget with a fraction", R"j({"business_seconds":1.5})j",
     R"j({"error":"business_seconds: must be a whole number of seconds"})j"},
    {"a budget in words", R"j({"business_seconds":"7200"})j",
     R"j({"error":"business_seconds: must be a number of seconds"})j"},
    {"no budget", R"j({"business_seconds":null})j",
     R"j({"error":"business_seconds: is required"})j"},
    {"a budget that no year can hold", R"j({"business_seconds":100000000000})j",
     R"j({"error":"business_seconds: is not worked before the end of the year 2250"})j"},
    {"a start without an offset", R"j({"start":"2026-03-13T16:00:00"})j",
     R"j({"error":"start: \"2026-03-13T16:00:00\" is not an RFC 3339 time with an offset (2026-03-27T16:00:00+01:00)"})j"},
    {"no end", R"j({"op":"between"})j", R"j({"error":"end: is required"})j"},
    {"an operation that does not exist", R"j({"op":"subtract"})j",
     R"j({"error":"op: must be \"add\" or \"between\""})j"},
    {"a date that does not exist", R"j({"holidays":["2026-02-29"]})j",
     R"j({"error":"holidays[0]: \"2026-02-29\" is not a date (YYYY-MM-DD)"})j"},
    {"a pause that is no pair", R"j({"pauses":[["2026-03-13T16:30:00Z"]]})j",
     R"j({"error":"pauses[0]: must be [from, to]"})j"},
    {"a pause without a time", R"j({"pauses":[["2026-03-13T16:30:00Z","later"]]})j",
     R"j({"error":"pauses[0][1]: \"later\" is not an RFC 3339 time with an offset (2026-03-27T16:00:00+01:00)"})j"},
};

TEST(CalendarEvalTest, AnswersAsTheSentencesSay) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.sentence);
    nlohmann::json line = Office();
    // `weekly` and the like are replaced as a whole, not merged.
    const nlohmann::json fields = nlohmann::json::parse(c.fields);
    for (const auto& [key, value] : fields.items()) line[key] = value;
    EXPECT_EQ(Eval(line.dump()), std::string(c.want) + "\n");
  }
}

TEST(CalendarEvalTest, AWrongLineStopsNothing) {
  const std::string good = Office().dump();
  const std::string answer = R"j({"result":"2026-03-16T10:00:00+01:00"})j";
  EXPECT_EQ(Eval(good + "\n{oops\n\n  \r\n[1]\n" + good),
            answer +
                "\n{\"error\":\"line 2: not a JSON object\"}\n"
                "{\"error\":\"line 5: not a JSON object\"}\n" +
                answer + "\n");
  EXPECT_EQ(Eval(""), "");
}

TEST(CalendarEvalTest, AnErrorKeepsTheId) {
  nlohmann::json line = Office();
  line["id"] = "row 7";
  line["op"] = 3;
  EXPECT_EQ(Eval(line.dump()), "{\"id\":\"row 7\",\"error\":\"op: must be a string\"}\n");
}

TEST(CalendarEvalTest, AMessageThatCutsACharacterIsStillJson) {
  nlohmann::json line = Office();
  line["start"] = std::string(39, 'x') + "ñandú";
  EXPECT_TRUE(nlohmann::json::parse(Eval(line.dump())).contains("error"));
}

TEST(CalendarEvalTest, SaysWhenTheAnswersCannotBeWritten) {
  std::istringstream input(Office().dump());
  std::ostringstream output;
  output.setstate(std::ios::badbit);
  EXPECT_EQ(CalendarEval(input, output), 74);
}

}  // namespace
}  // namespace plazo::cli
