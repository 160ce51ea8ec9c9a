// vrrp/tracking: links and scripts, and what they mean for an instance.
#include <catch2/catch.hpp>

#include "tests/support/vrrp_values.hpp"
#include "vrrp/tracking.hpp"

using namespace understudy;
using namespace understudy::vrrp;
using Lines = std::vector<std::string>;

namespace {

TrackScript script(int weight = 0) {
  TrackScript config;
  config.name = "chk";
  config.command.argv = {"/usr/bin/killall", "-0", "nginx"};
  config.weight = weight;
  return config;
}

VrrpConfig with(TrackScript script) {
  VrrpConfig config;
  config.scripts.push_back(std::move(script));
  config.instances.push_back(instance());
  config.instances[0].track.edit().scripts.push_back({"chk", std::nullopt, false});
  return config;
}

ScriptResult exited(int code) { return {ScriptResult::How::exited, code}; }

/// The facts of a configuration with eth0 up, and its instance's summary.
struct Facts {
  explicit Facts(VrrpConfig c) : config(std::move(c)), tracking(config) {
    tracking.link("eth0", true);
  }
  TrackingSummary summary() const { return tracking.summary(config.instances[0]); }
  VrrpConfig config;
  Tracking tracking;
};

}  // namespace

TEST_CASE("an instance fails while its interface is down or unknown") {
  VrrpConfig config;
  config.instances.push_back(instance());
  Tracking tracking(config);
  const InstanceConfig& vi = config.instances[0];
  CHECK(tracking.summary(vi).failing == 1);
  CHECK(tracking.faults(vi) == Lines{"(VI_1): entering FAULT state (interface eth0 down)"});
  CHECK(tracking.link("eth0", true).lines.empty());
  CHECK(tracking.summary(vi) == TrackingSummary{});
  CHECK(tracking.link("eth0", false).lines == Lines{"Netlink reports eth0 down"});
  CHECK(tracking.summary(vi).failing == 1);
  CHECK_FALSE(tracking.link("eth0", false).changed);
  CHECK(tracking.link("eth0", true).lines == Lines{"Netlink reports eth0 up"});
}

TEST_CASE("the interfaces of addresses and of track_interface count, each once") {
  VrrpConfig config;
  config.instances.push_back(instance());
  InstanceConfig& vi = config.instances[0];
  vi.addresses[0].device = "eth1";
  vi.excluded = vi.addresses;
  vi.track.edit().interfaces = {{"eth2", std::nullopt, false}, {"eth3", 10, false}};
  Tracking tracking(config);
  CHECK(tracking.summary(vi).failing == 3);
  vi.dont_track_primary = true;
  CHECK(tracking.summary(vi).failing == 2);
  tracking.link("eth1", true);
  tracking.link("eth2", true);
  CHECK(tracking.summary(vi) == TrackingSummary{0, 0, 0});
  tracking.link("eth3", true);
  CHECK(tracking.summary(vi) == TrackingSummary{0, 0, 10});
}

TEST_CASE("weights: positive while up, negative while down, reverse turns the sign") {
  const auto weight = [](int value, bool reverse, bool up) {
    VrrpConfig config;
    config.instances.push_back(instance());
    config.instances[0].track.edit().interfaces = {{"eth1", value, reverse}};
    Tracking tracking(config);
    tracking.link("eth1", up);
    return tracking.summary(config.instances[0]).weight;
  };
  CHECK(weight(5, false, true) == 5);
  CHECK(weight(5, false, false) == 0);
  CHECK(weight(-5, false, true) == 0);
  CHECK(weight(-5, false, false) == -5);
  CHECK(weight(5, true, true) == -5);
  CHECK(weight(-5, true, false) == 5);
}

TEST_CASE("reverse without weight: the instance fails while the thing is up") {
  VrrpConfig config;
  config.instances.push_back(instance());
  config.instances[0].track.edit().interfaces = {{"eth1", std::nullopt, true}};
  Tracking tracking(config);
  tracking.link("eth0", true);
  CHECK(tracking.summary(config.instances[0]).failing == 0);
  tracking.link("eth1", true);
  CHECK(tracking.summary(config.instances[0]).failing == 1);
}

