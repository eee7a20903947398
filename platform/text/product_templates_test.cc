// The texts that ship in templates/, held to what templates/README.md says about them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "platform/text/template_set.h"

namespace plazo::text {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::set<std::string> kLanguages = {"en", "es", "it", "uk"};

std::vector<std::string> InBackticks(std::string_view text) {
  std::vector<std::string> words;
  while (true) {
    const std::size_t begin = text.find('`');
    const std::size_t end = begin == std::string_view::npos ? begin : text.find('`', begin + 1);
    if (end == std::string_view::npos) return words;
    words.emplace_back(text.substr(begin + 1, end - begin - 1));
    text.remove_prefix(end + 1);
  }
}

// Rows of the README's table: | `kind` | fields | ... |. "common" is a row of its own, added to
// every other where its fields are named as `common`.
std::map<std::string, std::set<std::string>> Documented() {
  std::ifstream in("templates/README.md");
  std::map<std::string, std::set<std::string>> documented;
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("| `")) continue;
    const std::size_t bar = line.find('|', 2);
    const std::string kind = InBackticks(line.substr(0, bar)).at(0);
    for (const std::string& field :
         InBackticks(std::string_view(line).substr(bar, line.find('|', bar + 1) - bar))) {
      documented[kind].insert(field);
    }
  }
  for (auto& [kind, fields] : documented) {
    if (fields.erase("common") > 0)
      fields.insert(documented["common"].begin(), documented["common"].end());
  }
  documented.erase("common");
  return documented;
}

TemplateSet Load() {
  std::vector<std::string> kinds;
  for (const auto& [kind, fields] : Documented()) kinds.push_back(kind);
  absl::StatusOr<TemplateSet> set =
      TemplateSet::Load({.directory = "templates", .required_kinds = kinds});
  EXPECT_TRUE(set.ok()) << set.status();
  return *std::move(set);
}

TEST(ProductTemplates, EveryKindIsDocumentedAndWrittenInEveryLanguage) {
  const TemplateSet set = Load();
  std::set<std::string> documented;
  for (const auto& [kind, fields] : Documented()) documented.insert(kind);
  ASSERT_GE(documented.size(), 14u);
  EXPECT_EQ(set.kinds(), documented);
  EXPECT_EQ(set.languages(), kLanguages);
  for (const std::string& language : kLanguages) {
    for (const std::string& kind : documented) {
      EXPECT_EQ(set.Render(kind, language, {})->language, language) << kind;
    }
  }
}

TEST(ProductTemplates, UseExactlyTheDocumentedFields) {
  const TemplateSet set = Load();
  for (const auto& [kind, fields] : Documented()) {
    EXPECT_TRUE(set.CheckFields(kind, fields).ok()) << set.CheckFields(kind, fields);
  }
}

// A translation that forgot a field would tell its readers less than the others.
TEST(ProductTemplates, EveryLanguageUsesTheSameFields) {
  for (const auto& [kind, fields] : Documented()) {
    const std::set<std::string> used = Load().FieldsUsed(kind);
    for (const std::string& language : kLanguages) {
      std::ifstream in("templates/" + language + "/" + kind + ".mustache");
      std::stringstream text;
      text << in.rdbuf();
      for (const std::string& field : used) {
        EXPECT_THAT(text.str(), testing::ContainsRegex("\\{\\{[#^/]?" + field + "\\}\\}"))
            << language << "/" << kind;
      }
    }
  }
}

TEST(ProductTemplates, ReadWellWithAllFieldsAndWithNone) {
  const TemplateSet set = Load();
  for (const auto& [kind, names] : Documented()) {
    Fields all;
    for (const std::string& name : names) all.emplace_back(name, "[" + name + "]");
    for (const std::string& language : kLanguages) {
      for (const Fields& fields : {Fields(), all}) {
        const Rendered rendered = *set.Render(kind, language, fields);
        SCOPED_TRACE(language + "/" + kind + "\n" + rendered.subject + "\n" + rendered.body);
        EXPECT_THAT(rendered.subject + rendered.body, Not(HasSubstr("{{")));
        EXPECT_THAT(rendered.body, Not(HasSubstr("\n\n\n")));
        EXPECT_FALSE(rendered.body.starts_with('\n'));
        EXPECT_THAT(rendered.body, Not(HasSubstr(" \n")));
        EXPECT_THAT(rendered.subject, Not(HasSubstr("[]")));
        EXPECT_THAT(rendered.subject, Not(HasSubstr("  ")));
        EXPECT_THAT(rendered.subject, Not(IsEmpty()));
      }
    }
  }
}

// I18: an address that nobody has verified gets nothing that its sender wrote, not even the name.
TEST(ProductTemplates, MinimalAcknowledgementRepeatsNothingOfTheSender) {
  const std::set<std::string> harmless = {"case_number", "provider_name"};
  EXPECT_TRUE(Load().CheckFields("acknowledgement_minimal", harmless).ok());
}

// I19, F13: why, and what happens next.
TEST(ProductTemplates, EscalationSaysWhyAndWhatHappensNext) {
  for (const std::string& language : kLanguages) {
    const std::string body =
        Load()
            .Render("escalated", language,
                    {{"reason", "WHY"}, {"next_step", "NEXT"}, {"team_name", "WHO"}})
            ->body;
    for (const char* word : {"WHY", "NEXT", "WHO"}) EXPECT_THAT(body, HasSubstr(word)) << language;
  }
}

}  // namespace
}  // namespace plazo::text
