// Keeps the kernel's packet filter what virtual routers need (packet_filter.hpp), with a table of
// nftables that is ours alone, or in chains of iptables.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/base/errand.hpp"
#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"
#include "daemon/global/config.hpp"
#include "daemon/netlink/monitor.hpp"
#include "daemon/run/handover.hpp"
#include "vrrp/config.hpp"
#include "vrrp/filter_work.hpp"

namespace understudy::vrrp {

/// The filter. At the start it is there before the first address; later changes are made by a
/// thread, one after the other, because they load a library or run programs.
class Firewall {
 public:
  /// The page remembers what was put, so that a successor finds it. All of these outlive this.
  Firewall(Loop& loop, Log& log, run::HandoverPage& page);
  Firewall(const Firewall&) = delete;
  Firewall& operator=(const Firewall&) = delete;

  /// A configuration comes into force; says for each instance concerned, in one line, what is
  /// dropped and which keyword undoes it. Does nothing when nothing changed. What is refused is
  /// reported, and everything else goes on. `wait`: it is done on return.
  void apply(const GlobalConfig& global, std::shared_ptr<const VrrpConfig> config,
             const netlink::Monitor& monitor, bool wait);
  /// An interface came, went or changed: VMACs are told by their index. Looked at a little later,
  /// because interfaces come in swarms.
  void link_changed();
  /// Learns from the page of what an earlier process left.
  void adopt();
  /// Takes everything away; waits.
  void remove();

 private:
  void look_again();
  void change(FilterWish wish, bool wait);
  void begin();
  void take(FilterOutcome outcome);
  void report_drops() const;

  Loop& loop_;
  Log& log_;
  run::HandoverPage& page_;
  std::shared_ptr<const VrrpConfig> config_;
  const netlink::Monitor* monitor_ = nullptr;
  Timer swarm_;
  /// What was asked for last, whether or not the kernel took it.
  FilterWish wish_;
  FilterState state_;
  /// Drops have to be said when they are in force.
  bool silent_ = true;
  /// Another change has been asked for while one was under way.
  bool again_ = false;
  Errand<FilterOutcome> errand_;
};

}  // namespace understudy::vrrp