TEST_CASE("a script is pending until it has ended once; one success is then enough") {
  TrackScript config = script();
  config.rise = 3;
  Facts facts(with(config));
  CHECK(facts.summary() == TrackingSummary{0, 1, 0});
  SECTION("success") {
    CHECK(facts.tracking.script("chk", exited(0)).lines == Lines{"VRRP_Script(chk) succeeded"});
    CHECK(facts.summary() == TrackingSummary{});
  }
  SECTION("failure") {
    CHECK(facts.tracking.script("chk", exited(1)).lines ==
          Lines{"Script `chk` now returning 1", "VRRP_Script(chk) failed (exited with status 1)"});
    CHECK(facts.summary() == TrackingSummary{1, 0, 0});
    CHECK(facts.tracking.faults(facts.config.instances[0]) ==
          Lines{"(VI_1): entering FAULT state due to script chk"});
    // Three in a row bring it back.
    CHECK_FALSE(facts.tracking.script("chk", exited(0)).changed);
    CHECK_FALSE(facts.tracking.script("chk", exited(0)).changed);
    CHECK(facts.tracking.script("chk", exited(0)).lines == Lines{"VRRP_Script(chk) succeeded"});
    CHECK(facts.summary() == TrackingSummary{});
  }
}

TEST_CASE("fall failures in a row bring a script down, a success in between starts anew") {
  TrackScript config = script(-5);
  config.fall = 2;
  Facts facts(with(config));
  CHECK(facts.summary().weight == 0);  // pending counts for nothing
  facts.tracking.script("chk", exited(0));
  CHECK(facts.tracking.script("chk", exited(1)).lines == Lines{"Script `chk` now returning 1"});
  CHECK(facts.tracking.script("chk", exited(0)).lines == Lines{"Script `chk` now returning 0"});
  facts.tracking.script("chk", exited(1));
  CHECK(facts.summary().weight == 0);
  CHECK(facts.tracking.script("chk", exited(1)).lines ==
        Lines{"VRRP_Script(chk) failed (exited with status 1)"});
  CHECK(facts.summary().weight == -5);
  CHECK_FALSE(facts.tracking.script("chk", exited(1)).changed);
}

TEST_CASE("signals and time-outs are failures with words of their own") {
  Facts facts(with(script()));
  CHECK(facts.tracking.script("chk", {ScriptResult::How::signalled, 9}).lines ==
        Lines{"VRRP_Script(chk) failed (due to signal 9)"});
  facts.tracking.script("chk", exited(0));
  CHECK(facts.tracking.script("chk", {ScriptResult::How::timed_out, 0}).lines ==
        Lines{"VRRP_Script(chk) timed_out"});
  CHECK_FALSE(facts.tracking.script("other", exited(1)).changed);
}

TEST_CASE("init_fail assumes a failure until the script has succeeded rise times") {
  TrackScript config = script();
  config.init_fail = true;
  config.rise = 2;
  Facts facts(with(config));
  CHECK(facts.summary() == TrackingSummary{1, 0, 0});
  facts.tracking.script("chk", exited(0));
  CHECK(facts.summary() == TrackingSummary{1, 0, 0});
  facts.tracking.script("chk", exited(0));
  CHECK(facts.summary() == TrackingSummary{});
}

TEST_CASE("an instance's own weight overrides the script's") {
  VrrpConfig config = with(script(-5));
  config.instances[0].track.edit().scripts[0].weight = 20;
  Facts facts(config);
  facts.tracking.script("chk", exited(0));
  CHECK(facts.summary().weight == 20);
}

TEST_CASE("a reload keeps what is known of the same command") {
  TrackScript config = script();
  config.rise = 2;
  config.fall = 3;
  Facts facts(with(config));
  facts.tracking.script("chk", exited(1));

  SECTION("same script, other fall") {
    config.fall = 1;
    CHECK(facts.tracking.reconfigure(with(config)) ==
          Lines{"VRRP_Script(chk) considered unsuccessful on reload"});
    CHECK(facts.summary().failing == 1);
  }
  SECTION("up stays up under another rise") {
    facts.tracking.script("chk", exited(0));
    facts.tracking.script("chk", exited(0));
    config.rise = 5;
    CHECK(facts.tracking.reconfigure(with(config)) ==
          Lines{"VRRP_Script(chk) considered successful on reload"});
    CHECK(facts.summary().failing == 0);
  }
  SECTION("another command counts as working until it fails") {
    config.command.argv = {"/bin/other"};
    CHECK(facts.tracking.reconfigure(with(config)).empty());
    CHECK(facts.summary() == TrackingSummary{});
    facts.tracking.script("chk", exited(1));
    CHECK(facts.summary().failing == 1);
  }
}

TEST_CASE("what is known of scripts outlives the process") {
  Facts before(with(script()));
  before.tracking.script("chk", exited(0));
  Facts after(with(script()));
  for (const auto& [name, state] : before.tracking.script_states()) {
    after.tracking.adopt(name, state);
  }
  after.tracking.adopt("unknown", ScriptState{});
  CHECK(after.summary() == TrackingSummary{});
  CHECK(after.tracking.script("chk", exited(0)).lines.empty());
}
