// vrrp/facts: links, scripts, files, processes, and what they mean for an instance.
#include <catch2/catch.hpp>

#include "tests/support/vrrp_values.hpp"
#include "vrrp/facts.hpp"

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

constexpr InstanceId kId{0};

/// The facts of a configuration of one instance.
struct Known {
  explicit Known(VrrpConfig config, bool eth0 = true) {
    configure(std::move(config), false);
    if (eth0) facts.link("eth0", true);
  }
  Lines configure(VrrpConfig config, bool reload) {
    return texts(
        facts.configure(std::make_shared<const VrrpConfig>(std::move(config)), {kId}, reload));
  }
  /// What the log says of a script's end.
  Lines script(const ScriptResult& result) { return texts(facts.script("chk", result).lines); }
  static Lines texts(const std::vector<LogLine>& lines) {
    Lines all;
    for (const LogLine& line : lines) all.push_back(line.text);
    return all;
  }
  TrackingSummary summary() const { return facts.summary(kId); }
  Facts facts;
};

/// One instance that tracks these interfaces besides its own.
VrrpConfig tracking(std::vector<TrackReference> interfaces) {
  VrrpConfig config;
  config.instances.push_back(instance());
  config.instances[0].track.edit().interfaces = std::move(interfaces);
  return config;
}

}  // namespace

TEST_CASE("an instance fails while its interface is down or unknown") {
  Known known(tracking({}), false);
  CHECK(known.summary().failing == 1);
  CHECK(known.facts.faults(kId) == Lines{"(VI_1): entering FAULT state (interface eth0 down)"});
  CHECK(known.facts.link("eth0", true).lines.empty());
  CHECK(known.summary() == TrackingSummary{});
  CHECK(Known::texts(known.facts.link("eth0", false).lines) == Lines{"Netlink reports eth0 down"});
  CHECK(known.summary().failing == 1);
  CHECK(known.facts.link("eth0", false).changed.empty());
  CHECK(Known::texts(known.facts.link("eth0", true).lines) == Lines{"Netlink reports eth0 up"});
}

TEST_CASE("the interfaces of addresses and of track_interface count, each once") {
  VrrpConfig config = tracking({{"eth2", std::nullopt, false}, {"eth3", 10, false}});
  InstanceConfig& vi = config.instances[0];
  vi.addresses[0].device = "eth1";
  vi.excluded = vi.addresses;
  Known known(config, false);
  CHECK(known.summary().failing == 3);
  vi.dont_track_primary = true;
  known.configure(config, true);
  CHECK(known.summary().failing == 2);
  known.facts.link("eth1", true);
  known.facts.link("eth2", true);
  CHECK(known.summary() == TrackingSummary{0, 0, 0});
  known.facts.link("eth3", true);
  CHECK(known.summary() == TrackingSummary{0, 0, 10});
}

TEST_CASE("weights: positive while up, negative while down, reverse turns the sign") {
  const auto weight = [](int value, bool reverse, bool up) {
    Known known(tracking({{"eth1", value, reverse}}));
    known.facts.link("eth1", up);
    return known.summary().weight;
  };
  CHECK(weight(5, false, true) == 5);
  CHECK(weight(5, false, false) == 0);
  CHECK(weight(-5, false, true) == 0);
  CHECK(weight(-5, false, false) == -5);
  CHECK(weight(5, true, true) == -5);
  CHECK(weight(-5, true, false) == 5);
}

TEST_CASE("reverse without weight: the instance fails while the thing is up") {
  Known known(tracking({{"eth1", std::nullopt, true}}));
  CHECK(known.summary().failing == 0);
  known.facts.link("eth1", true);
  CHECK(known.summary().failing == 1);
}

TEST_CASE("a file: the number times the weight within limits, -254 is a FAULT") {
  VrrpConfig config = tracking({});
  config.instances[0].track.edit().files = {{"f", 2, false}};
  Known known(config);
  const auto with_value = [&](std::int64_t value) {
    known.facts.file("f", value);
    return known.summary();
  };
  CHECK(with_value(5) == TrackingSummary{0, 0, 10});
  CHECK(with_value(2147483647) == TrackingSummary{0, 0, 253});
  CHECK(with_value(-126) == TrackingSummary{0, 0, -252});
  CHECK(with_value(-127) == TrackingSummary{1, 0, 0});
  CHECK(with_value(-2147483648) == TrackingSummary{1, 0, 0});
  SECTION("reverse") {
    config.instances[0].track.edit().files = {{"f", 2, true}};
    known.configure(config, true);
    CHECK(known.summary() == TrackingSummary{0, 0, 253});
  }
  SECTION("without weight any number but 0 is a FAULT, with reverse 0 is") {
    config.instances[0].track.edit().files = {{"f", 0, false}};
    known.configure(config, true);
    CHECK(with_value(1) == TrackingSummary{1, 0, 0});
    CHECK(with_value(0) == TrackingSummary{});
    config.instances[0].track.edit().files = {{"f", 0, true}};
    known.configure(config, true);
    CHECK(known.summary() == TrackingSummary{1, 0, 0});
  }
}

