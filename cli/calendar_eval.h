#pragma once

// `plazoctl calendar eval`: business time by hand. JSON lines in, one JSON object a line out.
//
//   in:  time_zone, weekly{mon: [["09:00", "17:00"], ...], ...}, holidays["YYYY-MM-DD", ...],
//        overrides{"YYYY-MM-DD": [["10:00", "12:00"], ...]}, pauses[[from, to], ...],
//        op: "add" (start, business_seconds) or "between" (start, end); all instants in RFC 3339
//        with `Z` or an offset; `id` (anything) comes back in the answer; other fields are ignored
//   out: result: for "add" RFC 3339 in the zone, for "between" whole seconds; or error: what is
//   wrong, beginning with
//        the field's path (`weekly.mon[0]: ...`)
//
// The conventions are those of domain/calendar/business_time.h; fractions of a second are dropped.
// Weekdays are mon..sun; an interval whose end is not after its start ends on the next day; an
// override has the last word over a holiday; a holiday `MM-DD` is one of every year.
//
// A wrong line is answered with an error and stops nothing. Returns 0 when every line has been
// answered, 74 (EX_IOERR) when the answers could not be written or the input could not be read. The
// rules of zones come from this machine's tz database.

#include <istream>
#include <ostream>

namespace plazo::cli {

int CalendarEval(std::istream& in, std::ostream& out);

}  // namespace plazo::cli
