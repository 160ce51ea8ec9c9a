#include "checkers/process.hpp"

#include <fcntl.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <utility>

#include "checkers/body_pattern.hpp"
#include "checkers/executor.hpp"
#include "checkers/label.hpp"
#include "checkers/mark_filter.hpp"
#include "checkers/schedule.hpp"
#include "checkers/script_runs.hpp"
#include "checkers/service.hpp"
#include "checkers/shared_tls.hpp"
#include "checkers/suspension.hpp"
#include "checkers/tracked_files.hpp"
#include "daemon/base/channel.hpp"
#include "daemon/base/network_namespace.hpp"
#include "daemon/run/reload_decoder.hpp"
#include "ipvs/sync_keeper.hpp"

namespace understudy::checkers {
namespace {

/// Checks start this long after the process, and later by a random part of their warmup.
constexpr Duration kBootstrapDelay = std::chrono::seconds(1);
/// What is not yet handed to the parent when leaving gets this long.
constexpr Duration kLongestFarewell = std::chrono::seconds(1);
/// Descriptors besides those of checks.
constexpr rlim_t kOtherDescriptors = 64;
/// How long a slow reader of the log may hold up the start by a dump.
constexpr std::chrono::seconds kDumpPatience(1);

std::size_t count_checks(const CheckersConfig& config) {
  std::size_t count = 0;
  for (const auto& service : config.virtual_servers) {
    for (const auto& server : service.real_servers) count += server.checks.size();
  }
  return count;
}

/// Every check may have a connection under way.
void raise_descriptor_limit(std::size_t checks, Log& log) {
  const rlim_t needed = checks + kOtherDescriptors;
  rlimit allowed{};
  if (getrlimit(RLIMIT_NOFILE, &allowed) < 0 || allowed.rlim_cur >= needed) return;
  const rlimit wanted{needed, std::max(allowed.rlim_max, needed)};
  if (setrlimit(RLIMIT_NOFILE, &wanted) == 0) return;
  // Without the right to raise the hard limit, up to it.
  allowed.rlim_cur = std::min(needed, allowed.rlim_max);
  setrlimit(RLIMIT_NOFILE, &allowed);
  if (allowed.rlim_cur >= needed) return;
  log.warning("{} checks need {} open files, but only {} are allowed (ulimit -n)", checks, needed,
              allowed.rlim_cur);
}

bool sysctl_is_zero(const char* path) {
  std::ifstream file(path);
  int value = 1;
  return (file >> value) && value == 0;
}

bool uses_nat(const VirtualServer& service, Family family) {
  return std::ranges::any_of(service.real_servers, [&](const RealServer& server) {
    return server.method == ForwardingMethod::nat && server.endpoint.address.family() == family;
  });
}

/// NAT's replies come back through us: without forwarding every connection hangs.
void warn_if_not_forwarding(const CheckersConfig& config,
                            const std::optional<std::string>& net_namespace, Log& log) {
  struct Switch {
    Family family;
    const char* path;
    const char* name;
  };
  const auto visit = NamespaceVisit::begin(net_namespace);
  for (const auto& [family, path, name] :
       {Switch{Family::ipv4, "/proc/sys/net/ipv4/ip_forward", "net.ipv4.ip_forward"},
        Switch{Family::ipv6, "/proc/sys/net/ipv6/conf/all/forwarding",
               "net.ipv6.conf.all.forwarding"}}) {
    const auto found = std::ranges::find_if(
        config.virtual_servers,
        [family = family](const VirtualServer& one) { return uses_nat(one, family); });
    if (found == config.virtual_servers.end() || !sysctl_is_zero(path)) continue;
    log.warning(
        "VS {} uses NAT, but {} is 0: replies of its real servers will not be forwarded. Set it "
        "with `sysctl -w {}=1`",
        label(*found), name, name);
  }
}

ipvs::Timeouts timeouts_of(const GlobalConfig& global) {
  const auto& wanted = global.lvs_timeouts;
  const auto seconds = [](std::chrono::seconds value) {
    return static_cast<std::uint32_t>(value.count());
  };
  return {seconds(wanted.tcp), seconds(wanted.tcp_fin), seconds(wanted.udp)};
}

PoolManner manner_of(const GlobalConfig& global) {
  return {global.rs_init_notifies, global.no_checker_emails};
}

/// The process: its services and what they share.
class Process {
 public:
  explicit Process(run::ChildSetup<CheckersConfig> setup);
  int run(CheckersConfig config, const Dump& dump);

