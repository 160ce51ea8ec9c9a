#include "vrrp/settings_writer.hpp"

#include <linux/ip.h>

#include <array>
#include <string_view>
#include <utility>

#include "daemon/netlink/link_request.hpp"

namespace understudy::vrrp {

namespace {

constexpr std::array<std::pair<std::string_view, std::uint16_t>, 5> kNames{
    {{"accept_local", IPV4_DEVCONF_ACCEPT_LOCAL},
     {"arp_filter", IPV4_DEVCONF_ARPFILTER},
     {"arp_ignore", IPV4_DEVCONF_ARP_IGNORE},
     {"promote_secondaries", IPV4_DEVCONF_PROMOTE_SECONDARIES},
     {"rp_filter", IPV4_DEVCONF_RP_FILTER}}};

/// What netlink calls the setting at the end of a path; 0: it has no name for it.
std::uint16_t number_of(std::string_view name) {
  for (const auto& [known, number] : kNames) {
    if (known == name) return number;
  }
  return 0;
}

}  // namespace

run::Sysctls::Write settings_writer(netlink::Socket& socket, const netlink::Monitor& monitor) {
  return [&socket, &monitor](const std::string& path, int value) -> Result<void> {
    constexpr std::string_view kPrefix = "net/ipv4/conf/";
    const std::size_t slash = path.rfind('/');
    const std::uint16_t number = number_of(std::string_view(path).substr(slash + 1));
    if (number == 0 || !path.starts_with(kPrefix) || slash < kPrefix.size()) {
      return run::write_sysctl(path, value);
    }
    // "all" and "default" are no interfaces.
    const auto* link = monitor.link(path.substr(kPrefix.size(), slash - kPrefix.size()));
    if (link == nullptr) return run::write_sysctl(path, value);
    const std::array setting{netlink::Ipv4Setting{number, static_cast<std::uint32_t>(value)}};
    const std::array message{netlink::set_ipv4_settings(link->index, setting)};
    const auto outcome = socket.request(message);
    if (outcome[0]) return *outcome[0];
    return {};
  };
}

}  // namespace understudy::vrrp
