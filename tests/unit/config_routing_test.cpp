// Routes, rules and addresses: what each line means, and what is said about it.
#include <array>
#include <catch2/catch.hpp>

#include "tests/support/routing_lines.hpp"

using namespace understudy::test;

namespace {

constexpr std::array<Meaning, 50> kRoutes{{
    {"10.0.0.0/8 dev eth0", "10.0.0.0/8 dev eth0"},
    {"to 10.0.0.0/8 oif eth0", "10.0.0.0/8 dev eth0"},
    {"10.0.0.1 via 10.0.0.2", "10.0.0.1/32 via 10.0.0.2"},
    {"default via 10.0.0.1", "0.0.0.0/0 via 10.0.0.1"},
    {"any via fe80::1 dev eth0", "::/0 via fe80::1 dev eth0"},
    {"default dev eth0", "0.0.0.0/0 dev eth0"},
    {"default dev eth0 inet6", "::/0 dev eth0"},
    {"inet6 inet6 default dev eth0", "::/0 dev eth0"},
    {"inet6 x default dev eth0", "::/0 dev eth0"},
    {"default6 dev eth0", "::/0 dev eth0"},
    {"default via inet6 fe80::1 dev eth0", "::/0 via fe80::1 dev eth0"},
    {"blackhole 10.0.0.0/8", "blackhole 10.0.0.0/8"},
    {"to blackhole 10.0.0.0/8", "blackhole 10.0.0.0/8"},
    {"unreachable default", "unreachable 0.0.0.0/0"},
    {"prohibit 2001:db8::/32", "prohibit 2001:db8::/32"},
    {"throw 10.0.0.0/8", "throw 10.0.0.0/8"},
    {"brd 10.0.0.255", "broadcast 10.0.0.255/32"},
    {"6 10.0.0.0/8", "blackhole 10.0.0.0/8"},
    {"10.0.0.0/8 src 10.0.0.1 dev eth0", "10.0.0.0/8 src 10.0.0.1 dev eth0"},
    {"2001:db8::/32 from 2001:db9::/32", "2001:db8::/32 from 2001:db9::/32"},
    {"10.0.0.0/8 tos 0x10", "10.0.0.0/8 tos 16"},
    {"10.0.0.0/8 dsfield 010", "10.0.0.0/8 tos 8"},
    {"10.0.0.0/8 table 4294967295", "10.0.0.0/8 table 4294967295"},
    {"10.0.0.0/8 table local", "10.0.0.0/8 table 255"},
    {"10.0.0.0/8 protocol bird no_track", "10.0.0.0/8 protocol 12 no_track"},
    {"10.0.0.0/8 no_track", "10.0.0.0/8 no_track"},
    {"10.0.0.0/8 scope link", "10.0.0.0/8 scope 253"},
    {"10.0.0.0/8 metric 4294967295", "10.0.0.0/8 metric 4294967295"},
    {"10.0.0.0/8 priority 1 preference 2", "10.0.0.0/8 metric 2"},
    {"10.0.0.0/8 via 10.0.0.1 onlink", "10.0.0.0/8 via 10.0.0.1 onlink"},
    {"10.0.0.0/8 realms 1/0x14", "10.0.0.0/8 realms 1/20"},
    {"10.0.0.0/8 realms 7", "10.0.0.0/8 realms 7"},
    {"2001:db8::/32 expires 60 pref low", "2001:db8::/32 expires 60 pref low"},
    {"2001:db8::/32 pref 0", "2001:db8::/32 pref medium"},
    {"10.0.0.0/8 mtu lock 1400 mtu 1300", "10.0.0.0/8 mtu lock 1300"},
    {"10.0.0.0/8 window 5 hoplimit 255 advmss lock 6",
     "10.0.0.0/8 window 5 advmss lock 6 "
     "hoplimit 255"},
    {"10.0.0.0/8 cwnd lock 1 ssthresh 2 reordering 3",
     "10.0.0.0/8 ssthresh 2 cwnd lock 1 "
     "reordering 3"},
    {"10.0.0.0/8 initcwnd 10 initrwnd 20", "10.0.0.0/8 initcwnd 10 initrwnd 20"},
    {"10.0.0.0/8 rtt 0.5s rttvar 300MS", "10.0.0.0/8 rtt 4000 rttvar 1200"},
    {"10.0.0.0/8 rtt lock 1600 rto_min 2secs", "10.0.0.0/8 rtt lock 1600 rto_min 2000"},
    {"10.0.0.0/8 features ecn quickack 1 fastopen_no_cookie 0",
     "10.0.0.0/8 features ecn quickack 1 fastopen_no_cookie 0"},
    {"10.0.0.0/8 congctl lock cubic", "10.0.0.0/8 congctl lock cubic"},
    {"10.0.0.0/8 ttl-propagate enabled", "10.0.0.0/8 ttl-propagate enabled"},
    {"10.0.0.0/8 append add", "10.0.0.0/8 add"},
    {"10.0.0.0/8 dev eth0 track_group G", "10.0.0.0/8 dev eth0 track_group G"},
    {"10.0.0.0/8 encap mpls 16/0x11 dev eth0", "10.0.0.0/8 dev eth0 encap mpls 16/17"},
    {"10.0.0.0/8 encap ip dst 10.1.1.1 tos 4 ttl 64 flags 1 id 9",
     "10.0.0.0/8 encap ip id 9 dst 10.1.1.1 tos 4 ttl 64 flags 1"},
    {"10.0.0.0/8 encap ip6 id 5 src ::2 tc 4 hoplimit 64",
     "10.0.0.0/8 encap ip6 id 5 src ::2 tc 4 hoplimit 64"},
    {"2001:db8::/32 encap ila 1:2:3:FFFF", "2001:db8::/32 encap ila 1:2:3:ffff"},
    {"default nexthop via 10.0.0.1 weight 256 onlink nexthop dev eth0 encap mpls 5 nexthop",
     "0.0.0.0/0 nexthop via 10.0.0.1 weight 256 onlink nexthop dev eth0 weight 1 encap mpls 5 "
     "nexthop weight 1"},
}};

constexpr std::array<Meaning, 22> kRules{{
    {"from 10.0.0.0/8 table 5 preference 1", "from 10.0.0.0/8 table 5 preference 1"},
    {"to 2001:db8::/32 lookup main priority 1", "to 2001:db8::/32 table 254 preference 1 inet6"},
    {"from all table 5 order 0x10", "table 5 preference 16"},
    {"table 5 preference 1 inet6", "table 5 preference 1 inet6"},
    {"not from 10.0.0.1 blackhole preference 1", "not from 10.0.0.1/32 blackhole preference 1"},
    {"unreachable preference 0", "unreachable preference 0"},
    {"type prohibit preference 1", "prohibit preference 1"},
    {"8 preference 1", "prohibit preference 1"},
    {"nop preference 1", "nop preference 1"},
    {"goto 7 preference 6", "goto 7 preference 6"},
    {"l3mdev preference 1", "l3mdev preference 1"},
    {"table 5 preference 1 iif eth0 oif lo", "iif eth0 oif lo table 5 preference 1"},
    {"table 5 preference 1 dev eth0 track_group G", "iif eth0 table 5 preference 1 track_group G"},
    {"table 5 preference 1 tos 22 fwmark 24/0xf", "tos 22 fwmark 0x18/0xf table 5 preference 1"},
    {"table 5 preference 1 fwmark 0x10", "fwmark 0x10 table 5 preference 1"},
    {"table 5 preference 1 realms 30/20", "table 5 preference 1 realms 30/20"},
    {"table 5 preference 1 sup_pl 0 suppress_ifgroup 2147483647",
     "table 5 preference 1 suppress_prefixlength 0 suppress_ifgroup 2147483647"},
    {"table 5 preference 1 uidrange 10-20", "uidrange 10-20 table 5 preference 1"},
    {"table 5 preference 1 ipproto 6 sport 10-20", "ipproto 6 sport 10-20 table 5 preference 1"},
    {"table 5 preference 1 ip_proto 17 dport 80", "ipproto 17 dport 80-80 table 5 preference 1"},
    {"table 5 preference 1 tunnel-id 18446744073709551615",
     "tunnel-id 18446744073709551615 table 5 preference 1"},
    {"table 5 preference 1 protocol 3 no_track", "table 5 preference 1 protocol 3 no_track"},
}};

constexpr std::array<Meaning, 15> kAddresses{{
    {"10.0.0.5/24 dev eth0", "10.0.0.5/24 dev eth0"},
    {"10.0.0.5", "10.0.0.5/32 dev eth0"},
    {"2001:db8::1 dev eth0", "2001:db8::1/128 dev eth0 preferred_lft 0"},
    {"2001:db8::1/64 dev eth0", "2001:db8::1/64 dev eth0"},
    {"2001:db8::1 dev eth0 preferred_lft forever", "2001:db8::1/128 dev eth0"},
    {"2001:db8::1/64 dev eth0 preferred_lft 30", "2001:db8::1/64 dev eth0 preferred_lft 30"},
    {"10.0.0.5/24 brd + dev eth1", "10.0.0.5/24 brd 10.0.0.255 dev eth1"},
    {"10.0.0.5/24 brd -", "10.0.0.5/24 brd 10.0.0.0 dev eth0"},
    {"10.0.0.5/24 broadcast 10.0.0.7", "10.0.0.5/24 brd 10.0.0.7 dev eth0"},
    {"10.0.0.5 peer 10.0.0.6", "10.0.0.5 peer 10.0.0.6 dev eth0"},
    {"10.0.0.5/24 scope site label eth0:1", "10.0.0.5/24 dev eth0 scope 200 label eth0:1"},
    {"10.0.0.5/24 scope 0xfe", "10.0.0.5/24 dev eth0 scope 254"},
    {"2001:db8::1/64 home mngtmpaddr -nodad", "2001:db8::1/64 dev eth0 home mngtmpaddr -nodad"},
    {"10.0.0.5/24 noprefixroute autojoin no_track",
     "10.0.0.5/24 dev eth0 noprefixroute autojoin no_track"},
    {"10.0.0.5/24 track_group G", "10.0.0.5/24 dev eth0 track_group G"},
}};

}  // namespace

