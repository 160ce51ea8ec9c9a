#include "vrrp/process.hpp"

#include <sys/prctl.h>

#include <csignal>
#include <cstdlib>
#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include "daemon/base/channel.hpp"
#include "daemon/base/loop.hpp"
#include "ipvs/sync_keeper.hpp"
#include "vrrp/digest.hpp"
#include "vrrp/firewall.hpp"
#include "vrrp/link_facts.hpp"
#include "vrrp/reload_job.hpp"
#include "vrrp/routers.hpp"
#include "vrrp/runnable.hpp"
#include "vrrp/script_timers.hpp"
#include "vrrp/track_watches.hpp"
#include "vrrp/virtual_record.hpp"
#include "vrrp/wiring.hpp"

namespace understudy::vrrp {
namespace {

using ProcessConfig = run::ChildConfig<VrrpConfig>;

/// Notifications taken in after static addresses were put, before the routers start.
constexpr unsigned kStaticNews = 10'000;
/// How long messages to the parent may take to leave at the end.
constexpr std::chrono::seconds kFlushTime(1);
/// How long a slow reader of the log may hold up the start by a dump.
constexpr std::chrono::seconds kDumpPatience(1);

/// The child. Members in the order in which they need each other.
class Process {
 public:
  Process(run::ChildSetup<VrrpConfig> setup, const Reports& reports);
  /// Returns the exit status.
  int run(const VrrpConfig& whole, const Dump& dump);

 private:
  /// Opens sockets, reads the kernel's state and makes the interfaces routers have of their own.
  Result<void> open();
  Wiring name_links(VrrpConfig& config) const;
  void make_links(const GlobalConfig& global, const VrrpConfig& config, const Wiring& wiring,
                  bool at_start);
  void log_dump(const VrrpConfig& whole, const Dump& dump, std::chrono::milliseconds patience);
  void on_signal(int signo);
  void on_message(const Message& message, Fd fd);
  void begin_next_reload();
  void reloaded(std::uint64_t generation, Result<ReloadJob::Prepared> outcome);
  /// lvs_sync_daemon does what the state of its instance asks for.
  void synchronise(RouterState state);
  /// The same after a change of the configuration.
  void configure_synchronisation();
  void leave();
  void flush();

