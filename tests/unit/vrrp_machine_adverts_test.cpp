// vrrp/machine: what adverts do when keywords change the rules.
#include <catch2/catch.hpp>

#include "tests/support/vrrp_router.hpp"

using namespace understudy;
using namespace understudy::vrrp;
using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

namespace {

InstanceConfig version_3(std::chrono::microseconds interval) {
  InstanceConfig config = instance();
  config.version = 3;
  config.advert_interval = interval;
  return config;
}

AdvertReceived advert_3(unsigned priority, const char* source, std::chrono::milliseconds interval) {
  AdvertReceived event = advert(priority, source);
  event.advert.version = 3;
  event.advert.interval = interval;
  return event;
}

bool sent(const Actions& actions) {
  return std::any_of(actions.begin(), actions.end(), [](const Action& action) {
    return std::holds_alternative<SendAdvert>(action);
  });
}

InstanceConfig owner() {
  InstanceConfig config = instance();
  config.priority = kOwnerPriority;
  return config;
}

}  // namespace

TEST_CASE("down_timer_adverts decides how many adverts may be missed") {
  InstanceConfig config = instance();
  config.down_timer_adverts = 5;
  Router router(config);
  router.at(0s, Started{});
  router.at(1s, advert(200, "10.0.0.2"));
  CHECK(router.machine.deadline() == kEpoch + 6s + 609375us);
  config.down_timer_adverts = 1;
  router.at(2s, Reconfigured{shared(config)});
  router.at(3s, advert(200, "10.0.0.2"));
  CHECK(router.machine.deadline() == kEpoch + 4s + 609375us);
}

TEST_CASE("ten milliseconds between adverts: the master down interval is three of them and skew") {
  Router router(version_3(10ms));
  router.at(0s, Started{});
  CHECK(router.machine.deadline() == kEpoch + 36093750ns);
  router.expire();
  CHECK(router.machine.state() == RouterState::master);
  CHECK(router.machine.deadline() == router.now + 10ms);
}

TEST_CASE("many adverts of priority 0 are said once as backup, and once an advert as master") {
  const auto lines = [](const Actions& actions) {
    return std::count_if(actions.begin(), actions.end(), [](const Action& one) {
      const auto* line = std::get_if<LogLine>(&one);
      return line != nullptr && line->text.find("received priority 0") != std::string::npos;
    });
  };
  Router router(version_3(1s));
  router.at(0s, Started{});
  router.at(1s, advert_3(200, "10.0.0.2", 1s));
  CHECK(lines(router.at(1100ms, advert_3(0, "10.0.0.2", 1s))) == 1);
  CHECK(lines(router.at(1101ms, advert_3(0, "10.0.0.2", 1s))) == 0);
  router.at(1200ms, advert_3(200, "10.0.0.2", 1s));
  CHECK(lines(router.at(1300ms, advert_3(0, "10.0.0.2", 1s))) == 1);
  router.expire();
  REQUIRE(router.machine.state() == RouterState::master);
  const auto since = router.now - kEpoch;
  CHECK(lines(router.at(since + 1ms, advert_3(0, "10.0.0.3", 1s))) == 1);
  CHECK(lines(router.at(since + 2ms, advert_3(0, "10.0.0.3", 1s))) == 0);
  router.expire();
  CHECK(lines(router.at(router.now - kEpoch + 1ms, advert_3(0, "10.0.0.3", 1s))) == 1);
}

TEST_CASE("version 3 follows the master's interval, and none of zero") {
  Router router(version_3(1s));
  router.at(0s, Started{});
  router.at(1s, advert_3(200, "10.0.0.2", 100ms));
  CHECK(router.machine.master_down_interval() == 360937500ns);
  router.at(1100ms, advert_3(200, "10.0.0.2", 0ms));
  CHECK(router.machine.master_down_interval() == 360937500ns);
}

TEST_CASE("a master that gives way sends a last advert; with another interval only if told to") {
  InstanceConfig config = version_3(1s);
  SECTION("the same interval") {
    Router router(config);
    router.become_master();
    router.at(1s, advert_3(200, "10.0.0.2", 1000ms));
    CHECK(sent(router.last));
  }
  SECTION("another interval") {
    Router router(config);
    router.become_master();
    router.at(1s, advert_3(200, "10.0.0.2", 500ms));
    CHECK_FALSE(sent(router.last));
  }
  SECTION("another interval and higher_prio_send_advert") {
    config.higher_prio_send_advert = true;
    Router router(config);
    router.become_master();
    router.at(1s, advert_3(200, "10.0.0.2", 500ms));
    CHECK(sent(router.last));
  }
}

TEST_CASE("an owner whose rival never backs off backs off itself, and takes over when it is gone") {
  Router router(owner());
  router.at(0s, Started{});
  REQUIRE(router.machine.state() == RouterState::master);
  // We are 10.0.0.1; the other has the lesser address and should give way.
  for (const Duration at : {100ms, 1100ms, 2100ms}) {
    router.at(at, advert(255, "10.0.0.0"));
    CHECK(router.machine.state() == RouterState::master);
  }
  router.at(3100ms, advert(255, "10.0.0.0"));
  CHECK(router.machine.state() == RouterState::backup);
  CHECK(router.machine.effective_priority() == kYieldedPriority);
  CHECK(lines(router.last).front() ==
        "(VI_1) 10.0.0.0 is still advertising as address owner, please resolve - reducing our "
        "priority");
  router.at(4100ms, advert(255, "10.0.0.0"));
  CHECK(router.machine.effective_priority() == kYieldedPriority);
  router.at(5100ms, advert(100, "10.0.0.0"));
  CHECK(router.machine.effective_priority() == kOwnerPriority);
  CHECK(lines(router.last).front() ==
        "(VI_1) Restoring our priority to 255 since received advert with lower priority");
}

TEST_CASE("a rival that backs off in time is forgotten") {
  Router router(owner());
  router.at(0s, Started{});
  router.at(100ms, advert(255, "10.0.0.0"));
  router.at(1100ms, advert(255, "10.0.0.0"));
  // It is heard again much later: that is another story.
  router.at(9s, advert(255, "10.0.0.0"));
  router.at(10s, advert(255, "10.0.0.0"));
  CHECK(router.machine.state() == RouterState::master);
  CHECK(router.machine.effective_priority() == kOwnerPriority);
}
