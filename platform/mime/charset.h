#pragma once

// Bytes in any charset, rightly declared, wrongly declared or not declared, as valid UTF-8. Linear;
// never fails. Thread-safe.

#include <cstddef>
#include <string>
#include <string_view>

namespace plazo::mime {

bool IsValidUtf8(std::string_view bytes);

// Invalid sequences become U+FFFD, NUL is dropped.
std::string ScrubUtf8(std::string_view bytes);

// The text of `bytes`. A declaration that the bytes contradict is overruled: valid multi-byte UTF-8
// is UTF-8 whatever was declared, gb2312 is read as its superset gb18030, iso-8859-1 as
// windows-1252. Undeclared or unknown 8-bit text is windows-1251 or KOI8-U where it looks Cyrillic,
// else windows-1252.
std::string DecodeText(std::string_view bytes, std::string_view declared_charset);

// At most `max_bytes` of `text`, cut between characters.
std::string_view CutUtf8(std::string_view text, std::size_t max_bytes);

}  // namespace plazo::mime
