#include "platform/mime/part_tree.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "platform/mime/ascii.h"
#include "platform/mime/charset.h"
#include "platform/mime/content_header.h"
#include "platform/mime/html_text.h"

namespace plazo::mime {
namespace {

constexpr std::size_t kMaxPartFields = 200;

// A text that may stand in two forms: what multipart/alternative offers, or a single part.
struct Body {
  std::string plain;
  std::string html;
};

// Splits a multipart body at its boundary lines, part by part.
class Splitter {
 public:
  Splitter(std::string_view body, std::string_view boundary)
      : body_(body), marker_("--" + std::string(boundary)) {
    at_ = NextMarker(0).behind;
  }

  // The next part's bytes; nullopt at the end.
  std::optional<std::string_view> Next() {
    if (done_) return std::nullopt;
    const std::size_t begin = at_;
    const Marker marker = NextMarker(begin);
    at_ = marker.behind;
    return body_.substr(begin, marker.begin - begin);
  }

 private:
  struct Marker {
    std::size_t begin;  // of the line end before it, which belongs to the marker
    std::size_t behind;
  };

  Marker NextMarker(std::size_t from) {
    std::size_t at = from;
    while (true) {
      at = body_.find(marker_, at);
      if (at == std::string_view::npos) {
        done_ = true;
        return {body_.size(), body_.size()};
      }
      const bool line_begins = at == 0 || body_[at - 1] == '\n';
      std::string_view rest = body_.substr(at + marker_.size());
      const std::size_t before = rest.size();
      const std::string_view tail = TrimRight(TakeLine(rest));
      if (line_begins && (tail.empty() || tail == "--")) {
        done_ = tail == "--";
        std::size_t begin = at;
        if (begin > from && body_[begin - 1] == '\n') --begin;
        if (begin > from && body_[begin - 1] == '\r') --begin;
        return {begin, at + marker_.size() + before - rest.size()};
      }
      // No boundary: go on behind what was looked at, so that no byte is looked at twice.
      at += marker_.size() + (line_begins ? before - rest.size() : 0);
    }
  }

  const std::string_view body_;
  const std::string marker_;
  std::size_t at_ = 0;
  bool done_ = false;
};

// A multipart without a boundary parameter: its first line that begins with two hyphens.
std::string GuessBoundary(std::string_view body) {
  constexpr int kLines = 50;
  for (int i = 0; i < kLines && !body.empty(); ++i) {
    const std::string_view line = TrimRight(TakeLine(body));
    if (line.size() > 4 && line.starts_with("--")) return std::string(line.substr(2));
  }
  return {};
}

std::string ExtensionFor(std::string_view type) {
  static constexpr std::pair<std::string_view, std::string_view> kKnown[] = {
      {"image/png", ".png"},          {"image/jpeg", ".jpg"},    {"image/gif", ".gif"},
      {"application/pdf", ".pdf"},    {"text/calendar", ".ics"}, {"text/plain", ".txt"},
      {"text/html", ".html"},         {"text/csv", ".csv"},      {"application/zip", ".zip"},
      {"message/rfc822", ".eml"},     {"text/x-vcard", ".vcf"},  {"text/vcard", ".vcf"},
      {"application/ms-tnef", ".dat"}};
  for (const auto& [known, extension] : kKnown) {
    if (known == type) return std::string(extension);
  }
  return ".bin";
}

// A name that is safe to offer for saving: the last path segment, without control characters.
std::string SafeFilename(std::string_view name) {
  const std::size_t slash = name.find_last_of("/\\");
  if (slash != std::string_view::npos) name.remove_prefix(slash + 1);
  std::string safe;
  for (const char c : CollapseBlanks(name)) {
    if (!IsControl(c) && std::string_view("<>:\"|?*").find(c) == std::string_view::npos)
      safe.push_back(c);
  }
  while (!safe.empty() && (safe.front() == '.' || safe.front() == ' ')) safe.erase(0, 1);
  constexpr std::size_t kMaxName = 200;
  if (safe.size() <= kMaxName) return safe;
  const std::size_t dot = safe.rfind('.');
  const std::string extension =
      dot != std::string::npos && safe.size() - dot <= 10 ? safe.substr(dot) : "";
  return std::string(CutUtf8(safe, kMaxName - extension.size())) + extension;
}

class Collector {
 public:
  explicit Collector(const ParseLimits& limits) : limits_(limits) {}

  CollectedParts Collect(const HeaderBlock& headers, std::string_view body) {
    Visit(headers, body, {});
    return std::move(collected_);
  }

 private:
  struct Place {
    std::size_t depth = 0;
    bool in_report = false;
    bool digest = false;          // parts without a type are messages (RFC 2046 5.1.5)
    Body* alternative = nullptr;  // the enclosing multipart/alternative's two forms
  };

  void Visit(const HeaderBlock& headers, std::string_view body, const Place& place) {
    if (++parts_ > limits_.max_parts || place.depth > limits_.max_depth) {
      collected_.truncated = true;
      return;
    }
    ContentHeader content = ReadContentHeader(headers);
    if (place.digest && !content.type_declared) content.type = "message/rfc822";
    if (content.type.starts_with("multipart/")) {
      if (content.boundary.empty()) content.boundary = GuessBoundary(body);
      const bool has_marker =
          !content.boundary.empty() && body.find("--" + content.boundary) != std::string_view::npos;
      if (has_marker) {
        VisitMultipart(content, body, place);
        return;
      }
      content.type = "text/plain";  // nothing to split: what stands there is all there is
      content.boundary.clear();
    }
    VisitLeaf(content, body, place);
  }

