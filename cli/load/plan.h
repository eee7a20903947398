#pragma once

// What a load generator sends: requests of the kinds and in the shares that one asks for, made from
// a seed, so that two runs with one seed send the same. One owner.

#include <absl/status/statusor.h>
#include <google/protobuf/message.h>

#include <array>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace plazo::cli {

enum class LoadKind { kTicket, kChat, kMail, kReply };
inline constexpr std::array<std::string_view, 4> kLoadKinds = {"ticket", "chat", "mail", "reply"};
inline std::string_view NameOf(LoadKind kind) { return kLoadKinds[static_cast<size_t>(kind)]; }

// Shares, of their sum: "ticket=4,chat=2,mail=2,reply=2". kInvalidArgument.
using LoadMix = std::array<int, 4>;
absl::StatusOr<LoadMix> ParseMix(std::string_view text);

struct LoadPlanOptions {
  std::string tenant;
  std::string run;          // part of every request id
  std::string mail_to;      // the tenant's address
  std::string mail_domain;  // customers are c<n>@<domain>
  int customers = 10;
  LoadMix mix = {4, 2, 2, 2};
  uint64_t seed = 1;
};

struct LoadRequest {
  LoadKind kind = LoadKind::kTicket;
  std::string request_id, method;
  std::unique_ptr<google::protobuf::Message> request, response;
};

class LoadPlan {
 public:
  explicit LoadPlan(LoadPlanOptions options)
      : options_(std::move(options)), random_(options_.seed) {}

  // The customers that the requests come from; the same in every run.
  std::vector<LoadRequest> Customers();
  // An agent's reply needs a ticket; as long as there is none, a ticket is opened instead.
  LoadRequest Next();
  // A ticket that replies may go to; the oldest of many are forgotten.
  void Opened(const std::string& ticket_id);

 private:
  LoadKind Choose();
  void MakeTicket(LoadRequest& next, int customer);
  void MakeChat(LoadRequest& next, int customer);
  void MakeMail(LoadRequest& next, int customer);
  void MakeReply(LoadRequest& next);
  std::string Text();
  std::string Mail(const std::string& request_id, int customer);
  uint64_t Below(uint64_t n) { return random_() % n; }

  const LoadPlanOptions options_;
  std::mt19937_64 random_;
  uint64_t sent_ = 0;
  std::deque<std::string> tickets_;
};

}  // namespace plazo::cli
