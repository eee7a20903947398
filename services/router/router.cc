#include "services/router/router.h"

#include "domain/core/decisions.h"
#include "domain/core/proto_time.h"
#include "domain/customer/decide.h"
#include "domain/ids/ids.h"
#include "domain/lane/decide.h"
#include "domain/ticket/apply.h"
#include "domain/ticket/decide.h"
#include "platform/base/status.h"
#include "services/router/output.h"

namespace plazo::router {

using namespace core::v1;

namespace {

std::string LaneKey() { return std::string(ids::kLaneKey); }

}  // namespace

// One call of Process: an overlay per lane, and what was counted.
class Router::Batch {
 public:
  Batch(Router& router, std::span<const kafka::Record> inputs)
      : router_(router), inputs_(inputs), outputs_of_(inputs.size()) {}

  kafka::BatchOutput Run(const kafka::BatchHints& hints);
  void Keep();

 private:
  StagedLane& Staged(int32_t lane);
  absl::Time Advance(StagedLane& lane, const kafka::Record& input);
  Effects DecideOne(StagedLane& lane, const Context& context, const Command& command);
  void ApplyOne(StagedLane& lane, const Command& command, const Effects& effects, size_t input);
  void ApplyToTicket(StagedLane& lane, const std::string& key, const Effects& effects,
                     size_t input);
  void ApplyToCustomer(StagedLane& lane, const std::string& key, const Effects& effects,
                       size_t input);
  void ApplyPolicy(StagedLane& lane, const Command& command, const Effects& effects, size_t input);
  size_t Handle(size_t input, kafka::InputMark mark);
  void WriteStates();
  void Count(Outcome outcome);
  OutputWriter Writer(size_t input) {
    return {router_.topics_, inputs_[input], input, outputs_of_[input], output_};
  }

