#include "platform/mime/content_header.h"

#include <gmime/gmime.h>

#include <algorithm>
#include <memory>

#include "platform/mime/ascii.h"
#include "platform/mime/charset.h"

namespace plazo::mime {
namespace {

constexpr std::size_t kMaxValue = 8192;  // a longer Content-* header is read only so far

struct Unref {
  void operator()(void* object) const { g_object_unref(object); }
};

// GMime's own decoding of encoded words in parameters ends at the first padded one: they are hidden
// from it.
constexpr std::string_view kWordBegin = "=?";
constexpr std::string_view kHiddenWordBegin = "=~!~";

std::string Replace(std::string_view s, std::string_view from, std::string_view to) {
  std::string out;
  for (std::size_t at; (at = s.find(from)) != std::string_view::npos;
       s.remove_prefix(at + from.size())) {
    out.append(s.substr(0, at)).append(to);
  }
  return out.append(s);
}

// GMime gets UTF-8 only, so that raw 8-bit file names do not depend on its guess.
std::string ForGMime(std::string_view value) {
  value = value.substr(0, kMaxValue);
  return Replace(IsValidUtf8(value) ? std::string(value) : DecodeText(value, ""), kWordBegin,
                 kHiddenWordBegin);
}

// A parameter that still holds encoded words (RFC 2047 forbids them there; many programs write
// them).
std::string ParameterText(const char* value) {
  if (value == nullptr) return {};
  return DecodeHeaderText(Replace(ScrubUtf8(value), kHiddenWordBegin, kWordBegin));
}

bool IsToken(std::string_view s) {
  if (s.empty() || s.size() > 80) return false;
  for (const char c : s) {
    if (c <= ' ' || c >= 0x7f ||
        std::string_view("()<>@,;:\\\"/[]?=").find(c) != std::string_view::npos)
      return false;
  }
  return true;
}

// "type/subtype" of the raw value; empty when it is malformed ("text", "text/", "iso-8859-1").
std::string MediaType(std::string_view value) {
  const std::string_view full = value.substr(0, value.find_first_of("; \t,"));
  const std::size_t slash = full.find('/');
  if (slash == std::string_view::npos) return {};
  if (!IsToken(full.substr(0, slash)) || !IsToken(full.substr(slash + 1))) return {};
  return LowerAscii(full);
}

void ReadContentType(std::string_view raw, ContentHeader& header) {
  const std::string value = ForGMime(Trim(raw));
  header.type_declared = !value.empty();
  if (value.empty()) return;
  const std::string type = MediaType(value);
  const std::unique_ptr<GMimeContentType, Unref> parsed(
      g_mime_content_type_parse(nullptr, value.c_str()));
  if (!type.empty()) header.type = type;
  if (parsed == nullptr) return;
  const auto parameter = [&](const char* name) {
    return ParameterText(g_mime_content_type_get_parameter(parsed.get(), name));
  };
  header.charset = parameter("charset");
  header.boundary = parameter("boundary");
  header.filename = parameter("name");
  header.report_type = LowerAscii(parameter("report-type"));
  if (header.charset.empty()) {  // "text/plain charset=utf-8": the semicolon is missing
    const std::string lower = LowerAscii(value);
    const std::size_t at = lower.find("charset=");
    if (at != std::string::npos) {
      const std::string_view rest = std::string_view(lower).substr(at + 8);
      header.charset = std::string(Trim(rest.substr(0, rest.find_first_of(";, ", 1))));
      std::erase(header.charset, '"');
    }
  }
}

GMimeContentEncoding EncodingOf(std::string_view name) {
  if (name == "base64") return GMIME_CONTENT_ENCODING_BASE64;
  if (name == "quoted-printable") return GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE;
  if (name == "uuencode" || name == "x-uuencode" || name == "x-uue")
    return GMIME_CONTENT_ENCODING_UUENCODE;
  return GMIME_CONTENT_ENCODING_DEFAULT;
}

// Lists and virus scanners append plain text to encoded parts. What follows an empty line and is no
// base64 is dropped.
std::string_view WithoutFooter(std::string_view body) {
  const std::size_t begin = body.find_first_not_of("\r\n");
  std::size_t empty_line = body.find("\n\n", begin);
  empty_line = std::min(empty_line, body.find("\n\r\n", begin));
  if (empty_line == std::string_view::npos) return body;
  for (const char c : body.substr(empty_line)) {
    if (!IsAlpha(c) && !IsDigit(c) && !IsBlank(c) && c != '+' && c != '/' && c != '=')
      return body.substr(0, empty_line);
  }
  return body;
}

}  // namespace

ContentHeader ReadContentHeader(const HeaderBlock& headers) {
  ContentHeader header;
  ReadContentType(headers.Get("Content-Type"), header);
  const std::string_view encoding = Trim(headers.Get("Content-Transfer-Encoding"));
  header.transfer_encoding = LowerAscii(Trim(encoding.substr(0, encoding.find_first_of("; \t("))));
  const std::vector<std::string> ids = ParseMessageIds(headers.Get("Content-ID"));
  if (!ids.empty()) header.content_id = ids[0];

  const std::string value = ForGMime(headers.Get("Content-Disposition"));
  if (value.empty()) return header;
  const std::unique_ptr<GMimeContentDisposition, Unref> parsed(
      g_mime_content_disposition_parse(nullptr, value.c_str()));
  if (parsed == nullptr) return header;
  header.attachment = StartsWithIgnoreCase(value, "attachment");
  const std::string filename =
      ParameterText(g_mime_content_disposition_get_parameter(parsed.get(), "filename"));
  if (!filename.empty()) header.filename = filename;
  return header;
}

std::string DecodeTransferEncoding(std::string_view body, std::string_view transfer_encoding) {
  const GMimeContentEncoding encoding = EncodingOf(transfer_encoding);
  if (encoding == GMIME_CONTENT_ENCODING_BASE64) body = WithoutFooter(body);
  if (encoding == GMIME_CONTENT_ENCODING_DEFAULT) return std::string(body);
  GMimeEncoding state;
  g_mime_encoding_init_decode(&state, encoding);
  std::string out(g_mime_encoding_outlen(&state, body.size()) + 16, '\0');
  std::size_t length = g_mime_encoding_step(&state, body.data(), body.size(), out.data());
  length += g_mime_encoding_flush(&state, "", 0, out.data() + length);
  out.resize(length);
  return out;
}

}  // namespace plazo::mime