TEST_CASE("routes mean what ip-route(8) makes of them") {
  check_meanings("static_routes", kRoutes);
}

TEST_CASE("rules mean what ip-rule(8) makes of them") { check_meanings("static_rules", kRules); }

TEST_CASE("addresses and their options") { check_meanings("static_ipaddress", kAddresses); }

TEST_CASE("a route that is refused") {
  const std::string mixed = "Cannot mix IPv4 and IPv6 addresses for route";
  check_mistakes(
      "static_routes",
      {{"dev eth0", "", {"Route must have a destination"}},
       {"10.0.0.0/8 foo eth0",
        "",
        {"VRRP parsed invalid IP foo. skipping IP...", "unknown route keyword foo"}},
       {"10.0.0.0/8 via fe80::1", "", {mixed}},
       {"10.0.0.0/8 src ::1", "", {mixed}},
       {"expires 5 10.0.0.0/8", "", {mixed + " (10.0.0.0/8)"}},
       {"10.0.0.0/8 expires 5", "", {"expires is only valid for IPv6"}},
       {"10.0.0.0/8 pref low", "", {"pref is only valid for IPv6"}},
       {"2001:db8::/32 realms 1", "", {"realms are only valid for IPv4"}},
       {"10.0.0.0/8 from 10.0.0.1", "", {"route from address only supported with IPv6 (10.0.0.1)"}},
       {"10.0.0.0/8 inet6", "", {"inet6 specified for IPv4 route"}},
       {"10.0.0.0/8 tos 256", "", {"TOS value 256 is invalid"}},
       {"10.0.0.0/8 table nosuch", "", {"Routing table nosuch not found for route"}},
       {"10.0.0.0/8 table 4294967296", "", {"Routing table 4294967296 not found for route"}},
       {"10.0.0.0/8 scope 256", "", {"Scope 256 not found or invalid for route"}},
       {"10.0.0.0/8 realms 1/256", "", {"Invalid realms 1/256 for route"}},
       {"10.0.0.0/8 dev eth0 vrf eth0", "", {"Route specified VRF eth0 is not a VRF"}},
       {"10.0.0.0/8 dev eth0 vrf nosuch", "", {"VRF nosuch not found for route"}},
       {"10.0.0.0/8 encap mpls 1048576", "", {"invalid mpls address 1048576 for encapsulation"}},
       {"10.0.0.0/8 encap ip ttl 4", "", {"address or id missing for ip encapsulation"}},
       {"10.0.0.0/8 rtt 1e3",
        "",
        {"rtt value exponential form 1e3 no longer supported", "Invalid rtt 1e3 for route"}},
       {"10.0.0.0/8 hoplimit 256",
        "",
        {"number '256' outside range [0, 255]", "Invalid hoplimit 256 specified for route"}},
       {"10.0.0.0/8 dev eth0 track_group G track_group G",
        "",
        {"track_group G is a duplicate", "Route has trailing nonsense - G"}}});
}

