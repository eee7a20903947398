#include "cli/command_line.h"

#include <CLI/CLI.hpp>

#include "platform/runtime/exit_code.h"

namespace plazo::cli {

struct Command::Tree {
  Tree(const std::string& program, const std::string& summary) : app(summary, program) {}

  CLI::App app;
  std::function<int()> chosen;
};

namespace {

CLI::App& AppOf(void* node) { return *static_cast<CLI::App*>(node); }

void Obey(CLI::Option* option, const OptionRules& rules) {
  if (rules.required) option->required();
  if (!rules.environment.empty()) option->envname(rules.environment);
  if (!rules.choices.empty()) option->check(CLI::IsMember(rules.choices));
}

void Describe(const CLI::App& app, const std::string& path, std::vector<CommandOutline>& all) {
  CommandOutline outline;
  outline.path = path;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) outline.options.push_back("--" + name);
  }
  const auto subcommands = app.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* sub : subcommands) outline.subcommands.push_back(sub->get_name());
  all.push_back(std::move(outline));
  for (const CLI::App* sub : subcommands) {
    Describe(*sub, path.empty() ? sub->get_name() : path + " " + sub->get_name(), all);
  }
}

}  // namespace

Command Command::Sub(const std::string& name, const std::string& summary) const {
  CLI::App* parent = static_cast<CLI::App*>(node_);
  CLI::App* sub = parent->add_subcommand(name, summary);
  parent->require_subcommand(1);
  return Command(tree_, sub);
}

const Command& Command::Text(const std::string& name, std::string* value, const std::string& help,
                             const OptionRules& rules) const {
  Obey(AppOf(node_).add_option(name, *value, help)->capture_default_str(), rules);
  return *this;
}

const Command& Command::Texts(const std::string& name, std::vector<std::string>* values,
                              const std::string& help, const OptionRules& rules) const {
  CLI::Option* option = AppOf(node_).add_option(name, *values, help);
  // An option takes one value each time, so that it never swallows what follows.
  if (name.front() == '-') option->allow_extra_args(false);
  Obey(option, rules);
  return *this;
}

const Command& Command::Number(const std::string& name, int64_t* value, const std::string& help,
                               const OptionRules& rules) const {
  Obey(AppOf(node_).add_option(name, *value, help)->capture_default_str(), rules);
  return *this;
}

const Command& Command::Flag(const std::string& name, bool* value, const std::string& help) const {
  AppOf(node_).add_flag(name, *value, help);
  return *this;
}

const Command& Command::Footer(const std::string& text) const {
  AppOf(node_).footer(text);
  return *this;
}

void Command::Run(std::function<int()> run) const {
  AppOf(node_).final_callback([tree = tree_, run = std::move(run)] { tree->chosen = run; });
}

CommandLine::CommandLine(const std::string& program, const std::string& summary)
    : tree_(std::make_unique<Command::Tree>(program, summary)) {
  tree_->app.fallthrough();
  tree_->app.set_version_flag("--version", program + " " + PLAZO_VERSION);
}

CommandLine::~CommandLine() = default;

Command CommandLine::Root() { return Command(tree_.get(), &tree_->app); }

std::vector<CommandOutline> CommandLine::Outline() const {
  std::vector<CommandOutline> all;
  Describe(tree_->app, "", all);
  return all;
}

int CommandLine::ParseAndRun(int argc, const char* const* argv, std::ostream& out,
                             std::ostream& err) {
  tree_->chosen = nullptr;
  try {
    tree_->app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // The parser misses a command before it looks at the word that is none.
    const std::vector<std::string> unknown = tree_->app.remaining(true);
    if (error.get_exit_code() != 0 && !unknown.empty()) {
      err << unknown.front() << " is no command or option here\n";
    }
    const int code = tree_->app.exit(error, out, err);
    return static_cast<int>(code == 0 ? runtime::ExitCode::kOk : runtime::ExitCode::kUsage);
  }
  return tree_->chosen();
}

}  // namespace plazo::cli
