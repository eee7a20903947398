#include "cli/policy_file.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "domain/calendar/tzif.h"
#include "domain/policy/check.h"
#include "domain/policy/terms.h"
#include "platform/base/status.h"
#include "platform/base/zstd.h"
#include "platform/config/config.h"

namespace plazo::cli {
namespace {

namespace fs = std::filesystem;
using config::ConfigError;
using config::ConfigErrors;
using config::LoadYamlFile;
using config::Positions;
using policy::v1::Lexicon;
using policy::v1::Policy;
using policy::v1::PolicyBundle;

constexpr int kSmallest = 19;

std::string MessageOf(const absl::Status& status) { return std::string(ToStd(status.message())); }

// One load: gathers the bundle and everything that is wrong with it.
class Loader {
 public:
  Loader(const std::string& path, const PolicyFileOptions& options)
      : path_(path),
        tenant_(options.tenant),
        zoneinfo_(options.zoneinfo_directory),
        lexicons_(options.lexicon_folder.empty() ? fs::path(path).parent_path() / "lexicon"
                                                 : fs::path(options.lexicon_folder)) {}

  absl::StatusOr<PolicyFile> Load();

 private:
  // False when nothing of the file can be judged.
  bool ReadPolicy();
  void ReadLexicons();
  void ReadLexicon(const fs::path& file, const std::string& language);
  void ReadZones();
  void Check();
  absl::Status Pack(PolicyFile& file);

  void Add(const std::string& path, std::string_view message) {
    errors_.Add(positions_.Find(path), path, message);
  }
  // Whether a fault was found at that field, in it or around it: another would be its echo.
  bool HasFault(std::string_view path) const;

  const std::string path_;
  const std::string tenant_;
  const std::string zoneinfo_;
  const fs::path lexicons_;
  PolicyBundle content_;
  Positions positions_;
  ConfigErrors errors_;
};

bool Within(std::string_view inner, std::string_view outer) {
  return inner.substr(0, outer.size()) == outer &&
         (inner.size() == outer.size() || inner[outer.size()] == '.' || inner[outer.size()] == '[');
}

bool Loader::HasFault(std::string_view path) const {
  return std::any_of(errors_.errors().begin(), errors_.errors().end(), [&](const ConfigError& e) {
    return e.position.file == path_ && (Within(path, e.path) || Within(e.path, path));
  });
}

bool Loader::ReadPolicy() {
  errors_ = LoadYamlFile(path_, content_.mutable_policy(), {.positions = &positions_});
  return std::none_of(errors_.errors().begin(), errors_.errors().end(),
                      [](const ConfigError& error) { return error.path.empty(); });
}

void Loader::ReadLexicon(const fs::path& file, const std::string& language) {
  Positions positions;
  Lexicon* lexicon = content_.add_lexicons();
  const ConfigErrors errors = LoadYamlFile(file.string(), lexicon, {.positions = &positions});
  for (const ConfigError& error : errors.errors()) {
    errors_.Add(error.position, error.path, error.message);
  }
  if (!errors.ok() || lexicon->language() == language) return;
  errors_.Add(positions.Find("language"), "language",
              language.empty() ? "must be absent: the file's name is not a language"
                               : "must be " + language + ", as the file's name");
}

void Loader::ReadLexicons() {
  std::set<fs::path> shared;
  std::error_code error;
  for (fs::directory_iterator it(lexicons_, error), end; !error && it != end; it.increment(error)) {
    const fs::path& file = it->path();
    if (file.extension() == ".yaml" && !policy::IsLanguage(file.stem().string())) {
      shared.insert(file);
    }
  }
  for (const fs::path& file : shared) ReadLexicon(file, "");
  for (int i = 0; i < content_.policy().languages_size(); ++i) {
    const std::string& language = content_.policy().languages(i);
    if (!policy::IsLanguage(language)) continue;
    const fs::path file = lexicons_ / (language + ".yaml");
    if (fs::exists(file, error)) {
      ReadLexicon(file, language);
    } else {
      Add("languages[" + std::to_string(i) + "]", "there is no lexicon " + file.string());
    }
  }
}

void Loader::ReadZones() {
  std::error_code error;
  const bool database = fs::is_directory(zoneinfo_, error);
  const std::string version = database ? ZoneinfoVersion(zoneinfo_) : "";
  for (const std::string& zone : policy::ZonesOf(content_.policy())) {
    absl::StatusOr<std::string> bytes = ReadZoneinfo(zone, zoneinfo_);
    absl::StatusOr<policy::v1::ZoneTable> table =
        bytes.ok() ? calendar::ZoneTableFromTzif(zone, *bytes, version) : bytes.status();
    if (table.ok()) {
      *content_.add_zones() = *std::move(table);
      continue;
    }
    const std::string why = database
                                ? MessageOf(table.status())
                                : "there is no tz database in " + zoneinfo_ + " (package tzdata)";
    const Policy& policy = content_.policy();
    if (policy.time_zone() == zone) Add("time_zone", why);
    for (int i = 0; i < policy.calendars_size(); ++i) {
      if (policy.calendars(i).time_zone() != zone) continue;
      Add("calendars[" + std::to_string(i) + "].time_zone", why);
    }
  }
}

void Loader::Check() {
  for (const policy::FieldError& error : policy::CheckBundle(content_)) {
    if (!HasFault(error.path)) Add(error.path, error.message);
  }
}

std::string Serialise(const PolicyBundle& content) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  content.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

absl::Status Loader::Pack(PolicyFile& file) {
  absl::StatusOr<std::string> bundle = ZstdCompress(Serialise(content_), kSmallest);
  if (!bundle.ok()) return bundle.status();
  if (bundle->size() > policy::CompiledPolicy::kMaxBundleBytes) {
    return InvalidArgument(path_ + ": the compressed bundle has " + std::to_string(bundle->size()) +
                           " bytes, more than " +
                           std::to_string(policy::CompiledPolicy::kMaxBundleBytes) + "\n");
  }
  auto compiled = policy::CompiledPolicy::Compile(*bundle);
  if (!compiled.ok()) {
    // What only compiling finds: `path: what` a line.
    const std::string text = MessageOf(compiled.status());
    for (size_t begin = 0; begin < text.size();) {
      const size_t end = std::min(text.find('\n', begin), text.size());
      const std::string line = text.substr(begin, end - begin);
      const size_t colon = std::min(line.find(": "), line.size());
      const bool placed = positions_.Has(line.substr(0, colon));
      if (placed) Add(line.substr(0, colon), line.substr(colon + 2));
      if (!placed) errors_.Add({path_, 0, 0}, "", line);
      begin = end + 1;
    }
    return errors_.ToStatus();
  }
  file.bundle = *std::move(bundle);
  file.compiled = *std::move(compiled);
  file.content = std::move(content_);
  return absl::OkStatus();
}

absl::StatusOr<PolicyFile> Loader::Load() {
  if (ReadPolicy()) {
    if (!tenant_.empty()) content_.mutable_policy()->set_tenant(tenant_);
    ReadLexicons();
    ReadZones();
    Check();
  }
  if (!errors_.ok()) return errors_.ToStatus();
  PolicyFile file;
  PLAZO_RETURN_IF_ERROR(Pack(file));
  return file;
}

}  // namespace

absl::StatusOr<PolicyFile> LoadPolicyFile(const std::string& path,
                                          const PolicyFileOptions& options) {
  return Loader(path, options).Load();
}

}  // namespace plazo::cli
