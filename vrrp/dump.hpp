// VRRP's part of the configuration in the format of keepalived's -d.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/address.hpp"
#include "daemon/global/config.hpp"
#include "daemon/global/dump_lines.hpp"
#include "vrrp/config.hpp"

namespace understudy::vrrp {

/// What a macvlan or ipvlan stands on, and how.
struct StackedFacts {
  bool ipvlan = false;
  /// "private", "bridge" …; of an ipvlan with its layer, "L2 bridge".
  std::string mode;
  /// Empty: in another network namespace.
  std::string base;
  /// IFF_* of that.
  std::uint32_t base_flags = 0;
};

/// Settings of IPv4 on an interface: what was there before us, and how many of us need another
/// value.
struct SettingFacts {
  int arp_ignore = 0;
  int arp_filter = 0;
  int promote_secondaries = 0;
  unsigned arp_users = 0;
  unsigned promote_users = 0;
  /// Of interfaces that virtual routers' ones are or stand on.
  std::optional<int> rp_filter;
};

/// A network interface as the kernel has it.
struct LinkFacts {
  std::string name;
  std::uint32_t index = 0;
  /// IFF_* (netdevice(7)).
  std::uint32_t flags = 0;
  /// ARPHRD_*.
  std::uint16_t hardware = 0;
  std::uint32_t mtu = 0;
  std::uint32_t group = 0;
  MacAddress mac;
  /// In the kernel's order.
  std::vector<IpAddress> addresses;
  std::optional<StackedFacts> stacked = std::nullopt;
  /// We made it.
  bool ours = false;
  /// dynamic_interfaces allow_if_changes, and it is of a kind that can change.
  bool changeable = false;
  /// Of a VRF: its routing table.
  std::optional<std::uint32_t> vrf_table = std::nullopt;
  /// The VRF it is in; empty: none.
  std::string vrf = {};
  SettingFacts settings = {};
};

/// What an instance does.
struct InstanceFacts {
  RouterState state = RouterState::init;
  /// Of its adverts; empty: none yet.
  IpAddress source;
  /// The interface that is made for it is there: a VMAC, an ipvlan.
  bool has_interface = false;
  /// Heard from others, while it does not preempt.
  std::uint8_t highest_other_priority = 0;
  /// Since the epoch; 0: none was sent.
  std::chrono::microseconds last_advert{0};
  /// Descriptors for receiving and for sending.
  std::optional<std::pair<int, int>> sockets;
  /// Its addresses are in the kernel.
  bool addresses_set = false;
};

/// What a sync group does.
struct GroupFacts {
  RouterState state = RouterState::backup;
  /// Members that are in FAULT, and that wait for a script's first result.
  unsigned faulty = 0;
  unsigned waiting = 0;
};

/// What a vrrp_script does.
struct ScriptFacts {
  /// Successes in a row, as the original counts: at least `rise` is good.
  int result = 0;
  /// nullptr: as configured.
  const char* initial = nullptr;
  const char* state = "idle";
};

/// A BFD session instances may track.
struct BfdFacts {
  std::string name;
  int weight = 0;
  bool reverse = false;
  bool up = false;
};

/// What the section shows besides the configuration. Instances and scripts that are missing here
/// have not begun.
struct DumpFacts {
  /// In the order of their indices.
  std::vector<LinkFacts> interfaces;
  std::map<std::string, InstanceFacts> instances;
  std::map<std::string, GroupFacts> groups;
  std::map<std::string, ScriptFacts> scripts;
  /// Static addresses are in the kernel.
  bool static_addresses_set = false;
  std::vector<BfdFacts> bfds;
  FindScript find_script;
};

/// Everything about VRRP, below the global definitions.
[[nodiscard]] std::vector<std::string> dump(const VrrpConfig& config, const GlobalConfig& global,
                                            const DumpFacts& facts);

}  // namespace understudy::vrrp
