// vrrp/recording and vrrp/mask: lines of a recording, and what is left out of them.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/support/vrrp_values.hpp"
#include "vrrp/mask.hpp"
#include "vrrp/recording.hpp"

using namespace understudy;
using namespace understudy::vrrp;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint kAt{1234567890123ns};

std::string line(Input input, std::string configuration = {}) {
  return encode(RecordedInput{kAt, std::move(input), std::move(configuration)});
}

/// The input of a line that must be sound.
RecordedInput read(const std::string& text) {
  auto result = decode_recording_line(text);
  INFO(text);
  REQUIRE(result.has_value());
  return std::get<RecordedInput>(std::move(*result));
}

template <typename Kind>
Kind read_as(const std::string& text) {
  const auto recorded = read(text);
  CHECK(recorded.at == kAt);
  return std::get<Kind>(recorded.input);
}

std::string problem(const std::string& text) {
  const auto result = decode_recording_line(text);
  return result.has_value() ? std::string() : result.error().message;
}

/// One of each, with every member other than its default.
std::vector<RecordedInput> one_of_each() {
  MachineMemory memory{RouterState::backup, ip("10.0.0.2"), 2500ms, TimePoint(7s), TimePoint(9s)};
  Begin begin;
  begin.sources = {ip("10.0.0.1"), IpAddress()};
  begin.memories = {std::nullopt, memory};
  begin.delay = 3s;
  Reload reload;
  reload.sources = {ip("fe80::1")};
  reload.delay_change = -2s;
  reload.tell_states = true;
  AdvertReceived advert{ip("10.0.0.2"), {}};
  advert.advert.version = 3;
  advert.advert.vrid = VirtualRouterId(51);
  advert.advert.priority = Priority(254);
  advert.advert.interval = 10ms;
  advert.advert.authentication = Authentication::ah;
  advert.advert.addresses = {ip("10.0.0.100"), ip("2001:db8::1")};
  const InstanceId id(4'000'000'000);
  std::vector<Input> inputs{
      begin,
      reload,
      End{},
      InstanceEvent{id, advert},
      InstanceEvent{id, TimerExpired{}},
      InstanceEvent{id, AddressLost{ip("2001:db8::1")}},
      SourceChanged{id, ip("10.0.0.1")},
      ObstacleChanged{id, Obstacle::no_interface, true},
      LinkChanged{"eth0", true},
      ScriptEnded{"check", {ScriptResult::How::signalled, 9}},
      ScriptKnown{"check", {3, true, true, 126, true}},
      FileRead{"file", -9'000'000'000},
      ProcessesCounted{"process", 4'000'000'000},
      BfdChanged{"session", true},
      DelayPassed{},
  };
  std::vector<RecordedInput> result;
  for (Input& input : inputs) {
    const bool configured =
        std::holds_alternative<Begin>(input) || std::holds_alternative<Reload>(input);
    result.push_back({kAt, std::move(input), configured ? "vrrp_instance A {\n}\n" : ""});
  }
  return result;
}

}  // namespace

TEST_CASE("every input survives being written and read") {
  const auto all = one_of_each();
  CHECK(all.size() == std::variant_size_v<Input> + 2);
  for (const RecordedInput& one : all) {
    const std::string text = encode(one);
    CAPTURE(text);
    CHECK(text.find('\n') == std::string::npos);
    const RecordedInput again = read(text);
    CHECK(again.at == one.at);
    CHECK(again.input.index() == one.input.index());
    CHECK(again.configuration == one.configuration);
    CHECK(encode(again) == text);
  }
}

TEST_CASE("what is read is what was written, member by member") {
  const auto advert = std::get<AdvertReceived>(
      read_as<InstanceEvent>(
          line(InstanceEvent{InstanceId(3),
                             AdvertReceived{ip("10.0.0.2"), vrrp::advert(90, "10.0.0.2").advert}}))
          .event);
  CHECK(advert.source == ip("10.0.0.2"));
  CHECK(advert.advert == vrrp::advert(90, "10.0.0.2").advert);
  const auto script =
      read_as<ScriptEnded>(line(ScriptEnded{"a \"b\"", {ScriptResult::How::exited, -1}}));
  CHECK(script.name == "a \"b\"");
  CHECK(script.result == ScriptResult{ScriptResult::How::exited, -1});
  MachineMemory memory{RouterState::master, {}, 0ns, TimePoint(-1ns), std::nullopt};
  Begin begin;
  begin.memories = {memory};
  CHECK(read_as<Begin>(line(begin)).memories == begin.memories);
}

TEST_CASE("the start of a run") {
  const RecordingStart start{"0.1.0", 1'700'000'000s, TimePoint(7s)};
  const auto read_start = decode_recording_line(encode(start));
  REQUIRE(read_start.has_value());
  CHECK(std::get<RecordingStart>(*read_start) == start);
  CHECK(problem(R"({"recording": 2, "version": "9", "wall_clock": 0})") ==
        "format 2 of a recording is not known");
}

TEST_CASE("names that are no UTF-8 are kept") {
  const std::string name = "eth\xff\x01";
  CHECK(read_as<LinkChanged>(line(LinkChanged{name, true})).interface == name);
  const std::string accented = "\xc3\xa9t\xc3\xa9";
  const std::string text = line(LinkChanged{accented, true});
  CHECK(text.find(accented) != std::string::npos);
  CHECK(read_as<LinkChanged>(text).interface == accented);
}

TEST_CASE("what is wrong with a line is said") {
  CHECK(problem("") == "not a JSON object");
  CHECK(problem("[1]") == "not a JSON object");
  CHECK(problem(R"({"at": 1, "input": "bfd")") == "not a JSON object");
  CHECK(problem(R"({"at": 1})") == "'input' is missing or not a text");
  CHECK(problem(R"({"at": 1, "input": "tea"})") == "unknown input 'tea'");
  CHECK(problem(R"({"at": 1.5, "input": "end"})").starts_with("'at' is missing or not a number"));
  CHECK(problem(R"({"at": 9223372036854775807, "input": "end"})").starts_with("'at' is"));
  CHECK(problem(R"({"at": 18446744073709551615, "input": "end"})").starts_with("'at' is"));
  CHECK(problem(R"({"at": 1, "input": "bfd", "name": "a", "up": 1})") ==
        "'up' is missing or not true or false");
  CHECK(problem(R"({"at": 1, "input": "timer", "instance": -1})") ==
        "'instance' is missing or not a number from 0 to 4294967295");
  CHECK(problem(R"({"at": 1, "input": "obstacle", "instance": 1, "obstacle": 99, "present": true})")
            .starts_with("'obstacle' is missing or not a number from 0 to "));
  CHECK(problem(R"({"at": 1, "input": "source", "instance": 1, "address": "10.0.0"})") ==
        "'address' is missing or not an address");
  CHECK(problem(R"({"at": 1, "input": "link", "interface": {"hex": "0g"}, "up": true})") ==
        "'interface' is missing or not a text");
}

TEST_CASE("no secret is left in a configuration, and equal secrets stay equal") {
  VrrpConfig config;
  InstanceConfig first = instance();
  first.password = "x1er44q";
  InstanceConfig second = first;
  second.name = "VI_2";
  HmacAuthentication& hmac = second.hmac.edit();
  hmac.keys.push_back({1, std::string(40, 'h'), "/etc/key"});
  second.notify.edit().master = {{"/bin/notify", "--token", "hidden"}, 0, 0};
  config.instances = {first, second};
  TrackScript script;
  script.command.argv = {"/bin/check", "-phidden"};
  config.scripts.push_back(script);
  TrackProcess process;
  process.parameters = {"--password", "hidden"};
  config.processes.push_back(process);
  SyncGroup group;
  group.notify.edit().any = {{"/bin/any"}, 0, 0};
  config.groups.push_back(group);

  Mask mask;
  const VrrpConfig hidden = mask.apply(config);
  CHECK(hidden.instances[0].password->size() == 8);
  CHECK(hidden.instances[0].password != "x1er44q");
  CHECK(hidden.instances[0].password == hidden.instances[1].password);
  const HmacKey& key = hidden.instances[1].hmac->keys[0];
  CHECK(key.secret.size() == 32);
  CHECK(key.secret.octets().find('h') == std::string::npos);
  CHECK(key.file.empty());
  CHECK(hidden.instances[1].notify->master.argv.size() == 2);
  CHECK(hidden.instances[1].notify->master.argv[0] == "/bin/notify");
  CHECK(hidden.instances[1].notify->master.argv[1].find("hidden") == std::string::npos);
  CHECK(hidden.scripts[0].command.argv[1].find("hidden") == std::string::npos);
  REQUIRE(hidden.processes[0].parameters.size() == 1);
  CHECK(hidden.processes[0].parameters[0].find("hidden") == std::string::npos);
  CHECK(hidden.groups[0].notify->any.argv == std::vector<std::string>{"/bin/any"});
  CHECK(mask.apply(config) == hidden);

  config.instances[0].password = "another";
  const VrrpConfig changed = mask.apply(config);
  CHECK(changed.instances[0].password != hidden.instances[0].password);
  CHECK(changed.instances[1] == hidden.instances[1]);
}
