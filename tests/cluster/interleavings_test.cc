// Random people, random pauses, random faults of every part; afterwards all invariants hold. A run
// repeats itself for its seed: PLAZO_SEED=<n> runs that one alone.

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "tests/cluster/cluster.h"
#include "tests/cluster/invariants.h"

namespace plazo::cluster {
namespace {

using namespace core::v1;
using kafka::Fault;
using notifier::Answer;

constexpr int kRuns = 200;
constexpr int kSteps = 15;

class Interleaving {
 public:
  explicit Interleaving(uint32_t seed) : random_(seed) {
    for (const char* id : {"ana", "ben", "eva"}) {
      customers_.emplace_back(id);
      cluster_.Ask(customers_.back().Register());
    }
  }

  void Play() {
    for (int step = 0; step < kSteps; ++step) {
      for (int i = Dice(4); i > 0; --i) Speak();
      if (Dice(3) == 0) Strike();
      LetPass();
    }
    Heal();
  }
  const Cluster& cluster() const { return cluster_; }
  const Allowed& allowed() const { return allowed_; }

 private:
  int Dice(int sides) { return std::uniform_int_distribution<int>(0, sides - 1)(random_); }
  template <typename T>
  const T& Any(const std::vector<T>& all) {
    return all[static_cast<size_t>(Dice(static_cast<int>(all.size())))];
  }
  void Say(Command command) {
    cluster_.Send(command);
    said_.push_back(std::move(command));
  }

  void Speak() {
    constexpr Channel kChannels[] = {CHANNEL_TICKET, CHANNEL_CHAT, CHANNEL_EMAIL};
    const size_t who = static_cast<size_t>(Dice(3));
    Customer& customer = customers_[who];
    if (tickets_.empty() || Dice(4) == 0) {
      const Command open =
          customer.Open({.subject = "VPS", .body = "it is slow", .channel = kChannels[Dice(3)]});
      tickets_.push_back({TicketIdOf(open), who});
      return Say(open);
    }
    const auto [ticket, owner] = Any(tickets_);
    switch (Dice(9)) {
      case 0:
        return Say(customers_[owner].Write(ticket, "…"));
      case 1:
        return Say(agent_.Reply(ticket, "…", Dice(2) == 0));
      case 2:
        return Say(agent_.Note(ticket, "…"));
      case 3:
        return Say(agent_.Escalate(ticket, "server-access", Dice(2) == 0 ? "billing" : ""));
      case 4:
        return Say(agent_.Estimate(ticket, absl::Minutes(1 + Dice(90)), "…"));
      case 5:
        return Say(agent_.Resolve(ticket, "…"));
      case 6:
        return Say(customers_[owner].Confirm(ticket, Dice(2) == 0));
      case 7:
        return Say(agent_.AcknowledgeBreach(ticket));
      default:
        cluster_.Send(Any(said_));  // a client that is not sure
    }
  }

  void Strike() {
    switch (Dice(5)) {
      case 0:
      case 1:
        return StrikeRouter();
      case 2:
        return StrikeIndex();
      case 3:
        return StrikeRelay();
      default:
        return Dice(2) == 0 ? StrikeTimer() : StrikeNotifier();
    }
  }

  void StrikeRouter() {
    constexpr Fault kFaults[] = {Fault::kBegin,
                                 Fault::kProduce,
                                 Fault::kDelivery,
                                 Fault::kFlush,
                                 Fault::kSendOffsets,
                                 Fault::kSendOffsetsFenced,
                                 Fault::kCommitLostRequest,
                                 Fault::kCommitLostAnswer,
                                 Fault::kCommitFenced,
                                 Fault::kCommitted,
                                 Fault::kPollFatal,
                                 Fault::kInit};
    const int ordinal = Dice(2);
    switch (Dice(4)) {
      case 0:
        cluster_.StartRouter(ordinal);
        return;
      case 1:
        cluster_.KillRouter(ordinal);
        if (Dice(2) == 0) cluster_.ExpireSessions();
        return;
      default:
        if (!cluster_.HasRouter(ordinal)) return;
        cluster_.router(ordinal).broker.FailNext(kFaults[Dice(std::size(kFaults))], 1 + Dice(5));
    }
  }

