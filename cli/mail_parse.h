#pragma once

// `plazoctl mail parse FILE...`: one JSON object a line for each file, for tests and for looking at
// a mail as intake sees it. The fields and their order are part of the command line's contract.

#include <ostream>
#include <string>
#include <vector>

namespace plazo::cli {

// Writes one line a file; "-" is standard input. A mail that cannot be parsed gets a line with
// `error` set. Returns 0 when every file was read, 66 (EX_NOINPUT) when one could not be.
int MailParse(const std::vector<std::string>& files, std::ostream& out);

}  // namespace plazo::cli
