#include "platform/text/template_set.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <kainjow/mustache.hpp>
#include <optional>

#include "platform/base/status.h"

namespace plazo::text {
namespace {

namespace fs = std::filesystem;
namespace mustache = kainjow::mustache;

constexpr std::string_view kSubject = "Subject:";
constexpr std::string_view kExtension = ".mustache";
constexpr std::string_view kTenants = "tenants";
constexpr char kHiddenLineEnd = '\x01';

std::string Lower(std::string_view s) {
  std::string lower(s);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return lower;
}

std::string_view Trim(std::string_view s) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!s.empty() && blank(s.front())) s.remove_prefix(1);
  while (!s.empty() && blank(s.back())) s.remove_suffix(1);
  return s;
}

std::string TemplateKey(std::string_view tenant, std::string_view language, std::string_view kind) {
  std::string key(tenant);
  key.append("/").append(Lower(language)).append("/").append(kind);
  return key;
}

std::size_t LineOf(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  return 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
}

// The parser's messages end with the offset of the fault.
std::size_t OffsetIn(std::string_view message) {
  std::size_t begin = message.size();
  while (begin > 0 && std::isdigit(static_cast<unsigned char>(message[begin - 1]))) --begin;
  std::size_t offset = 0;
  for (const char c : message.substr(begin))
    offset = offset * 10 + static_cast<std::size_t>(c - '0');
  return offset;
}

struct Source {
  std::string file;
  std::string text;
};

std::string ErrorAt(const Source& source, std::size_t line, std::string_view what) {
  return source.file + ":" + std::to_string(line) + ": " + std::string(what);
}

// One line, without control characters, at most so long.
std::string OneLine(std::string_view text) {
  constexpr std::size_t kMaxSubject = 200;
  std::string line;
  for (const char c : Trim(text)) {
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    if (!control) {
      line.push_back(c);
    } else if (!line.ends_with(' ')) {
      line.push_back(' ');
    }
  }
  if (line.size() <= kMaxSubject) return line;
  std::size_t end = kMaxSubject;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80) --end;
  return line.substr(0, end) + "…";
}

// The rendered text: where sections were left out, no more than one empty line remains. Line ends
// inside field values are never touched.
std::string Body(std::string_view rendered) {
  std::string text;
  int line_ends = 0;
  for (const char c : rendered) {
    line_ends = c == kHiddenLineEnd ? line_ends + 1 : 0;
    if (c == '\r' || line_ends > 2) continue;
    text.push_back(c == kHiddenLineEnd ? '\n' : c);
  }
  while (text.ends_with('\n')) text.pop_back();
  return text + "\n";
}

}  // namespace

struct TemplateSet::Template {
  std::string file;
  std::string language;  // as the folder is called
  std::set<std::string> fields;
  // Rendering changes nothing in a parsed template without partials and lambdas, which ReadTags
  // refuses; the library only lacks the `const`.
  mutable mustache::mustache subject{""};
  mutable mustache::mustache body{""};
};

