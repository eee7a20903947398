#pragma once

// TemplateSet: the texts of outgoing mails, `<directory>/<language>/<kind>.mustache`, with a
// tenant's own texts in
// `<directory>/tenants/<tenant>/<language>/<kind>.mustache`.
//
// A file is `Subject: ...`, an empty line, the body; plain text, so nothing is HTML-escaped. All
// files are read and parsed by Load: a syntax error, a missing kind or an unreadable file is found
// then, never while sending. A field that is not given renders as nothing, its section is left out;
// `true`-like fields are given as any non-empty value, and an empty value counts as not given.
// Field values are data: mustache tags inside them are not expanded.
//
// Thread-safety: immutable after Load; Render may be called from any thread.

#include <absl/status/statusor.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace plazo::text {

using Fields = std::vector<std::pair<std::string, std::string>>;

struct Rendered {
  std::string subject;   // one line
  std::string body;      // LF lines, ends with one
  std::string language;  // of the template used: the fall-back's when the requested one has none
};

struct TemplateOptions {
  std::string directory;
  std::vector<std::string> required_kinds;  // each must exist in the last fall-back language
  std::vector<std::string> fallbacks = {
      "en"};  // tried in order when the requested language lacks the kind
};

class TemplateSet {
 public:
  // kInvalidArgument: every error found, one a line, as `file:line: what`; kNotFound: no such
  // directory.
  static absl::StatusOr<TemplateSet> Load(const TemplateOptions& options);

  TemplateSet(TemplateSet&&) noexcept;
  TemplateSet& operator=(TemplateSet&&) noexcept;
  ~TemplateSet();

  // `language` is a BCP 47 tag; "es-CO" also finds "es". The order: tenant's language, shared
  // language, then the same two for each fall-back. kNotFound when no language has the kind.
  absl::StatusOr<Rendered> Render(std::string_view kind, std::string_view language,
                                  const Fields& fields, std::string_view tenant = {}) const;

  // Names of the fields that `kind` uses in any language or tenant; for tests that hold templates
  // to their documents.
  std::set<std::string> FieldsUsed(std::string_view kind) const;
  // OK when the templates of `kind` use only `allowed`; else kInvalidArgument naming file and
  // field.
  absl::Status CheckFields(std::string_view kind, const std::set<std::string>& allowed) const;

  std::set<std::string> kinds() const;
  std::set<std::string> languages() const;  // of the shared folder

 private:
  struct Template;
  TemplateSet();
  const Template* Find(std::string_view tenant, std::string_view language,
                       std::string_view kind) const;

  std::vector<std::string> fallbacks_;
  std::map<std::string, std::unique_ptr<const Template>, std::less<>>
      templates_;  // "<tenant>/<language>/<kind>"
};

}  // namespace plazo::text