TEST_CASE("processes: quorum and quorum_max, delays, and nothing known until the first count") {
  VrrpConfig config = tracking({});
  TrackProcess process;
  process.name = "p";
  process.quorum = 2;
  process.quorum_max = 3;
  process.fork_delay = std::chrono::seconds(2);
  process.terminate_delay = std::chrono::seconds(1);
  config.processes.push_back(process);
  config.instances[0].track.edit().processes = {{"p", 0, false}};
  Known known(config);
  Facts& facts = known.facts;
  CHECK(known.summary() == TrackingSummary{0, 1, 0});
  facts.processes("p", 2, kEpoch);
  CHECK(known.summary() == TrackingSummary{});
  facts.processes("p", 1, kEpoch);
  CHECK(known.summary() == TrackingSummary{});
  CHECK(facts.deadline() == kEpoch + std::chrono::seconds(1));
  SECTION("a process that comes back in time was never gone") {
    facts.processes("p", 2, kEpoch);
    CHECK_FALSE(facts.deadline());
  }
  SECTION("the quorum is lost after terminate_delay and gained after fork_delay") {
    const auto news = facts.expire(kEpoch + std::chrono::seconds(1));
    CHECK(Known::texts(news.lines) == Lines{"Quorum lost for tracked process p"});
    CHECK(known.summary() == TrackingSummary{1, 0, 0});
    facts.processes("p", 3, kEpoch + std::chrono::seconds(5));
    CHECK(facts.deadline() == kEpoch + std::chrono::seconds(7));
    facts.expire(kEpoch + std::chrono::seconds(7));
    CHECK(known.summary() == TrackingSummary{});
  }
  SECTION("too many are as bad as too few") {
    facts.processes("p", 4, kEpoch);
    facts.expire(kEpoch + std::chrono::seconds(2));
    CHECK(known.summary() == TrackingSummary{1, 0, 0});
  }
}

TEST_CASE("a BFD session that is down is a FAULT, or takes its weight away") {
  VrrpConfig config = tracking({});
  config.instances[0].track.edit().bfds = {{"b", 0, false}};
  Known known(config);
  CHECK(known.summary() == TrackingSummary{});
  known.facts.bfd("b", false);
  CHECK(known.summary() == TrackingSummary{1, 0, 0});
  CHECK(Known::texts(known.facts.bfd("b", true).lines) ==
        Lines{"VRRP_Instance(VI_1) Tracked BFD instance b is UP"});
  CHECK(known.summary() == TrackingSummary{});
  config.instances[0].track.edit().bfds = {{"b", -7, false}};
  known.configure(config, true);
  known.facts.bfd("b", false);
  CHECK(known.summary() == TrackingSummary{0, 0, -7});
}

TEST_CASE("a thing its group tracks too has the group's weight, but for FAULTs of its own") {
  VrrpConfig config = tracking({{"eth1", 5, false}, {"eth2", 0, false}});
  SyncGroup group;
  group.name = "G1";
  group.members = {"VI_1"};
  group.track.edit().interfaces = {{"eth1", 9, false}, {"eth2", 9, false}, {"eth3", 3, false}};
  config.groups.push_back(group);
  Known known(config);
  known.facts.link("eth1", true);
  known.facts.link("eth3", true);
  CHECK(known.summary() == TrackingSummary{1, 0, 12});
  known.facts.link("eth2", true);
  CHECK(known.summary() == TrackingSummary{0, 0, 12});
}

TEST_CASE("news reaches those it concerns, in the order of the configuration") {
  auto config = std::make_shared<VrrpConfig>();
  for (const char* name : {"a", "b", "c"}) {
    config->instances.push_back(instance());
    config->instances.back().interface = name;
    config->instances.back().track.edit().interfaces = {{"up", -1, false}};
  }
  Facts facts;
  facts.configure(config, {InstanceId(2), InstanceId(0), InstanceId(1)}, false);
  CHECK(facts.link("b", true).changed == std::vector{InstanceId(0)});
  CHECK(facts.link("up", true).changed == std::vector{InstanceId(2), InstanceId(0), InstanceId(1)});
  CHECK(facts.link("other", true).changed.empty());
}

