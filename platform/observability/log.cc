#include "platform/observability/log.h"

#include <absl/synchronization/mutex.h>
#include <absl/time/clock.h>
#include <spdlog/details/log_msg.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <atomic>

#include "platform/base/status.h"
#include "platform/observability/json_line.h"
#include "platform/observability/log_sink.h"

namespace plazo::observability {
namespace {

constexpr std::string_view kLevelNames[] = {"debug", "info", "warning", "error"};
constexpr spdlog::level::level_enum kSpdlogLevels[] = {spdlog::level::debug, spdlog::level::info,
                                                       spdlog::level::warn, spdlog::level::err};

std::shared_ptr<spdlog::sinks::sink> StandardError() {
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  sink->set_pattern("%v");
  return sink;
}

// Never destroyed: threads that outlive main may still write.
struct Global {
  absl::Mutex mutex;
  LogTarget target ABSL_GUARDED_BY(mutex){LogOptions{}, StandardError()};
  std::atomic<Level> level{Level::kInfo};
};
Global& TheLog() {
  static auto* global = new Global;
  return *global;
}

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

struct AddField {
  JsonLine& line;
  std::string_view key;
  bool show_customer_text;

  void operator()(std::string_view value) const { line.AddString(key, value); }
  void operator()(const std::string& value) const { line.AddString(key, value); }
  void operator()(bool value) const { line.AddBool(key, value); }
  void operator()(int64_t value) const { line.AddInteger(key, value); }
  void operator()(uint64_t value) const { line.AddUnsigned(key, value); }
  void operator()(double value) const { line.AddNumber(key, value); }
  void operator()(absl::Time value) const { line.AddString(key, TimeText(value)); }
  void operator()(CustomerText value) const {
    line.AddString(key, show_customer_text ? std::string(value.text)
                                           : "<" + std::to_string(value.text.size()) + " bytes>");
  }
};

}  // namespace

LogTarget ReplaceLogTarget(LogTarget target) {
  Global& log = TheLog();
  absl::MutexLock lock(&log.mutex);
  log.level = target.options.level;
  std::swap(log.target, target);
  return target;
}

void InitLog(const LogOptions& options) { ReplaceLogTarget({options, StandardError()}); }

bool LogEnabled(Level level) { return level >= TheLog().level.load(std::memory_order_relaxed); }

void Log(Level level, std::string_view message, std::initializer_list<Field> fields) {
  if (!LogEnabled(level)) return;
  Global& log = TheLog();
  const auto index = static_cast<size_t>(level);
  JsonLine line;
  line.AddString("time", TimeText(absl::Now()));
  line.AddString("level", kLevelNames[index]);
  std::shared_ptr<spdlog::sinks::sink> sink;
  {
    absl::MutexLock lock(&log.mutex);
    line.AddString("service", log.target.options.service);
    if (!log.target.options.instance.empty())
      line.AddString("instance", log.target.options.instance);
    sink = log.target.sink;
  }
  line.AddString("message", message);
  for (const Field& field : fields)
    std::visit(AddField{line, field.key(), level == Level::kDebug}, field.value());
  const std::string text = line.Take();
  sink->log(spdlog::details::log_msg(spdlog::string_view_t(), kSpdlogLevels[index],
                                     spdlog::string_view_t(text.data(), text.size())));
  if (level >= Level::kWarning) sink->flush();
}

}  // namespace plazo::observability
