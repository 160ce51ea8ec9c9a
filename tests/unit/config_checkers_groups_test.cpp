// virtual_server_group: what its lines mean, and what becomes of the virtual servers that use it.
#include <catch2/catch.hpp>

#include "tests/support/balancing_text.hpp"

using namespace understudy;
using namespace understudy::test;

namespace {

using Lines = std::vector<std::string>;

IpAddress ip(const char* text) { return *IpAddress::parse(text); }

std::string group_text(const std::string& lines) {
  return "virtual_server_group G {\n" + lines + "\n}\n";
}

checkers::VirtualServerGroup read_group(const std::string& lines) {
  return load_text(group_text(lines)).config.checkers.groups.at(0);
}

/// A virtual server of group G by tunnel, so that any real server will do.
std::string user_text(const std::string& more = {}) {
  return "virtual_server group G {\nlvs_sched rr\nlvs_method TUN\n" + more +
         "\nreal_server 10.0.0.9 {\n}\n}\n";
}

struct Range {
  const char* text;
  const char* first;
  const char* last;
};

}  // namespace

TEST_CASE("a line of a group is an address, a range or a network, and a port") {
  const auto range = GENERATE(
      Range{"10.0.0.1", "10.0.0.1", "10.0.0.1"}, Range{"10.0.0.1-5", "10.0.0.1", "10.0.0.5"},
      Range{"10.0.0.1-10.0.2.7", "10.0.0.1", "10.0.2.7"},
      Range{"10.0.0.1-10.0.0.1", "10.0.0.1", "10.0.0.1"},
      Range{"10.0.0.0/24", "10.0.0.0", "10.0.0.255"}, Range{"10.0.0.8/29", "10.0.0.8", "10.0.0.15"},
      Range{"10.0.0.1/32", "10.0.0.1", "10.0.0.1"},
      Range{"2001:db8::1-1f", "2001:db8::1", "2001:db8::1f"},
      Range{"2001:db8::1-2001:db8::2:1", "2001:db8::1", "2001:db8::2:1"},
      Range{"2001:db8::/125", "2001:db8::", "2001:db8::7"},
      Range{"2001:db8::/64", "2001:db8::", "2001:db8::ffff:ffff:ffff:ffff"},
      Range{"2001:db8::1/128", "2001:db8::1", "2001:db8::1"});
  INFO(range.text);
  const auto group = read_group(std::string(range.text) + " 80");
  REQUIRE(group.addresses.size() == 1);
  CHECK(group.addresses[0] == checkers::GroupAddresses{ip(range.first), ip(range.last), Port(80)});
  CHECK(group.marks.empty());
}

TEST_CASE("a port of 0 is none") {
  CHECK(read_group("10.0.0.1").addresses.at(0).port == Port(0));
  CHECK(read_group("10.0.0.1 000").addresses.at(0).port == Port(0));
}

TEST_CASE("a firewall mark may have a family") {
  CHECK(read_group("fwmark 4294967295 inet6\nfwmark 0 inet").marks ==
        std::vector<checkers::GroupMark>{{4294967295, Family::ipv6}, {0, Family::ipv4}});
  CHECK(read_group("fwmark 1").marks == std::vector<checkers::GroupMark>{{1, Family::none}});
}

TEST_CASE("what is no line of a group is left out and said") {
  struct Wrong {
    const char* line;
    Lines messages;
  };
  const auto wrong = GENERATE(
      Wrong{"10.0.0.1/24 80", {"Address mask bits not empty - 10.0.0.1/24 - skipping"}},
      Wrong{"10.0.0.1/33 80", {"Invalid netmask - 10.0.0.1/33 - skipping"}},
      Wrong{"10.0.0.1/ 80", {"Invalid netmask - 10.0.0.1/ - skipping"}},
      Wrong{"10.0.0.0/0 80", {"Invalid netmask - 10.0.0.0/0 - skipping"}},
      Wrong{"10.0.0.5-10.0.0.2 80",
            {"Address range end is less than address range start - 10.0.0.5-10.0.0.2 - skipping"}},
      Wrong{"10.0.0.5-5 80",
            {"Address range end is not greater than address range start - 10.0.0.5-5 - skipping"}},
      Wrong{"10.0.0.5-256 80", {"Virtual server group range '10.0.0.5-256' end '256' too large"}},
      Wrong{"10.0.0.5-99999999999999999999999 80",
            {"Virtual server group range '10.0.0.5-99999999999999999999999' end "
             "'99999999999999999999999' too large"}},
      Wrong{"10.0.0.5-9x 80",
            {"Virtual server group range '10.0.0.5-9x' has extra characters at end 'x'"}},
      Wrong{"2001:db8::1-10000 80",
            {"Virtual server group range '2001:db8::1-10000' end '10000' too large"}},
      Wrong{"1.2.3 80", {"Invalid virtual server group IP address 1.2.3 /port/80 - skipping"}},
      Wrong{"1.2.3.4 65536",
            {"number '65536' outside range [1, 65535]",
             "Invalid virtual server group IP address 1.2.3.4 /port/65536 - skipping"}},
      Wrong{"fwmark x",
            {"invalid number 'x'", "(G): fwmark 'x' must be in [0, 4294967295] - ignoring"}},
      Wrong{"fwmark 1 ipv4", {"(G): fwmark '1' family ipv4 unknown - ignoring"}});
  INFO(wrong.line);
  const auto loaded = load_text(group_text("192.0.2.1 80\n" + std::string(wrong.line)));
  CHECK(said(loaded) == wrong.messages);
  CHECK(loaded.test_status == 5);
  const auto& group = loaded.config.checkers.groups.at(0);
  CHECK(group.addresses.size() == 1);
  CHECK(group.marks.empty());
}

