#include "vrrp/filter_programs.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "daemon/base/fd.hpp"

namespace understudy::vrrp {
namespace {

/// A file in memory with this content, read from its start.
Fd file_of(const std::string& content) {
  Fd file(memfd_create("filter", MFD_CLOEXEC));
  std::size_t done = 0;
  while (file && done < content.size()) {
    const ssize_t count = write(file.get(), content.data() + done, content.size() - done);
    if (count <= 0) return {};
    done += static_cast<std::size_t>(count);
  }
  if (file) lseek(file.get(), 0, SEEK_SET);
  return file;
}

std::string content_of(const Fd& file) {
  std::string content;
  std::array<char, 4096> part{};
  off_t at = 0;
  for (ssize_t count = 0; (count = pread(file.get(), part.data(), part.size(), at)) > 0;) {
    content.append(part.data(), static_cast<std::size_t>(count));
    at += count;
  }
  return content;
}

/// What spawning takes besides the arguments: the three standard files, all signals as usual.
class Settings {
 public:
  Settings(const Fd& input, const Fd& output, const Fd& complaints) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_adddup2(&actions_, input.get(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, output.get(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, complaints.get(), STDERR_FILENO);
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  Settings(const Settings&) = delete;
  Settings& operator=(const Settings&) = delete;
  ~Settings() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  [[nodiscard]] const posix_spawn_file_actions_t* actions() const { return &actions_; }
  [[nodiscard]] const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

std::string first_line(std::string text) {
  text.erase(std::min(text.find('\n'), text.size()));
  return text;
}

}  // namespace

Result<std::string> run_program(const std::vector<std::string>& arguments,
                                const std::string& input) {
  const Fd in = file_of(input);
  const Fd out = file_of({});
  const Fd complaints = file_of({});
  if (!in || !out || !complaints) return Error::from_errno(errno, "memfd_create");
  const Settings settings(in, out, complaints);
  std::vector<char*> argv;
  for (const std::string& word : arguments) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  pid_t pid = -1;
  const int error =
      posix_spawnp(&pid, argv[0], settings.actions(), settings.attributes(), argv.data(), environ);
  if (error != 0) return Error::from_errno(error, arguments[0]);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
    return Result<std::string>(boost::system::in_place_value, content_of(out));
  }
  return Error{arguments[0] + ": " + first_line(content_of(complaints)), EIO};
}

}  // namespace understudy::vrrp
