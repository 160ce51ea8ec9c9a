#include "vrrp/filter_programs.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <nftables/libnftables.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <memory>

#include "daemon/base/fd.hpp"

namespace understudy::vrrp {
namespace {

/// The part of libnftables we call, loaded when first needed: it and what it pulls in are larger
/// than the whole of this process, and most configurations never need it.
class Library {
 public:
  static Result<std::unique_ptr<Library>> load() {
    auto library = std::make_unique<Library>();
    library->handle_ = dlopen("libnftables.so.1", RTLD_NOW | RTLD_LOCAL);
    if (library->handle_ == nullptr) return Error{"libnftables.so.1 is not installed"};
    if (!library->bind("nft_ctx_new", library->ctx_new) ||
        !library->bind("nft_ctx_free", library->ctx_free) ||
        !library->bind("nft_ctx_buffer_error", library->buffer_error) ||
        !library->bind("nft_ctx_get_error_buffer", library->get_error_buffer) ||
        !library->bind("nft_run_cmd_from_buffer", library->run_cmd_from_buffer)) {
      return Error{"libnftables.so.1 lacks a function"};
    }
    return library;
  }
  Library() = default;
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  ~Library() {
    if (handle_ != nullptr) dlclose(handle_);
  }

  decltype(&nft_ctx_new) ctx_new = nullptr;
  decltype(&nft_ctx_free) ctx_free = nullptr;
  decltype(&nft_ctx_buffer_error) buffer_error = nullptr;
  decltype(&nft_ctx_get_error_buffer) get_error_buffer = nullptr;
  decltype(&nft_run_cmd_from_buffer) run_cmd_from_buffer = nullptr;

 private:
  template <typename Function>
  bool bind(const char* name, Function& function) {
    function = reinterpret_cast<Function>(dlsym(handle_, name));
    return function != nullptr;
  }
  void* handle_ = nullptr;
};

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

Result<void> run_nftables(const std::string& commands) {
  auto library = Library::load();
  if (!library) return library.error();
  const Library& nft = **library;
  const std::unique_ptr<nft_ctx, decltype(nft.ctx_free)> context(nft.ctx_new(NFT_CTX_DEFAULT),
                                                                 nft.ctx_free);
  if (!context) return Error{"libnftables does not start"};
  nft.buffer_error(context.get());
  if (nft.run_cmd_from_buffer(context.get(), commands.c_str()) == 0) return {};
  std::string words = nft.get_error_buffer(context.get());
  // Only the first line: the others repeat the commands.
  words.erase(std::min(words.find('\n'), words.size()));
  return Error{words};
}

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
