#include "daemon/supervisor.hpp"

#include <dirent.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <variant>

#include "daemon/base/crypto.hpp"
#include "daemon/dump.hpp"
#include "daemon/surroundings.hpp"

namespace understudy {
namespace {

using namespace std::chrono_literals;

/// Deaths of a child within this time count together …
constexpr Duration kDeathsTogether = 60s;
/// … and so many of them are answered at once: then it is a crash loop.
constexpr unsigned kImmediateRespawns = 5;
constexpr Duration kLongestRespawnDelay = 60s;
/// When to try again to start a child for which there was no descriptor or memory.
constexpr Duration kStartAgain = 5s;
/// How often the parent looks whether what it waits for at its end is done.
constexpr Duration kStopPoll = 10ms;
/// Records a page can hold; memory is used only as they are claimed.
constexpr std::uint32_t kPageRecords = 1U << 18U;
/// How long a child of a daemon that was killed may take to let go of its page.
constexpr std::chrono::milliseconds kPagePatience = 3s;
/// Exit statuses of a child that would be the same the next time (systemd's EXIT_INVALIDARGUMENT
/// and EXIT_NOTCONFIGURED, as keepalived uses them).
constexpr int kExitConfig = 2;
constexpr int kExitNoConfig = 6;

const std::vector<int> kSignals{SIGHUP, SIGTERM, SIGINT, SIGUSR1, SIGUSR2};

/// What /proc/self/fd says a descriptor is: "socket:[17]"; empty when it is gone.
std::string kind_of(int fd) {
  std::array<char, 64> target{};
  const std::string path = fmt::format("/proc/self/fd/{}", fd);
  const ssize_t size = readlink(path.c_str(), target.data(), target.size());
  return size < 0 ? std::string() : std::string(target.data(), static_cast<std::size_t>(size));
}

/// In a forked child: closes what belongs to the parent's loop. Its channels to other children
/// above all, or they would not notice the parent's death. With plain calls: std::filesystem makes
/// each child half a megabyte larger.
void close_parents_descriptors(int channel, const Fd& text, const Fd& process_events) {
  const std::unique_ptr<DIR, int (*)(DIR*)> list(opendir("/proc/self/fd"), closedir);
  if (!list) return;
  std::vector<int> doomed;
  while (const dirent* entry = readdir(list.get())) {
    const int fd = std::atoi(entry->d_name);
    if (fd <= STDERR_FILENO || fd == channel || fd == text.get() || fd == process_events.get()) {
      continue;
    }
    const std::string kind = kind_of(fd);
    if (kind.starts_with("anon_inode:") || kind.starts_with("socket:") ||
        kind.starts_with("pipe:") || kind.starts_with("/memfd:keepalived.")) {
      doomed.push_back(fd);
    }
  }
  for (const int fd : doomed) close(fd);
}

std::string how_it_ended(pid_t pid, int status) {
  if (WIFSIGNALED(status)) {
    const int signo = WTERMSIG(status);
    return fmt::format("pid {} exited due to signal {} ({})", pid, signo,
                       sigdescr_np(signo) != nullptr ? sigdescr_np(signo) : "unknown");
  }
  return fmt::format("pid {} exited with status {}", pid, WEXITSTATUS(status));
}

}  // namespace

struct Supervisor::Child {
  const Role* role = nullptr;
  std::optional<run::HandoverPage> page;
  pid_t pid = 0;
  std::unique_ptr<Channel> channel;
  /// When it died, within kDeathsTogether.
  std::deque<TimePoint> deaths;
  bool ready = false;
  bool ever_started = false;
  /// Told to leave while the daemon goes on: its part of the configuration is gone.
  bool dismissed = false;
  /// Generation of a ReloadOrder not yet answered; 0: none.
  std::uint64_t awaited_reload = 0;
  std::unique_ptr<Timer> respawn;
};

Supervisor::Supervisor(Loop& loop, Log& log, SupervisorSetup setup)
    : loop_(loop),
      log_(log),
      options_(std::move(setup.options)),
      load_(std::move(setup.load)),
      pids_(std::move(setup.pids)),
      pid_file_(std::move(setup.pid_file)),
      waiting_(std::move(setup.waiting)),
      process_events_(std::move(setup.process_events)),
      reading_(std::move(setup.reading)),
      signals_(loop, kSignals, [this](int signo) { on_signal(signo); }),
      reaper_(loop),
      scripts_(loop, log, reaper_),
      notifier_(loop, log, scripts_, reading_.global),
      stop_timer_(loop, [this] { continue_stop(); }) {
  for (const auto& role : roles()) {
    auto child = std::make_unique<Child>();
    child->role = &role;
    child->respawn =
        std::make_unique<Timer>(loop, [this, child = child.get()] { start_child(*child); });
    children_.push_back(std::move(child));
  }
}

Supervisor::~Supervisor() = default;

int Supervisor::run() {
  for (const auto& warning : reading_.script_warnings) log_.warning("{}", warning);
  if (options_.dump_config) log_bfd_dump(log_, reading_.bfd);
  start_configured();
  if (std::ranges::none_of(children_, [this](const auto& child) {
        return child->pid != 0 || wanted(*child->role);
      })) {
    log_.info("Warning - keepalived has no configuration to run");
    report_start(waiting_, 0);
    notify_service_manager("READY=1");
  }
  loop_.run();
  return exit_status_;
}

bool Supervisor::wanted(const Role& role) const {
  return options_.*role.enabled && (options_.run_all || reading_.*role.configured);
}

bool Supervisor::any_child() const {
  return std::any_of(children_.begin(), children_.end(),
                     [](const auto& child) { return child->pid > 0; });
}

void Supervisor::start_configured() {
  for (auto& child : children_) {
    if (wanted(*child->role) || left_something(*child->role)) start_child(*child);
  }
}

/// A daemon that crashed left records of things in the kernel that the configuration no longer has.
/// A child of that role knows how to take them away; child_ready() dismisses it.
bool Supervisor::left_something(const Role& role) const {
  std::error_code ignored;
  return options_.*role.enabled && std::filesystem::exists(page_path(role), ignored);
}

std::string Supervisor::page_path(const Role& role) const {
  return std::filesystem::path(pids_.parent).replace_extension().string() + role.suffix + ".state";
}

void Supervisor::start_child(Child& child) {
  if (stopping_ || child.pid != 0) return;
  const Role& role = *child.role;
  const auto not_started = [&](const std::string& why) {
    log_.error("{} child process not started: {}", role.name, why);
    child.respawn->arm(loop_.now() + kStartAgain);
  };
  if (!child.page) {
    auto page = run::HandoverPage::open(page_path(role), kPageRecords, kPagePatience);
    if (!page) return not_started(page.error().message);
    if (!page->fallback_reason().empty()) {
      log_.warning("a crash of the whole daemon will lose the state of its {} process: {}",
                   role.name, page->fallback_reason());
    }
    child.page = std::move(*page);
  }
  auto ends = Channel::make_pair();
  if (!ends) return not_started(ends.error().message);
  const pid_t pid = fork();
  if (pid == 0) become_child(child, std::move(ends->second));
  if (pid < 0) return not_started(std::string("fork failed: ") + strerror(errno));
  log_.info("Starting {} child process, pid={}", role.name, pid);
  child.pid = pid;
  child.ready = false;
  child.dismissed = false;
  child.ever_started = true;
  std::erase_if(ended_channels_, [](const auto& channel) { return channel->closed(); });
  child.channel = std::make_unique<Channel>(
      loop_, std::move(ends->first),
      Channel::Handlers{
          [this, &child](Message message, const Fd&) { on_message(child, std::move(message)); },
          nullptr});
  reaper_.on_exit(pid, [this, &child](int status) { child_ended(child, status); });
  if (auto written = write_child_pid(pids_.*role.pid_path, pid); !written) {
    log_.warning("{}", written.error().message);
  }
  open_for_successors();
}

void Supervisor::open_for_successors() const try {
  // The first child may take its milliseconds for it; a successor at short intervals has not many.
  if (reading_.digests) static_cast<void>(crypto());
} catch (const std::runtime_error&) {  // NOLINT(bugprone-empty-catch): the child says it.
}

void Supervisor::become_child(Child& child, Fd channel) {
  const pid_t parent = getppid();
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(0);
  pid_file_.abandon();
  const Role& role = *child.role;
  close_parents_descriptors(channel.get(), reading_.*role.text, process_events_);
  // The successor of a master has little time.
  run::hurry(role.scheduling(reading_.global));
  set_process_name(reading_.global.*role.process_name);
  RoleStart start{log_.options(),
                  std::move(channel),
                  std::move(*child.page),
                  std::move(reading_.*role.text),
                  load_,
                  child.ever_started,
                  options_.*role.keep_at_exit,
                  options_.dump_config,
                  options_.recording,
                  process_events_ ? process_events_.get() : -1};
  start.log.ident += role.suffix;
  start.log.file = role_log_file(start.log.file, role.suffix);
  start.respawned |= start.page.inherited();
  start.page.refresh();
  // _exit: the parent's objects in this copy of its memory are not ours to destroy.
  _exit(role.main(std::move(start)));
}

void Supervisor::child_ready(Child& child) {
  child.ready = true;
  if (!wanted(*child.role)) stop_child(child);
  const bool all = std::all_of(children_.begin(), children_.end(),
                               [](const auto& each) { return each->pid == 0 || each->ready; });
  if (!all) return;
  report_start(waiting_, 0);
  notify_service_manager("READY=1");
}

void Supervisor::on_message(Child& child, Message message) {
  if (const auto* notification = std::get_if<Notification>(&message)) {
    notifier_.handle(*notification, child.role->id);
  } else if (const auto* track = std::get_if<TrackScriptRun>(&message)) {
    run_track_script(child, *track);
  } else if (std::holds_alternative<ChildReady>(message)) {
    child_ready(child);
  } else if (const auto* outcome = std::get_if<ReloadOutcome>(&message)) {
    reload_outcome(child, *outcome);
  }
}

void Supervisor::run_track_script(Child& child, const TrackScriptRun& run) {
  const auto done = [&child, pid = child.pid, name = run.name](ScriptEnd end, int code) {
    // The child that asked may have died; its successor asks for itself.
    if (child.pid == pid && child.channel) child.channel->send(TrackScriptResult{name, end, code});
  };
  scripts_.run_tracking(run.name, run.command, std::chrono::microseconds(run.timeout_us), done);
}

void Supervisor::stop_child(Child& child) {
  child.respawn->disarm();
  if (child.pid == 0) return;
  child.dismissed = true;
  kill(child.pid, SIGTERM);
}

void Supervisor::child_ended(Child& child, int status) {
  const pid_t pid = child.pid;
  const Role& role = *child.role;
  // Its successor starts with the new configuration.
  child.awaited_reload = 0;
  child.pid = 0;
  child.ready = false;
  ended_channels_.push_back(std::move(child.channel));
  std::error_code ignored;
  std::filesystem::remove(pids_.*role.pid_path, ignored);
  if (stopping_) return continue_stop();
  succeed(child, pid, status);
  // Last: a reload that waited for this one begins here, and must find the successor.
  finish_reload_if_done();
}

void Supervisor::succeed(Child& child, pid_t pid, int status) {
  const Role& role = *child.role;
  if (child.dismissed) {
    // A reload may have asked for it again in the meantime.
    if (wanted(role)) start_child(child);
    return;
  }
  const std::string how = how_it_ended(pid, status);
  if (WIFEXITED(status) &&
      (WEXITSTATUS(status) == kExitConfig || WEXITSTATUS(status) == kExitNoConfig)) {
    log_.error("pid {} exited with permanent error CONFIG. Terminating", pid);
    return stop(WEXITSTATUS(status));
  }
  log_.info("{}", how);
  if (!options_.respawn) {
    log_.info("{} child process({}) died: Exiting", role.name, pid);
    return stop(1);
  }
  log_.info("{} child process({}) died: Respawning", role.name, pid);
  schedule_respawn(child, how);
}

void Supervisor::schedule_respawn(Child& child, const std::string& how) {
  const TimePoint now = loop_.now();
  child.deaths.push_back(now);
  while (now - child.deaths.front() > kDeathsTogether) child.deaths.pop_front();
  if (child.deaths.size() <= kImmediateRespawns) return start_child(child);
  // Then after 1, 2, 4 … seconds, so that a crash loop does not fill the disk.
  const auto doublings = std::min<std::size_t>(child.deaths.size() - kImmediateRespawns - 1, 10);
  const Duration delay =
      std::min<Duration>(std::chrono::seconds(1LL << doublings), kLongestRespawnDelay);
  log_.warning("Restart of {} process delayed {} seconds to limit respawn rate ({})",
               child.role->name, std::chrono::duration_cast<std::chrono::seconds>(delay).count(),
               how);
  child.respawn->arm(loop_.now() + delay);
}

void Supervisor::on_signal(int signo) {
  switch (signo) {
    case SIGHUP:
      return reload();
    case SIGINT:
      if (options_.ignore_sigint) return;
      [[fallthrough]];
    case SIGTERM:
      return stop(0);
    default:
      log_.warning("signal {}: writing state to a file is not in this version", signo);
  }
}

void Supervisor::reload() {
  if (stopping_) return;
  if (reloading_) {
    if (!std::exchange(reload_again_, true)) log_.info("Reloading again after this reload");
    return;
  }
  log_.info("Reloading ...");
  notify_service_manager("RELOADING=1");
  reloading_ = true;
  reader_ = std::make_unique<ReadingProcess>(
      loop_, reaper_, [this](Result<Reading> next) { take(std::move(next)); });
  if (const auto started = reader_->start(load_); !started) refuse(started.error().message);
}

void Supervisor::take(Result<Reading> next) {
  if (stopping_) return;
  if (!next) return refuse(next.error().message);
  for (const auto& line : next->complaints) log_.info("{}", line);
  const std::string refusal = reload_refusal(reading_, *next);
  if (!refusal.empty()) return refuse(refusal);
  reader_.reset();
  apply_reload(std::move(*next));
}

void Supervisor::refuse(const std::string& why) {
  log_.error("Reload refused, everything goes on as it was: {}", why);
  notify_service_manager("READY=1\nSTATUS=Reload refused: " + why);
  end_reload();
}

void Supervisor::apply_reload(Reading next) {
  reading_ = std::move(next);
  ++generation_;
  notifier_.reconfigure(reading_.global);
  for (const auto& warning : reading_.script_warnings) log_.warning("{}", warning);
  for (auto& child : children_) {
    const bool takes_leave = child->role->takes_leave && child->ready && !child->dismissed;
    if (!wanted(*child->role) && !takes_leave) {
      stop_child(*child);
    } else if (child->pid == 0) {
      child->respawn->disarm();
      start_child(*child);
    } else if (!child->dismissed) {
      child->awaited_reload = generation_;
      child->channel->send(ReloadOrder{generation_}, (reading_.*child->role->text).get());
    }
  }
  open_for_successors();
  finish_reload_if_done();
}

void Supervisor::reload_outcome(Child& child, const ReloadOutcome& outcome) {
  if (outcome.generation != child.awaited_reload) return;
  child.awaited_reload = 0;
  if (!outcome.in_force) {
    log_.error("{} child process keeps its configuration: {}", child.role->name, outcome.reason);
  }
  if (!wanted(*child.role)) stop_child(child);
  finish_reload_if_done();
}

void Supervisor::finish_reload_if_done() {
  const bool done = std::all_of(children_.begin(), children_.end(),
                                [](const auto& child) { return child->awaited_reload == 0; });
  if (!reloading_ || reader_ || !done || stopping_) return;
  log_.info("Reload finished");
  notify_service_manager("READY=1\nSTATUS=");
  end_reload();
}

void Supervisor::end_reload() {
  reader_.reset();
  reloading_ = false;
  if (std::exchange(reload_again_, false)) reload();
}

void Supervisor::stop(int status) {
  if (stopping_) return;
  stopping_ = true;
  reader_.reset();
  exit_status_ = status;
  log_.info("Stopping");
  notify_service_manager("STOPPING=1");
  kill_children_at_ = loop_.now() + reading_.global.child_wait_time;
  for (auto& child : children_) stop_child(*child);
  continue_stop();
}

void Supervisor::continue_stop() {
  if (any_child()) {
    if (kill_children_at_ && loop_.now() >= *kill_children_at_) {
      kill_children_at_.reset();
      for (const auto& child : children_) {
        if (child->pid == 0) continue;
        log_.warning("{} process failed to die - forcing termination", child->role->name);
        kill(child->pid, SIGKILL);
      }
    }
    return stop_timer_.arm(loop_.now() + kStopPoll);
  }
  // The children are gone; what they reported at their end is still to be read and told.
  notifier_.begin_stop();
  const bool all_read = std::all_of(ended_channels_.begin(), ended_channels_.end(),
                                    [](const auto& channel) { return channel->closed(); });
  if (!give_up_telling_at_) give_up_telling_at_ = loop_.now() + reading_.global.child_wait_time;
  if ((!all_read || !notifier_.idle()) && loop_.now() < *give_up_telling_at_) {
    return stop_timer_.arm(loop_.now() + kStopPoll);
  }
  notifier_.give_up();
  // Readers of FIFOs meet the end of the file; a moment for their last lines.
  if (notifier_.reading() && loop_.now() < *give_up_telling_at_) {
    return stop_timer_.arm(loop_.now() + kStopPoll);
  }
  scripts_.stop_all();
  for (const auto& child : children_) {
    // An orderly stop leaves nothing to adopt, unless it was to leave things in the kernel.
    std::error_code ignored;
    if (!(options_.*child->role->keep_at_exit)) {
      std::filesystem::remove(page_path(*child->role), ignored);
    }
  }
  report_start(waiting_, exit_status_);
  loop_.stop();
}

}  // namespace understudy
