#include <fmt/format.h>
#include <strings.h>

#include "daemon/global/rows.hpp"

namespace understudy::global {

namespace {

using namespace parser;
using Policy = VrrpReceiveBuffers::Policy;

/// WHO_rcv_bufs and WHO_rcv_bufs_force.
void add_buffer(Rows& rows, const std::string& who, const std::string& what,
                ReceiveBuffer GlobalConfig::*buffer) {
  auto& size = rows.value(who + "_rcv_bufs", "Receive buffer of " + what + ", in octets.",
                          number<std::uint32_t>(),
                          [buffer](GlobalDraft& draft, std::uint32_t octets) {
                            if (octets > 0) (draft.*buffer).octets = octets;
                          })
                   .by_default("the system's")
                   .when_missing(who + "_rcv_bufs size missing")
                   .invalid(who + "_rcv_bufs size ({1}) invalid");
  auto& force =
      boolean_row(rows, who + "_rcv_bufs_force", "Let that size exceed the system's limit.",
                  [buffer](GlobalDraft& draft, bool value) { (draft.*buffer).force = value; });
  if (buffer == &GlobalConfig::process_monitor_rcv_bufs) return;
  size.pending();
  force.pending();
}

bool same_letters(std::string_view word, std::string_view name) {
  return word.size() == name.size() && strncasecmp(word.data(), name.data(), name.size()) == 0;
}

/// Policies and sizes of all uses add up; what cannot go together is diagnosed, a size wins.
void take_policy(GlobalDraft& draft, const Binding& binding) {
  VrrpReceiveBuffers& buffers = draft.vrrp_rx_bufs;
  bool mtu = buffers.policy == Policy::mtu;
  bool advert = buffers.policy == Policy::advert;
  bool size = buffers.policy == Policy::octets;
  for (const Word& word : binding.arguments()) {
    if (same_letters(word.text, "MTU")) {
      mtu = true;
    } else if (same_letters(word.text, "ADVERT")) {
      advert = true;
    } else if (const auto octets = parse_unsigned(word.text, 0, kUnlimited)) {
      buffers.octets = static_cast<std::uint32_t>(*octets);
      size = true;
    } else {
      binding.error_at(word, octets.error().message);
      binding.error_at(word, fmt::format("Invalid vrrp_rx_bufs_policy {}", word.text),
                       "expected MTU, ADVERT or a number");
    }
  }
  if (size && (mtu || advert)) {
    binding.error("Cannot set vrrp_rx_bufs_policy size and policy, ignoring policy");
  } else if (mtu && advert) {
    binding.error("Cannot set both vrrp_rx_bufs_policy MTU and ADVERT, ignoring ADVERT");
  }
  buffers.policy = size     ? Policy::octets
                   : mtu    ? Policy::mtu
                   : advert ? Policy::advert
                            : Policy::system;
}

}  // namespace

void add_buffers(Rows& rows) {
  add_buffer(rows, "vrrp_netlink_cmd", "the VRRP process's netlink commands",
             &GlobalConfig::vrrp_netlink_cmd_rcv_bufs);
  add_buffer(rows, "vrrp_netlink_monitor", "the VRRP process's netlink events",
             &GlobalConfig::vrrp_netlink_monitor_rcv_bufs);
  add_buffer(rows, "lvs_netlink_cmd", "the checker process's netlink commands",
             &GlobalConfig::lvs_netlink_cmd_rcv_bufs);
  add_buffer(rows, "lvs_netlink_monitor", "the checker process's netlink events",
             &GlobalConfig::lvs_netlink_monitor_rcv_bufs);
  add_buffer(rows, "process_monitor", "the kernel's process events",
             &GlobalConfig::process_monitor_rcv_bufs);
  rows.statement("vrrp_rx_bufs_policy",
                 "Receive buffers of VRRP sockets: so many MTUs, so many adverts, or octets.",
                 take_policy)
      .takes("MTU|ADVERT|OCTETS", 1, SIZE_MAX)
      .accepts("MTU, ADVERT, 0..4294967295")
      .by_default("the system's")
      .adds_up()
      .when_missing("vrrp_rx_bufs_policy missing");
  rows.value("vrrp_rx_bufs_multiplier", "How many MTUs or adverts.", number<std::uint32_t>(1),
             [](GlobalDraft& draft, std::uint32_t value) { draft.vrrp_rx_bufs.multiplier = value; })
      .by_default("3")
      .when_missing("Invalid vrrp_rx_bufs_multiplier")
      .when_extra("Invalid vrrp_rx_bufs_multiplier", Extra::refused)
      .invalid("Invalid vrrp_rx_bufs_multiplier {1}");
}

}  // namespace understudy::global