  void StrikeIndex() {
    switch (Dice(5)) {
      case 0:
        return cluster_.index().Wipe();
      case 1:
        return cluster_.index().LoseNextReply();
      case 2:
        return cluster_.index().SetOutage(absl::UnavailableError("down"), Dice(40));
      case 3:
        snapshot_ = cluster_.index().Snapshot();
        return;
      default:
        if (!snapshot_.empty()) cluster_.index().Restore(snapshot_);
    }
  }

  void StrikeRelay() {
    constexpr Answer kAnswers[] = {Answer::kGreylisted, Answer::kDeferredAtEnd, Answer::kLost,
                                   Answer::kKeptAndLost, Answer::kNoConnection};
    cluster_.relay().AnswerOnce(Any(customers_).address(), kAnswers[Dice(std::size(kAnswers))]);
  }

  void StrikeTimer() {
    constexpr Fault kFaults[] = {Fault::kSend, Fault::kSendLost, Fault::kSendFatal,
                                 Fault::kPollFatal};
    if (Dice(2) == 0) {
      cluster_.StartTimer();
    } else {
      cluster_.timer().broker.FailNext(kFaults[Dice(std::size(kFaults))], 1 + Dice(3));
    }
  }

  void StrikeNotifier() {
    switch (Dice(4)) {
      case 0:
        cluster_.StartNotifier();
        return;
      case 1:
        cluster_.ledger().LoseReplyAfter(Dice(6));
        return;
      case 2:
        cluster_.ledger().Wipe();
        allowed_.repeated_mail = true;
        return;
      default:
        cluster_.notifier().broker.FailNext(Dice(2) == 0 ? Fault::kSend : Fault::kSendLost,
                                            1 + Dice(3));
    }
  }

  // Some time, in which everybody gets some turns, but seldom enough to finish.
  void LetPass() {
    if (Dice(3) == 0) {
      cluster_.Advance(absl::Seconds(Dice(240)));
    } else {
      cluster_.Wait(absl::Milliseconds(Dice(20'000)));
      for (int i = Dice(10); i > 0; --i) cluster_.PumpOnce();
    }
  }

  void Heal() {
    cluster_.index().SetOutage(absl::OkStatus());
    for (int ordinal : {0, 1}) {
      if (!cluster_.HasRouter(ordinal)) cluster_.StartRouter(ordinal);
    }
    cluster_.Advance(absl::Minutes(1), absl::Seconds(5));
    // Mails that were put off or in doubt.
    cluster_.Advance(absl::Minutes(20));
    cluster_.Advance(absl::Seconds(10), absl::Seconds(1));
  }

  std::mt19937 random_;
  Cluster cluster_{TuesdayMorning(), IntroservReadingLittle()};
  std::vector<Customer> customers_;
  Agent agent_{"bea"};
  std::vector<std::pair<std::string, size_t>> tickets_;  // and whose
  std::vector<Command> said_;
  sla_timer::FakeDeadlineIndex::Data snapshot_;
  Allowed allowed_;
};

TEST(Interleavings, KeepTheInvariants) {
  const char* wanted = std::getenv("PLAZO_SEED");
  const uint32_t first = wanted != nullptr ? static_cast<uint32_t>(std::atoi(wanted)) : 1;
  const uint32_t last = wanted != nullptr ? first : kRuns;
  for (uint32_t seed = first; seed <= last; ++seed) {
    SCOPED_TRACE("PLAZO_SEED=" + std::to_string(seed));
    Interleaving run(seed);
    run.Play();
    ExpectInvariants(run.cluster(), run.allowed());
    if (::testing::Test::HasFailure()) {
      FAIL() << "again with PLAZO_SEED=" << seed;
    }
  }
}

}  // namespace
}  // namespace plazo::cluster
