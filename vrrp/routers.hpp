// All virtual routers of the process: brings events to their machines and what the machines decide
// to the executor.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "daemon/base/channel.hpp"
#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"
#include "daemon/base/messages.hpp"
#include "daemon/global/config.hpp"
#include "daemon/netlink/monitor.hpp"
#include "daemon/netlink/socket.hpp"
#include "daemon/run/handover.hpp"
#include "vrrp/announcer.hpp"
#include "vrrp/diff.hpp"
#include "vrrp/executor.hpp"
#include "vrrp/instance.hpp"
#include "vrrp/kernel_objects.hpp"
#include "vrrp/link_layer.hpp"
#include "vrrp/recorder.hpp"
#include "vrrp/socket.hpp"
#include "vrrp/tracking.hpp"
#include "vrrp/transport.hpp"

namespace understudy::vrrp {

/// What the routers live on; all of it outlives them. (daemon/surroundings.hpp is something else.)
struct Surroundings {
  Loop& loop;
  Log& log;
  Channel& channel;
  run::HandoverPage& page;
  /// The one through which addresses are changed, which `monitor` knows.
  netlink::Socket& commands;
  netlink::Monitor& monitor;
  /// nullptr: nothing is recorded.
  Recorder* recorder = nullptr;
};

/// The virtual routers.
class Routers {
 public:
  Routers(const Surroundings& surroundings, FrameSocket frames, const GlobalConfig& global,
          const VrrpConfig& config);

  /// Makes the virtual interfaces of the configuration; first of all, and before each reload().
  void make_links(const GlobalConfig& global, const VrrpConfig& config,
                  const std::vector<VirtualLink>& links, bool at_start);
  /// Puts what is static, before anything else: a static address may be the source of adverts.
  void put_static();
  /// Begins. With `respawned`, instances that the page shows as master with a fresh advert go on as
  /// such, before anything else; addresses of all others are removed.
  void start(bool respawned);
  /// Another configuration; `difference` is diff() of the one in force and `config`. What is the
  /// same in both is not touched.
  void reload(const GlobalConfig& global, const VrrpConfig& config, const InstanceDiff& difference);
  /// Every router leaves: adverts of priority 0, then addresses go unless they are kept.
  void stop(bool keep_addresses);

  void on_link(const netlink::Link& link, bool removed);
  void on_address(const netlink::InterfaceAddress& address, bool removed, bool ours);
  void on_script(const TrackScriptResult& result);

 private:
  using Instances = std::vector<std::unique_ptr<Instance>>;

  std::unique_ptr<Instance> make_instance(const InstanceConfig& config);
  /// Gives an event to a machine and does what it says.
  void step(Instance& instance, const Event& event);
  void expire(Instance& instance);

  // routers_facts.cpp
  void learn_links(const VrrpConfig& config);
  void adopt_scripts();
  [[nodiscard]] TrackingSummary summary_of(const Instance& instance);
  void log_faults(const Instance& instance, const TrackingSummary& summary);
  void tracking_changed();
  void track(Instance& instance);
  /// What the interfaces of an instance offer it may have changed.
  void look_at(Instance& instance);
  void link_fact(const std::string& interface, bool up);
  void tell_losers(const std::vector<std::string>& losers, const IpAddress& address);

  // routers.cpp
  void set_source(Instance& instance, const IpAddress& source);
  void reconfigure(Instance& instance, const InstanceConfig& config);
  void remove(Instance& instance);
  void sort_in(Instances& instances, const VrrpConfig& config, const InstanceDiff& difference);

  Surroundings around_;
  Tracking tracking_;
  KernelObjects kernel_;
  LinkLayer links_below_;
  Transport transport_;
  Announcer announcer_;
  Executor executor_;
  /// The configuration in force, in its order the instances below.
  VrrpConfig config_;
  /// The same, for what outlives a reload.
  std::shared_ptr<const VrrpConfig> shared_;
  Instances instances_;
  /// Interfaces that a router depends on.
  std::set<std::string> links_;
};

}  // namespace understudy::vrrp
