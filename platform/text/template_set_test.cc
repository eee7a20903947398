#include "platform/text/template_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

namespace plazo::text {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class TemplateSetTest : public testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::path(testing::TempDir()) /
            testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(root_);
    fs::create_directories(root_);
  }

  void Write(const std::string& file, std::string_view text) {
    fs::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file, std::ios::binary) << text;
  }

  TemplateSet Load(std::vector<std::string> fallbacks = {"en"}) {
    absl::StatusOr<TemplateSet> set =
        TemplateSet::Load({.directory = root_.string(), .fallbacks = std::move(fallbacks)});
    EXPECT_TRUE(set.ok()) << set.status();
    return *std::move(set);
  }

  std::string LoadError(std::vector<std::string> required = {}) {
    const auto set =
        TemplateSet::Load({.directory = root_.string(), .required_kinds = std::move(required)});
    EXPECT_EQ(set.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(set.status().message());
  }

  fs::path root_;
};

TEST_F(TemplateSetTest, RendersSubjectAndBody) {
  Write("en/hello.mustache",
        "Subject: Hi {{name}} [{{case}}]\n\nDear {{name}},\n{{#late}}\nit is "
        "late\n{{/late}}\n{{^late}}\nin time\n{{/late}}\nEnd\n");
  const TemplateSet set = Load();
  const Rendered rendered = *set.Render("hello", "en", {{"name", "Ana"}, {"case", "P-1"}});
  EXPECT_EQ(rendered.subject, "Hi Ana [P-1]");
  EXPECT_EQ(rendered.body, "Dear Ana,\nin time\nEnd\n");
  EXPECT_EQ(set.Render("hello", "en", {{"late", "1"}})->body, "Dear ,\nit is late\nEnd\n");
  EXPECT_EQ(set.Render("hello", "en", {{"late", ""}})->body, "Dear ,\nin time\nEnd\n");
}

TEST_F(TemplateSetTest, ValuesAreDataAndNothingIsEscaped) {
  Write("en/k.mustache", "Subject: {{s}}\n\n{{text}}\n");
  const TemplateSet set = Load();
  const std::string text = "<b> & \"q\" 'a' {{s}} {{#s}}\n\n  indented\n";
  EXPECT_EQ(set.Render("k", "en", {{"s", "x"}, {"text", text}})->body,
            "<b> & \"q\" 'a' {{s}} {{#s}}\n\n  indented\n");
}

TEST_F(TemplateSetTest, LeftOutSectionsLeaveOneEmptyLineAndValuesKeepTheirs) {
  Write(
      "en/k.mustache",
      "Subject: s\n\na\n\n{{#x}}\nx\n\n{{/x}}\n{{#y}}\n{{y}}\n\n{{/y}}\n{{#z}}\nz\n{{/z}}\n\nb\n");
  const TemplateSet set = Load();
  EXPECT_EQ(set.Render("k", "en", {})->body, "a\n\nb\n");
  EXPECT_EQ(set.Render("k", "en", {{"y", "1\n\n\n2\n\n"}})->body, "a\n\n1\n\n\n2\n\nb\n");
}

TEST_F(TemplateSetTest, SubjectIsOneShortLineWhateverTheFieldsHold) {
  Write("en/k.mustache", "Subject: Re: {{s}}\n\nb\n");
  const TemplateSet set = Load();
  EXPECT_EQ(set.Render("k", "en", {{"s", "a\r\nBcc: victim@v.example"}})->subject,
            "Re: a Bcc: victim@v.example");
  std::string longest;
  for (int i = 0; i < 500; ++i) longest += "ї";
  EXPECT_LT(set.Render("k", "en", {{"s", longest}})->subject.size(), 210u);
}

