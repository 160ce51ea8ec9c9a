// Which of its addresses an instance can tell in adverts, and which it can have at all.
#include <algorithm>
#include <array>

#include "vrrp/completion.hpp"

namespace understudy::vrrp {

namespace {

/// The count of addresses in an advert has 8 bits (RFC 3768 section 5.3.5).
constexpr std::size_t kMostCounted = 255;
// Octets of what an advert consists of besides addresses.
constexpr std::size_t kEthernetHeader = 14;
constexpr std::size_t kIpv4Header = 20;
constexpr std::size_t kIpv6Header = 40;
constexpr std::size_t kVrrpHeader = 8;
constexpr std::size_t kAuthenticationData = 8;
constexpr std::size_t kAuthenticationHeader = 24;
constexpr std::size_t kHmacTrailer = 28;

}  // namespace

std::string text_of(const VirtualAddress& address) {
  return address.prefix_length == address.address.max_prefix()
             ? address.address.to_string()
             : Prefix{address.address, address.prefix_length}.to_string();
}

std::size_t Completion::most_addresses() const {
  std::size_t used = kEthernetHeader + kVrrpHeader;
  if (out_.family == Family::ipv6) {
    used += kIpv6Header;
  } else {
    used += kIpv4Header;
    if (out_.version == 2) used += kAuthenticationData;
    if (out_.version == 2 && out_.authentication == Authentication::ah) {
      used += kAuthenticationHeader;
    }
  }
  if (out_.hmac->used() && out_.hmac->mode != HmacAuthentication::Mode::receive_only) {
    used += kHmacTrailer;
  }
  const std::size_t mtu = out_.interface.empty() ? InterfaceFacts{}.mtu : std::size_t{facts().mtu};
  const std::size_t size = out_.family == Family::ipv6 ? sizeof(in6_addr) : sizeof(in_addr);
  return std::min(mtu > used ? (mtu - used) / size : 0, kMostCounted);
}

void Completion::set_addresses() {
  out_.addresses = std::move(draft_.addresses);
  out_.excluded = std::move(draft_.excluded);
  out_.routes = std::move(draft_.routes);
  out_.rules = std::move(draft_.rules);
  const std::size_t most = most_addresses();
  if (out_.addresses.size() <= most) return;
  complain(
      "Number of VIPs ({}) exceeds maximum/space available in packet (max {} addresses) - excess "
      "moved to eVIPs",
      out_.addresses.size(), most);
  const auto excess = out_.addresses.begin() + static_cast<std::ptrdiff_t>(most);
  out_.excluded.insert(out_.excluded.end(), std::make_move_iterator(excess),
                       std::make_move_iterator(out_.addresses.end()));
  out_.addresses.erase(excess, out_.addresses.end());
}

void Completion::settle_vmacs(std::vector<VirtualAddress>& addresses) {
  for (VirtualAddress& address : addresses) {
    if (!address.use_vmac) continue;
    const bool elsewhere = !address.device->empty() && *address.device != out_.interface;
    const bool other = elsewhere || address.address.family() != out_.family;
    if (!other && out_.vmac->used) {
      complain("use_vmac specified for VIP/eVIP {} and vrrp instance", text_of(address));
      address.use_vmac = false;
    } else if (other && out_.vmac->for_addresses) {
      complain("use_vmac_addr specified and use_vmac specified for VIP/eVIP {}", text_of(address));
      address.use_vmac = false;
    }
  }
}

void Completion::drop_homeless(std::vector<VirtualAddress>& addresses, std::string_view kind) {
  if (!out_.interface.empty()) return;
  std::erase_if(addresses, [&](const VirtualAddress& address) {
    if (!address.device->empty()) return false;
    diagnostics_.add(parser::Severity::error, {},
                     fmt::format("({}): no interface for {}vip {} - removing", draft_.name, kind,
                                 text_of(address)));
    return true;
  });
}

}  // namespace understudy::vrrp
