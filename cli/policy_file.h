#pragma once

// A policy as its author keeps it, a YAML file beside a folder of lexicons, made into the bundle
// that is published: checked as a whole, with every fault at its file:line:column, self-contained
// (the machine's tz database goes in as tables), and the same bytes from the same files.
//
//   policies/introserv.yaml  policies/lexicon/{en,es,...}.yaml  policies/lexicon/shared.yaml
//
// Thread-safe. Reads files; changes none.

#include <absl/status/statusor.h>

#include <memory>
#include <string>

#include "domain/policy/compiled_policy.h"
#include "platform/base/zoneinfo.h"
#include "plazo/policy/v1/policy.pb.h"

namespace plazo::cli {

struct PolicyFileOptions {
  // Empty = the folder `lexicon` beside the policy.
  std::string lexicon_folder;
  // Whose policy it is; empty = as the file says.
  std::string tenant;
  std::string zoneinfo_directory = std::string(kZoneinfoDirectory);
};

struct PolicyFile {
  policy::v1::PolicyBundle content;
  // What ActivatePolicy takes: `content` serialised and compressed.
  std::string bundle;
  std::shared_ptr<const policy::CompiledPolicy> compiled;
};

// Lexicons: `<language>.yaml` of each language the policy speaks, and every file with another kind
// of name, which all languages share.
//
// kInvalidArgument: all that is wrong, one fault a line, `file:line:column: path: what`; also a
// bundle of more than CompiledPolicy::kMaxBundleBytes, with its size.
absl::StatusOr<PolicyFile> LoadPolicyFile(const std::string& path,
                                          const PolicyFileOptions& options = {});

// The policy as YAML with what is left out filled in, below a comment of what identifies it: hash,
// size, release of the tz database. The YAML can be loaded again.
std::string PrintPolicy(const PolicyFile& file);

// What differs, a value a line: `- path: old`, `+ path: new`; additions and changes of order come
// last. Elements of lists are named by what identifies them (teams[billing].level), so that an
// insertion does not show as a change of all that follows. Empty = the same.
std::string DiffPolicies(const policy::v1::Policy& before, const policy::v1::Policy& after);

}  // namespace plazo::cli
