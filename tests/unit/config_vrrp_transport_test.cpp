// How adverts travel and are signed: unicast, virtual MACs, ipvlan, auth_hmac.
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "tests/support/vrrp_text.hpp"

using namespace understudy;
using namespace understudy::test;
using namespace std::chrono_literals;

namespace {

const std::string kPeers = "unicast_peer {\n 10.0.0.10\n }\n";
const std::string kSecret = "abcdefghijklmnopqrstuvwxyz012345";

IpAddress ip(const char* text) { return *IpAddress::parse(text); }

std::string hmac(const std::string& more) { return instance("auth_hmac {\n " + more + "\n }"); }

}  // namespace

TEST_CASE("unicast peers, and the hop limits that make their source checked") {
  const auto plain = only_instance("unicast_src_ip 10.0.0.9\n " + kPeers);
  CHECK(plain.is_unicast());
  CHECK(plain.mcast_source == ip("10.0.0.9"));
  CHECK(plain.unicast->ttl == 255);
  CHECK_FALSE(plain.unicast->check_source);
  const auto limited = only_instance(
      "unicast_peer {\n 10.0.0.10 min_ttl 254\n 10.0.0.11 max_ttl 3 min_ttl 1\n }\n unicast_ttl "
      "64\n"
      "old_unicast_checksum never");
  CHECK(limited.unicast->check_source);
  CHECK(limited.unicast->ttl == 64);
  CHECK(limited.unicast->old_checksum == vrrp::UnicastConfig::OldChecksum::never);
  CHECK(limited.unicast->peers ==
        std::vector<vrrp::UnicastPeer>{{ip("10.0.0.10"), 254, 255}, {ip("10.0.0.11"), 1, 3}});
}

TEST_CASE("a wrong peer is named and left out") {
  const auto loaded = load_text(
      instance("unicast_peer {\n 10.0.0.10\n 10.0.0.10\n fe80::1\n x\n 10.0.0.11 min_ttl\n"
               "10.0.0.12 ttl 3\n 10.0.0.13 min_ttl 9 max_ttl 8\n }"));
  for (const char* message : {
           "(F: Line 9) (A) 10.0.0.10 - duplicate unicast_peer",
           "(F: Line 10) Configuration error: VRRP instance[A] and unicast peer address[fe80::1] "
           "MUST be of the same family !!! Skipping...",
           "(F: Line 11) Configuration error: VRRP instance[A] malformed unicast peer address[x]. "
           "Skipping...",
           "(F: Line 12) (A) 10.0.0.11 - min_ttl is missing a value",
           "(F: Line 13) (A) 10.0.0.12 - unknown unicast_peer option ttl",
           "(F: Line 14) (A) 10.0.0.13 - min_ttl 9 > max_ttl 8 - all packets will be discarded",
       }) {
    INFO(message);
    CHECK(says(loaded, message));
  }
  CHECK(first_of(loaded).unicast->peers.size() == 4);
}

TEST_CASE("unicast keywords without a peer mean multicast, or FAULT on demand") {
  const auto loaded = load_text(instance("unicast_src_ip 10.0.0.9\n unicast_ttl 5"));
  CHECK(loaded.test_status == 5);
  CHECK(says(loaded, "(F: Line 9) (A): Cannot use unicast_ttl without unicast peers - resetting"));
  CHECK(says(loaded,
             "(A) A unicast keyword has been specified without any unicast peers. Defaulting to "
             "multicast. This usage is deprecated - please update your configuration."));
  CHECK_FALSE(first_of(loaded).disabled);
  const auto fault = load_text(instance("unicast_fault_no_peer"));
  CHECK(fault.test_status == 0);
  CHECK(first_of(fault).disabled);
}

TEST_CASE("an instance without interface needs a source, and a device for each address") {
  const auto text = [](const std::string& more) {
    return "vrrp_instance A {\n virtual_router_id 5\n virtual_ipaddress {\n  10.0.0.1/24\n"
           "  10.0.0.2 dev eth0\n }\n " +
           more + "\n}\n";
  };
  CHECK(load_text(text("")).start_refusal == "(A) Unknown interface!");
  CHECK(load_text(text(kPeers)).start_refusal ==
        "(A): Unicast instances must have unicast_src_ip or interface");
  const auto loaded = load_text(text(kPeers + "unicast_src_ip 10.0.0.9"));
  CHECK(loaded.start_refusal.empty());
  CHECK(says(loaded, "(A): no interface for vip 10.0.0.1/24 - removing"));
  CHECK(first_of(loaded).addresses.size() == 1);
  CHECK(load_text(text(kPeers + "unicast_src_ip 10.0.0.9\n use_vmac")).test_status == 5);
}

