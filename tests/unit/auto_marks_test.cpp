// Marks that this program chooses for virtual server groups, and the rules that set them.
#include "checkers/auto_marks.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace understudy::checkers {
namespace {

IpAddress address(const char* text) { return *IpAddress::parse(text); }

GroupAddresses one(const char* text, unsigned port) {
  return {address(text), address(text), Port(static_cast<std::uint16_t>(port))};
}

VirtualServer server(const std::string& group, Protocol protocol = Protocol::tcp) {
  VirtualServer result;
  result.group = group;
  result.protocol = protocol;
  return result;
}

CheckersConfig two_groups() {
  CheckersConfig config;
  config.groups = {{"WEB", {one("10.0.0.1", 80)}, {}}, {"DNS", {one("fd00::1", 53)}, {}}};
  config.virtual_servers = {server("WEB"), server("DNS", Protocol::udp), server("DNS")};
  return config;
}

TEST_CASE("Marks are given in the order of the virtual servers", "[marks]") {
  const auto marks = assign_marks(two_groups(), 1000, {});
  CHECK(marks == AutoMarks{{{"WEB", Protocol::tcp}, 1000},
                           {{"DNS", Protocol::udp}, 1001},
                           {{"DNS", Protocol::tcp}, 1002}});
  CHECK(mark_of(marks, server("DNS", Protocol::udp)) == 1001);
  CHECK(mark_of(marks, server("WEB", Protocol::sctp)) == 0);
  CHECK(mark_of(marks, server("")) == 0);
}

TEST_CASE("Virtual servers of one group and protocol share a mark", "[marks]") {
  auto config = two_groups();
  config.virtual_servers = {server("WEB"), server("WEB")};
  CHECK(assign_marks(config, 5, {}).size() == 1);
}

TEST_CASE("A group with marks of its own gets none", "[marks]") {
  auto config = two_groups();
  config.groups[0].marks = {{7, Family::ipv4}};
  CHECK_FALSE(assign_marks(config, 1000, {}).contains({"WEB", Protocol::tcp}));
}

TEST_CASE("Marks are kept, and one that goes is not given again at once", "[marks]") {
  const auto before = assign_marks(two_groups(), 1000, {});
  auto config = two_groups();
  config.groups.push_back({"NEW", {one("10.0.0.9", 80)}, {}});
  config.virtual_servers = {server("NEW"), server("DNS")};
  CHECK(assign_marks(config, 1000, before) ==
        AutoMarks{{{"NEW", Protocol::tcp}, 1003}, {{"DNS", Protocol::tcp}, 1002}});
}

TEST_CASE("Configured marks are not given, and the last number is followed by the first",
          "[marks]") {
  auto config = two_groups();
  config.virtual_servers[0].fwmark = 0;
  VirtualServer by_mark;
  by_mark.fwmark = 0xffffffff;
  config.virtual_servers.push_back(by_mark);
  const auto marks = assign_marks(config, 0xfffffffe, {});
  CHECK(marks == AutoMarks{{{"WEB", Protocol::tcp}, 0xfffffffe},
                           {{"DNS", Protocol::udp}, 1},
                           {{"DNS", Protocol::tcp}, 2}});
}

TEST_CASE("The rules: a map for each protocol, one transaction for both families", "[marks]") {
  CheckersConfig config;
  config.groups = {{"WEB",
                    {one("10.0.0.1", 80),
                     {address("10.0.1.0"), address("10.0.1.15"), Port(8080)},
                     one("10.0.0.1", 80),
                     one("10.0.0.7", 0),
                     one("fd00::1", 80)},
                    {}}};
  config.virtual_servers = {server("WEB"), server("WEB", Protocol::udp)};
  const auto marks = assign_marks(config, 1000, {});
  const std::string v4 =
      "10.0.0.1 . 80 : {0}, 10.0.1.0-10.0.1.15 . 8080 : {0}, 10.0.0.7 . 0-65535 : {0}";
  const auto with = [](std::string text, const std::string& mark) {
    for (auto at = text.find("{0}"); at != std::string::npos; at = text.find("{0}")) {
      text.replace(at, 3, mark);
    }
    return text;
  };
  CHECK(mark_commands({"marks", -5, false}, config, marks) ==
        "add table ip marks\n"
        "delete table ip marks\n"
        "table ip marks {\n"
        "map tcp_map { type ipv4_addr . inet_service : mark; flags interval; elements = { " +
            with(v4, "1000") +
            " } }\n"
            "map udp_map { type ipv4_addr . inet_service : mark; flags interval; elements = { " +
            with(v4, "1001") +
            " } }\n"
            "chain in {\n"
            "type filter hook input priority -5; policy accept;\n"
            "meta l4proto tcp meta mark set ip daddr . tcp dport map @tcp_map counter return\n"
            "meta l4proto udp meta mark set ip daddr . udp dport map @udp_map counter return\n"
            "}\n"
            "}\n"
            "add table ip6 marks\n"
            "delete table ip6 marks\n"
            "table ip6 marks {\n"
            "map tcp_map { type ipv6_addr . inet_service : mark; flags interval; elements = { "
            "fd00::1 . 80 : 1000 } }\n"
            "map udp_map { type ipv6_addr . inet_service : mark; flags interval; elements = { "
            "fd00::1 . 80 : 1001 } }\n"
            "chain in {\n"
            "type filter hook input priority -5; policy accept;\n"
            "meta l4proto tcp meta mark set ip6 daddr . tcp dport map @tcp_map counter return\n"
            "meta l4proto udp meta mark set ip6 daddr . udp dport map @udp_map counter return\n"
            "}\n"
            "}\n");
}

TEST_CASE("Without marks the tables only go", "[marks]") {
  CHECK(mark_commands({"marks"}, {}, {}) ==
        "add table ip marks\ndelete table ip marks\nadd table ip6 marks\ndelete table ip6 marks\n");
}

}  // namespace
}  // namespace understudy::checkers
