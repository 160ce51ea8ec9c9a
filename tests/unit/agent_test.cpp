// Agents: what their lines mean (as HAProxy takes them), and those that stall, dribble or lie.
#include "checkers/agent.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <mutex>
#include <optional>
#include <string>

#include "tests/support/check_bench.hpp"
#include "tests/support/octets.hpp"
#include "tests/support/scripted_server.hpp"

namespace understudy::checkers {
namespace {

using namespace std::chrono_literals;
using Result = ProbeOutcome::Result;

TEST_CASE("words of an agent", "[agent]") {
  const auto up = AgentHealth::up;
  const auto& [line, meaning] = GENERATE_COPY(table<std::string, AgentLine>({
      {"", {}},
      {"up", {up, {}, {}, "", ""}},
      {" \t,UP ,", {up, {}, {}, "", ""}},
      {"75%", {{}, 75, {}, "", ""}},
      {"0%", {{}, 0, {}, "", ""}},
      {"007%", {{}, 7, {}, "", ""}},
      {"drain", {{}, {}, Duty::drain, "", ""}},
      {"maint ready", {{}, {}, Duty::serve, "", ""}},
      {"ready,up,150%", {up, 150, Duty::serve, "", ""}},
      // Of several the last counts.
      {"down,up 20%\t80%", {up, 80, {}, "", ""}},
      {"drain maint", {{}, {}, Duty::maintain, "", ""}},
      {"DOWN # gone away", {AgentHealth::down, {}, {}, "gone away", ""}},
      {"stopped #", {AgentHealth::stopped, {}, {}, "", ""}},
      {"fail #disk up 10%", {AgentHealth::fail, {}, {}, "disk up 10%", ""}},
      {"up maxconn:30", {up, {}, {}, "", ""}},
      {"up MAXCONN:", {up, {}, {}, "", ""}},
      // What HAProxy calls an error, beside what it takes all the same.
      {"foo 30%", {{}, 30, {}, "", "foo"}},
      {"fail#d", {{}, {}, {}, "", "fail#d"}},
      {"12", {{}, {}, {}, "", "12"}},
      {"-5%", {{}, {}, {}, "", "-5%"}},
      {"5%%", {{}, {}, {}, "", "5%%"}},
      {"%", {{}, {}, {}, "", "%"}},
      {"a b up", {up, {}, {}, "", "a"}},
      {"99999999999%", {{}, 25600, {}, "", ""}},
      {"up # \x1b[2J\xff", {up, {}, {}, "?[2J?", ""}},
      {"down\x0bup", {{}, {}, {}, "", "down?up"}},
  }));
  INFO(line);
  CHECK(parse_agent_line(line) == meaning);
}

TEST_CASE("a line ends at the first CR or LF, wherever the pieces end", "[agent]") {
  const auto size = GENERATE(1U, 2U, 3U, 100U);
  const auto& [said, line] = GENERATE(table<std::string, std::string>({
      {"up 75%\n", "up 75%"},
      {"down\r\nup\n", "down"},
      {"\nup\n", ""},
  }));
  AgentDialogue dialogue("hello\n");
  CHECK(dialogue.take_output() == "hello\n");
  CHECK(dialogue.take_output().empty());
  for (std::size_t at = 0; at < said.size(); at += size) {
    dialogue.receive(as_bytes(said.substr(at, size)));
  }
  CHECK(dialogue.over());
  CHECK(dialogue.answered());
  CHECK(dialogue.line() == line);
}

TEST_CASE("a line without an end, or too long, is none", "[agent]") {
  AgentDialogue broken("");
  broken.receive(as_bytes("down"));
  CHECK_FALSE(broken.over());
  broken.end();
  CHECK(broken.over());
  CHECK_FALSE(broken.answered());
  AgentDialogue endless("");
  int pieces = 0;
  for (; !endless.over() && pieces < 5000; ++pieces) endless.receive(as_bytes("x "));
  CHECK(pieces == AgentDialogue::kLongest / 2);
  CHECK_FALSE(endless.answered());
  AgentDialogue longest("");
  longest.receive(as_bytes(std::string(AgentDialogue::kLongest - 1, ' ') + "\n"));
  CHECK(longest.answered());
}

struct AgentBench : Bench {
  AgentCheck check;
  std::optional<ProbeOutcome> outcome;
  std::optional<AgentProbe> probe;

  explicit AgentBench(const Endpoint& agent) {
    check.endpoint.destination = agent;
    check.timing.connect_timeout = 300ms;
  }
  ProbeOutcome attempt() {
    if (!probe) {
      probe.emplace(ProbeHost{loop, log, nullptr}, check, ProbeLabels{"[R]:tcp:80", "[V]:tcp:80"},
                    [this](const ProbeOutcome& o) { outcome = o; });
    }
    outcome.reset();
    loop.run_once(0ms);
    probe->start(0);
    CHECK_FALSE(outcome);
    run_until([&] { return outcome.has_value(); }, 5s);
    REQUIRE(outcome);
    return *outcome;
  }
};

/// An agent whose line can be changed.
class Agent {
 public:
  void say(std::string line) {
    const std::lock_guard lock(mutex_);
    line_ = std::move(line);
  }
  [[nodiscard]] Endpoint endpoint() const { return server_.endpoint(); }

