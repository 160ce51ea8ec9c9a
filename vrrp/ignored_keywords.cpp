// Keywords of vrrp_instance that keepalived 2.4.3 knows and that change nothing here yet.
#include <array>

#include "daemon/global/ignored.hpp"
#include "vrrp/keywords.hpp"

namespace understudy::vrrp {

namespace {

using parser::Missing;

constexpr std::array kIgnored{
    Ignored{"vrf", "VRF of a unicast instance without interface.", "INTERFACE"},
    Ignored{"use_vmac", "Use the virtual router's MAC address.",
            "[[name] INTERFACE] [MAC] [netlink_notify_msg] [group N]"},
    Ignored{"use_vmac_addr", "The same for addresses on other interfaces."},
    Ignored{"vmac_xmit_base", "Send adverts from the base interface."},
    Ignored{"use_ipvlan", "Use an ipvlan interface.",
            "[[name] INTERFACE] [IP] [bridge|private|vepa] [group N]"},
    Ignored{"native_ipv6", "An IPv6 instance without addresses."},
    Ignored{"track_file", "Files whose numbers count.", "", Missing::ends, true},
    Ignored{"track_process", "Processes that count.", "", Missing::ends, true},
    Ignored{"track_bfd", "BFD sessions that count.", "", Missing::ends, true},
    Ignored{"track_src_ip", "FAULT while the source address is missing."},
    Ignored{"check_unicast_src", "Accept adverts of configured peers only."},
    Ignored{"unicast_ttl", "Hop limit of unicast adverts.", "NUMBER"},
    Ignored{"old_unicast_checksum", "Checksum of keepalived before 1.2.20.", "[never]"},
    Ignored{"v3_checksum_as_v2", "VRRPv3 over IPv4 without pseudo header in the checksum.",
            "[BOOL]"},
    Ignored{"garp_extra_if", "Seconds between announcements on further interfaces.",
            "[all] SECONDS", Missing::complains},
    Ignored{"down_timer_adverts", "Adverts that may be missed.", "NUMBER"},
    Ignored{"timer_expired_backup", "Give way after having been stalled.", "[PRIORITY]"},
    Ignored{"owner_ignore_adverts", "An address owner ignores adverts.", "[BOOL]"},
    Ignored{"auth_hmac", "Authentication of adverts by HMAC.", "", Missing::ends, true},
    Ignored{"promote_secondaries", "Let a secondary address become primary."},
    Ignored{"virtual_routes", "Routes the master has.", "", Missing::ends, true},
    Ignored{"virtual_rules", "Rules the master has.", "", Missing::ends, true},
    Ignored{"debug", "Amount of debugging output.", "NUMBER"},
    Ignored{"notify_deleted", "Script to run when a reload removes it.", "[SCRIPT [USER [GROUP]]]"},
    Ignored{"notify_master_rx_lower_pri",
            "Script to run when a master receives an advert of lower priority.",
            "SCRIPT [USER [GROUP]]"},
    Ignored{"kernel_rx_buf_size", "Receive buffer of its socket.", "BYTES", Missing::complains},
};

}  // namespace

void add_ignored_rows(parser::Block<InstanceDraft>& rows) {
  add_ignored<InstanceDraft>(rows, kIgnored);
  const std::string renamed = "Keyword \"{0}\" is deprecated - please use ";
  rows.gone("vmac_garp_intvl", renamed + "\"garp_extra_if\"");
  rows.gone("thread_timer_expired",
            "({2}) thread_timer_expired - please replace with keyword 'timer_expired_backup'");
  rows.gone("linkbeat_use_polling",
            "({2}) 'linkbeat_use_polling' in vrrp instance deprecated - use linkbeat_interfaces "
            "block");
  rows.gone("lvs_sync_daemon_interface",
            "({2}) Specifying lvs_sync_daemon_interface against a vrrp is deprecated.");
}

}  // namespace understudy::vrrp