TEST_CASE("unicast and strict mode exclude each other, as do unicast and a group") {
  CHECK(load_text(instance("strict_mode\n " + kPeers)).start_refusal ==
        "(A) Unicast peers are not supported in strict mode");
  CHECK(says(load_text(instance("mcast_dst_ip 224.0.0.99\n " + kPeers)),
             "(A) multicast destination specified with unicast - ignoring"));
  LoadOptions options = load_options();
  (*options.interfaces)["eth0"].multicast = false;
  const auto without = load_text(instance("strict_mode\n " + kPeers), options);
  CHECK(without.start_refusal.empty());
  const auto multicast = load_text(instance(""), options);
  CHECK(says(multicast,
             "(A) interface eth0 does not support multicast, specify unicast peers - disabling"));
  CHECK(first_of(multicast).disabled);
}

TEST_CASE("use_vmac: name, address, group, in any order") {
  CHECK(only_instance("use_vmac").vmac->used);
  const auto config = only_instance(
      "use_vmac 02:00:00:00:01 name vr5 netlink_notify_msg group 7\n use_vmac_addr\n"
      "vmac_xmit_base");
  const vrrp::VirtualMac& vmac = *config.vmac;
  CHECK(vmac.name == "vr5");
  CHECK(vmac.address == std::array<std::uint8_t, 6>{2, 0, 0, 0, 1, 5});
  CHECK(vmac.address_ends_in_vrid);
  CHECK(vmac.netlink_notify);
  CHECK(vmac.group == 7U);
  CHECK(vmac.for_addresses);
  CHECK(vmac.transmit_on_base);
}

TEST_CASE("addresses and names a virtual MAC cannot have") {
  struct Case {
    const char* words;
    const char* message;
  };
  const Case cases[] = {
      {"01:00:00:00:00:01", "VMAC MAC address is multicast 01:00:00:00:00:01 - ignoring"},
      {"00:00:5e:00:01:07",
       "VMAC MAC address not allowed to be RFC5798 address (00:00:5e:00:01:07) - ignoring"},
      {"02:00:00:00", "VMAC invalid MAC address 02:00:00:00 - ignored"},
      {"02:00:00:00:00:xx", "VMAC invalid MAC address 02:00:00:00:00:xx"},
      {"02:00:00:00:01 02:00:00:00:02", "VMAC interface address already specified"},
      {"a b", "VMAC interface name already specified"},
      {"a/b", "VMAC interface name 'a/b' too long or invalid characters - ignoring"},
      {"group nosuchgroup", "VMAC group nosuchgroup not found"},
      {"eth1",
       "(A) interface eth1 already exists and is not a private macvlan; ignoring vmac "
       "if_name"},
  };
  for (const Case& row : cases) {
    INFO(row.words);
    const auto loaded = load_text(instance(std::string("use_vmac ") + row.words));
    CHECK(loaded.test_status == 5);
    CHECK(says(loaded, std::string("(F: Line 7) ") + row.message));
  }
  CHECK(load_text(instance("use_vmac name")).test_status == 2);
}

TEST_CASE("two instances cannot have one virtual interface") {
  const auto loaded =
      load_text(instance("use_vmac vr") + instance("use_vmac vr", "B", 6, "10.0.0.2"));
  CHECK(says(loaded, "(F: Line 15) (B) VRRP instance A is already using vr - ignoring name"));
}

TEST_CASE("what an interface is decides what can be on it") {
  LoadOptions options = load_options();
  auto& interfaces = *options.interfaces;
  interfaces["vr5"].kind = InterfaceFacts::Kind::private_macvlan;
  interfaces["vr5"].base = "eth0";
  interfaces["tun0"].ethernet = false;
  CHECK(messages(load_text(instance("use_vmac vr5"), options)).empty());
  const auto tunnel = load_text(
      "vrrp_instance A {\n interface tun0\n virtual_router_id 5\n use_vmac\n virtual_ipaddress {\n"
      "10.0.0.1\n }\n}\n",
      options);
  CHECK(says(tunnel, "(A): vmacs are only supported on Ethernet type interfaces"));
  CHECK(first_of(tunnel).disabled);
  const auto same_network =
      load_text(instance("") +
                    "vrrp_instance B {\n interface vr5\n virtual_router_id 5\n"
                    "virtual_ipaddress {\n 10.0.0.2\n }\n}\n",
                options);
  CHECK(same_network.start_refusal == "A and B both use VRID 5 with IPv4 on interface eth0");
  CHECK(says(load_text("linkbeat_interfaces {\n vr5\n}\n", options),
             "(F: Line 2) (vr5): linkbeat not supported for vmacs since netlink works"));
}