TEST_CASE("a script is pending until it has ended once; one success is then enough") {
  TrackScript config = script();
  config.rise = 3;
  Known known(with(config));
  CHECK(known.summary() == TrackingSummary{0, 1, 0});
  SECTION("success") {
    CHECK(known.script(exited(0)) == Lines{"VRRP_Script(chk) succeeded"});
    CHECK(known.summary() == TrackingSummary{});
  }
  SECTION("failure") {
    CHECK(known.script(exited(1)) ==
          Lines{"Script `chk` now returning 1", "VRRP_Script(chk) failed (exited with status 1)"});
    CHECK(known.summary() == TrackingSummary{1, 0, 0});
    CHECK(known.facts.faults(kId) == Lines{"(VI_1): entering FAULT state due to script chk"});
    // Three in a row bring it back.
    CHECK(known.facts.script("chk", exited(0)).changed.empty());
    CHECK(known.facts.script("chk", exited(0)).changed.empty());
    CHECK(known.script(exited(0)) == Lines{"VRRP_Script(chk) succeeded"});
    CHECK(known.summary() == TrackingSummary{});
  }
}

TEST_CASE("fall failures in a row bring a script down, a success in between starts anew") {
  TrackScript config = script(-5);
  config.fall = 2;
  Known known(with(config));
  CHECK(known.summary().weight == 0);  // pending counts for nothing
  known.script(exited(0));
  CHECK(known.script(exited(1)) == Lines{"Script `chk` now returning 1"});
  CHECK(known.script(exited(0)) == Lines{"Script `chk` now returning 0"});
  known.script(exited(1));
  CHECK(known.summary().weight == 0);
  CHECK(known.script(exited(1)) == Lines{"VRRP_Script(chk) failed (exited with status 1)"});
  CHECK(known.summary().weight == -5);
  CHECK(known.facts.script("chk", exited(1)).changed.empty());
}

TEST_CASE("signals and time-outs are failures with words of their own") {
  Known known(with(script()));
  CHECK(known.script({ScriptResult::How::signalled, 9}) ==
        Lines{"VRRP_Script(chk) failed (due to signal 9)"});
  known.script(exited(0));
  CHECK(known.script({ScriptResult::How::timed_out, 0}) == Lines{"VRRP_Script(chk) timed_out"});
  CHECK(known.facts.script("other", exited(1)).changed.empty());
}

TEST_CASE("init_fail assumes a failure until the script has succeeded rise times") {
  TrackScript config = script();
  config.init_fail = true;
  config.rise = 2;
  Known known(with(config));
  CHECK(known.summary() == TrackingSummary{1, 0, 0});
  known.script(exited(0));
  CHECK(known.summary() == TrackingSummary{1, 0, 0});
  known.script(exited(0));
  CHECK(known.summary() == TrackingSummary{});
}

TEST_CASE("an instance's own weight overrides the script's") {
  VrrpConfig config = with(script(-5));
  config.instances[0].track.edit().scripts[0].weight = 20;
  Known known(config);
  known.script(exited(0));
  CHECK(known.summary().weight == 20);
}

TEST_CASE("a reload keeps what is known of the same command") {
  TrackScript config = script();
  config.rise = 2;
  config.fall = 3;
  Known known(with(config));
  known.script(exited(1));

  SECTION("same script, other fall") {
    config.fall = 1;
    CHECK(known.configure(with(config), true) ==
          Lines{"VRRP_Script(chk) considered unsuccessful on reload"});
    CHECK(known.summary().failing == 1);
  }
  SECTION("up stays up under another rise") {
    known.script(exited(0));
    known.script(exited(0));
    config.rise = 5;
    CHECK(known.configure(with(config), true) ==
          Lines{"VRRP_Script(chk) considered successful on reload"});
    CHECK(known.summary().failing == 0);
  }
  SECTION("another command counts as working until it fails") {
    config.command.argv = {"/bin/other"};
    CHECK(known.configure(with(config), true).empty());
    CHECK(known.summary() == TrackingSummary{});
    known.script(exited(1));
    CHECK(known.summary().failing == 1);
  }
}

TEST_CASE("what is known of scripts outlives the process") {
  Known before(with(script()));
  before.script(exited(0));
  Facts after;
  after.adopt_script("chk", *before.facts.script_state("chk"));
  after.adopt_script("unknown", ScriptState{});
  after.link("eth0", true);
  after.configure(std::make_shared<const VrrpConfig>(with(script())), {kId}, false);
  CHECK(after.summary(kId) == TrackingSummary{});
  CHECK(after.script("chk", exited(0)).lines.empty());
  CHECK(after.script_state("unknown") == nullptr);
}