TEST_F(TemplateSetTest, LanguagesFallBackInOrder) {
  Write("en/a.mustache", "Subject: en\n\nx");
  Write("en/b.mustache", "Subject: en\n\nx");
  Write("es/a.mustache", "Subject: es\n\nx");
  Write("pt-BR/a.mustache", "Subject: pt-BR\n\nx");
  Write("it/b.mustache", "Subject: it\n\nx");
  const TemplateSet set = Load({"it", "en"});
  EXPECT_EQ(set.Render("a", "es", {})->language, "es");
  EXPECT_EQ(set.Render("a", "es-CO", {})->language, "es");
  EXPECT_EQ(set.Render("a", "ES-co", {})->language, "es");
  EXPECT_EQ(set.Render("a", "pt-BR", {})->language, "pt-BR");
  EXPECT_EQ(set.Render("a", "pt", {})->language, "en");
  EXPECT_EQ(set.Render("b", "es", {})->language, "it");
  EXPECT_EQ(set.Render("a", "", {})->language, "en");
  EXPECT_EQ(set.Render("c", "en", {}).status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(set.languages(), ElementsAre("en", "es", "it", "pt-BR"));
}

TEST_F(TemplateSetTest, TenantsOwnTextsComeFirst) {
  Write("en/a.mustache", "Subject: shared en\n\nx");
  Write("es/a.mustache", "Subject: shared es\n\nx");
  Write("tenants/acme/es/a.mustache", "Subject: acme es\n\n{{own}}");
  const TemplateSet set = Load();
  EXPECT_EQ(set.Render("a", "es", {}, "acme")->subject, "acme es");
  EXPECT_EQ(set.Render("a", "es", {}, "other")->subject, "shared es");
  EXPECT_EQ(set.Render("a", "es", {}, "../es")->subject, "shared es");
  EXPECT_EQ(set.Render("a", "en", {}, "acme")->subject, "shared en");
  EXPECT_FALSE(set.CheckFields("a", {}).ok()) << "tenants' fields are checked too";
}

TEST_F(TemplateSetTest, EveryErrorIsReportedWithItsPlace) {
  Write("en/a.mustache", "no subject\n\nx");
  Write("en/b.mustache", "Subject: x\nno empty line\n");
  Write("en/c.mustache", "Subject: x\n\nline 3\n{{#open}}\nline 5\n");
  Write("en/d.mustache", "Subject: x\n\nline 3\nline 4 {{name\n");
  Write("en/e.mustache", "Subject: x\n\n\n\n{{> partial}}\n");
  Write("en/f.mustache", "Subject: {{/never_opened}}\n\nx\n");
  Write("en/g.mustache", "Subject: x\n\n{{Bad-Name}}\n");
  Write("en/h.mustache", "Subject: x\n\n");
  Write("en/i.mustache", "Subject:\n\nx");
  fs::create_directories(root_ / "en" / "j.mustache");
  EXPECT_THAT(
      LoadError({"z"}),
      AllOf(HasSubstr("a.mustache:1: the first line"), HasSubstr("b.mustache:2: an empty line"),
            HasSubstr("c.mustache:4: Unclosed section"),
            HasSubstr("d.mustache:4: tag is not closed"), HasSubstr("e.mustache:5: partials"),
            HasSubstr("f.mustache:1: Unopened section"), HasSubstr("g.mustache:3: malformed field"),
            HasSubstr("h.mustache:3: the body is empty"),
            HasSubstr("i.mustache:1: the subject is empty"),
            HasSubstr("j.mustache:1: cannot be read"), HasSubstr("z.mustache:1: missing")));
}

TEST_F(TemplateSetTest, MissingDirectoryIsNotFound) {
  EXPECT_EQ(TemplateSet::Load({.directory = (root_ / "none").string()}).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(TemplateSetTest, CheckFieldsNamesFileAndField) {
  Write("en/a.mustache",
        "Subject: {{one}}\n\n{{#two}}{{! not_a_field }}{{/two}}{{{three}}}{{&four}}\n");
  const TemplateSet set = Load();
  EXPECT_THAT(set.FieldsUsed("a"), ElementsAre("four", "one", "three", "two"));
  EXPECT_TRUE(set.CheckFields("a", {"one", "two", "three", "four", "five"}).ok());
  const absl::Status status = set.CheckFields("a", {"one", "three", "four"});
  EXPECT_THAT(std::string(status.message()), AllOf(HasSubstr("a.mustache"), HasSubstr("two")));
}

TEST_F(TemplateSetTest, OneSetServesManyThreads) {
  Write("en/a.mustache", "Subject: {{n}}\n\n{{#n}}\n{{n}} {{n}}\n{{/n}}\n");
  const TemplateSet set = Load();
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&set, &wrong, t] {
      const std::string n = std::to_string(t);
      for (int i = 0; i < 2000; ++i) {
        const Rendered rendered = *set.Render("a", "en", {{"n", n}});
        if (rendered.subject != n || rendered.body != n + " " + n + "\n") ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace plazo::text
