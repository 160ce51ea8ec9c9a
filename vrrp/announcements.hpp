// What an instance's wish to announce means: which address on which interface. Pure; when each
// leaves says GarpSchedule, as what frame announce.hpp.
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include "daemon/base/address.hpp"
#include "daemon/base/interface_name.hpp"
#include "daemon/base/types.hpp"
#include "vrrp/action.hpp"
#include "vrrp/config.hpp"

namespace understudy::vrrp {

/// One address to be announced on one interface.
struct Announcement {
  IpAddress address;
  std::uint8_t prefix_length = 0;
  /// It is not ours before the kernel has looked for duplicates (RFC 4862 section 5.4).
  bool detect_duplicates = false;
  /// Where it is: the announcement has that interface's hardware address.
  InterfaceName interface;
  /// The interface below, if that is a virtual one: announcements are paced by what they leave
  /// through.
  InterfaceName base;
  auto operator<=>(const Announcement&) const = default;
};

/// The instance's addresses, virtual and excluded, in the order of the configuration, or those of
/// them that the action names.
[[nodiscard]] std::vector<Announcement> announcements_of(const InstanceConfig& config,
                                                         const Announce& action);
/// One address of each interface that garp_extra_if is about.
[[nodiscard]] std::vector<Announcement> further_interfaces(const InstanceConfig& config);
/// garp_extra_if; 0 also when no address is on such an interface.
[[nodiscard]] Duration extra_interval(const InstanceConfig& config);

}  // namespace understudy::vrrp
