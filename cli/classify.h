#pragma once

// `plazoctl classify --policy FILE`: what the classifier reads in messages. JSON lines in, one JSON
// object a line out, flushed line by line.
//
//   in:  id (any JSON), channel (ticket, chat, email, telephone), subject, body;
//        optional department (technical, financial or billing), priority (regular, high),
//        services [kind, ...], language (the customer's); other fields are ignored
//   out: id, language, department (technical, billing, abuse), level (1-3), team
//        (support-engineers, billing, data-centre, system-administrators), impact (high, medium,
//        low), complexity (simple, standard, complex, nonstandard), escalates, confidence (0-1),
//        unsure (confidence below the policy's threshold), intents[], entities[{kind, value}],
//        reasons["field: text", ...]
//        or id and error: what is wrong, beginning with the field
//
// A wrong line is answered with an error and stops nothing.

#include <istream>
#include <ostream>

#include "domain/classify/classifier.h"

namespace plazo::cli {

// Returns 0 when every line has been answered, 74 (EX_IOERR) when the answers could not be written
// or the input could not be read.
int ClassifyLines(const classify::Classifier& classifier, double unsure_below, std::istream& in,
                  std::ostream& out);

// The same lines in, for people: each message with what was seen in it, [concept] behind the words
// that stand for it, then the answers and the reasons. Returns as above.
int ClassifyExplain(const classify::Classifier& classifier, double unsure_below, std::istream& in,
                    std::ostream& out);

}  // namespace plazo::cli