  void VisitMultipart(const ContentHeader& content, std::string_view body, const Place& place) {
    Place inside = place;
    ++inside.depth;
    inside.digest = content.type == "multipart/digest";
    if (content.type == "multipart/report") inside.in_report = collected_.report.in_report = true;
    Body forms;
    const bool alternative =
        content.type == "multipart/alternative" && place.alternative == nullptr;
    if (alternative) inside.alternative = &forms;
    Splitter splitter(body, content.boundary);
    while (const std::optional<std::string_view> part = splitter.Next()) {
      const HeaderBlock headers = HeaderBlock::Parse(*part, kMaxPartFields);
      Visit(headers, part->substr(headers.size_bytes()), inside);
      if (parts_ > limits_.max_parts) break;
    }
    if (alternative) AddBody(forms);
  }

  void VisitLeaf(const ContentHeader& content, std::string_view body, const Place& place) {
    if (TakeReportPart(content, body, place)) return;
    const bool text = content.type == "text/plain" || content.type == "text/html";
    const bool named = content.attachment || (!content.filename.empty() && place.depth > 0);
    if (content.type == "text/x-amp-html" && place.alternative != nullptr) return;
    if (!text || named) {
      AddAttachment(content, body);
      return;
    }
    const bool html = content.type == "text/html";
    std::string decoded = DecodeLeaf(content, body, html);
    Body single;
    Body& target = place.alternative != nullptr ? *place.alternative : single;
    std::string& form = html ? target.html : target.plain;
    Append(form, decoded, "\n\n");
    if (place.alternative == nullptr) AddBody(single);
  }

  std::string DecodeLeaf(const ContentHeader& content, std::string_view body, bool html) {
    // An encoding makes text at most four times as long (UTF-32 in quoted-printable is no mail).
    const std::size_t look_at = limits_.max_text_bytes * 4;
    if (body.size() > look_at) {
      body = body.substr(0, look_at);
      collected_.truncated = true;
    }
    const std::string bytes = DecodeTransferEncoding(body, content.transfer_encoding);
    std::string charset = content.charset;
    if (charset.empty() && html) charset = HtmlDeclaredCharset(bytes);
    std::string text = DecodeText(bytes, charset);
    if (text.size() > limits_.max_text_bytes) {
      text.resize(CutUtf8(text, limits_.max_text_bytes).size());
      collected_.truncated = true;
    }
    return text;
  }

  // Reports name the mail they are about; those parts are no attachments.
  bool TakeReportPart(const ContentHeader& content, std::string_view body, const Place& place) {
    ReportParts& report = collected_.report;
    const std::string& type = content.type;
    std::string* target = nullptr;
    if (type == "message/delivery-status" || type == "message/global-delivery-status")
      target = &report.delivery_status;
    if (type == "message/feedback-report" && place.in_report) target = &report.feedback;
    const bool original = type == "message/rfc822" || type == "text/rfc822-headers" ||
                          type == "message/global" || type == "message/global-headers" ||
                          type == "message/rfc822-headers";
    if (original && place.in_report) target = &report.original_headers;
    if (target == nullptr) return place.in_report && type == "message/disposition-notification";
    if (target->empty()) {
      constexpr std::size_t kMaxReport = 256u << 10;
      *target = DecodeTransferEncoding(body.substr(0, kMaxReport), content.transfer_encoding);
    }
    return true;
  }

  void AddAttachment(const ContentHeader& content, std::string_view body) {
    Attachment attachment;
    attachment.content_type = content.type;
    attachment.content_id = content.content_id;
    attachment.bytes = DecodeTransferEncoding(body, content.transfer_encoding);
    attachment.filename = SafeFilename(content.filename);
    if (attachment.filename.empty() && content.type == "message/rfc822") {
      const HeaderBlock inner = HeaderBlock::Parse(attachment.bytes, kMaxPartFields);
      attachment.filename = SafeFilename(DecodeHeaderText(inner.Get("Subject")));
      if (!attachment.filename.empty()) attachment.filename += ".eml";
    }
    if (attachment.filename.empty()) {
      attachment.filename = "attachment-" + std::to_string(collected_.attachments.size() + 1) +
                            ExtensionFor(content.type);
    }
    collected_.attachments.push_back(std::move(attachment));
  }

  void AddBody(const Body& body) {
    Append(collected_.html, body.html, "\n");
    const bool plain = !Trim(body.plain).empty();
    Append(collected_.text, plain ? body.plain : HtmlToText(body.html), "\n\n");
  }

  void Append(std::string& to, std::string_view more, std::string_view between) {
    if (Trim(more).empty()) return;
    if (to.size() + more.size() > limits_.max_text_bytes) {
      more = CutUtf8(more, limits_.max_text_bytes - std::min(to.size(), limits_.max_text_bytes));
      collected_.truncated = true;
    }
    if (!to.empty()) to.append(between);
    to.append(more);
  }

  const ParseLimits& limits_;
  std::size_t parts_ = 0;
  CollectedParts collected_;
};

}  // namespace

CollectedParts CollectParts(const HeaderBlock& headers, std::string_view body,
                            const ParseLimits& limits) {
  return Collector(limits).Collect(headers, body);
}

}  // namespace plazo::mime
