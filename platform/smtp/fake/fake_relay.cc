#include "platform/smtp/fake/fake_relay.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <utility>

namespace plazo::smtp {
namespace {

std::string Base64(std::string_view s) {
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < s.size(); i += 3) {
    const auto byte = [&](std::size_t k) {
      return k < s.size() ? static_cast<unsigned char>(s[k]) : 0u;
    };
    const unsigned bits = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    for (int k = 0; k < 4; ++k) out.push_back(kDigits[bits >> (18 - 6 * k) & 63]);
  }
  for (std::size_t k = 0; k < (3 - s.size() % 3) % 3; ++k) out[out.size() - 1 - k] = '=';
  return out;
}

std::string InBrackets(std::string_view command) {
  const std::size_t begin = command.find('<');
  const std::size_t end = command.find('>');
  if (begin == std::string_view::npos || end == std::string_view::npos) return {};
  return std::string(command.substr(begin + 1, end - begin - 1));
}

}  // namespace

// One connection.
class FakeRelay::Session {
 public:
  Session(FakeRelay& relay, int socket) : relay_(relay), socket_(socket) {}

  void Run() {
    if (!Reply(Stage::kConnect, "220 fake.relay.example ESMTP")) return;
    while (std::optional<std::string> command = ReadLine()) {
      {
        const std::lock_guard lock(relay_.mutex_);
        relay_.commands_.push_back(*command);
      }
      if (!Handle(*command)) return;
    }
  }

 private:
  bool Handle(const std::string& command) {
    if (command.starts_with("EHLO")) {
      std::string offer = "250-fake.relay.example\r\n250-SIZE 10000000\r\n";
      const std::lock_guard lock(relay_.mutex_);
      if (!relay_.auth_.empty()) offer += "250-AUTH PLAIN\r\n";
      ehlo_ = offer + "250 8BITMIME";
    }
    if (command.starts_with("EHLO") || command.starts_with("HELO"))
      return Reply(Stage::kEhlo, ehlo_);
    if (command.starts_with("AUTH PLAIN")) return Authenticate(command);
    if (command.starts_with("MAIL FROM:")) {
      message_ = {.from = InBrackets(command)};
      return Reply(Stage::kMail, "250 2.1.0 Ok");
    }
    if (command.starts_with("RCPT TO:")) {
      message_.to = InBrackets(command);
      return Reply(Stage::kRcpt, "250 2.1.5 Ok");
    }
    if (command == "DATA")
      return Reply(Stage::kData, "354 go ahead") && (last_code_ != "354" || ReadMessage());
    if (command == "QUIT") {
      if (relay_.HangsOnQuit()) return Send(kHang);
      Write("221 bye\r\n");
      return false;
    }
    return Write("250 Ok\r\n");
  }

  bool Authenticate(const std::string& command) {
    std::string credentials;
    {
      const std::lock_guard lock(relay_.mutex_);
      credentials = relay_.auth_;
    }
    std::replace(credentials.begin(), credentials.end(), ':', '\0');
    const std::string expected = Base64(std::string(1, '\0') + credentials);
    std::string given = command.size() > 11 ? command.substr(11) : "";
    if (given.empty()) {
      if (!Write("334 \r\n")) return false;
      given = ReadLine().value_or("");
    }
    return Reply(Stage::kAuth, given == expected ? "235 2.7.0 Ok" : "535 5.7.8 wrong");
  }

  bool ReadMessage() {
    std::size_t limit = 0;
    {
      const std::lock_guard lock(relay_.mutex_);
      limit = std::exchange(relay_.close_after_, 0);
      relay_.last_data_.clear();
    }
    while (std::optional<std::string> line = ReadLine()) {
      {
        const std::lock_guard lock(relay_.mutex_);
        relay_.last_data_ += *line + "\r\n";
        if (limit > 0 && relay_.last_data_.size() >= limit) return false;
      }
      if (*line == ".") return Finish();
      message_.data += (line->starts_with('.') ? line->substr(1) : *line) + "\r\n";
    }
    return false;
  }

  bool Finish() {
    const std::string answer = relay_.NextAnswer(Stage::kFinalDot, "250 2.0.0 queued");
    if (answer.starts_with("250")) {
      const std::lock_guard lock(relay_.mutex_);
      relay_.messages_.push_back(std::exchange(message_, {}));
    }
    return Send(answer);
  }

