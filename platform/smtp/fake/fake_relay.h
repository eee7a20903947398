#pragma once

// FakeRelay: an SMTP server inside a test, on 127.0.0.1 and a free port, that answers as told.
//
// By default it accepts everything. AnswerOnce() scripts the next answer of a stage, Answer() all
// of them. Thread-safe; one thread a connection; the destructor closes everything and joins.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace plazo::smtp {

class FakeRelay {
 public:
  enum class Stage { kConnect, kEhlo, kAuth, kMail, kRcpt, kData, kFinalDot };

  // Instead of a reply line ("451 4.3.0 try later"):
  static constexpr char kClose[] = "<close>";  // hang up without a word
  static constexpr char kHang[] = "<hang>";    // say nothing until the client or the test ends

  struct Message {
    std::string from;
    std::string to;
    std::string data;  // dot stuffing removed
  };

  FakeRelay();
  ~FakeRelay();
  FakeRelay(const FakeRelay&) = delete;
  FakeRelay& operator=(const FakeRelay&) = delete;

  int port() const { return port_; }

  void Answer(Stage stage, std::string reply);
  void AnswerOnce(Stage stage, std::string reply);
  // Hangs up while it reads the next message, after so many bytes of it.
  void CloseAfterDataBytes(std::size_t bytes);
  void OfferAuth(std::string user_and_password);  // "user:password"; AUTH PLAIN
  void HangOnQuit();
  // Closes the connections that wait for a command, as a relay does with idle ones.
  void CloseIdleConnections();

  std::vector<Message> messages() const;  // those whose final dot was answered with 250
  std::vector<std::string> commands() const;
  std::string last_data_bytes() const;  // as they came over the wire, complete or not
  int connections() const;
  bool AwaitConnectionsClosed(std::chrono::milliseconds deadline);

 private:
  class Session;

  void AcceptLoop();
  bool HangsOnQuit() const;
  std::string NextAnswer(Stage stage, std::string_view fallback);

  int listener_ = -1;
  int port_ = 0;
  std::thread acceptor_;

  mutable std::mutex mutex_;
  std::condition_variable closed_;
  bool stopping_ = false;
  std::map<Stage, std::string> answers_;
  std::map<Stage, std::deque<std::string>> once_;
  std::size_t close_after_ = 0;
  std::string auth_;
  bool hang_on_quit_ = false;
  std::vector<Message> messages_;
  std::vector<std::string> commands_;
  std::string last_data_;
  int connections_ = 0;
  std::vector<int> open_;  // sockets
  std::vector<std::thread> sessions_;
};

}  // namespace plazo::smtp