 private:
  std::string line() {
    const std::lock_guard lock(mutex_);
    return line_;
  }
  std::mutex mutex_;
  std::string line_;
  ScriptedServer server_{[this](int connection) { ScriptedServer::send_text(connection, line()); }};
};

ProbeOutcome down(const std::string& words) {
  ProbeOutcome outcome;
  outcome.result = Result::failed;
  outcome.line = "Agent of [R]:tcp:80 says " + words;
  return outcome;
}

TEST_CASE("an agent's word holds until it says another", "[agent]") {
  Agent agent;
  AgentBench bench(agent.endpoint());
  agent.say("75%\n");
  ProbeOutcome weighted;
  weighted.weight = WeightWord::percent(75);
  CHECK(bench.attempt() == weighted);
  agent.say("down # disk full\n");
  CHECK(bench.attempt() == down("down (disk full)"));
  agent.say("10%\n");
  ProbeOutcome still = down("down (disk full)");
  still.weight = WeightWord::percent(10);
  CHECK(bench.attempt() == still);
  agent.say("up maint\n");
  ProbeOutcome maintained;
  maintained.duty = Duty::maintain;
  CHECK(bench.attempt() == maintained);
  agent.say("\n");
  CHECK(bench.attempt() == ProbeOutcome{});
  agent.say("ready stopped\n");
  ProbeOutcome stopped = down("stopped");
  stopped.duty = Duty::serve;
  CHECK(bench.attempt() == stopped);
  CHECK(bench.logged() == std::vector<std::string>{"Agent of [R]:tcp:80 says maint",
                                                   "Agent of [R]:tcp:80 says ready"});
}

TEST_CASE("words that mean nothing are told once", "[agent]") {
  Agent agent;
  AgentBench bench(agent.endpoint());
  agent.say("up foo\n");
  CHECK(bench.attempt() == ProbeOutcome{});
  CHECK(bench.attempt() == ProbeOutcome{});
  CHECK(bench.logged() ==
        std::vector<std::string>{"Agent of [R]:tcp:80 says 'foo', which means nothing - ignoring"});
}

TEST_CASE("the agent is told what is configured", "[agent]") {
  std::string heard;
  ScriptedServer server([&](int connection) {
    char octet = 0;
    while (heard.find('\n') == std::string::npos && recv(connection, &octet, 1, 0) == 1) {
      heard += octet;
    }
    // It stays open after its line: nobody waits for more.
    ScriptedServer::send_text(connection, "up\n");
    while (recv(connection, &octet, 1, 0) == 1) continue;
  });
  AgentBench bench(server.endpoint());
  bench.check.send = "how is \"web\"?\n";
  CHECK(bench.attempt() == ProbeOutcome{});
  CHECK(heard == bench.check.send);
}

TEST_CASE("an agent without a complete line changes nothing, and that is told once", "[agent]") {
  std::string said;
  std::string line;
  bool waits = false;
  SECTION("nothing") { line = "Agent of [R]:tcp:80 says no complete line"; }
  SECTION("half a line") {
    said = "down";
    line = "Agent of [R]:tcp:80 says no complete line";
  }
  SECTION("a line too long") {
    said = std::string(10000, 'x') + "\n";
    line = "Agent of [R]:tcp:80 says no complete line";
  }
  SECTION("nothing in time") {
    waits = true;
    line = "Agent of [R]:tcp:80 says no complete line in time";
  }
  SECTION("half a line in time") {
    said = "down ";
    waits = true;
    line = "Agent of [R]:tcp:80 says no complete line in time";
  }
  ScriptedServer server([&](int connection) {
    ScriptedServer::send_text(connection, said);
    char octet = 0;
    // Read what may come, so that the end is no reset.
    if (waits) recv(connection, &octet, 1, 0);
  });
  AgentBench bench(server.endpoint());
  ProbeOutcome first = bench.attempt();
  CHECK(first.result == Result::not_made);
  CHECK(first.line == line);
  CHECK_FALSE(first.weight);
  CHECK_FALSE(first.duty);
  CHECK(bench.attempt().line.empty());
}

TEST_CASE("an agent that dribbles is given up", "[agent]") {
  std::atomic<bool> over{false};
  ScriptedServer server([&](int connection) {
    while (!over && ScriptedServer::send_text(connection, "x")) usleep(20'000);
  });
  AgentBench bench(server.endpoint());
  const auto outcome = bench.attempt();
  over = true;
  CHECK(outcome.result == Result::not_made);
  CHECK(outcome.line == "Agent of [R]:tcp:80 says no complete line in time");
}

TEST_CASE("an agent that is not there changes nothing", "[agent]") {
  const Endpoint nobody = closed_port();
  AgentBench bench(nobody);
  const auto outcome = bench.attempt();
  CHECK(outcome.result == Result::not_made);
  CHECK(outcome.line == "Agent of [R]:tcp:80 takes no connection");
  CHECK(bench.attempt().line.empty());
}

}  // namespace
}  // namespace understudy::checkers
