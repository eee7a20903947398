#pragma once

// Bytes as text. Decoders are strict: any foreign character, a wrong length or stray bits give
// nullopt.

#include <optional>
#include <string>
#include <string_view>

namespace plazo {

// RFC 4648 base32 in lower case without padding: safe in mail local parts, file names and spoken
// aloud. 10 bytes give 16 characters.
std::string Base32(std::string_view bytes);
// Accepts either case.
std::optional<std::string> FromBase32(std::string_view text);

// Lower case.
std::string Hex(std::string_view bytes);
// Accepts either case.
std::optional<std::string> FromHex(std::string_view text);

// RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF. What gRPC accepts in a string
// field.
bool IsValidUtf8(std::string_view text);

}  // namespace plazo