TEST_CASE("a route that is repaired") {
  check_mistakes(
      "static_routes",
      {{"10.0.0.0/40 dev eth0",
        "10.0.0.0/32 dev eth0",
        {"number '40' outside range [0, 32]",
         "Invalid address prefix len 40 for address 10.0.0.0/40 - using 32"}},
       {"10.0.0.0/8 gw 10.0.0.1",
        "10.0.0.0/8 via 10.0.0.1",
        {"\"gw\" for routes is deprecated. Please use \"via\""}},
       {"10.0.0.0/8 via 10.0.0.1 or 10.0.0.2",
        "10.0.0.0/8 nexthop via 10.0.0.1 weight 1 nexthop via 10.0.0.2 weight 1",
        {"\"or\" for routes is deprecated. Please use \"nexthop\""}},
       {"10.0.0.0/8 as to 10.0.0.1", "10.0.0.0/8", {"\"as to\" for MPLS only - ignoring"}},
       {"10.0.0.0/8 protocol bird",
        "10.0.0.0/8",
        {"Route cannot be tracked if protocol is not RTPROT_KEEPALIVED(18), resetting protocol"}},
       {"10.0.0.0/8 rtt 102",
        "10.0.0.0/8 rtt 1600",
        {"rtt value 102 below minimum 200ms, "
         "resetting"}},
       {"10.0.0.0/8 rttvar 121s",
        "10.0.0.0/8 rttvar 480000",
        {"rtt value 121s exceeds maximum 120s, resetting"}},
       {"10.0.0.0/8 features foo", "10.0.0.0/8", {"feature foo not supported"}},
       {"10.0.0.0/8 track_group G",
        "10.0.0.0/8",
        {"Static route cannot have track group if no oif specified"}},
       {"10.0.0.0/8 dev eth0 track_group X", "10.0.0.0/8 dev eth0", {"track_group X not found"}},
       {"10.0.0.0/8 nexthop via 10.0.0.1 nexthop weight 0 nexthop via 10.0.0.2",
        "10.0.0.0/8 nexthop via 10.0.0.1 weight 1",
        {"Invalid weight 0 specified for route"}},
       {"10.0.0.0/8 nexthop via 10.0.0.1 metric 5",
        "10.0.0.0/8 nexthop via 10.0.0.1 weight 1",
        {"Route has trailing nonsense after nexthops - metric"}},
       {"inet6 default dev eth0",
        "::/0 dev eth0",
        {"'inet6' stands before 'default', which keepalived 2.4.3 then ignores"}}});
}

