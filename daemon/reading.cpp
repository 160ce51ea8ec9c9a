#include "daemon/reading.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <sstream>
#include <string_view>
#include <utility>

#include "daemon/base/sealed_file.hpp"
#include "daemon/load_options.hpp"
#include "daemon/script_audit.hpp"

namespace understudy {
namespace {

using Files = ReadingProcess::Files;

void write_text(ByteWriter& out, std::string_view text) {
  out.u32(static_cast<std::uint32_t>(text.size()));
  out.bytes({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

std::string read_text(ByteReader& in) {
  const auto octets = in.bytes(in.u32());
  return {octets.begin(), octets.end()};
}

void write_lines(ByteWriter& out, const std::vector<std::string>& lines) {
  out.u32(static_cast<std::uint32_t>(lines.size()));
  for (const auto& line : lines) write_text(out, line);
}

std::vector<std::string> read_lines(ByteReader& in) {
  std::vector<std::string> lines;
  for (std::uint32_t left = in.u32(); left > 0 && in.ok(); --left) lines.push_back(read_text(in));
  return lines;
}

/// A log line each: the original's words, the line and its caret, the hint.
std::vector<std::string> lines_of(const std::vector<parser::Diagnostic>& diagnostics) {
  std::vector<std::string> result;
  for (const auto& diagnostic : diagnostics) {
    std::istringstream lines(parser::render(diagnostic));
    for (std::string line; std::getline(lines, line);) result.push_back(line);
  }
  return result;
}

Result<Files> make_files() {
  constexpr const char* kName = "keepalived.conf";
  auto report = make_memory_file("keepalived.report");
  auto vrrp = make_memory_file(kName);
  auto checkers = make_memory_file(kName);
  for (const auto* file : {&report, &vrrp, &checkers}) {
    if (!*file) return file->error();
  }
  return Files{std::move(*report), std::move(*vrrp), std::move(*checkers)};
}

bool has_digests(const vrrp::InstanceConfig& instance) {
  return instance.authentication == vrrp::Authentication::ah || instance.hmac->used();
}

/// What collect() reads.
Bytes report_of(const Loaded& loaded) {
  ByteWriter out;
  const Config& config = loaded.config;
  for (const bool flag :
       {!config.vrrp.instances.empty(), !config.checkers.virtual_servers.empty(),
        !config.vrrp.processes.empty(), std::ranges::any_of(config.vrrp.instances, has_digests)}) {
    out.u8(flag ? 1 : 0);
  }
  write_lines(out, lines_of(loaded.diagnostics));
  write_lines(out, script_warnings(config));
  write_text(out, loaded.reload_refusal);
  write_text(out, loaded.start_refusal);
  out.u32(static_cast<std::uint32_t>(loaded.start_status));
  out.bytes(expanded_text(loaded, Part::parent));
  return out.take();
}

void read_and_report(const LoadOptions& options, const Files& files) {
  // For good: the process ends, and that takes back all of it at once.
  const Loaded& loaded = *new Loaded(load_config(with_interfaces(options)));
  fill_and_seal(files.vrrp_text, expanded_text(loaded, Part::vrrp)).value();
  fill_and_seal(files.checkers_text, expanded_text(loaded, Part::checkers)).value();
  // Last: where it is complete the others are.
  fill_and_seal(files.report, report_of(loaded)).value();
}

/// In the forked process.
[[noreturn]] void become_reader(pid_t parent, const LoadOptions& options, const Files& files,
                                Fd end) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(EXIT_FAILURE);
  // It is none of those that a monitor counts.
  prctl(PR_SET_NAME, "keepalived_read");
  try {
    read_and_report(options, files);
  } catch (const std::exception& problem) {
    // Not sealed, so nobody takes it for a report.
    const std::string_view why = problem.what();
    [[maybe_unused]] const auto written = write(files.report.get(), why.data(), why.size());
    _exit(EXIT_FAILURE);
  }
  end.reset();
  // The parent's objects in this copy of its memory are not ours to destroy.
  _exit(EXIT_SUCCESS);
}

/// `end` is closed when all is written, and by the end of the process.
Result<pid_t> start_process(const LoadOptions& options, const Files& files, Fd end) {
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) become_reader(parent, options, files, std::move(end));
  if (pid < 0) return Error::from_errno(errno, "cannot start a process to read the configuration");
  return pid;
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) {
    const char* name = sigdescr_np(WTERMSIG(status));
    return fmt::format("signal {} ({})", WTERMSIG(status), name == nullptr ? "unknown" : name);
  }
  return fmt::format("status {}", WEXITSTATUS(status));
}

/// What a reader that gave up wrote.
std::string last_words(const Fd& report) {
  std::array<char, 200> text{};
  const ssize_t size = pread(report.get(), text.data(), text.size(), 0);
  return size <= 0 ? std::string()
                   : ": " + std::string(text.data(), static_cast<std::size_t>(size));
}

/// What a process wrote that is done.
Result<Reading> collect(const LoadOptions& options, Files files) {
  const auto report = MappedFile::open(files.report.get());
  if (!report) return report.error();
  ByteReader in(report->view());
  Reading result;
  for (bool* flag : {&result.vrrp, &result.checkers, &result.watches_processes, &result.digests}) {
    *flag = in.u8() != 0;
  }
  result.complaints = read_lines(in);
  result.script_warnings = read_lines(in);
  result.reload_refusal = read_text(in);
  result.start_refusal = read_text(in);
  result.start_status = static_cast<int>(in.u32());
  result.vrrp_text = std::move(files.vrrp_text);
  result.checkers_text = std::move(files.checkers_text);
  // What cannot be taken has no more to say.
  if (!result.start_refusal.empty()) return result;
  auto config = decode_config(in.bytes(in.left()), options);
  if (!config) return config.error();
  result.global = std::move(config->global);
  result.bfd = std::move(config->bfd);
  return result;
}

/// What a process that ended with `status` wrote.
Result<Reading> collect(const LoadOptions& options, Files files, int status) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS) {
    return collect(options, std::move(files));
  }
  return Error{"the process that read the configuration ended with " + how_it_ended(status) +
               last_words(files.report)};
}

}  // namespace