TEST_CASE("use_ipvlan: its address is the source of adverts") {
  const auto config = only_instance("use_ipvlan iv0 10.0.0.9/24 vepa group 3");
  CHECK(config.ipvlan->used);
  CHECK(config.ipvlan->name == "iv0");
  CHECK(config.ipvlan->address == Prefix{ip("10.0.0.9"), 24});
  CHECK(config.ipvlan->mode == vrrp::Ipvlan::Mode::vepa);
  CHECK(config.mcast_source == ip("10.0.0.9"));
  CHECK_FALSE(config.disabled);
  const auto without = load_text(instance("use_ipvlan private vepa\n promote_secondaries"));
  CHECK(says(without, "(F: Line 7) (A) ipvlan type already specified - ignoring 'vepa'"));
  CHECK(says(without, "(A) promote_secondaries is automatically set for vmacs - ignoring"));
  CHECK(says(without,
             "(A) IPv4 ipvlan requires a source ip address to be configured. setting instance to "
             "fault state"));
  CHECK(first_of(without).disabled);
}

TEST_CASE("auth_hmac: keys as text, as octets and from a file") {
  std::string path = "/tmp/understudy_key_XXXXXX";
  close(mkstemp(path.data()));
  std::ofstream(path) << "hex:" << std::string(64, 'a') << "\r\n";
  const auto text = hmac("key 1 " + kSecret + "\n key 2 hex:" + std::string(128, 'f') +
                         "\n key 3 file:" + path + "\n active_key 2");
  const auto loaded = load_text(text);
  CHECK(messages(loaded).empty());
  const auto hmac_of = *first_of(loaded).hmac;
  REQUIRE(hmac_of.keys.size() == 3);
  CHECK(hmac_of.keys[0].secret == kSecret);
  CHECK(hmac_of.keys[1].secret == std::string(64, '\xff'));
  CHECK(hmac_of.keys[2].secret == std::string(32, '\xaa'));
  CHECK(hmac_of.active_key == 2);
  CHECK(hmac_of.time_window == 5s);
  CHECK(hmac_of.mode == vrrp::HmacAuthentication::Mode::enforce);

  // A child is told what was read, and does not look again.
  unlink(path.c_str());
  LoadOptions child = load_options();
  child.interfaces.reset();
  const auto decoded = decode_config(expanded_text(loaded, Part::all), child);
  REQUIRE(decoded.has_value());
  CHECK((*decoded == loaded.config));
}

TEST_CASE("a key others can read is a matter of security") {
  std::string path = "/tmp/understudy_key_XXXXXX";
  close(mkstemp(path.data()));
  std::ofstream(path) << kSecret;
  chmod(path.c_str(), 0644);
  const auto loaded = load_text(hmac("key 1 file:" + path + "\n active_key 1"));
  CHECK(loaded.test_status == 6);
  CHECK(says(loaded,
             "(F: Line 8) (A) auth_hmac key file '" + path + "' is readable by group or others"));
  unlink(path.c_str());
}

TEST_CASE("what auth_hmac refuses") {
  struct Case {
    std::string words;
    const char* message;
  };
  const Case cases[] = {
      {"key 1 short", "(A) auth_hmac key 1 length 5 not in range [32, 64]"},
      {"key 1 hex:0g", "(A) auth_hmac key 1 length 0 not in range [32, 64]"},
      {"key 0 " + kSecret, "(A) auth_hmac key id '0' must be between 1 and 255"},
      {"key 1", "(A) auth_hmac key needs an id and a value"},
      {"key 1 file:/nonexistent/key", "(A) auth_hmac key file '/nonexistent/key' cannot be opened"},
      {"time_window 301", "(A) auth_hmac time_window '301' must be between 1 and 300 seconds"},
      {"anti_replay never", "(A) auth_hmac anti_replay 'never' must be time or monotonic"},
      {"mode off", "(A) auth_hmac mode 'off' must be enforce, permissive or receive-only"},
  };
  for (const Case& row : cases) {
    INFO(row.words);
    const auto loaded = load_text(hmac(row.words));
    CHECK(loaded.test_status == 5);
    CHECK(says(loaded, std::string("(F: Line 8) ") + row.message));
    CHECK_FALSE(first_of(loaded).hmac->used());
  }
  const auto twice = load_text(hmac("key 1 " + kSecret + "\n key 1 " + kSecret));
  CHECK(says(twice, "(F: Line 9) (A) duplicate auth_hmac key id 1"));
  CHECK(says(twice, "(A) auth_hmac active_key 0 is not defined, disabling extension"));
}

TEST_CASE("auth_hmac takes the place of authentication, and its window follows the interval") {
  const auto loaded =
      load_text(instance("advert_int 20\n authentication {\n auth_type PASS\n"
                         "auth_pass x\n }\n auth_hmac {\n key 1 " +
                         kSecret + "\n active_key 1\n }"));
  CHECK(says(loaded, "(A) auth_hmac cannot be combined with authentication, dropping legacy auth"));
  CHECK(first_of(loaded).authentication == vrrp::Authentication::none);
  CHECK(first_of(loaded).hmac->time_window == 60s);
  const auto monotonic =
      first_of(load_text(hmac("key 1 " + kSecret + "\n active_key 1\n anti_replay monotonic")));
  CHECK(monotonic.hmac->time_window == 0s);
}