TEST_CASE("a rule that is refused") {
  check_mistakes(
      "static_rules",
      {{"preference 1", "", {"No action specified for rule - ignoring"}},
       {"table 0 preference 1", "", {"Table 0 is not valid"}},
       {"table 1 table 2 preference 1",
        "",
        {"Cannot specify more than one of table/nop/goto/blackhole/prohibit/unreachable for rule"}},
       {"table 1 nop preference 1",
        "",
        {"Cannot specify more than one of table/nop/goto/blackhole/prohibit/unreachable/l3mdev "
         "for rule"}},
       {"nop l3mdev preference 1", "", {"Cannot specify l3mdev with other action"}},
       {"from 10.0.0.0/8 to ::/0 nop", "", {"rule specification has mixed IPv4 and IPv6"}},
       {"goto 5 preference 5", "", {"Invalid rule - preference 5 >= goto target 5"}},
       {"goto 5", "", {"Invalid rule - goto target 5 specified without preference"}},
       {"nop realms 1 preference 5",
        "",
        {"suppressor/realm specified for non table action - skipping"}},
       {"to ::1 realms 1 table 5", "", {"realms is only valid for IPv4"}},
       {"type throw preference 1", "", {"Invalid rule action throw"}},
       {"nopp preference 1", "", {"Unknown rule option nopp"}},
       {"nop preference 0x1g",
        "",
        {"invalid number '0x1g'", "Invalid rule preference 0x1g specified"}},
       {"nop preference 1 fwmark 4294967296", "", {"Invalid rule fwmark 4294967296 specified"}},
       {"nop preference 1 fwmark -1", "", {"Invalid rule fwmark -1 specified"}},
       {"nop preference 1 uidrange 5", "", {"Invalid uidrange 5 specified"}},
       {"table 1 preference 1 sup_group 2147483648",
        "",
        {"suppress_group 2147483648 is invalid"}}});
}

