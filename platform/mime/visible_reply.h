#pragma once

// What a person newly wrote in a mail, without the conversation quoted below or between, and
// without the signature.
//
// Knows the quoting of the usual mail programs in English, Spanish, Italian, Ukrainian and Russian:
// "> " lines, "On ... wrote:" lines (also broken over several), Outlook's header blocks, "-- " and
// "Sent from my ..." signatures. When nothing would be left, the whole text is returned: never
// empty unless `text` is blank. Linear; thread-safe.

#include <string>
#include <string_view>

namespace plazo::mime {

// `text` is UTF-8 with LF lines.
std::string VisibleReply(std::string_view text);

// Unicode case folding of UTF-8.
std::string FoldCase(std::string_view text);

}  // namespace plazo::mime
