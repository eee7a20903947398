#include "cli/load/run.h"

#include <absl/time/clock.h>

#include "cli/fields.h"
#include "domain/core/proto_time.h"
#include "platform/base/status.h"
#include "platform/observability/json_line.h"

namespace plazo::cli {
namespace {

using google::protobuf::Message;

std::string StringOf(const Message& message, const std::string& name) {
  const auto* field = message.GetDescriptor()->FindFieldByName(name);
  return field == nullptr ? std::string() : message.GetReflection()->GetString(message, field);
}

// `applied`, `pending`, or what became of a mail.
std::string DecisionOf(const Message& response) {
  for (const char* name : {"decision", "disposition"}) {
    const auto* field = response.GetDescriptor()->FindFieldByName(name);
    if (field != nullptr) return ShortName(*response.GetReflection()->GetEnum(response, field));
  }
  return {};
}

absl::Time AcceptTimeOf(const Message& response) {
  const auto* field = response.GetDescriptor()->FindFieldByName("accept_time");
  if (field == nullptr || !response.GetReflection()->HasField(response, field)) {
    return absl::InfinitePast();
  }
  return FromProto(static_cast<const google::protobuf::Timestamp&>(
      response.GetReflection()->GetMessage(response, field)));
}

class Run {
 public:
  Run(const Remote& intake, LoadPlan& plan, const LoadRunOptions& options)
      : intake_(intake), plan_(plan), options_(options) {}

  LoadResult Go() {
    const absl::Time start = absl::Now();
    const auto turns =
        static_cast<int64_t>(options_.rate * absl::ToDoubleSeconds(options_.duration));
    for (int64_t turn = 0; turn < turns; ++turn) {
      const absl::Time due = start + absl::Seconds(static_cast<double>(turn) / options_.rate);
      absl::SleepFor(due - absl::Now());
      Send(due);
    }
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(
        +[](Run* run) ABSL_NO_THREAD_SAFETY_ANALYSIS { return run->in_flight_ == 0; }, this));
    result_.took = absl::Now() - start;
    return std::move(result_);
  }

 private:
  void Send(absl::Time due) {
    std::shared_ptr<LoadRequest> call;
    {
      absl::MutexLock lock(&mutex_);
      if (in_flight_ >= options_.max_in_flight) {
        ++result_.not_sent;
        return;
      }
      call = std::make_shared<LoadRequest>(plan_.Next());
      ++in_flight_;
      ++CountOf(call->kind).sent;
    }
    intake_.Start(call->method, *call->request, *call->response, options_.call_timeout,
                  [this, call, due](const absl::Status& status) { Take(*call, due, status); });
  }

  void Take(const LoadRequest& call, absl::Time due, const absl::Status& status) {
    const absl::Time now = absl::Now();
    absl::MutexLock lock(&mutex_);
    if (status.ok()) {
      TakeAnswer(call, due, now);
    } else {
      // Refused by the domain, for good, is an answer, too.
      const bool refused = status.code() == absl::StatusCode::kFailedPrecondition ||
                           status.code() == absl::StatusCode::kInvalidArgument;
      ++(refused ? CountOf(call.kind).refused : CountOf(call.kind).failed);
      if (result_.first_error.empty()) result_.first_error = std::string(status.message());
      WriteDown(call, false, refused ? "refused" : "failed", status, now - due);
    }
    --in_flight_;
  }

  void TakeAnswer(const LoadRequest& call, absl::Time due, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const Message& response = *call.response;
    const std::string decision = DecisionOf(response);
    const bool pending = decision == "pending" || decision == "accepted_pending";
    ++(pending ? CountOf(call.kind).pending : CountOf(call.kind).decided);
    const absl::Time accepted = AcceptTimeOf(response);
    if (accepted > absl::InfinitePast()) {
      result_.to_accept.Add(std::max(absl::ZeroDuration(), accepted - due));
    }
    if (!pending) result_.to_decision[static_cast<size_t>(call.kind)].Add(now - due);
    const std::string ticket_id = StringOf(response, "ticket_id");
    if (!ticket_id.empty() && !pending) plan_.Opened(ticket_id);
    WriteDown(call, true, decision, absl::OkStatus(), now - due);
  }

  void WriteDown(const LoadRequest& call, bool accepted, const std::string& decision,
                 const absl::Status& status, absl::Duration latency)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (options_.journal == nullptr) return;
    observability::JsonLine line;
    line.AddString("request_id", call.request_id);
    line.AddString("what", NameOf(call.kind));
    line.AddBool("accepted", accepted);
    line.AddString("command_id", StringOf(*call.response, "command_id"));
    line.AddString("ticket_id", StringOf(*call.response, "ticket_id"));
    line.AddString("decision", decision);
    line.AddNumber("latency_ms", absl::ToDoubleMilliseconds(latency));
    if (!status.ok()) line.AddString("error", ToStd(status.message()));
    *options_.journal << line.Take() << "\n";
  }

  LoadCount& CountOf(LoadKind kind) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return result_.counts[static_cast<size_t>(kind)];
  }

  const Remote& intake_;
  LoadPlan& plan_;
  const LoadRunOptions& options_;
  absl::Mutex mutex_;
  int64_t in_flight_ ABSL_GUARDED_BY(mutex_) = 0;
  LoadResult result_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

LoadResult RunLoad(const Remote& intake, LoadPlan& plan, const LoadRunOptions& options) {
  return Run(intake, plan, options).Go();
}

}  // namespace plazo::cli
