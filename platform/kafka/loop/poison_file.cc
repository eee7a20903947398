#include "platform/kafka/loop/poison_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <sstream>

#include "platform/base/status.h"

namespace plazo::kafka {
namespace {

constexpr int kDeathsToGiveUp = 2;
constexpr char kEndLine[] = "end";  // what follows it is left over from a longer text

}  // namespace

PoisonFile::~PoisonFile() {
  if (file_ >= 0) close(file_);
}

absl::Status PoisonFile::Open(const std::string& path) {
  file_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file_ < 0) return Unavailable("poison file " + path + ": " + std::strerror(errno));
  std::string text(size_t{64} << 10, '\0');
  const ssize_t size = pread(file_, text.data(), text.size(), 0);
  if (size < 0) return Unavailable("poison file " + path + ": " + std::strerror(errno));
  text.resize(static_cast<size_t>(size));
  std::istringstream lines(text);
  std::string line;
  while (std::getline(lines, line) && line != kEndLine) {
    Suspects each;
    std::istringstream fields(line);
    if (fields >> each.lane >> each.first >> each.last >> each.deaths) suspects_.push_back(each);
  }
  return absl::OkStatus();
}

int PoisonFile::DeathsOf(const Record& input) const {
  int deaths = 0;
  for (const Suspects& each : suspects_) {
    if (each.Covers(input)) deaths = std::max(deaths, each.deaths);
  }
  return deaths;
}

InputMark PoisonFile::MarkOf(const Record& input) const {
  for (const Suspects& each : suspects_) {
    const bool alone = each.first == each.last;
    if (alone && each.Covers(input) && each.deaths >= kDeathsToGiveUp) {
      return InputMark::kUndecidable;
    }
  }
  return InputMark::kNone;
}

size_t PoisonFile::Together(std::span<const Record> inputs) const {
  if (suspects_.empty() || inputs.empty()) return inputs.size();
  const auto suspect =
      std::ranges::find_if(inputs, [this](const Record& input) { return DeathsOf(input) > 0; });
  return std::max<size_t>(1, static_cast<size_t>(suspect - inputs.begin()));
}

void PoisonFile::Enter(std::span<const Record> inputs) {
  if (file_ < 0) return;
  std::map<int32_t, Suspects> lanes;
  for (const Record& input : inputs) {
    auto [found, added] = lanes.try_emplace(
        input.partition, Suspects{input.partition, input.offset, input.offset, 1});
    Suspects& lane = found->second;
    lane.last = input.offset;
    lane.deaths = std::max(lane.deaths, DeathsOf(input) + 1);
  }
  std::vector<Suspects> text = suspects_;
  for (const auto& [lane, suspects] : lanes) text.push_back(suspects);
  Write(text);
}

void PoisonFile::Leave() { Write(suspects_); }

void PoisonFile::Passed(int32_t lane, int64_t next) {
  if (suspects_.empty()) return;
  for (Suspects& each : suspects_) {
    if (each.lane == lane) each.first = std::max(each.first, next);
  }
  std::erase_if(suspects_, [](const Suspects& each) { return each.first > each.last; });
  Write(suspects_);
}

void PoisonFile::Write(const std::vector<Suspects>& suspects) {
  if (file_ < 0) return;
  std::string text;
  for (const Suspects& each : suspects) {
    text += std::to_string(each.lane) + ' ' + std::to_string(each.first) + ' ' +
            std::to_string(each.last) + ' ' + std::to_string(each.deaths) + '\n';
  }
  text += std::string(kEndLine) + '\n';
  // One write: the process dies before or after it, and the page cache outlives the process. A full
  // disk costs the tracking, not the work.
  (void)!pwrite(file_, text.data(), text.size(), 0);
}

}  // namespace plazo::kafka
