// Keeps traffic away from virtual addresses whose instance does not accept it (vrrp_strict,
// no_accept), with a table of nftables that is ours alone.
#pragma once

#include <string>
#include <vector>

#include "daemon/base/address.hpp"
#include "daemon/base/log.hpp"
#include "daemon/base/result.hpp"
#include "daemon/run/handover.hpp"
#include "vrrp/config.hpp"

namespace understudy::vrrp {

/// The nftables commands, one transaction, that replace tables ip and ip6 `table` so that packets
/// to and from `addresses` are dropped, except those that stay on this host. Without addresses the
/// tables only go. Pure.
[[nodiscard]] std::string firewall_commands(const std::string& table,
                                            const std::vector<IpAddress>& addresses);

/// The table in the kernel. Its addresses are those configured, whoever is master: a backup has
/// none of them, and becoming master then has nothing slow to do. libnftables is loaded when there
/// is something to drop for the first time.
class Firewall {
 public:
  /// The page remembers the table, so that a successor removes it if it has no use for it.
  Firewall(Log& log, run::HandoverPage& page) : log_(log), page_(page) {}
  Firewall(const Firewall&) = delete;
  Firewall& operator=(const Firewall&) = delete;
  /// Makes the kernel's table what the instances want; says for each instance concerned, in one
  /// line, what is dropped and which keyword undoes it. Does nothing when nothing changed. A kernel
  /// that refuses is reported, and everything else goes on.
  void apply(const std::string& table, const std::vector<InstanceConfig>& instances);
  /// Learns from the page of a table that an earlier process left.
  void adopt();
  /// Takes the table away.
  void remove();

 private:
  Result<void> run(const std::string& commands);

  void remember(const std::string& table);

  Log& log_;
  run::HandoverPage& page_;
  /// Name of the table in the kernel; empty: there is none.
  std::string table_;
  /// What was asked for last, whether or not the kernel took it.
  std::string requested_;
  std::vector<IpAddress> addresses_;
};

}  // namespace understudy::vrrp
