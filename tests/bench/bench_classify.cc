// How fast messages are read, beside what Hyperscan needs alone to find the same words in the same
// text.
//
//   bench_classify [SECONDS]      default 3 a row; run in the source root

#include <hs.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "domain/classify/classifier.h"
#include "domain/classify/text.h"
#include "tests/classify/corpus.h"

namespace plazo::classify {
namespace {

// Of this thread alone, so that what else the machine does costs us nothing.
double CpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// The corpus, each message filled up with others of its language to about a kilobyte.
std::vector<std::string> Kilobytes() {
  std::vector<std::string> texts;
  for (const char* language : {"es", "it", "uk", "en"}) {
    auto messages = LoadMessages(std::string("tests/data/messages_") + language + ".jsonl");
    if (!messages.ok()) {
      std::fprintf(stderr, "run me in the source root\n");
      std::exit(1);
    }
    std::string text;
    for (const LabelledMessage& m : *messages) {
      text += m.body + "\n\n";
      if (text.size() < 1000) continue;
      size_t cut = 1000;
      while ((static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
      texts.push_back(text.substr(0, cut));
      text.clear();
    }
  }
  return texts;
}

struct Speed {
  // Of the best of many short rounds: what else the machine runs only ever makes a round slower.
  double per_second = 0;
  // Of all calls of all rounds.
  double p99_us = 0;
};

Speed Measure(double seconds, size_t count, const std::function<void(size_t)>& one) {
  Speed speed;
  std::vector<double> calls;
  for (const double begin = CpuSeconds(); CpuSeconds() - begin < seconds;) {
    const double round = CpuSeconds();
    for (size_t i = 0; i < count; ++i) one(i);
    speed.per_second =
        std::max(speed.per_second, static_cast<double>(count) / (CpuSeconds() - round));
    // Again call by call: looking at the clock costs some of what Hyperscan needs for a message.
    for (size_t i = 0; i < count; ++i) {
      const double call = CpuSeconds();
      one(i);
      calls.push_back(CpuSeconds() - call);
    }
  }
  const auto p99 = calls.begin() + static_cast<long>(calls.size() * 99 / 100);
  std::nth_element(calls.begin(), p99, calls.end());
  speed.p99_us = *p99 * 1e6;
  return speed;
}

void Print(const char* what, const Speed& speed, const char* note = "") {
  std::printf("%-27s %9.0f /s  %8.1f us  p99 %8.1f us%s\n", what, speed.per_second,
              1e6 / speed.per_second, speed.p99_us, note);
}

// The single words and stems of all lexicons, as literal patterns.
hs_database_t* CompileWords(const google::protobuf::RepeatedPtrField<policy::v1::Lexicon>& lexicons,
                            size_t* count) {
  std::set<std::string> words;
  for (const policy::v1::Lexicon& lexicon : lexicons) {
    for (const policy::v1::Concept& entry : lexicon.concepts()) {
      for (const std::string& expression : entry.words()) {
        const std::vector<std::string> folded = FoldedWords(expression);
        std::string joined;
        for (const std::string& word : folded) joined += (joined.empty() ? "" : " ") + word;
        if (joined.size() > 2) words.insert(joined);
      }
    }
  }
  std::vector<const char*> patterns;
  for (const std::string& word : words) patterns.push_back(word.c_str());
  const std::vector<unsigned> flags(patterns.size(), HS_FLAG_SINGLEMATCH);
  std::vector<unsigned> ids(patterns.size());
  for (size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<unsigned>(i);
  *count = patterns.size();
  hs_database_t* database = nullptr;
  hs_compile_error_t* error = nullptr;
  if (hs_compile_multi(patterns.data(), flags.data(), ids.data(),
                       static_cast<unsigned>(patterns.size()), HS_MODE_BLOCK, nullptr, &database,
                       &error) != HS_SUCCESS) {
    std::fprintf(stderr, "hyperscan: %s\n", error->message);
    std::exit(1);
  }
  return database;
}

int Run(double seconds) {
  const auto lexicons = LoadLexicons("policies/lexicon");
  if (!lexicons.ok()) return 1;
  const double begin = CpuSeconds();
  const auto classifier = Classifier::Compile(*lexicons);
  const double compile = CpuSeconds() - begin;
  if (!classifier.ok()) return 1;
  const std::vector<std::string> texts = Kilobytes();

  const Speed ours = Measure(seconds, texts.size(), [&](size_t i) {
    (*classifier)->Classify({.channel = core::v1::CHANNEL_EMAIL, .body = texts[i]});
  });
  std::vector<std::string> folded;
  for (const std::string& text : texts) folded.push_back(FoldCase(text));
  const Speed folding =
      Measure(seconds, texts.size(), [&](size_t i) { folded[i] = FoldCase(texts[i]); });
  size_t patterns = 0;
  hs_database_t* database = CompileWords(*lexicons, &patterns);
  hs_scratch_t* scratch = nullptr;
  if (hs_alloc_scratch(database, &scratch) != HS_SUCCESS) return 1;
  size_t found = 0;
  const Speed scanning = Measure(seconds, texts.size(), [&](size_t i) {
    hs_scan(
        database, folded[i].data(), static_cast<unsigned>(folded[i].size()), 0, scratch,
        [](unsigned, unsigned long long, unsigned long long, unsigned, void* context) {
          ++*static_cast<size_t*>(context);
          return 0;
        },
        &found);
  });
  std::string huge;
  while (huge.size() < Classifier::kMaxBytes) huge += texts[huge.size() % texts.size()];
  const Speed large = Measure(seconds, 1, [&](size_t) { (*classifier)->Classify({.body = huge}); });

  std::printf("%-27s %9.0f ms\n", "compile the lexicons", compile * 1000);
  Print("classify 1 KB", ours);
  Print("  of which fold the case", folding);
  char scan[32];
  std::snprintf(scan, sizeof scan, "hyperscan, %zu patterns", patterns);
  Print(scan, scanning, "  (folded text, no places, no scopes)");
  std::printf("%-27s %9.2f\n", "ratio", ours.per_second / scanning.per_second);
  Print("classify 64 KB", large);
  hs_free_scratch(scratch);
  hs_free_database(database);
  return 0;
}

}  // namespace
}  // namespace plazo::classify

int main(int argc, char** argv) { return plazo::classify::Run(argc > 1 ? std::atof(argv[1]) : 3); }
