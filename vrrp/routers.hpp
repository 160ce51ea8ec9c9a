// All virtual routers of the process: gives inputs to their core, the ensemble, and what it decides
// to the executor.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
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
#include "vrrp/ensemble.hpp"
#include "vrrp/executor.hpp"
#include "vrrp/instance.hpp"
#include "vrrp/kernel_objects.hpp"
#include "vrrp/link_layer.hpp"
#include "vrrp/recorder.hpp"
#include "vrrp/socket.hpp"
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
  /// Empty: nobody wants to know.
  StateEntered state_entered;
};

/// The virtual routers.
class Routers : private DeadlineKeeper {
 public:
  using Config = std::shared_ptr<const VrrpConfig>;

  Routers(const Surroundings& surroundings, FrameSocket frames, const GlobalConfig& global,
          Config config);

  /// Makes the virtual interfaces of the configuration; first of all, and before each reload().
  void make_links(const GlobalConfig& global, const VrrpConfig& config,
                  const std::vector<VirtualLink>& links, bool at_start);
  /// Puts what is static, before anything else: a static address may be the source of adverts.
  void put_static();
  /// Begins. With `respawned`, instances whose state on the page is fresh go on in it, masters
  /// before anything else; addresses of all others are removed.
  void start(const GlobalConfig& global, bool respawned);
  /// Another configuration; `difference` is diff() of the one in force and `config`. What is the
  /// same in both is not touched.
  void reload(const GlobalConfig& global, Config config, const InstanceDiff& difference);
  /// Every router leaves: adverts of priority 0, then addresses go unless they are kept.
  void stop(bool keep_addresses);

  /// The state of an instance; nullopt: there is none of that name.
  [[nodiscard]] std::optional<RouterState> state_of(std::string_view name);
  /// What is known of interfaces, for views.
  [[nodiscard]] LinkLayer& links() { return links_below_; }

  void on_link(const netlink::Link& link, bool removed);
  void on_address(const netlink::InterfaceAddress& address, bool removed, bool ours);
  void on_script(const TrackScriptResult& result);
  void on_file(const std::string& name, std::int64_t value);
  void on_processes(const std::string& name, unsigned count);

 private:
  // routers.cpp
  /// Gives an input to the ensemble and does what it says. What happens while that is done (the
  /// kernel speaks at any time) waits for its turn.
  void apply(const Input& input);
  [[nodiscard]] Outcome decide(const Input& input);
  void perform(Outcome outcome);
  void carry_out(const Deeds& deeds);
  void arm(Instance& instance);
  void expire(Instance& instance) override;
  bool drain(Instance& instance);
  Instance& add(InstanceId id);
  void reconfigure(Instance& instance, const InstanceConfig& before);
  void remove(Instance& instance);
  /// Nothing goes to the kernel until resume().
  void hold();
  void resume();
  void index();
  [[nodiscard]] Instance* find(std::string_view name);
  [[nodiscard]] Instance& instance(InstanceId id) { return *instances_[id.value()]; }

  // routers_facts.cpp
  void tell_links(const VrrpConfig& config);
  void tell_scripts();
  [[nodiscard]] Duration total_delay(const GlobalConfig& global) const;
  [[nodiscard]] Duration startup_delay(const GlobalConfig& global, bool respawned);
  [[nodiscard]] std::vector<IpAddress> sources_of(const VrrpConfig& config);
  [[nodiscard]] IpAddress source_of(const InstanceConfig& config);
  /// What the interfaces of an instance offer it may have changed.
  void look_at(Instance& instance);

  Surroundings around_;
  KernelObjects kernel_;
  LinkLayer links_below_;
  Transport transport_;
  Announcer announcer_;
  Executor executor_;
  /// The configuration in force, or at first the one to come.
  Config config_;
  Ensemble ensemble_;
  /// By id; nullptr: none.
  std::vector<std::unique_ptr<Instance>> instances_;
  /// Instances by name.
  std::vector<InstanceId> by_name_;
  /// For the ensemble's own deadline.
  Timer timer_;
  /// What the ensemble said and is not done yet.
  std::deque<Outcome> outcomes_;
  bool busy_ = false;
  bool holding_ = false;
  /// When the daemon's first vrrp process began, and the startup delay in force from then on.
  TimePoint beginning_;
  Duration delay_{};
};

}  // namespace understudy::vrrp
