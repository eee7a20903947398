#include "platform/redis/testing/redis_server.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "platform/base/file.h"
#include "platform/base/status.h"
#include "platform/redis/connection.h"

namespace plazo::redis {
namespace {

constexpr absl::Duration kStartTimeout = absl::Seconds(10);

// Dies with the thread that starts it, so that a test that crashes leaves no server behind.
absl::StatusOr<pid_t> Spawn(std::vector<std::string> args) {
  std::vector<char*> argv;
  for (std::string& arg : args) argv.push_back(arg.data());
  argv.push_back(nullptr);
  const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
  const pid_t pid = fork();
  if (pid < 0) return ErrnoToStatus(errno, "fork");
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(null, 1);
    execvp(argv[0], argv.data());
    _exit(127);
  }
  close(null);
  return pid;
}

}  // namespace

RedisServer::RedisServer(std::string folder, std::vector<std::string> extra)
    : folder_(std::move(folder)),
      address_("unix:" + folder_ + "/redis.sock"),
      extra_(std::move(extra)) {}

absl::StatusOr<std::unique_ptr<RedisServer>> RedisServer::Start(
    const std::vector<std::string>& extra) {
  char name[] = "/tmp/plazo-redis-XXXXXX";
  if (mkdtemp(name) == nullptr) return ErrnoToStatus(errno, "mkdtemp");
  std::unique_ptr<RedisServer> server(new RedisServer(name, extra));
  PLAZO_RETURN_IF_ERROR(server->Restart());
  return server;
}

RedisServer::~RedisServer() {
  Kill();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

absl::Status RedisServer::Restart() {
  Kill();
  std::vector<std::string> args = {"redis-server",
                                   "--port",
                                   "0",
                                   "--unixsocket",
                                   folder_ + "/redis.sock",
                                   "--save",
                                   "",
                                   "--appendonly",
                                   "no",
                                   "--dir",
                                   folder_,
                                   "--loglevel",
                                   "warning"};
  args.insert(args.end(), extra_.begin(), extra_.end());
  absl::StatusOr<pid_t> pid = Spawn(std::move(args));
  if (!pid.ok()) return pid.status();
  pid_ = *pid;
  // There is no event to wait for: the socket's file appears before it answers.
  const absl::Time deadline = absl::Now() + kStartTimeout;
  absl::Status status;
  while (absl::Now() < deadline) {
    status = Connection({.address = address_}).Command({"PING"}).status();
    // A server that demands a password is up, too.
    if (status.ok() || absl::IsPermissionDenied(status)) return absl::OkStatus();
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      return Unavailable("redis-server ended at once");
    }
    absl::SleepFor(absl::Milliseconds(2));
  }
  return Annotate(status, "redis-server does not answer");
}

void RedisServer::Kill() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
  unlink((folder_ + "/redis.sock").c_str());
}

void RedisServer::Freeze() { kill(pid_, SIGSTOP); }
void RedisServer::Thaw() { kill(pid_, SIGCONT); }

}  // namespace plazo::redis
