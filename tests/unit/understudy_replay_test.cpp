// understudy replay: the states after each event are those of the run that was recorded.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "daemon/recorded.hpp"
#include "daemon/understudy/replay.hpp"
#include "daemon/understudy/replay_text.hpp"
#include "tests/support/config_file.hpp"
#include "vrrp/diff.hpp"
#include "vrrp/mask.hpp"
#include "vrrp/recording.hpp"

using namespace understudy;
using namespace understudy::vrrp;
using namespace std::chrono_literals;
using tool::Replay;
using tool::ReplayedStep;

namespace {

constexpr TimePoint kStart{1h};

/// Two instances in a group, one by itself that tracks a script and a file.
std::string configuration(unsigned priority, bool third) {
  std::string text =
      "vrrp_script check {\n script \"/bin/true secret-argument\"\n weight 20\n init_fail\n}\n"
      "track_file number {\n file /tmp/number\n weight 1\n}\n"
      "vrrp_sync_group G {\n group {\n A\n B\n }\n}\n";
  unsigned vrid = 1;
  for (const char* name : {"A", "B"}) {
    text += fmt::format(
        "vrrp_instance {} {{\n interface eth0\n virtual_router_id {}\n priority 100\n"
        " authentication {{\n auth_type PASS\n auth_pass hidden\n }}\n"
        " virtual_ipaddress {{\n 10.0.0.{}\n }}\n}}\n",
        name, vrid, 100 + vrid);
    ++vrid;
  }
  text += fmt::format(
      "vrrp_instance C {{\n interface eth1\n virtual_router_id 3\n priority {}\n"
      " track_script {{\n check\n }}\n track_file {{\n number\n }}\n"
      " virtual_ipaddress {{\n 10.0.1.100\n }}\n}}\n",
      priority);
  if (third) {
    text +=
        "vrrp_instance D {\n interface eth1\n virtual_router_id 4\n virtual_ipaddress {\n"
        " 10.0.1.101\n }\n}\n";
  }
  return text;
}

std::shared_ptr<const VrrpConfig> parse(const std::string& text) {
  LoadOptions options = test::load_options();
  options.interfaces.reset();
  Loaded loaded = test::load_text(text, options);
  INFO(loaded.start_refusal);
  REQUIRE(loaded.start_refusal.empty());
  return std::make_shared<const VrrpConfig>(std::move(loaded.config.vrrp));
}

/// A run: what the process does, with a recording.
class Run {
 public:
  Run() { lines.push_back(encode(RecordingStart{"test", 1'700'000'000s, kStart})); }

  void step(Input input) {
    RecordedInput recorded{now, input, {}};
    const VrrpConfig* config = nullptr;
    if (const auto* begin = std::get_if<Begin>(&input)) config = begin->config.get();
    if (const auto* reload = std::get_if<Reload>(&input)) config = reload->config.get();
    if (config != nullptr) {
      recorded.configuration = recorded_text(mask_.apply(*config));
    }
    lines.push_back(encode(recorded));
    outcomes.push_back(ensemble.step(input, now));
    std::string all;
    for (const InstanceId id : ensemble.instances()) {
      const Machine& machine = ensemble.machine(id);
      all += fmt::format("{} {} {};", machine.config().name, static_cast<unsigned>(machine.state()),
                         machine.effective_priority().value());
    }
    states.push_back(std::move(all));
  }
  void begin(const std::string& text) {
    Begin input;
    input.config = parse(text);
    for (const auto& one : input.config->instances) {
      input.sources.push_back(*IpAddress::parse(one.interface == "eth0" ? "10.0.0.1" : "10.0.1.1"));
    }
    step(input);
  }
  void reload(const std::string& text) {
    Reload input;
    input.config = parse(text);
    input.difference = diff(ensemble.config(), *input.config);
    for (const auto& one : input.config->instances) {
      input.sources.push_back(*IpAddress::parse(one.interface == "eth0" ? "10.0.0.1" : "10.0.1.1"));
    }
    step(input);
  }
  /// Time passes; timers that are due fire.
  void pass(Duration time) {
    const TimePoint until = now + time;
    for (;;) {
      std::optional<std::pair<TimePoint, InstanceId>> first;
      for (const InstanceId id : ensemble.instances()) {
        const auto due = ensemble.deadline(id);
        if (due && *due <= until && (!first || *due < first->first)) first = {*due, id};
      }
      if (!first) break;
      now = std::max(now, first->first);
      step(InstanceEvent{first->second, TimerExpired{}});
    }
    now = until;
  }
  void advert(std::size_t instance, unsigned priority) {
    const InstanceId id = ensemble.instances()[instance];
    const InstanceConfig& config = ensemble.machine(id).config();
    AdvertReceived event{*IpAddress::parse("10.0.0.2"), {}};
    event.advert.vrid = config.vrid;
    event.advert.priority = Priority(static_cast<std::uint8_t>(priority));
    for (const auto& one : config.addresses) event.advert.addresses.push_back(one.address);
    step(InstanceEvent{id, event});
  }

  TimePoint now = kStart;
  Ensemble ensemble;
  std::vector<std::string> lines;
  std::vector<Outcome> outcomes;
  std::vector<std::string> states;

 private:
  Mask mask_;
};

ReplayedStep replayed(Replay& replay, const std::string& line) {
  auto step = replay.step(line);
  INFO(line);
  REQUIRE(step.has_value());
  return std::move(*step);
}

/// Replays all and compares what is done, action by action.
void check_replay(const Run& run) {
  Replay replay;
  (void)replayed(replay, run.lines[0]);
  for (std::size_t i = 0; i < run.outcomes.size(); ++i) {
    const ReplayedStep step = replayed(replay, run.lines[i + 1]);
    std::size_t actions = 0;
    for (const Deeds& deeds : run.outcomes[i]) actions += deeds.actions.size();
    std::size_t again = 0;
    for (const auto& subject : step.subjects) {
      again += subject.actions.size();
      if (subject.kind != "instance") continue;
      const std::string state = fmt::format("{} {} {};", subject.name,
                                            static_cast<unsigned>(subject.state), subject.priority);
      CAPTURE(run.lines[i + 1], state, run.states[i]);
      CHECK((run.states[i].find(state) != std::string::npos || subject.state == RouterState::stop));
    }
    CAPTURE(run.lines[i + 1]);
    CHECK(again == actions);
  }
}

}  // namespace

TEST_CASE("a life with failover, tracking and a reload is replayed exactly") {
  Run run;
  for (const char* link : {"eth0", "eth1"}) run.step(LinkChanged{link, true});
  run.begin(configuration(100, false));
  run.pass(5s);
  run.step(ScriptEnded{"check", {ScriptResult::How::exited, 0}});
  run.step(FileRead{"number", -30});
  run.advert(2, 110);
  run.pass(1s);
  run.advert(0, 200);
  run.pass(10s);
  run.reload(configuration(150, true));
  run.pass(5s);
  run.step(LinkChanged{"eth0", false});
  run.pass(2s);
  run.reload(configuration(150, false));
  run.step(LinkChanged{"eth0", true});
  run.pass(5s);
  run.step(End{});
  check_replay(run);
  std::string all;
  for (const auto& line : run.lines) all += line;
  CHECK(all.find("hidden") == std::string::npos);
  CHECK(all.find("secret-argument") == std::string::npos);
}

TEST_CASE("random lives are replayed exactly") {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto up_to = [&](unsigned most) { return static_cast<unsigned>(random() % (most + 1)); };
    Run run;
    run.step(LinkChanged{"eth0", true});
    run.begin(configuration(100, true));
    for (int i = 0; i < 60; ++i) {
      run.pass(std::chrono::milliseconds(up_to(3000)));
      switch (up_to(5)) {
        case 0:
          run.step(LinkChanged{up_to(1) == 0 ? "eth0" : "eth1", up_to(2) != 0});
          break;
        case 1:
          run.step(ScriptEnded{"check", {ScriptResult::How::exited, static_cast<int>(up_to(1))}});
          break;
        case 2:
          run.step(FileRead{"number", static_cast<std::int64_t>(up_to(100)) - 50});
          break;
        case 3:
          run.reload(configuration(90 + up_to(20), up_to(1) == 0));
          break;
        default:
          run.advert(up_to(2), up_to(2) == 0 ? 0 : 80 + up_to(60));
      }
    }
    check_replay(run);
  }
}

TEST_CASE("a step for people, and as JSON") {
  Run run;
  run.step(LinkChanged{"eth0", true});
  run.step(LinkChanged{"eth1", true});
  run.begin(configuration(100, true));
  run.pass(4s);
  Replay replay;
  ReplayedStep master;
  for (const auto& line : run.lines) {
    const ReplayedStep step = replayed(replay, line);
    const bool is_master = step.changed && step.input == "D: timer";
    if (is_master) master = step;
  }
  const std::string text = tool::to_text(master);
  CAPTURE(text);
  // The hour before the start, and what the master down interval is at priority 100.
  CHECK(text.starts_with("2023-11-14 23:13:23.609375  D: timer\n    D MASTER 100\n"));
  CHECK(text.find("        advert 100\n") != std::string::npos);
  CHECK(text.find("        log: (D) Entering MASTER STATE\n") != std::string::npos);
  CHECK(text.find("        announce 5 times\n") != std::string::npos);
  CHECK(text.find("        notify MASTER\n") != std::string::npos);
  const auto json = tool::to_json(master);
  CHECK(json["time"] == "2023-11-14 23:13:23.609375Z");
  CHECK(json["changed"] == true);
  CHECK(json["concerned"][0]["name"] == "D");
  CHECK(json["concerned"][0]["state"] == "MASTER");
  CHECK(json["concerned"][0]["priority"] == 100);
}

TEST_CASE("what is no recording is refused") {
  const auto problem = [](std::vector<std::string> lines) {
    Replay replay;
    for (const auto& line : lines) {
      if (const auto step = replay.step(line); !step) return step.error().message;
    }
    return std::string();
  };
  const std::string start = encode(RecordingStart{"test", 0s, TimePoint(1s)});
  const auto input = [](Input what, Duration at, std::string text = {}) {
    return encode(RecordedInput{TimePoint(at), std::move(what), std::move(text)});
  };
  const std::string begin = input(Begin{}, 1s);
  CHECK(problem({begin}) == "not a recording: its first line begins no run");
  CHECK(problem({start, input(End{}, 2s)}).empty());
  CHECK(problem({start, input(LinkChanged{"a", true}, 2s), input(End{}, 1s)}) ==
        "time goes backwards");
  CHECK(problem({start, input(InstanceEvent{InstanceId(7), TimerExpired{}}, 1s)}) ==
        "an input before the run has begun");
  CHECK(problem({start, input(Reload{}, 1s)}) == "an input before the run has begun");
  CHECK(problem({start, input(Begin{}, 1s, configuration(1, false))}) ==
        "not one source for each instance");
  CHECK(problem({start, begin, input(InstanceEvent{InstanceId(7), TimerExpired{}}, 1s)}).empty());
  CHECK(problem({start, begin, begin}) == "a second beginning");
  CHECK(problem({start, begin, start, begin}).empty());
}
