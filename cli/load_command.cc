#include "cli/load_command.h"

#include <absl/strings/numbers.h>

#include <fstream>
#include <iomanip>
#include <memory>

#include "cli/load/run.h"
#include "platform/base/encoding.h"
#include "platform/base/random.h"
#include "platform/base/status.h"
#include "platform/observability/json_line.h"

namespace plazo::cli {
namespace {

constexpr double kMaxRate = 100'000;
constexpr int64_t kMaxRequests = 50'000'000;

struct LoadArguments {
  std::string rate = "10", mix = "ticket=4,chat=2,mail=2,reply=2", journal, run;
  std::string mail_to = "support@demo.example", mail_domain = "load.example";
  int64_t seconds = 10, customers = 10, max_in_flight = 1000, seed = 1;
};

double Ms(absl::Duration duration) { return absl::ToDoubleMilliseconds(duration); }

void PrintRow(std::ostream& out, std::string_view name, const Latencies& latencies) {
  out << std::left << std::setw(20) << name << std::right << std::setw(9) << latencies.count();
  for (const double q : {0.5, 0.9, 0.99, 0.999, 1.0}) {
    out << std::setw(9) << std::fixed << std::setprecision(1) << Ms(latencies.Quantile(q));
  }
  out << "\n";
}

void PrintHistogram(std::ostream& out, const Latencies& latencies) {
  const std::vector<int64_t> counts = latencies.Histogram(16);
  int64_t limit = 1;
  for (size_t i = 0; i < counts.size(); ++i, limit *= 2) {
    if (counts[i] == 0) continue;
    const std::string bound =
        i + 1 < counts.size() ? "<= " + std::to_string(limit) + " ms" : "longer";
    const auto width = static_cast<int>(50 * counts[i] / static_cast<int64_t>(latencies.count()));
    out << "  " << std::left << std::setw(12) << bound << std::right << std::setw(9) << counts[i]
        << "  " << std::string(static_cast<size_t>(width), '#') << "\n";
  }
}

LoadCount Sum(const LoadResult& result) {
  LoadCount sum;
  for (const LoadCount& count : result.counts) {
    sum.sent += count.sent;
    sum.decided += count.decided;
    sum.pending += count.pending;
    sum.refused += count.refused;
    sum.failed += count.failed;
  }
  return sum;
}

void PrintText(std::ostream& out, const LoadResult& result) {
  const LoadCount sum = Sum(result);
  out << std::fixed << std::setprecision(1) << "sent " << sum.sent << " in "
      << absl::ToDoubleSeconds(result.took) << " s: " << sum.decided << " decided, " << sum.pending
      << " pending, " << sum.refused << " refused, " << sum.failed << " not accepted; "
      << result.not_sent << " not sent for want of room\n"
      << "latency in ms           count      p50      p90      p99    p99.9      max\n";
  PrintRow(out, "to accept", result.to_accept);
  for (size_t i = 0; i < kLoadKinds.size(); ++i) {
    if (result.counts[i].sent == 0) continue;
    PrintRow(out, "to decision, " + std::string(kLoadKinds[i]), result.to_decision[i]);
  }
  out << "to accept:\n";
  PrintHistogram(out, result.to_accept);
  if (!result.first_error.empty()) out << "first error: " << result.first_error << "\n";
}

void PrintJson(std::ostream& out, const LoadResult& result, const std::string& run) {
  const LoadCount sum = Sum(result);
  observability::JsonLine line;
  line.AddString("run", run);
  line.AddNumber("seconds", absl::ToDoubleSeconds(result.took));
  line.AddInteger("sent", sum.sent);
  line.AddInteger("decided", sum.decided);
  line.AddInteger("pending", sum.pending);
  line.AddInteger("refused", sum.refused);
  line.AddInteger("failed", sum.failed);
  line.AddInteger("not_sent", result.not_sent);
  for (const auto& [name, q] : {std::pair{"p50", 0.5}, std::pair{"p90", 0.9},
                                std::pair{"p99", 0.99}, std::pair{"max", 1.0}}) {
    line.AddNumber("accept_ms_" + std::string(name), Ms(result.to_accept.Quantile(q)));
    for (size_t i = 0; i < kLoadKinds.size(); ++i) {
      if (result.counts[i].sent == 0) continue;
      line.AddNumber(std::string(kLoadKinds[i]) + "_decision_ms_" + name,
                     Ms(result.to_decision[i].Quantile(q)));
    }
  }
  line.AddString("first_error", result.first_error);
  out << line.Take() << "\n";
}

absl::Status MakeCustomers(const Remote& intake, LoadPlan& plan) {
  for (LoadRequest& customer : plan.Customers()) {
    PLAZO_RETURN_IF_ERROR(intake.Call(customer.method, *customer.request, *customer.response));
  }
  return absl::OkStatus();
}

int Load(Session& session, LoadArguments arguments) {
  LoadRunOptions options;
  if (session.tenant.empty()) return session.Misuse("give --tenant or PLAZO_TENANT");
  if (!absl::SimpleAtod(arguments.rate, &options.rate) || !(options.rate > 0) ||
      options.rate > kMaxRate) {
    return session.Misuse("--rate: must be above 0, at most 100000");
  }
  if (arguments.seconds < 1 || arguments.customers < 1 ||
      options.rate * static_cast<double>(arguments.seconds) > kMaxRequests) {
    return session.Misuse("--seconds, --customers: must be positive, at most 50 million requests");
  }
  const auto mix = ParseMix(arguments.mix);
  if (!mix.ok()) return session.Misuse("--mix: " + std::string(mix.status().message()));
  SystemRandom random;
  if (arguments.run.empty()) arguments.run = Hex(random.Bytes(4));
  std::ofstream journal;
  if (!arguments.journal.empty()) {
    journal.open(arguments.journal, std::ios::app);
    if (!journal) return session.Fail(InvalidArgument(arguments.journal + " cannot be written"));
    options.journal = &journal;
  }
  options.duration = absl::Seconds(arguments.seconds);
  options.max_in_flight = arguments.max_in_flight;
  options.call_timeout = session.CallTimeout();

  auto intake = Remote::Open(session, session.intake);
  if (!intake.ok()) return session.Fail(intake.status());
  LoadPlan plan({.tenant = session.tenant,
                 .run = arguments.run,
                 .mail_to = arguments.mail_to,
                 .mail_domain = arguments.mail_domain,
                 .customers = static_cast<int>(arguments.customers),
                 .mix = *mix,
                 .seed = static_cast<uint64_t>(arguments.seed)});
  if (absl::Status s = MakeCustomers(*intake, plan); !s.ok()) return session.Fail(s);
  const LoadResult result = RunLoad(*intake, plan, options);
  if (session.json) {
    PrintJson(session.out, result, arguments.run);
  } else {
    session.out << "run " << arguments.run << "\n";
    PrintText(session.out, result);
  }
  if (options.journal != nullptr && !journal.flush()) {
    return session.Fail(Internal(arguments.journal + " could not be written"));
  }
  return 0;
}

}  // namespace

void AddLoad(const Command& root, Session& session) {
  auto arguments = std::make_shared<LoadArguments>();
  root.Sub("load", "sends requests at a fixed rate and measures, whatever the answers do")
      .Text("--rate", &arguments->rate, "requests a second")
      .Number("--seconds", &arguments->seconds, "how long")
      .Text("--mix", &arguments->mix, "shares of what is sent")
      .Number("--customers", &arguments->customers, "made first, load-0 and on")
      .Text("--mail-to", &arguments->mail_to, "the tenant's address that mails go to")
      .Text("--mail-domain", &arguments->mail_domain, "of the customers' addresses")
      .Text("--journal", &arguments->journal, "file to add a JSON line a request to")
      .Number("--max-in-flight", &arguments->max_in_flight, "calls at once; more are not sent")
      .Number("--seed", &arguments->seed, "the same seed sends the same")
      .Text("--run", &arguments->run,
            "part of every request id; random if not given: the same "
            "run with the same seed is a retry")
      .Run([&session, arguments] { return Load(session, *arguments); });
}

}  // namespace plazo::cli