Result<Reading> read_apart(const LoadOptions& options) {
  auto files = make_files();
  if (!files) return files.error();
  const auto pid = start_process(options, *files, {});
  if (!pid) return pid.error();
  int status = 0;
  while (waitpid(*pid, &status, 0) < 0) {
    if (errno != EINTR) return Error::from_errno(errno, "waitpid");
  }
  return collect(options, std::move(*files), status);
}

ReadingProcess::~ReadingProcess() {
  if (pid_ == 0) return;
  reaper_.forget(pid_);
  kill(pid_, SIGKILL);
}

Result<void> ReadingProcess::start(const LoadOptions& options) {
  auto files = make_files();
  if (!files) return files.error();
  files_ = std::move(*files);
  options_ = options;
  int ends[2] = {};
  if (pipe2(ends, O_CLOEXEC) < 0) return Error::from_errno(errno, "pipe2");
  end_ = Fd(ends[0]);
  Fd theirs(ends[1]);
  const auto pid = start_process(options, files_, std::move(theirs));
  if (!pid) return pid.error();
  pid_ = *pid;
  watch_ =
      std::make_unique<Watch>(loop_, end_.get(), EPOLLIN, [this](std::uint32_t) { written(); });
  reaper_.on_exit(pid_, [this](int status) { ended(status); });
  return {};
}

/// It has closed its end: all is written, or it is about to end otherwise.
void ReadingProcess::written() {
  watch_.reset();
  if (!is_sealed(files_.report.get())) return;
  reaper_.forget(pid_);
  tell(collect(options_, std::move(files_)));
}

void ReadingProcess::ended(int status) { tell(collect(options_, std::move(files_), status)); }

void ReadingProcess::tell(Result<Reading> reading) {
  pid_ = 0;
  watch_.reset();
  // A copy: it may destroy this.
  const auto on_read = on_read_;
  on_read(std::move(reading));
}

std::string reload_refusal(const Reading& current, const Reading& next) {
  if (!next.reload_refusal.empty()) return next.reload_refusal;
  const auto& was = current.global;
  const auto& is = next.global;
  constexpr auto kRestart = "Cannot change {} at a reload - please restart keepalived";
  if (was.net_namespace != is.net_namespace) return fmt::format(kRestart, "network namespace");
  if (was.net_namespace_ipvs != is.net_namespace_ipvs) {
    return fmt::format(kRestart, "IPVS network namespace");
  }
  if (was.instance != is.instance) return fmt::format(kRestart, "instance name");
  if (was.nftables_table != is.nftables_table) return fmt::format(kRestart, "nftables table name");
  if (was.nftables_ipvs.table != is.nftables_ipvs.table) {
    return fmt::format(kRestart, "IPVS nftables table name");
  }
  return {};
}

}  // namespace understudy