  run::ChildSetup<VrrpConfig> setup_;
  Loop loop_;
  Log& log_ = setup_.log;
  /// As read, until its virtual interfaces have names.
  VrrpConfig unwired_;
  std::shared_ptr<const VrrpConfig> role_;
  std::optional<Recorder> recorder_;
  Channel channel_;
  Signals signals_;
  run::Scheduling scheduling_;
  Firewall firewall_;
  ipvs::SyncKeeper sync_;
  ScriptTimers script_timers_;
  TrackWatches watches_;
  std::optional<netlink::Socket> commands_;
  std::unique_ptr<netlink::Monitor> monitor_;
  std::optional<Routers> routers_;
  /// Orders that wait for the job under way.
  std::deque<std::pair<std::uint64_t, Fd>> orders_;
  std::unique_ptr<ReloadJob> job_;
  bool parent_gone_ = false;
  bool leaving_ = false;
};

Process::Process(run::ChildSetup<VrrpConfig> setup, const Reports& reports)
    : setup_(std::move(setup)),
      unwired_(runnable(std::exchange(setup_.config.role, {}))),
      channel_(loop_, std::move(setup_.channel),
               {[this](const Message& message, Fd fd) { on_message(message, std::move(fd)); },
                [this] {
                  parent_gone_ = true;
                  leave();
                }}),
      signals_(loop_, {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE},
               [this](int signo) { on_signal(signo); }),
      scheduling_(loop_, log_),
      firewall_(loop_, log_, setup_.page),
      sync_(loop_, log_),
      script_timers_(loop_, log_, channel_),
      watches_(
          loop_, log_, reports.process_events,
          [this](const std::string& name, std::int64_t value) { routers_->on_file(name, value); },
          [this](const std::string& name, unsigned count) {
            routers_->on_processes(name, count);
          }) {
  // Nothing is decoded against it: it need not be kept.
  setup_.text.reset();
  if (!reports.recording.empty()) recorder_.emplace(log_, reports.recording, reports.describe);
}

Result<void> Process::open() {
  auto commands = netlink::Socket::open();
  if (!commands) return commands.error();
  commands_ = std::move(*commands);
  auto monitor = netlink::Monitor::start(
      loop_, log_, *commands_,
      {[this](const netlink::Link& link, bool removed) {
         routers_->on_link(link, removed);
         firewall_.link_changed();
       },
       [this](const netlink::InterfaceAddress& address, bool removed, bool ours) {
         routers_->on_address(address, removed, ours);
       }});
  if (!monitor) return monitor.error();
  monitor_ = std::move(*monitor);
  auto frames = FrameSocket::open();
  if (!frames) return frames.error();
  setup_.page.refresh();
  const GlobalConfig& global = setup_.config.global;
  const Wiring wiring = name_links(unwired_);
  // A router whose adverts nobody can believe, and that believes nobody's, would be a second
  // master.
  if (const auto ready = prepare_digests(unwired_); !ready) return ready.error();
  role_ = std::make_shared<const VrrpConfig>(std::move(unwired_));
  routers_.emplace(Surroundings{loop_, log_, channel_, setup_.page, *commands_, *monitor_,
                                recorder_ ? &*recorder_ : nullptr,
                                [this](const std::string& name, RouterState state) {
                                  const auto& sync = setup_.config.global.lvs_sync_daemon;
                                  if (name == sync.instance) synchronise(state);
                                }},
                   std::move(*frames), global, role_);
  make_links(global, *role_, wiring, true);
  return {};
}

Wiring Process::name_links(VrrpConfig& config) const {
  const GlobalConfig& global = setup_.config.global;
  return wire(config, {global.vmac_prefix, global.vmac_addr_prefix},
              known_links(*monitor_, setup_.page));
}

void Process::make_links(const GlobalConfig& global, const VrrpConfig& config, const Wiring& wiring,
                         bool at_start) {
  for (const auto& line : wiring.lines) log_.info("{}", line);
  routers_->make_links(global, config, wiring.links, at_start);
}

/// `whole`: also what this version does not run.
void Process::log_dump(const VrrpConfig& whole, const Dump& dump,
                       std::chrono::milliseconds patience) {
  if (!dump) return;
  DumpFacts facts;
  facts.interfaces = link_facts(*monitor_, routers_->links(), setup_.config.global);
  VrrpConfig shown = whole;
  name_links(shown);
  log_.write_all(dump(setup_.config.global, shown, std::move(facts)), patience);
}

int Process::run(const VrrpConfig& whole, const Dump& dump) {
  if (const auto opened = open(); !opened) {
    log_.error("VRRP cannot run: {}", opened.error().message);
    return EXIT_FAILURE;
  }
  // Before the first advert, so that a slow reader of the log delays none, and with the priority of
  // any process. A successor has masters to carry on first, and waits for no reader.
  if (!setup_.respawned) log_dump(whole, dump, kDumpPatience);
  scheduling_.apply(scheduling_of(setup_.config.global));
  routers_->put_static();
  monitor_->catch_up(kStaticNews);
  firewall_.adopt();
  // A successor has masters to carry on first, and its predecessor's filter is still there.
  const auto filter = [this] { firewall_.apply(setup_.config.global, role_, *monitor_, true); };
  if (!setup_.respawned) filter();
  watches_.configure(setup_.config.global, *role_);
  routers_->start(setup_.config.global, setup_.respawned);
  if (setup_.respawned) filter();
  configure_synchronisation();
  script_timers_.configure(*role_);
  if (setup_.respawned) log_dump(whole, dump, {});
  channel_.send(ChildReady{});
  loop_.run();
  return 0;
}

void Process::on_signal(int signo) {
  // The parent has its own ways to say the other things; they are only kept from killing us.
  if (signo == SIGTERM || signo == SIGINT) leave();
}

void Process::on_message(const Message& message, Fd fd) {
  if (const auto* result = std::get_if<TrackScriptResult>(&message)) {
    script_timers_.ended(result->name);
    routers_->on_script(*result);
  } else if (const auto* order = std::get_if<ReloadOrder>(&message)) {
    orders_.emplace_back(order->generation, std::move(fd));
    begin_next_reload();
  }
}

void Process::begin_next_reload() {
  if (job_ || orders_.empty() || leaving_) return;
  auto [generation, text] = std::move(orders_.front());
  orders_.pop_front();
  job_ = std::make_unique<ReloadJob>(
      loop_, std::move(text),
      [decode = setup_.decode](ByteView expanded) { return decode(expanded, {}); }, role_,
      known_links(*monitor_, setup_.page),
      [this, generation = generation](Result<ReloadJob::Prepared> outcome) {
        reloaded(generation, std::move(outcome));
      });
}

void Process::reloaded(std::uint64_t generation, Result<ReloadJob::Prepared> outcome) {
  job_.reset();
  if (leaving_) return;
  if (!outcome) {
    channel_.send(ReloadOutcome{generation, false, outcome.error().message});
  } else {
    const GlobalConfig& global = setup_.config.global = std::move(outcome->config.global);
    role_ = std::make_shared<const VrrpConfig>(std::move(outcome->config.role));
    make_links(global, *role_, outcome->wiring, false);
    watches_.configure(global, *role_);
    routers_->reload(global, role_, outcome->difference);
    firewall_.apply(global, role_, *monitor_, false);
    configure_synchronisation();
    scheduling_.apply(scheduling_of(global));
    script_timers_.configure(*role_);
    channel_.send(ReloadOutcome{generation, true, {}});
  }
  begin_next_reload();
}

void Process::synchronise(RouterState state) {
  // Before its first state a router asks for nothing, and one that leaves is through with it.
  if (leaving_ || state == RouterState::init || state == RouterState::stop) return;
  const GlobalConfig& global = setup_.config.global;
  const auto role = state == RouterState::master ? ipvs::SyncRole::master : ipvs::SyncRole::backup;
  sync_.want({{ipvs::sync_daemon(global.lvs_sync_daemon, role)}, global.net_namespace_ipvs});
}

void Process::configure_synchronisation() {
  const GlobalConfig& global = setup_.config.global;
  const auto& sync = global.lvs_sync_daemon;
  const auto state = sync.interface.empty() ? std::nullopt : routers_->state_of(sync.instance);
  if (state) {
    synchronise(*state);
  } else {
    sync_.want({{}, global.net_namespace_ipvs});
  }
}

void Process::leave() {
  if (std::exchange(leaving_, true)) return;
  log_.info("Stopping");
  sync_.want({{}, setup_.config.global.net_namespace_ipvs});
  script_timers_.stop();
  routers_->stop(setup_.keep_at_exit);
  firewall_.remove();
  sync_.finish();
  flush();
  loop_.stop();
}

void Process::flush() {
  const TimePoint until = Clock::now() + kFlushTime;
  while (!parent_gone_ && channel_.backlog() > 0 && Clock::now() < until) {
    loop_.run_once(std::chrono::milliseconds(10));
  }
}

}  // namespace

run::SchedulingRequest scheduling_of(const GlobalConfig& global) {
  const ProcessScheduling& configured = global.vrrp_process;
  run::SchedulingRequest request;
  if (global.vrrp_real_time) {
    request.real_time_priority = configured.rt_priority.value_or(kDefaultRealTimePriority);
  }
  request.real_time_limit_us = configured.rlimit_rttime_us;
  request.nice = configured.nice;
  request.no_swap = configured.no_swap;
  return request;
}

int run_process(run::ChildSetup<VrrpConfig> setup, const Reports& reports) {
  // A parent that died before this line is noticed by the channel.
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  const VrrpConfig whole = reports.dump ? setup.config.role : VrrpConfig();
  Process process(std::move(setup), reports);
  return process.run(whole, reports.dump);
}

}  // namespace understudy::vrrp