  Router& router_;
  std::span<const kafka::Record> inputs_;
  std::vector<int> outputs_of_;  // how many records each input has caused
  kafka::BatchOutput output_;
  std::map<int32_t, StagedLane> staged_;
  std::map<int32_t, size_t> last_input_;  // of each lane
  uint64_t applied_ = 0, repeated_ = 0, refused_ = 0, dead_letters_ = 0;
};

StagedLane& Router::Batch::Staged(int32_t lane) {
  auto it = staged_.find(lane);
  if (it == staged_.end()) it = staged_.emplace(lane, StagedLane(router_.memory_[lane])).first;
  return it->second;
}

// Lane time never runs back, whatever the broker's clock did.
absl::Time Router::Batch::Advance(StagedLane& lane, const kafka::Record& input) {
  LaneState& checkpoint = lane.checkpoint();
  checkpoint.set_lane(input.partition);
  checkpoint.set_next_offset(input.offset + 1);
  absl::Time now = absl::FromUnixMillis(input.timestamp_ms);
  if (checkpoint.has_lane_time()) now = std::max(now, FromProto(checkpoint.lane_time()));
  *checkpoint.mutable_lane_time() = ToProto(now);
  return now;
}

Effects Router::Batch::DecideOne(StagedLane& lane, const Context& context, const Command& command) {
  const StateRecord* record = lane.Find(command.aggregate());
  auto compile = [this](std::string_view bundle) { return router_.policies_.Compile(bundle); };
  if (command.has_adopt_policy()) return lane::DecideAdoption(context, command, compile);
  if (ids::AfterPrefix(command.aggregate(), "ticket")) {
    return ticket::Decide(context, record ? &record->ticket() : nullptr, command);
  }
  if (ids::AfterPrefix(command.aggregate(), "customer")) {
    return customer::Decide(context, record ? &record->customer() : nullptr, command);
  }
  if (ids::AfterPrefix(command.aggregate(), "tenant") && command.has_activate_policy()) {
    return lane::DecideActivation(context, record ? &record->tenant() : nullptr, command, compile);
  }
  return Refusal(context, command, 0, "NOT_SUPPORTED", "no aggregate takes this command");
}

void Router::Batch::ApplyToTicket(StagedLane& lane, const std::string& key, const Effects& effects,
                                  size_t input) {
  const StateRecord* record = lane.Find(key);
  const TicketState before = record ? record->ticket() : TicketState();
  StateRecord after;
  *after.mutable_ticket() = before;
  ticket::Apply(*after.mutable_ticket(), effects.decision);
  const bool forgotten = ticket::Forgotten(effects.decision);
  lane::CountReferences(lane.checkpoint(), record ? &before : nullptr,
                        forgotten ? nullptr : &after.ticket());
  lane.Put(key, forgotten ? std::nullopt : std::optional(std::move(after)), input);
}

void Router::Batch::ApplyToCustomer(StagedLane& lane, const std::string& key,
                                    const Effects& effects, size_t input) {
  StateRecord after;
  if (const StateRecord* record = lane.Find(key)) after = *record;
  customer::Apply(*after.mutable_customer(), effects.decision);
  const bool deleted = customer::Deleted(effects.decision);
  lane.Put(key, deleted ? std::nullopt : std::optional(std::move(after)), input);
}

void Router::Batch::ApplyPolicy(StagedLane& lane, const Command& command, const Effects& effects,
                                size_t input) {
  if (command.has_activate_policy()) {
    StateRecord after;
    if (const StateRecord* record = lane.Find(command.aggregate())) after = *record;
    lane::Apply(*after.mutable_tenant(), effects.decision, command.activate_policy().bundle());
    lane.Put(command.aggregate(), std::move(after), input);
    return;
  }
  StateRecord adopted;
  PolicyRecord* policy = adopted.mutable_policy();
  policy->set_tenant(command.tenant());
  policy->set_revision(command.adopt_policy().revision());
  policy->set_bundle_hash(command.adopt_policy().bundle_hash());
  policy->set_bundle(command.adopt_policy().bundle());
  lane.Put(command.aggregate(), std::move(adopted), input);
  for (const Event& event : effects.decision.events()) {
    for (const std::string& hash : event.policy_adopted().dropped_hashes()) {
      lane.Put(ids::PolicyKey(hash), std::nullopt, input);
    }
  }
  auto find = [&](std::string_view hash) -> const PolicyRecord* {
    const StateRecord* record = lane.Find(ids::PolicyKey(hash));
    return record ? &record->policy() : nullptr;
  };
  auto shelf = MakeShelf(lane.checkpoint(), find, router_.policies_);
  if (shelf.ok()) lane.SetPolicies(*std::move(shelf));
}

void Router::Batch::ApplyOne(StagedLane& lane, const Command& command, const Effects& effects,
                             size_t input) {
  const std::string& key = command.aggregate();
  if (effects.repeat_state) lane.Touch(key, input);
  if (effects.decision.outcome() != OUTCOME_APPLIED || effects.decision.events().empty()) return;
  lane::Apply(lane.checkpoint(), effects.decision);
  if (command.has_adopt_policy() || command.has_activate_policy()) {
    ApplyPolicy(lane, command, effects, input);
  } else if (ids::AfterPrefix(key, "customer")) {
    ApplyToCustomer(lane, key, effects, input);
  } else {
    ApplyToTicket(lane, key, effects, input);
  }
}

size_t Router::Batch::Handle(size_t input, kafka::InputMark mark) {
  const kafka::Record& record = inputs_[input];
  StagedLane& lane = Staged(record.partition);
  last_input_[record.partition] = input;
  const absl::Time now = Advance(lane, record);
  OutputWriter writer = Writer(input);
  const Context context{lane.checkpoint(), router_.lanes_, lane.policies(), now};

  Command command;
  const bool decoded = mark != kafka::InputMark::kUndecidable && record.value &&
                       command.ParseFromString(*record.value) &&
                       command.body_case() != Command::BODY_NOT_SET;
  if (!decoded || command.aggregate() != record.key) {
    Command unreadable;
    unreadable.set_aggregate(record.key);
    const char* reason = mark == kafka::InputMark::kUndecidable ? "UNDECIDABLE"
                         : decoded                              ? "KEY_MISMATCH"
                                                                : "UNDECODABLE";
    writer.WriteEffects(Refusal(context, unreadable, 0, reason, "see the dead letters"), now);
    writer.WriteDeadLetter(reason);
    ++refused_, ++dead_letters_;
    return writer.bytes();
  }
  const Effects effects =
      mark == kafka::InputMark::kTooLarge
          ? Refusal(context, command, 0, "TOO_LARGE", "what follows would not fit into a record")
          : DecideOne(lane, context, command);
  ApplyOne(lane, command, effects, input);
  writer.WriteEffects(effects, now);
  Count(effects.decision.outcome());
  return writer.bytes();
}

void Router::Batch::Count(Outcome outcome) {
  if (outcome == OUTCOME_APPLIED) ++applied_;
  if (outcome == OUTCOME_REPEATED) ++repeated_;
  if (outcome == OUTCOME_REFUSED) ++refused_;
}

// One record a touched aggregate and one checkpoint a touched lane, in both state topics.
void Router::Batch::WriteStates() {
  for (auto& [number, lane] : staged_) {
    const absl::Time now = FromProto(lane.checkpoint().lane_time());
    for (const auto& [key, change] : lane.changes()) {
      if (!change.written) continue;
      OutputWriter writer = Writer(change.input);
      writer.WriteState(
          ShelfOf(key) == Shelf::kTickets ? router_.topics_.tickets : router_.topics_.directory,
          key, change.record ? &*change.record : nullptr, now);
    }
    StateRecord checkpoint;
    *checkpoint.mutable_lane() = lane.checkpoint();
    OutputWriter writer = Writer(last_input_[number]);
    writer.WriteState(router_.topics_.tickets, LaneKey(), &checkpoint, now);
    writer.WriteState(router_.topics_.directory, LaneKey(), &checkpoint, now);
  }
}

kafka::BatchOutput Router::Batch::Run(const kafka::BatchHints& hints) {
  size_t bytes = 0;
  while (output_.consumed < inputs_.size() &&
         (output_.consumed == 0 || bytes < hints.max_output_bytes)) {
    const size_t input = output_.consumed++;
    bytes += Handle(input, hints.marks.empty() ? kafka::InputMark::kNone : hints.marks[input]);
  }
  WriteStates();
  return std::move(output_);
}

void Router::Batch::Keep() {
  for (auto& [number, lane] : staged_) lane.KeepIn(router_.memory_[number]);
  router_.counters_.applied += applied_;
  router_.counters_.repeated += repeated_;
  router_.counters_.refused += refused_;
  router_.counters_.dead_letters += dead_letters_;
}

Router::Router(Topics topics, int32_t lanes) : topics_(std::move(topics)), lanes_(lanes) {}

Router::~Router() = default;

void Router::BeginRestore(int32_t lane) { memory_[lane] = Lane(); }

void Router::RestoreRecord(int32_t number, const kafka::Record& record) {
  Lane& lane = memory_[number];
  if (record.key == ids::kLaneKey) {
    StateRecord checkpoint;
    if (record.topic == topics_.tickets && record.value &&
        checkpoint.ParseFromString(*record.value)) {
      lane.checkpoint = checkpoint.lane();
      lane.known = true;
    }
    return;
  }
  StringMap<std::string>& shelf =
      lane.On(record.topic == topics_.tickets ? Shelf::kTickets : Shelf::kDirectory);
  if (record.value) {
    shelf[record.key] = *record.value;
  } else {
    shelf.erase(record.key);
  }
}

absl::Status Router::FinishRestore(int32_t number, int64_t committed) {
  Lane& lane = memory_[number];
  const int64_t next = lane.known ? lane.checkpoint.next_offset() : kafka::kNoOffset;
  if (next != committed) {
    return Internal("lane " + std::to_string(number) + ": the checkpoint says offset " +
                    std::to_string(next) + ", the group " + std::to_string(committed));
  }
  const auto tickets = static_cast<int64_t>(lane.tickets.size());
  const auto directory = static_cast<int64_t>(lane.directory.size());
  if (tickets != lane.checkpoint.ticket_keys() || directory != lane.checkpoint.directory_keys()) {
    return Internal("lane " + std::to_string(number) + ": found " + std::to_string(tickets) + "+" +
                    std::to_string(directory) + " keys, the checkpoint says " +
                    std::to_string(lane.checkpoint.ticket_keys()) + "+" +
                    std::to_string(lane.checkpoint.directory_keys()));
  }
  std::map<std::string, PolicyRecord, std::less<>> records;
  for (const AdoptedPolicy& adopted : lane.checkpoint.policies()) {
    auto it = lane.tickets.find(ids::PolicyKey(adopted.bundle_hash()));
    StateRecord record;
    if (it != lane.tickets.end() && record.ParseFromString(it->second)) {
      records[adopted.bundle_hash()] = record.policy();
    }
  }
  auto shelf = MakeShelf(
      lane.checkpoint,
      [&](std::string_view hash) {
        auto it = records.find(hash);
        return it == records.end() ? nullptr : &it->second;
      },
      policies_);
  if (!shelf.ok()) return shelf.status();
  lane.policies = *std::move(shelf);
  return absl::OkStatus();
}

void Router::ForgetLane(int32_t lane) { memory_.erase(lane); }

int64_t Router::NextOffset(int32_t number) {
  auto it = memory_.find(number);
  if (it == memory_.end() || !it->second.known) return kafka::kNoOffset;
  return it->second.checkpoint.next_offset();
}

kafka::BatchOutput Router::Process(std::span<const kafka::Record> inputs,
                                   const kafka::BatchHints& hints) {
  batch_ = std::make_unique<Batch>(*this, inputs);
  return batch_->Run(hints);
}

void Router::Keep() {
  if (batch_) batch_->Keep();
  batch_.reset();
}

void Router::Drop() { batch_.reset(); }

}  // namespace plazo::router
