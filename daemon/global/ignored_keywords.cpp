// Blocks of the top level that keepalived 2.4.3 knows and that change nothing here yet.
#include <array>

#include "daemon/global/ignored.hpp"
#include "daemon/global/keywords.hpp"

namespace understudy {

namespace {

using parser::Missing;
using parser::Stage;

constexpr auto kComplains = Missing::complains;

constexpr std::array kTop{
    Ignored{"track_group", "Instances that static items depend on.", "NAME", kComplains, true,
            Stage::vrrp},
    Ignored{"static_ipaddress", "Addresses to have always.", "", Missing::ends, true, Stage::vrrp},
    Ignored{"static_routes", "Routes to have always.", "", Missing::ends, true, Stage::vrrp},
    Ignored{"static_rules", "Rules to have always.", "", Missing::ends, true, Stage::vrrp},
    Ignored{"vrrp_sync_group", "Instances that change state together.", "NAME", kComplains, true,
            Stage::vrrp},
    Ignored{"garp_group", "Pace of announcements on interfaces.", "", Missing::ends, true,
            Stage::vrrp},
    Ignored{"linkbeat_interfaces", "Interfaces whose link is polled.", "", Missing::ends, true,
            Stage::vrrp},
    Ignored{"vrrp_track_process", "A process that is tracked.", "NAME", Missing::ends, true,
            Stage::vrrp},
    Ignored{"interface_up_down_delays", "Delays before a link's change counts.", "", Missing::ends,
            true, Stage::vrrp},
    Ignored{"SSL", "Certificates for SSL_GET.", "", Missing::ends, true, Stage::checkers},
    Ignored{"virtual_server_group", "Addresses of one virtual server.", "NAME", Missing::ends, true,
            Stage::checkers},
};

}  // namespace

void add_ignored_top(parser::Block<GlobalDraft>& top) { add_ignored<GlobalDraft>(top, kTop); }

}  // namespace understudy