  bool Reply(Stage stage, std::string_view fallback) {
    return Send(relay_.NextAnswer(stage, fallback));
  }

  bool Send(const std::string& answer) {
    if (answer == kClose) return false;
    if (answer == kHang) {
      while (ReadLine().has_value()) {
      }
      return false;
    }
    last_code_ = answer.substr(0, 3);
    return Write(answer + "\r\n");
  }

  bool Write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t length = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (length <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(length));
    }
    return true;
  }

  // What came before a connection ends is kept as data: a test may look at it.
  std::optional<std::string> ReadLine() {
    std::size_t end;
    while ((end = buffer_.find("\r\n")) == std::string::npos) {
      std::array<char, 4096> chunk;
      const ssize_t length = recv(socket_, chunk.data(), chunk.size(), 0);
      if (length <= 0) {
        const std::lock_guard lock(relay_.mutex_);
        relay_.last_data_ += std::exchange(buffer_, {});
        return std::nullopt;
      }
      buffer_.append(chunk.data(), static_cast<std::size_t>(length));
    }
    std::string line = buffer_.substr(0, end);
    buffer_.erase(0, end + 2);
    return line;
  }

  FakeRelay& relay_;
  const int socket_;
  std::string buffer_;
  std::string ehlo_;
  std::string last_code_;
  Message message_;
};

FakeRelay::FakeRelay() {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listener_, 64) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::perror("FakeRelay: listen");
    std::abort();
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { AcceptLoop(); });
}

FakeRelay::~FakeRelay() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const int socket : open_) shutdown(socket, SHUT_RDWR);
  }
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  for (std::thread& session : sessions_) session.join();
  close(listener_);
}

void FakeRelay::AcceptLoop() {
  while (true) {
    const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      close(socket);
      return;
    }
    ++connections_;
    open_.push_back(socket);
    sessions_.emplace_back([this, socket] {
      Session(*this, socket).Run();
      const std::lock_guard done(mutex_);
      std::erase(open_, socket);
      close(socket);
      closed_.notify_all();
    });
  }
}

std::string FakeRelay::NextAnswer(Stage stage, std::string_view fallback) {
  const std::lock_guard lock(mutex_);
  if (std::deque<std::string>& once = once_[stage]; !once.empty()) {
    std::string answer = std::move(once.front());
    once.pop_front();
    return answer;
  }
  const auto always = answers_.find(stage);
  return always != answers_.end() ? always->second : std::string(fallback);
}

void FakeRelay::Answer(Stage stage, std::string reply) {
  const std::lock_guard lock(mutex_);
  answers_[stage] = std::move(reply);
}

void FakeRelay::AnswerOnce(Stage stage, std::string reply) {
  const std::lock_guard lock(mutex_);
  once_[stage].push_back(std::move(reply));
}

void FakeRelay::CloseAfterDataBytes(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  close_after_ = bytes;
}

void FakeRelay::OfferAuth(std::string user_and_password) {
  const std::lock_guard lock(mutex_);
  auth_ = std::move(user_and_password);
}

void FakeRelay::CloseIdleConnections() {
  const std::lock_guard lock(mutex_);
  for (const int socket : open_) shutdown(socket, SHUT_RDWR);
}

void FakeRelay::HangOnQuit() {
  const std::lock_guard lock(mutex_);
  hang_on_quit_ = true;
}

bool FakeRelay::HangsOnQuit() const {
  const std::lock_guard lock(mutex_);
  return hang_on_quit_;
}

std::vector<FakeRelay::Message> FakeRelay::messages() const {
  const std::lock_guard lock(mutex_);
  return messages_;
}

std::vector<std::string> FakeRelay::commands() const {
  const std::lock_guard lock(mutex_);
  return commands_;
}

std::string FakeRelay::last_data_bytes() const {
  const std::lock_guard lock(mutex_);
  return last_data_;
}

int FakeRelay::connections() const {
  const std::lock_guard lock(mutex_);
  return connections_;
}

bool FakeRelay::AwaitConnectionsClosed(std::chrono::milliseconds deadline) {
  std::unique_lock lock(mutex_);
  return closed_.wait_for(lock, deadline, [this] { return open_.empty(); });
}

}  // namespace plazo::smtp