 private:
  using Decoder = run::ReloadDecoder<CheckersConfig>;

  void on_message(const Message& message, Fd fd);
  void on_file(const std::string& name);
  void start(CheckersConfig config);
  void begin_services(std::vector<VirtualServer> configs);
  void log_dump(const CheckersConfig& config, const Dump& dump);
  void reload(std::uint64_t generation, Decoder::Decoded decoded);
  void swap(CheckersConfig next);
  std::unique_ptr<Service> make_service(std::string name, VirtualServer config, bool respawned);
  [[nodiscard]] const VirtualServerGroup* find_group(const std::string& name) const;
  /// A virtual server's services in the kernel.
  [[nodiscard]] std::vector<ipvs::ServiceKey> keys_of(const VirtualServer& service) const;
  [[nodiscard]] std::vector<Wanted> wanted() const;
  void log_group_changes(const std::vector<VirtualServer>& servers,
                         const std::vector<VirtualServerGroup>& next);
  TimePoint sometime_within(Duration span);
  void leave();
  void remove_services();
  void synchronise(const SyncDaemonConfig& wanted);
  void wait_for_parent();

  Log log_;
  run::HandoverPage page_;
  GlobalConfig global_;
  const bool respawned_;
  const bool keep_at_exit_;
  bool leaving_ = false;
  std::mt19937_64 random_{std::random_device{}()};
  Loop loop_;
  Signals signals_;
  run::Scheduling scheduling_;
  Channel channel_;
  Executor executor_;
  ipvs::SyncKeeper sync_;
  MarkFilter marks_;
  SharedTls tls_;
  ScriptRuns scripts_;
  TrackedFiles files_;
  Schedule schedule_;
  ServiceHost host_;
  std::vector<VirtualServerGroup> groups_;
  Suspension suspension_;
  std::vector<std::unique_ptr<Service>> services_;
  Decoder decoder_;
  TimePoint farewell_until_;
  Timer farewell_;
};

Process::Process(run::ChildSetup<CheckersConfig> setup)
    : log_(std::move(setup.log)),
      page_(std::move(setup.page)),
      global_(std::move(setup.config.global)),
      respawned_(setup.respawned),
      keep_at_exit_(setup.keep_at_exit),
      signals_(loop_, {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE},
               [this](int signo) {
                 // The others are for the parent, but come to the whole group from a terminal.
                 if (signo == SIGTERM || signo == SIGINT) leave();
               }),
      scheduling_(loop_, log_),
      channel_(loop_, std::move(setup.channel),
               {[this](const Message& message, Fd fd) { on_message(message, std::move(fd)); },
                [this] { leave(); }}),
      executor_(loop_, log_, page_, global_.net_namespace_ipvs),
      sync_(loop_, log_),
      marks_(loop_, log_, page_),
      tls_(log_),
      scripts_("check of PID " + std::to_string(getpid()) + " ",
               [this](const TrackScriptRun& run) { channel_.send(run); }),
      files_(loop_, log_, [this](const std::string& name) { on_file(name); }),
      schedule_(loop_),
      host_{{loop_, log_, nullptr, std::make_shared<PatternStore>(), &scripts_},
            schedule_,
            page_,
            executor_,
            [this](const Notification& notification) { channel_.send(notification); },
            [this](Duration span) { return sometime_within(span); },
            [this](const std::string& name) { return files_.number_in(name); },
            manner_of(global_)},
      suspension_(loop_, log_),
      decoder_(loop_, std::move(setup.decode), std::move(setup.text),
               std::move(setup.config.places),
               [this](std::uint64_t generation, Decoder::Decoded decoded) {
                 reload(generation, std::move(decoded));
               }),
      farewell_(loop_, [this] { wait_for_parent(); }) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  // One arena for the thread that decodes a reload, too: one of its own would grow by a page or two
  // at a time, and keep what it had.
  mallopt(M_ARENA_MAX, 1);
  page_.refresh();
}

int Process::run(CheckersConfig config, const Dump& dump) {
  const CheckersConfig whole = dump ? config : CheckersConfig();
  start(std::move(config));
  if (dump) log_dump(whole, dump);
  loop_.run();
  log_.info("Stopped");
  return 0;
}

TimePoint Process::sometime_within(Duration span) {
  std::uniform_int_distribution<Duration::rep> offset(0, std::max<Duration::rep>(span.count(), 0));
  return loop_.now() + kBootstrapDelay + Duration(offset(random_));
}

std::unique_ptr<Service> Process::make_service(std::string name, VirtualServer config,
                                               bool respawned) {
  auto keys = keys_of(config);
  return std::make_unique<Service>(host_, std::move(name), std::move(config), std::move(keys),
                                   respawned);
}

const VirtualServerGroup* Process::find_group(const std::string& name) const {
  const auto found = std::ranges::find(groups_, name, &VirtualServerGroup::name);
  return name.empty() || found == groups_.end() ? nullptr : &*found;
}

std::vector<ipvs::ServiceKey> Process::keys_of(const VirtualServer& service) const {
  return kernel_services(service, find_group(service.group), mark_of(marks_.marks(), service));
}

std::vector<Wanted> Process::wanted() const {
  std::vector<Wanted> all;
  all.reserve(services_.size());
  for (const auto& service : services_) all.push_back(service->wanted());
  return all;
}

void Process::log_dump(const CheckersConfig& config, const Dump& dump) {
  DumpFacts facts;
  for (const auto& service : services_) {
    facts.services.emplace(label(service->config()), facts_of(service->pool()));
  }
  facts.marks = marks_.marks();
  log_.write_all(dump(global_, config, facts), kDumpPatience);
}

void Process::start(CheckersConfig config) {
  scheduling_.apply(scheduling_of(global_));
  synchronise(global_.lvs_sync_daemon);
  raise_descriptor_limit(count_checks(config), log_);
  warn_if_not_forwarding(config, global_.net_namespace_ipvs, log_);
  host_.probes.tls = tls_.follow(config);
  marks_.apply(global_, config);
  files_.configure(global_, config);
  groups_ = std::move(config.groups);
  begin_services(std::move(config.virtual_servers));
  suspension_.follow(services_, groups_);
  for (const auto& service : services_) service->activate();
  channel_.send(ChildReady{});
}

void Process::begin_services(std::vector<VirtualServer> configs) {
  std::vector<PoolActions> actions;
  auto names = service_names(configs);
  services_.reserve(names.size());
  actions.reserve(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    services_.push_back(make_service(std::move(names[i]), std::move(configs[i]), respawned_));
    actions.push_back(services_.back()->begin());
  }
  // What is left of them takes room that the table needs now.
  configs = std::vector<VirtualServer>();
  executor_.set_timeouts(timeouts_of(global_));
  // Not in a respawned process: the connections of the table are the ones to keep.
  if (global_.lvs_flush && !respawned_) executor_.flush();
  executor_.adopt(wanted());
  for (std::size_t i = 0; i < services_.size(); ++i) services_[i]->tell(actions[i]);
}

void Process::on_message(const Message& message, Fd fd) {
  if (leaving_) return;
  if (const auto* order = std::get_if<ReloadOrder>(&message)) {
    decoder_.start(order->generation, std::move(fd));
  } else if (const auto* result = std::get_if<TrackScriptResult>(&message)) {
    scripts_.on_result(*result);
  }
}

void Process::on_file(const std::string& name) {
  if (leaving_) return;
  for (const auto& service : services_) service->on_file(name);
}

void Process::reload(std::uint64_t generation, Decoder::Decoded decoded) {
  if (leaving_) return;
  if (!decoded) {
    log_.error("Reload: {}", decoded.error().message);
    channel_.send(ReloadOutcome{generation, false, decoded.error().message});
    return;
  }
  log_.info("Reloading");
  global_ = std::move(decoded->global);
  scheduling_.apply(scheduling_of(global_));
  synchronise(global_.lvs_sync_daemon);
  for (const auto& [index, before] : decoded->unchanged) {
    decoded->role.virtual_servers.at(index) = services_.at(before)->config();
  }
  swap(std::move(decoded->role));
  channel_.send(ReloadOutcome{generation, true, {}});
  // What reading took is a multiple of what is kept; no check minds the moment.
  malloc_trim(0);
}

void Process::log_group_changes(const std::vector<VirtualServer>& servers,
                                const std::vector<VirtualServerGroup>& next) {
  for (const auto& service : servers) {
    const auto after = std::ranges::find(next, service.group, &VirtualServerGroup::name);
    const auto* before = find_group(service.group);
    if (before == nullptr || after == next.end()) continue;
    for (const auto& line : group_changes(service, *before, *after)) log_.info("{}", line);
  }
}

/// Services that are in both configurations go on; the kernel's table is changed once, for all.
/// Also when nothing is new: a reload makes ours what is wanted, against what was set by hand.
void Process::swap(CheckersConfig next) {
  raise_descriptor_limit(count_checks(next), log_);
  warn_if_not_forwarding(next, global_.net_namespace_ipvs, log_);
  host_.probes.tls = tls_.follow(next);
  log_group_changes(next.virtual_servers, next.groups);
  marks_.apply(global_, next);
  const auto changed_files = files_.configure(global_, next);
  host_.manner = manner_of(global_);
  groups_ = std::move(next.groups);
  std::vector<std::pair<Service*, PoolActions>> actions;
  auto names = service_names(next.virtual_servers);
  bool same_services = std::ranges::equal(
      names, services_, {}, {}, [](const auto& one) -> const std::string& { return one->name(); });
  std::map<std::string_view, std::unique_ptr<Service>> before;
  for (auto& service : services_) before.emplace(service->name(), std::move(service));
  services_.clear();
  for (std::size_t i = 0; i < names.size(); ++i) {
    auto& config = next.virtual_servers[i];
    const auto found = before.find(names[i]);
    if (found == before.end()) {
      services_.push_back(make_service(std::move(names[i]), std::move(config), false));
      actions.emplace_back(services_.back().get(), services_.back()->begin());
      continue;
    }
    services_.push_back(std::move(found->second));
    if (services_.back()->move_to(keys_of(config))) same_services = false;
    if (services_.back()->config() == config) continue;
    actions.emplace_back(services_.back().get(), services_.back()->reload(std::move(config)));
  }
  for (const auto& [key, service] : before) {
    if (service) actions.emplace_back(service.get(), service->retire());
  }
  next.virtual_servers = std::vector<VirtualServer>();
  executor_.set_timeouts(timeouts_of(global_));
  if (same_services) {
    std::vector<Wanted> changed;
    changed.reserve(actions.size());
    for (const auto& [service, said] : actions) changed.push_back(service->wanted());
    executor_.adopt_changes(std::move(changed));
  } else {
    executor_.adopt(wanted());
  }
  for (const auto& [service, said] : actions) service->tell(said);
  suspension_.follow(services_, groups_);
  for (const auto& service : services_) service->activate();
  for (const auto& name : changed_files) on_file(name);
}

/// Both daemons run where no virtual router says which; else the vrrp process sees to it.
void Process::synchronise(const SyncDaemonConfig& wanted) {
  ipvs::SyncWish wish{{}, global_.net_namespace_ipvs};
  if (!wanted.interface.empty() && wanted.instance.empty()) {
    for (const auto role : {ipvs::SyncRole::master, ipvs::SyncRole::backup}) {
      wish.daemons.push_back(ipvs::sync_daemon(wanted, role));
    }
  }
  sync_.want(std::move(wish));
}

void Process::leave() {
  if (std::exchange(leaving_, true)) return;
  synchronise({});
  suspension_.follow({}, {});
  if (keep_at_exit_) {
    executor_.stop();
    // Still ours when the daemon comes back, but what is said of them is said anew.
    for (const auto& service : services_) service->forget();
  } else {
    remove_services();
  }
  sync_.finish();
  marks_.finish();
  farewell_until_ = loop_.now() + kLongestFarewell;
  wait_for_parent();
}

void Process::remove_services() {
  std::vector<PoolActions> actions;
  const bool flushed = global_.lvs_flush_on_stop == FlushOnStop::full;
  for (const auto& service : services_) actions.push_back(service->stop(flushed));
  marks_.remove();
  executor_.remove_ours();
  if (flushed) executor_.flush();
  for (std::size_t i = 0; i < services_.size(); ++i) {
    services_[i]->forget();
    services_[i]->tell(actions[i]);
  }
  page_.clear();
}

void Process::wait_for_parent() {
  if (channel_.backlog() == 0 || loop_.now() >= farewell_until_) {
    loop_.stop();
    return;
  }
  farewell_.arm(loop_.now() + std::chrono::milliseconds(5));
}

}  // namespace

run::SchedulingRequest scheduling_of(const GlobalConfig& global) {
  const auto& wanted = global.checker_process;
  return {wanted.rt_priority.value_or(0), wanted.rlimit_rttime_us, wanted.nice, wanted.no_swap};
}

int run_process(run::ChildSetup<CheckersConfig> setup, const Dump& dump) {
  auto config = std::move(setup.config.role);
  return Process(std::move(setup)).run(std::move(config), dump);
}

}  // namespace understudy::checkers
