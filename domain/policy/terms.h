#pragma once

// What single words of a policy may look like. Pure.

#include <string_view>

namespace plazo::policy {

// Lower case letters, digits and dashes; begins with a letter or digit; at most 63.
bool IsId(std::string_view word);

// Two lower case letters (ISO 639-1).
bool IsLanguage(std::string_view word);

// Host name of at least two labels, ASCII (xn-- for others).
bool IsDomain(std::string_view word);

// Plain `local@domain` of RFC 5321 without quoting or a display name: what can go into a header and
// an SMTP command as it is.
bool IsAddress(std::string_view word);

// UTF-8, one line, not empty, no control characters.
bool IsLine(std::string_view text);

// As a line, but line feeds are allowed.
bool IsText(std::string_view text);

// http:// or https:// with a host, without spaces or control characters.
bool IsLink(std::string_view text);

}  // namespace plazo::policy