TEST_CASE("a group without a line, or that would be of three families, goes") {
  const auto empty = load_text(group_text(""));
  CHECK(said(empty) == Lines{"virtual server group G has no entries - removing"});
  CHECK(empty.config.checkers.groups.empty());

  const auto mixed = load_text(group_text("10.0.0.1 80\n2001:db8::1 80\nfwmark 1"));
  CHECK(said(mixed) == Lines{"virtual server group G cannot have IPv4, IPv6 and fwmark without "
                             "family - removing"});
  CHECK(mixed.config.checkers.groups.empty());
  CHECK(load_text(group_text("10.0.0.1 80\n2001:db8::1 80\nfwmark 1 inet")).test_status == 0);
}

TEST_CASE("a group has one name") {
  CHECK(load_text("virtual_server_group {\n10.0.0.1\n}\n").test_status == 2);
  CHECK(load_text("virtual_server_group G H {\n10.0.0.1\n}\n").test_status == 2);
  CHECK(load_text("virtual_server_group G {\nfwmark\n}\n").test_status == 2);
  CHECK(load_text("virtual_server group {\n}\n").test_status == 2);
}

TEST_CASE("a virtual server of a group has its family, wherever the group stands") {
  const auto family = [](const std::string& lines) {
    const auto loaded = load_text(user_text("protocol UDP") + group_text(lines));
    return loaded.config.checkers.virtual_servers.at(0).family;
  };
  CHECK(family("10.0.0.1 80") == Family::ipv4);
  CHECK(family("2001:db8::1 80") == Family::ipv6);
  CHECK(family("10.0.0.1 80\n2001:db8::1 80") == Family::none);
  CHECK(family("fwmark 1 inet6") == Family::ipv6);
  CHECK(family("fwmark 1") == Family::ipv4);
}

TEST_CASE("a virtual server that does not fit its group is left out") {
  const auto notes = [](const std::string& text) {
    const auto loaded = load_text(text);
    CHECK(loaded.config.checkers.virtual_servers.empty());
    CHECK(loaded.test_status == 0);
    return said(loaded, true);
  };
  CHECK_THAT(notes(user_text()),
             Catch::VectorContains(std::string("Virtual server group G specified but not "
                                               "configured - ignoring virtual server [G]:0")));
  CHECK_THAT(notes(group_text("10.0.0.1 80") + user_text("ip_family inet6")),
             Catch::VectorContains(
                 std::string("G: address family doesn't match virtual server [G]:0 - ignoring")));
  CHECK_THAT(notes(group_text("10.0.0.1 80\n2001:db8::1 80") + user_text("ip_family inet")),
             Catch::VectorContains(std::string(
                 "G: virtual server group with IPv4 & IPv6 doesn't match virtual server [G]:0 - "
                 "ignoring")));
}

TEST_CASE("virtual servers of one group are told apart by their place") {
  const auto loaded =
      load_text(group_text("10.0.0.1 80") + user_text("protocol TCP") + user_text("protocol UDP"));
  const auto& services = loaded.config.checkers.virtual_servers;
  REQUIRE(services.size() == 2);
  CHECK(services[0].group == "G");
  CHECK(services[0].group_place == 0);
  CHECK(services[1].group_place == 1);
}

TEST_CASE("protocol, persistence and ports are looked at line by line") {
  const std::string server = "virtual_server group G {\nlvs_sched rr\n";
  const auto loaded = load_text(group_text("10.0.0.1 80\n10.0.0.2\nfwmark 7") + server +
                                "ha_suspend\nlvs_method DR\nreal_server 10.0.0.9 81 {\n}\n"
                                "sorry_server 10.0.0.8 82\n}\n");
  CHECK(said(loaded) ==
        Lines{"Virtual server [G]:0: cannot use ha_suspend with fwmarks - clearing ha_suspend",
              "Virtual server [G]:0: no protocol set - defaulting to UDP",
              "Virtual server [G]:0: zero port only valid for persistent services - setting",
              "WARNING - fwmark virtual server [G]:0, real server [10.0.0.9]:udp:81 has port "
              "specified - port will be ignored",
              "WARNING - fwmark virtual server [G]:0, sorry server has port specified - port will "
              "be ignored",
              "virtual server [G]:0:[10.0.0.1,80] and real server [10.0.0.9]:udp:81 ports don't "
              "match",
              "WARNING - virtual server [G]:0, sorry server has port specified - port will be "
              "ignored",
              "virtual server [G]:0:[10.0.0.2,0] and real server [10.0.0.9]:udp:81 ports don't "
              "match",
              "WARNING - virtual server [G]:0, sorry server has port specified - port will be "
              "ignored"});
  const auto& service = loaded.config.checkers.virtual_servers.at(0);
  CHECK_FALSE(service.ha_suspend);
  CHECK(service.persistence_timeout == 360);
  CHECK(service.real_servers.at(0).endpoint.port == Port(81));

  const auto marks = load_text(group_text("fwmark 7") + server +
                               "protocol TCP\nlvs_method NAT\nreal_server 10.0.0.9 81 {\n}\n}\n");
  CHECK(said(marks) == Lines{"Warning: Virtual server [G]:0: protocol specified for fwmark - "
                             "protocol will be ignored"});
}

TEST_CASE("of two groups with one name the first counts") {
  const auto loaded = load_text(
      "virtual_server_group G {\n10.0.0.1 80\n}\n"
      "virtual_server_group G {\n2001:db8::1 80\n}\n" +
      user_text("protocol TCP"));
  CHECK(loaded.config.checkers.virtual_servers.at(0).family == Family::ipv4);
}
