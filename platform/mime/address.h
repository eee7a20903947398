#pragma once

// Mail addresses: which ones we accept, and how two are compared. Pure functions, safe from any
// thread.

#include <absl/status/status.h>

#include <string>
#include <string_view>

namespace plazo::mime {

// OK for an address we are willing to write to: dot-atom or quoted local part, a domain name of at
// least two labels or an address literal, ASCII only, local part <= 64 and whole <= 254 bytes (RFC
// 5321 4.5.3.1). No spaces, control characters or angle brackets, so that it cannot break out of an
// SMTP command. Else kInvalidArgument; the message does not repeat the address.
absl::Status ValidAddress(std::string_view address);

// The form for comparison: surrounding blanks and brackets dropped, ASCII lower case, no dot at the
// end of the domain. Local parts are compared without case although RFC 5321 allows otherwise: no
// provider tells two customers apart by it.
std::string NormalizeAddress(std::string_view address);

}  // namespace plazo::mime
