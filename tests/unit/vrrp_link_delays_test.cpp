// interface_up_down_delays under virtual time.
#include <catch2/catch.hpp>

#include "tests/support/vrrp_values.hpp"
#include "vrrp/link_delays.hpp"

using namespace understudy;
using namespace understudy::vrrp;
using namespace std::chrono_literals;

namespace {

using Changes = std::vector<LinkNews::Change>;

/// eth0: 2 s until it is down, 1 s until it is up.
struct Delayed {
  LinkDelays delays;
  TimePoint now = kEpoch;

  Delayed() {
    delays.configure({{"eth0", 2s, 1s}}, now);
    delays.observe("eth0", true, now);
  }
  Changes at(Duration time) {
    now = kEpoch + time;
    return delays.expire(now).changes;
  }
  Changes observe(bool up) { return delays.observe("eth0", up, now).changes; }
};

}  // namespace

TEST_CASE("an interface without delay is told of at once, and nothing is kept") {
  LinkDelays delays;
  CHECK(delays.observe("eth1", false, kEpoch).changes == Changes{{"eth1", false}});
  CHECK(delays.observe("eth1", true, kEpoch).changes == Changes{{"eth1", true}});
  CHECK_FALSE(delays.told("eth1"));
  CHECK_FALSE(delays.deadline());
}

TEST_CASE("the first time up has no delay; later both directions have theirs") {
  LinkDelays delays;
  delays.configure({{"eth0", 2s, 1s}}, kEpoch);
  CHECK(delays.observe("eth0", false, kEpoch).changes.empty());
  CHECK(delays.observe("eth0", true, kEpoch).changes == Changes{{"eth0", true}});

  Delayed link;
  CHECK(link.observe(false).empty());
  CHECK(link.delays.deadline() == kEpoch + 2s);
  CHECK(link.delays.told("eth0") == true);
  CHECK(link.at(1999ms).empty());
  CHECK(link.at(2s) == Changes{{"eth0", false}});
  CHECK_FALSE(link.delays.deadline());
  CHECK(link.observe(true).empty());
  CHECK(link.delays.deadline() == kEpoch + 3s);
  CHECK(link.at(3s) == Changes{{"eth0", true}});
}

TEST_CASE("a flap shorter than the delay is nobody's business") {
  Delayed link;
  const auto began = link.delays.observe("eth0", false, link.now);
  CHECK(began.lines ==
        std::vector<std::string>{"eth0: Adding flags change to down delay by 2000000"});
  CHECK(link.at(1s).empty());
  // Told again that it is down: the delay does not begin anew.
  CHECK(link.observe(false).empty());
  CHECK(link.delays.deadline() == kEpoch + 2s);
  const auto ended = link.delays.observe("eth0", true, link.now);
  CHECK(ended.changes.empty());
  CHECK(ended.lines == std::vector<std::string>{"Delay timer for eth0 cancelled"});
  CHECK(link.at(10s).empty());
}

TEST_CASE("an interface that vanishes is gone at once, and comes back at once") {
  Delayed link;
  CHECK(link.observe(false).empty());
  CHECK(link.delays.vanished("eth0").changes == Changes{{"eth0", false}});
  CHECK_FALSE(link.delays.deadline());
  CHECK(link.observe(true) == Changes{{"eth0", true}});
}

TEST_CASE("a reload keeps a delay that runs, shortens it, or ends it") {
  Delayed link;
  link.observe(false);
  CHECK(link.delays.configure({{"eth0", 5s, 1s}}, link.now).changes.empty());
  CHECK(link.delays.deadline() == kEpoch + 2s);
  CHECK(link.delays.configure({{"eth0", 500ms, 1s}}, link.now).changes.empty());
  CHECK(link.delays.deadline() == kEpoch + 500ms);
  CHECK(link.delays.configure({}, link.now).changes == Changes{{"eth0", false}});
}