namespace {

// Collects the names in `{{...}}`; returns what is not allowed in a template.
std::optional<std::string> ReadTags(const Source& source, std::set<std::string>& fields) {
  const std::string_view text = source.text;
  for (std::size_t begin = text.find("{{"); begin != std::string_view::npos;
       begin = text.find("{{", begin)) {
    const std::size_t end = text.find("}}", begin);
    if (end == std::string_view::npos)
      return ErrorAt(source, LineOf(text, begin), "tag is not closed");
    std::string_view tag = Trim(text.substr(begin + 2, end - begin - 2));
    const char sign = tag.empty() ? '\0' : tag.front();
    if (sign == '>' || sign == '=') {
      return ErrorAt(source, LineOf(text, begin),
                     "partials and other delimiters are not supported");
    }
    if (sign != '!') {
      while (!tag.empty() &&
             std::string_view("#^/&{").find(tag.front()) != std::string_view::npos) {
        tag = Trim(tag.substr(1));
      }
      const bool name = !tag.empty() && std::all_of(tag.begin(), tag.end(), [](unsigned char c) {
        return std::islower(c) || std::isdigit(c) || c == '_';
      });
      if (!name) return ErrorAt(source, LineOf(text, begin), "malformed field name");
      fields.emplace(tag);
    }
    begin = end + 2;
  }
  return std::nullopt;
}

// True for a line of nothing but section tags and comments, which leaves no line in the text.
bool IsTagLine(std::string_view line) {
  line = Trim(line);
  bool tags = false;
  while (line.starts_with("{{") && line.size() > 2 &&
         std::string_view("#^/!").find(line[2]) != std::string_view::npos) {
    line = Trim(line.substr(std::min(line.find("}}") + 2, line.size())));
    tags = true;
  }
  return tags && line.empty();
}

// The library's own rule for lines of tags swallows or leaves line ends around neighbouring
// sections. So such lines lose theirs here, and the others are hidden from it until after
// rendering.
std::string HideLineEnds(std::string_view text) {
  std::string hidden;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const bool tags = IsTagLine(line);
    hidden.append(tags ? Trim(line) : line);
    if (end != std::string_view::npos && !tags) hidden.push_back(kHiddenLineEnd);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return hidden;
}

std::optional<std::string> ParsePart(const Source& source, std::size_t begin, std::string_view part,
                                     mustache::mustache& out) {
  const mustache::mustache as_written{std::string(part)};  // its offsets are the file's
  if (!as_written.is_valid()) {
    const std::size_t line = LineOf(source.text, begin + OffsetIn(as_written.error_message()));
    return ErrorAt(source, line, as_written.error_message());
  }
  out = mustache::mustache(HideLineEnds(part));
  out.set_custom_escape([](const std::string& text) { return text; });
  return std::nullopt;
}

// The two parts of a file; nullopt when it is fine.
std::optional<std::string> ParseFile(const Source& source, mustache::mustache& subject,
                                     mustache::mustache& body) {
  const std::string_view text = source.text;
  if (!text.starts_with(kSubject))
    return ErrorAt(source, 1, "the first line must be `Subject: ...`");
  const std::size_t subject_end = text.find('\n');
  const std::string_view first = text.substr(0, subject_end);
  if (Trim(first.substr(kSubject.size())).empty())
    return ErrorAt(source, 1, "the subject is empty");
  const std::size_t body_begin =
      text.find('\n', subject_end == std::string_view::npos ? 0 : subject_end + 1);
  if (subject_end == std::string_view::npos || body_begin == std::string_view::npos ||
      !Trim(text.substr(subject_end, body_begin - subject_end)).empty()) {
    return ErrorAt(source, 2, "an empty line must stand between subject and body");
  }
  const std::string_view rest = text.substr(body_begin + 1);
  if (Trim(rest).empty()) return ErrorAt(source, 3, "the body is empty");
  if (auto error = ParsePart(source, kSubject.size(), first.substr(kSubject.size()), subject))
    return error;
  return ParsePart(source, body_begin + 1, rest, body);
}

std::vector<fs::path> SortedEntries(const fs::path& directory) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    entries.push_back(it->path());
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

bool IsDirectory(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

// Where one template file lies and whose it is.
struct Place {
  fs::path file;
  std::string tenant;
  std::string language;
  std::string kind;
};

void FindFiles(const fs::path& root, const std::string& tenant, std::vector<Place>& places) {
  for (const fs::path& language : SortedEntries(root)) {
    if (!IsDirectory(language) || (tenant.empty() && language.filename() == kTenants)) continue;
    for (const fs::path& file : SortedEntries(language)) {
      if (file.extension() != kExtension) continue;
      places.push_back({file, tenant, language.filename().string(), file.stem().string()});
    }
  }
}

std::vector<Place> FindAllFiles(const fs::path& directory) {
  std::vector<Place> places;
  FindFiles(directory, "", places);
  for (const fs::path& tenant : SortedEntries(directory / kTenants)) {
    if (IsDirectory(tenant)) FindFiles(tenant, tenant.filename().string(), places);
  }
  return places;
}

std::optional<std::string> ReadSource(const fs::path& file, Source& source) {
  std::error_code error;
  std::ifstream in(file, std::ios::binary);
  if (!fs::is_regular_file(file, error) || !in) return ErrorAt(source, 1, "cannot be read");
  source.text.assign(std::istreambuf_iterator<char>(in), {});
  return std::nullopt;
}

}  // namespace

TemplateSet::TemplateSet() = default;
TemplateSet::TemplateSet(TemplateSet&&) noexcept = default;
TemplateSet& TemplateSet::operator=(TemplateSet&&) noexcept = default;
TemplateSet::~TemplateSet() = default;

absl::StatusOr<TemplateSet> TemplateSet::Load(const TemplateOptions& options) {
  if (!IsDirectory(options.directory)) {
    return absl::NotFoundError("no template directory " + options.directory);
  }
  TemplateSet set;
  set.fallbacks_ = options.fallbacks;
  std::string errors;
  const auto fail = [&errors](std::string_view error) {
    errors.append(errors.empty() ? "" : "\n").append(error);
  };
  for (const Place& place : FindAllFiles(options.directory)) {
    auto parsed = std::make_unique<Template>();
    parsed->file = place.file.string();
    parsed->language = place.language;
    Source source{.file = parsed->file};
    std::optional<std::string> error = ReadSource(place.file, source);
    if (!error.has_value()) error = ReadTags(source, parsed->fields);
    if (!error.has_value()) error = ParseFile(source, parsed->subject, parsed->body);
    if (error.has_value()) fail(*error);
    set.templates_[TemplateKey(place.tenant, place.language, place.kind)] = std::move(parsed);
  }
  for (const std::string& kind : options.required_kinds) {
    const std::string language = options.fallbacks.empty() ? "" : options.fallbacks.back();
    if (!set.templates_.contains(TemplateKey("", language, kind))) {
      fail((fs::path(options.directory) / language / kind).string() + std::string(kExtension) +
           ":1: missing");
    }
  }
  if (!errors.empty()) return InvalidArgument(errors);
  return set;
}

const TemplateSet::Template* TemplateSet::Find(std::string_view tenant, std::string_view language,
                                               std::string_view kind) const {
  while (!language.empty()) {
    for (const std::string_view owner : {tenant, std::string_view()}) {
      const auto found = templates_.find(TemplateKey(owner, language, kind));
      if (found != templates_.end()) return found->second.get();
    }
    const std::size_t hyphen = language.rfind('-');
    language = language.substr(0, hyphen == std::string_view::npos ? 0 : hyphen);
  }
  return nullptr;
}

absl::StatusOr<Rendered> TemplateSet::Render(std::string_view kind, std::string_view language,
                                             const Fields& fields, std::string_view tenant) const {
  const Template* found = Find(tenant, language, kind);
  for (auto it = fallbacks_.begin(); found == nullptr && it != fallbacks_.end(); ++it)
    found = Find(tenant, *it, kind);
  if (found == nullptr) return absl::NotFoundError("no template of kind " + std::string(kind));
  mustache::data data{mustache::data::type::object};
  for (const auto& [name, value] : fields) {
    std::string_view kept = value;
    while (!kept.empty() && std::string_view(" \t\r\n").find(kept.back()) != std::string_view::npos)
      kept.remove_suffix(1);
    if (!kept.empty()) data.set(name, std::string(kept));
  }
  return Rendered{.subject = OneLine(found->subject.render(data)),
                  .body = Body(found->body.render(data)),
                  .language = found->language};
}

std::set<std::string> TemplateSet::FieldsUsed(std::string_view kind) const {
  std::set<std::string> fields;
  for (const auto& [key, parsed] : templates_) {
    if (key.ends_with("/" + std::string(kind)))
      fields.insert(parsed->fields.begin(), parsed->fields.end());
  }
  return fields;
}

absl::Status TemplateSet::CheckFields(std::string_view kind,
                                      const std::set<std::string>& allowed) const {
  for (const auto& [key, parsed] : templates_) {
    if (!key.ends_with("/" + std::string(kind))) continue;
    for (const std::string& field : parsed->fields) {
      if (!allowed.contains(field))
        return InvalidArgument(parsed->file + ": field " + field + " is not documented");
    }
  }
  return absl::OkStatus();
}

std::set<std::string> TemplateSet::kinds() const {
  std::set<std::string> kinds;
  for (const auto& [key, parsed] : templates_) kinds.insert(key.substr(key.rfind('/') + 1));
  return kinds;
}

std::set<std::string> TemplateSet::languages() const {
  std::set<std::string> languages;
  for (const auto& [key, parsed] : templates_) {
    if (key.starts_with('/')) languages.insert(parsed->language);
  }
  return languages;
}

}  // namespace plazo::text
