#pragma once

// Readable plain text from HTML of any quality. Own small scanner: linear time, no recursion, tags
// nested to any depth.
//
// Paragraphs and line breaks become line ends, list items begin with "- ", what stands in
// <blockquote> begins with "> ", a link is followed by its address in brackets; scripts, styles,
// comments and titles are dropped. Thread-safe.

#include <string>
#include <string_view>

namespace plazo::mime {

// `html` is UTF-8; so is the result. It has no HTML meaning left, but is not escaped for use in
// HTML either.
std::string HtmlToText(std::string_view html);

// The charset a <meta> tag near the start declares; empty when there is none.
std::string HtmlDeclaredCharset(std::string_view bytes);

}  // namespace plazo::mime
