// bfd_instance: what is taken in, what is said, and that what is written back reads as the same.
#include <catch2/catch.hpp>
#include <string>

#include "daemon/bfd/effective.hpp"
#include "tests/support/config_file.hpp"

namespace understudy::test {
namespace {

using Messages = std::vector<std::string>;
using std::chrono::microseconds;

std::string session(const std::string& lines, const std::string& name = "B") {
  return "bfd_instance " + name + " {\n" + lines + "\n}\n";
}

const std::string kNeighbor = "neighbor_ip 10.0.0.1\n";

bfd::SessionConfig only_session(const std::string& lines) {
  const auto loaded = load_text(session(lines));
  REQUIRE(loaded.config.bfd.sessions.size() == 1);
  return loaded.config.bfd.sessions[0];
}

TEST_CASE("each keyword of bfd_instance, and the defaults", "[bfd]") {
  bfd::SessionConfig usual;
  usual.name = "B";
  usual.neighbor = *IpAddress::parse("10.0.0.1");
  usual.ttl = 255;
  usual.to_vrrp = usual.to_checkers = true;
  CHECK(only_session(kNeighbor) == usual);
  CHECK(only_session("neighbour_ip fe80::1").ttl == 64);

  bfd::SessionConfig every = usual;
  every.source = *IpAddress::parse("10.0.0.2");
  every.min_rx = microseconds(1'000);
  every.min_tx = microseconds(1'500);
  every.idle_tx = microseconds(4'294'967'000);
  every.multiplier = 255;
  every.ttl = 200;
  every.max_hops = 199;
  every.multihop = every.passive = true;
  every.to_checkers = false;
  every.weight = -253;
  every.weight_reverse = true;
  CHECK(only_session(kNeighbor +
                     "source_ip 10.0.0.2\nmin_rx 1\nmin_tx 1.5\nidle_tx 4294967\nmultiplier 255\n"
                     "hoplimit 200\nmax_hops 199\nmultihop\npassive\nvrrp\nweight -253 reverse") ==
        every);
}

TEST_CASE("what is written back of BFD reads as the same value", "[bfd]") {
  for (const std::string lines :
       {"", "source_ip 10.0.0.2\nmin_rx 0.0001\nmin_tx 1.005\n", "idle_tx 2000\nmultiplier 1\n",
        "ttl 1\nmax_hops 1\nmultihop\npassive\n", "vrrp\nweight 5\n", "checker\n",
        "vrrp\nchecker\nweight 253 reverse\n"}) {
    INFO(lines);
    const auto once = load_text(session(kNeighbor + lines)).config.bfd;
    const auto again = load_text(parser::print_statements(bfd::effective(once)));
    CHECK(again.test_status == 0);
    CHECK((again.config.bfd == once));
  }
}

TEST_CASE("values that are refused in bfd_instance", "[bfd]") {
  const std::string who = "(F: Line 3) Configuration error: BFD instance B ";
  const auto said = [](const std::string& line) {
    return messages(load_text(session(kNeighbor + line)));
  };
  CHECK(said("min_rx 0.999") ==
        Messages{"(F: Line 3) number '0.999' outside range [1.000, 4294967.000]",
                 who + "min_rx value 0.999 is not valid (must be in range [1-4294967]), ignoring"});
  CHECK(
      said("idle_tx 999") ==
      Messages{"(F: Line 3) number '999' outside range [1000.000, 4294967.000]",
               who + "idle_tx value 999 is not valid (must be in range [1000-4294967]), ignoring"});
  CHECK(said("multiplier 256") ==
        Messages{"(F: Line 3) number '256' outside range [1, 255]",
                 who + "multiplier value 256 not valid (must be in range [1-255]), ignoring"});
  CHECK(said("weight 254 backwards") ==
        Messages{"(F: Line 3) number '254' outside range [-253, 253]",
                 who + "weight value 254 not valid (must be in range [-253-253]), ignoring",
                 who + "unknown weight option backwards"});
  CHECK(said("multihop maybe") == Messages{who + "multihop setting not valid - maybe"});
  CHECK(said("source_ip x") == Messages{who + "has malformed source address x, ignoring"});
}

TEST_CASE("a TTL bounds the hops; -1 stands for 255", "[bfd]") {
  const auto loaded = load_text(session(kNeighbor + "ttl 5\nmax_hops -1"));
  CHECK(messages(loaded) == Messages{"(F: Line 5) BFD instance B: max_hops exceeds ttl/hoplimit - "
                                     "setting to ttl/hoplimit"});
  CHECK(loaded.config.bfd.sessions.at(0).max_hops == 5);
  CHECK(only_session(kNeighbor + "max_hops -1").max_hops == 255);
}

TEST_CASE("sessions that there cannot be", "[bfd]") {
  const auto sessions_and_words = [](const std::string& text) {
    const auto loaded = load_text(text);
    return std::pair(loaded.config.bfd.sessions.size(), messages(loaded));
  };
  const std::string error = "Configuration error: BFD instance ";
  using Outcome = std::pair<std::size_t, Messages>;
  CHECK(sessions_and_words(session("")) ==
        Outcome{0, {"(F: Line 3) " + error + "B has no neighbor address set, disabling instance"}});
  CHECK(sessions_and_words(session("neighbor_ip x")) ==
        Outcome{
            0, {"(F: Line 2) " + error + "B has malformed neighbor address x, ignoring instance"}});
  CHECK(sessions_and_words(session("neighbor_ip fe80::1\nsource_ip 10.0.0.2")) ==
        Outcome{0,
                {"(F: Line 4) " + error +
                 "B source address 10.0.0.2 and neighbor address fe80::1 are not of the same "
                 "family, disabling instance"}});
  CHECK(sessions_and_words(session(kNeighbor) + session(kNeighbor)).first == 1);
  CHECK(sessions_and_words(session(kNeighbor, "A") + session(kNeighbor, "B")) ==
        Outcome{1,
                {"(F: Line 8) " + error +
                 "B has duplicate neighbor address 10.0.0.1, ignoring instance"}});
  const std::string source = "source_ip 10.0.0.";
  CHECK(sessions_and_words(session(kNeighbor + source + "2", "A") +
                           session(kNeighbor + source + "3", "B")) == Outcome{2, {}});
  CHECK(sessions_and_words(session(kNeighbor + source + "2", "A") +
                           session(kNeighbor + source + "2", "B")) ==
        Outcome{1,
                {"(F: Line 8) " + error +
                 "B has duplicate source/neighbor address 10.0.0.2/10.0.0.1, ignoring instance"}});
  CHECK(sessions_and_words(session(kNeighbor, "A") + session(kNeighbor + "multihop", "B")) ==
        Outcome{2, {}});
  CHECK(sessions_and_words("bfd_instance {\n" + kNeighbor + "}\n").first == 0);
  CHECK(sessions_and_words(session(kNeighbor, std::string(32, 'x'))).first == 0);
  CHECK(sessions_and_words(session(kNeighbor, std::string(31, 'x'))).first == 1);
  CHECK(sessions_and_words(session("") + session(kNeighbor)).first == 1);
}

}  // namespace
}  // namespace understudy::test