TEST_CASE("a rule that is repaired") {
  check_mistakes(
      "static_rules",
      {{"nop",
        "nop preference 16384",
        {"Rule has no preference specified - setting to 16384. This is probably not what you "
         "want."}},
       {"nop preference 1 protocol 3",
        "nop preference 1",
        {"Rule cannot be tracked if protocol is not RTPROT_KEEPALIVED(18), resetting protocol"}},
       {"nop preference 1 protocol bird",
        "nop preference 1",
        {"invalid number 'bird'", "Invalid protocol bird"}},
       {"nop preference 1 ipproto 128", "nop preference 1", {"Invalid ipproto 128"}},
       {"nop preference 1 sport 65536", "nop preference 1", {"invalid sport range 65536"}},
       {"nop preference 1 dport 5-", "nop preference 1", {"invalid dport range 5-"}},
       {"nop preference 1 track_group G",
        "nop preference 1",
        {"Static rule cannot have track_group if dev/iif not specified"}},
       {"inet6 table 5 preference 1",
        "table 5 preference 1 inet6",
        {"'inet6' stands before 'table', which keepalived 2.4.3 then ignores"}}});
}

TEST_CASE("an address that is refused or repaired") {
  check_mistakes("static_ipaddress",
                 {{"10.0.0", "", {"VRRP parsed invalid IP 10.0.0. skipping IP..."}},
                  {"10.0.0.5 dev", "", {"No dev parameter specified for 10.0.0.5"}},
                  {"10.0.0.5 dev lo dev lo",
                   "",
                   {"Cannot specify ipaddress device more than once for 10.0.0.5"}},
                  {"10.0.0.5 use_vmac",
                   "10.0.0.5/32 dev eth0",
                   {"Unknown configuration entry 'use_vmac' for ip address - ignoring"}},
                  {"10.0.0.5/24 peer 10.0.0.6",
                   "10.0.0.5 peer 10.0.0.6 dev eth0",
                   {"Cannot specify address prefix when specifying peer address - ignoring"}},
                  {"10.0.0.5 brd +",
                   "10.0.0.5/32 dev eth0",
                   {"Address prefix length 32 too long for broadcast"}},
                  {"::1 scope link label x",
                   "::1/128 dev eth0 preferred_lft 0",
                   {"Cannot specify scope for IPv6 addresses (::1) - ignoring scope",
                    "Cannot specify label for IPv6 addresses (::1) - ignoring label"}},
                  {"10.0.0.5 preferred_lft 4294967296",
                   "10.0.0.5/32 dev eth0",
                   {"number '4294967296' outside unsigned integer range",
                    "preferred_lft 4294967296 is invalid"}},
                  {"10.0.0.5 track_group X", "10.0.0.5/32 dev eth0", {"track_group X not found"}}});
}

TEST_CASE("a word is missing") {
  check_missing("static_routes",
                {"to", "blackhole", "10.0.0.0/8 via", "10.0.0.0/8 via inet", "10.0.0.0/8 mtu lock",
                 "10.0.0.0/8 dev eth0 table", "10.0.0.0/8 nexthop weight", "10.0.0.0/8 as",
                 "10.0.0.0/8 dev eth0 track_group", "10.0.0.0/8 congctl lock"});
  check_missing("static_rules", {"from", "nop preference", "type", "nop sport", "goto"});
}
