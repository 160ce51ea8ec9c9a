// A text that is decoded against the one before it: what is the same is left out, and with it
// filled in the value is what it is without.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "daemon/config.hpp"
#include "tests/support/config_file.hpp"

namespace understudy {
namespace {

std::string service(const std::string& address, const std::string& more = " lb_algo rr\n",
                    const std::string& weight = "1") {
  return "virtual_server " + address + " 80 {\n" + more +
         " lb_kind DR\n protocol TCP\n real_server 10.1.0.1 80 {\n  weight " + weight +
         "\n  TCP_CHECK {\n   connect_timeout 3\n  }\n }\n}\n";
}

const std::string kGlobal = "global_defs {\n router_id R\n}\n";
const std::string kFirst = service("10.0.0.1");
const std::string kSecond = service("10.0.0.2");
const std::string kThird = service("10.0.0.3");

Bytes expanded(const std::string& text) {
  return expanded_text(test::load_text(text), Part::checkers);
}

Decoded decoded(const Bytes& text, const run::TextBefore& before = {}) {
  return decode_against(text, test::load_options(), before).value();
}

/// With what was left out taken from `before`.
Config filled(Decoded next, const Config& before) {
  auto& servers = next.config.checkers.virtual_servers;
  for (const auto& [index, index_before] : next.unchanged) {
    CHECK(servers.at(index) == checkers::VirtualServer());
    servers.at(index) = before.checkers.virtual_servers.at(index_before);
  }
  return std::move(next.config);
}

struct Change {
  const char* what;
  std::string before;
  std::string after;
  std::size_t unchanged;
};

TEST_CASE("what is the same in two texts need not be read again") {
  const auto scripted = [](const std::string& address) {
    return service(address, " quorum_up \"/bin/true\"\n");
  };
  const auto grouped = service("group G") + "virtual_server_group G {\n 10.0.0.9 80\n}\n";
  const std::string unowned =
      "virtual_server 10.0.0.4 80 {\n protocol TCP\n real_server 10.1.0.1 80 {\n  MISC_CHECK {\n"
      "   misc_path /bin/true\n   user no_such_user_here\n  }\n }\n}\n";
  const std::string all = kGlobal + kFirst + kSecond + kThird;
  const std::string of_two =
      "virtual_server 10.0.0.4 80 { real_server 10.1.0.1 80 { } } "
      "virtual_server 10.0.0.5 80 {\n real_server 10.1.0.1 80 {\n }\n}\n";
  const auto test = GENERATE_REF(values<Change>({
      {"nothing", all, all, 3},
      {"a weight", all, kGlobal + kFirst + service("10.0.0.2", " lb_algo rr\n", "7") + kThird, 2},
      {"a keyword more", all, kGlobal + kFirst + service("10.0.0.2", " quorum 1\n") + kThird, 2},
      {"one more in front", all, kGlobal + service("10.0.0.4") + kFirst + kSecond + kThird, 3},
      {"one less", all, kGlobal + kFirst + kThird, 2},
      {"another order", all, kGlobal + kThird + kFirst + kSecond, 3},
      {"lines between", all, kGlobal + "\n\n" + kFirst + "# a comment\n" + kSecond + kThird, 3},
      {"the same twice", all, all + kFirst, 4},
      {"nothing, one of a line of its own", all + of_two, all + of_two, 3},
      {"all", kFirst, kSecond, 0},
      {"from nothing", kGlobal, all, 0},
      {"to nothing", all, kGlobal, 0},
      {"a global setting", all, "global_defs {\n router_id S\n}\n" + kFirst, 0},
      {"a global setting that servers have", all,
       "global_defs {\n router_id R\n smtp_alert on\n}\n" + kFirst, 0},
      {"a global setting less", all, kFirst, 0},
      {"nothing, with a script", scripted("10.0.0.4") + kFirst, scripted("10.0.0.4") + kFirst, 1},
      {"nothing, with a user that is not there", unowned + kFirst, unowned + kFirst, 1},
      {"nothing, with a group", grouped + kFirst, grouped + kFirst, 0},
      {"the group", grouped + kFirst, grouped + service("group G", "") + kFirst, 0},
      {"a file that is tracked", kFirst, "track_file F {\n file /dev/null\n}\n" + kFirst, 0},
      {"a session", kFirst, "bfd_instance B {\n neighbor_ip 10.0.0.1\n}\n" + kFirst, 0},
      {"a definition's value", "$W=1\n" + service("10.0.0.1", "", "$W") + kSecond,
       "$W=2\n" + service("10.0.0.1", "", "$W") + kSecond, 1},
  }));
  INFO(test.what);
  const Bytes text_before = expanded(test.before);
  const Bytes text = expanded(test.after);
  const Decoded before = decoded(text_before);
  CHECK(before.unchanged.empty());
  Decoded next = decoded(text, {text_before, before.places});
  CHECK(next.unchanged.size() == test.unchanged);
  CHECK(next.places.size() == decoded(text).places.size());
  const std::vector<std::uint32_t> places = next.places;
  const Config config = filled(std::move(next), before.config);
  CHECK(config == decode_config(text, test::load_options()).value());

  // And back, with the places of a text that was itself read against another.
  Decoded back = decoded(text_before, {text, places});
  CHECK(filled(std::move(back), config) == before.config);
}

TEST_CASE("however often a text changes, it means what it means read alone") {
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same changes in every run
  const auto below = [&random](unsigned limit) { return static_cast<unsigned>(random() % limit); };
  const std::vector<std::string> more{" lb_algo rr\n", " quorum 2\n", " delay_loop 9\n",
                                      " quorum_up \"/bin/true\"\n", " sorry_server 10.2.0.1 80\n"};
  Bytes text_before = expanded(kGlobal);
  Decoded first = decoded(text_before);
  std::vector<std::uint32_t> places = std::move(first.places);
  Config before = std::move(first.config);
  std::vector<std::string> services(6);
  std::size_t left_out = 0;
  for (int round = 0; round < 60; ++round) {
    CAPTURE(round);
    // One after the other: compilers differ in the order of arguments.
    std::string& one = services[below(6)];
    const bool gone = below(4) == 0;
    const std::string address = "10.0.0." + std::to_string(1 + below(8));
    const std::string& kind = more[below(5)];
    const std::string weight = std::to_string(1 + below(3));
    one = gone ? std::string() : service(address, kind, weight);
    if (below(5) == 0) std::ranges::shuffle(services, random);
    std::string all = below(8) == 0 ? std::string() : kGlobal;
    for (const auto& text : services) all += text;
    const Bytes text = expanded(all);
    Decoded next = decoded(text, {text_before, places});
    left_out += next.unchanged.size();
    places = next.places;
    before = filled(std::move(next), before);
    CHECK(before == decode_config(text, test::load_options()).value());
    text_before = text;
  }
  CHECK(left_out > 30);
}

TEST_CASE("a text before that is none is as if there were none") {
  const Bytes text = expanded(kFirst);
  const Bytes nonsense{1, 2, 3};
  CHECK(decoded(text, {nonsense, {}}).unchanged.empty());
  CHECK(decoded(text, {text, {}}).unchanged.empty());
}

TEST_CASE("a role that has not all rows takes the same words for blocks") {
  const Loaded loaded = test::load_text(
      "vrrp_instance V {\n interface eth0\n virtual_router_id 1\n track_file\n priority 77\n"
      " virtual_ipaddress {\n  10.0.0.1\n }\n}\n");
  REQUIRE(loaded.config.vrrp.instances.size() == 1);
  const Bytes text = expanded_text(loaded, Part::vrrp);
  CHECK(decode_config(text, test::load_options()).value().vrrp == loaded.config.vrrp);
}

}  // namespace
}  // namespace understudy
