#pragma once

// HTML's named characters that mails use, and numeric ones.

#include <cstddef>
#include <string>
#include <string_view>

namespace plazo::mime {

// Appends what the entity at the start of `s` (which begins with '&') stands for, and returns its
// length; returns 0 and appends nothing when it is none.
std::size_t DecodeEntity(std::string_view s, std::string& out);

}  // namespace plazo::mime
