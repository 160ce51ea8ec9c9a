// The pool against a second, naive account of it, in thousands of random courses of events.
//
// The account keeps what each check said last and works everything else out anew each time. A
// course that fails is named by its seed.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "checkers/pool.hpp"
#include "tests/simulation/random.hpp"

namespace understudy::checkers {
namespace {

using namespace std::chrono_literals;

constexpr unsigned kCourses = 2000;
constexpr unsigned kEvents = 60;
constexpr int kMostServers = 5;

using Dice = vrrp::simulation::Random;

struct Said {
  bool up = true;
  WeightWord weight;
  Duty duty = Duty::serve;
};

/// A server in the naive account.
struct Account {
  bool alive = true;
  /// By the port a check asks; 0: the check of a file.
  std::map<int, Said> said;
  std::optional<TimePoint> came_back;
  std::optional<TimePoint> leaves_by;
};

/// The address is what tells servers apart.
using Accounts = std::map<std::string, Account>;

std::string address(int number) { return "10.0.0." + std::to_string(number); }

int key_of(const Check& check) { return check.destination().port.value(); }

bool is_alpha(const Check& check) {
  const auto* timing = timing_of(check);
  return timing != nullptr && timing->alpha;
}

/// The account of a whole pool.
class Book {
 public:
  void open(const VirtualServer& config) {
    config_ = config;
    for (const auto& server : config.real_servers) enter(server);
  }

  void note_verdict(const std::string& server, int check, bool up) {
    Said& said = accounts_.at(server).said.at(check);
    // Going down takes back what it said of the weight.
    if (said.up && !up) said.weight = {};
    said.up = up;
  }
  void note_weight(const std::string& server, int check, WeightWord weight) {
    accounts_.at(server).said.at(check).weight = weight;
  }
  void note_duty(const std::string& server, int check, Duty duty) {
    accounts_.at(server).said.at(check).duty = duty;
  }

  /// Servers that came or went by what the checks say now; `orderly`: may drain.
  void settle(TimePoint now, bool orderly) {
    for (const auto& server : config_.real_servers) {
      Account& account = accounts_.at(server.endpoint.address.to_string());
      const bool alive = allowed(account);
      if (alive == account.alive) continue;
      const bool was_serving = !sorry_;
      account.alive = alive;
      account.came_back.reset();
      account.leaves_by.reset();
      if (alive && server.slow_start > 0) account.came_back = now;
      if (!alive && orderly && server.drain > 0 && !server.inhibit_on_failure && was_serving) {
        account.leaves_by = now + std::chrono::seconds(server.drain);
      }
      judge();
    }
    judge();
  }

  void reload(const VirtualServer& next, TimePoint now) {
    const Accounts before = accounts_;
    const VirtualServer old = config_;
    for (const auto& server : old.real_servers) strike(server, next, now);
    if (sorry_ &&
        (!next.sorry_server || next.sorry_server->endpoint != old.sorry_server->endpoint)) {
      // It is taken out; that a quorum is missing puts the next one in.
      sorry_ = false;
    }
    config_ = next;
    accounts_.clear();
    for (const auto& server : next.real_servers) {
      const auto name = server.endpoint.address.to_string();
      gone_.erase(name);
      enter(server);
      Account& account = accounts_.at(name);
      const auto known = before.find(name);
      if (known == before.end()) {
        if (account.alive && server.slow_start > 0) account.came_back = now;
        continue;
      }
      take_over(server, known->second, account);
    }
    settle(now, true);
    if (config_.sorry_server && !up_) sorry_ = true;
  }

  void pass(TimePoint now) {
    std::erase_if(gone_, [&](const auto& one) { return one.second <= now; });
    for (auto& [name, account] : accounts_) {
      if (account.leaves_by && *account.leaves_by <= now) account.leaves_by.reset();
    }
    for (const auto& server : config_.real_servers) {
      auto& came_back = accounts_.at(server.endpoint.address.to_string()).came_back;
      // It has its whole weight for good, also if a reload makes slow_start longer.
      if (came_back && *came_back + std::chrono::seconds(server.slow_start) <= now) {
        came_back.reset();
      }
    }
  }

  void drained(const std::string& name) {
    gone_.erase(name);
    if (accounts_.contains(name)) accounts_.at(name).leaves_by.reset();
  }

  void judge() {
    std::int64_t sum = 0;
    for (const auto& server : config_.real_servers) {
      const Account& account = accounts_.at(server.endpoint.address.to_string());
      if (account.alive) sum += full_weight(server, account);
    }
    const std::int64_t quorum = config_.quorum;
    const std::int64_t margin = config_.hysteresis;
    if (up_) {
      up_ = sum > 0 && sum >= quorum - margin;
    } else {
      up_ = sum >= quorum + margin;
    }
    sorry_ = config_.sorry_server && !up_;
  }

  /// "10.0.0.3*7", sorted; "~" marks one that leaves.
  [[nodiscard]] std::vector<std::string> table(TimePoint now) const {
    std::map<std::string, std::string> table;
    for (const auto& [name, until] : gone_) table[name] = "0~";
    for (const auto& server : config_.real_servers) {
      const auto name = server.endpoint.address.to_string();
      const Account& account = accounts_.at(name);
      if (account.leaves_by) {
        table[name] = "0~";
      } else if (account.alive && !sorry_) {
        table[name] = std::to_string(weight_at(server, account, now));
      } else if (server.inhibit_on_failure || (account.alive && draining(account))) {
        table[name] = "0";
      }
    }
    if (config_.sorry_server) {
      const auto name = config_.sorry_server->endpoint.address.to_string();
      if (sorry_) {
        table[name] = "1";
      } else if (config_.sorry_server_inhibit && !table.contains(name)) {
        table[name] = "0";
      }
    }
    std::vector<std::string> lines;
    for (const auto& [name, weight] : table) lines.push_back(name + "*" + weight);
    return lines;
  }

  [[nodiscard]] bool up() const { return up_; }
  [[nodiscard]] bool alive(const std::string& server) const { return accounts_.at(server).alive; }

 private:
  static bool draining(const Account& account) {
    return std::ranges::any_of(account.said,
                               [](const auto& one) { return one.second.duty == Duty::drain; });
  }

  static bool allowed(const Account& account) {
    return std::ranges::all_of(account.said, [](const auto& one) {
      return one.second.up && one.second.duty != Duty::maintain;
    });
  }

  static std::int64_t full_weight(const RealServer& server, const Account& account) {
    if (draining(account)) return 0;
    std::int64_t weight = server.weight;
    for (const auto& [key, said] : account.said) {
      const std::int64_t value = said.weight.value();
      switch (said.weight.kind()) {
        case WeightWord::Kind::add:
          weight += value;
          break;
        case WeightWord::Kind::set:
          weight += value - server.weight;
          break;
        case WeightWord::Kind::percent: {
          std::int64_t share = server.weight * value / 100;
          if (share == 0 && value > 0 && server.weight > 0) share = 1;
          weight += share - server.weight;
          break;
        }
      }
    }
    return std::max<std::int64_t>(weight, 0);
  }

  static std::int64_t weight_at(const RealServer& server, const Account& account, TimePoint now) {
    const std::int64_t full = full_weight(server, account);
    if (!account.came_back || full == 0) return full;
    std::int64_t weight = 1;
    for (int step = 1; step <= 20; ++step) {
      const Duration after = std::chrono::seconds(server.slow_start) * step;
      if ((now - *account.came_back) * 20 >= after) {
        weight = std::max<std::int64_t>(1, full * step / 20);
      }
    }
    return weight;
  }

  void enter(const RealServer& server) {
    Account account;
    for (const auto& check : server.checks) account.said[key_of(check)].up = !is_alpha(check);
    account.alive = allowed(account);
    accounts_[server.endpoint.address.to_string()] = account;
  }

  static void take_over(const RealServer& server, const Account& known, Account& account) {
    account.alive = known.alive;
    for (auto& [key, said] : account.said) {
      const auto before = known.said.find(key);
      if (before != known.said.end()) {
        said = before->second;
      } else if (known.alive) {
        said.up = true;
      }
    }
    if (server.slow_start > 0) account.came_back = known.came_back;
    if (server.drain > 0 && !server.inhibit_on_failure) account.leaves_by = known.leaves_by;
  }

  /// A server that `next` does not have any more.
  void strike(const RealServer& server, const VirtualServer& next, TimePoint now) {
    if (std::ranges::find(next.real_servers, server.endpoint, &RealServer::endpoint) !=
        next.real_servers.end()) {
      return;
    }
    const auto name = server.endpoint.address.to_string();
    const Account& account = accounts_.at(name);
    const bool in_table = (account.alive && (!sorry_ || draining(account))) ||
                          server.inhibit_on_failure || account.leaves_by;
    if (server.drain == 0 || !in_table) return;
    gone_[name] = account.leaves_by.value_or(now + std::chrono::seconds(server.drain));
  }

  VirtualServer config_;
  Accounts accounts_;
  /// No longer configured, with the time they go at last.
  std::map<std::string, TimePoint> gone_;
  bool up_ = false;
  bool sorry_ = false;
};

/// A random course of events, with both accounts of it.
class Course {
 public:
  explicit Course(unsigned seed) : dice_(seed), config_(random_config()), pool_(config_) {
    book_.open(config_);
    expect(pool_.step(Start{}, now_));
    book_.judge();
    compare("start");
  }

  void run() {
    for (unsigned i = 0; i < kEvents; ++i) step();
  }

 private:
  unsigned below(std::size_t limit) { return static_cast<unsigned>(dice_.below(limit)); }

  Check random_check(int key) {
    if (key == 0) return FileCheck{"load", 1, false};
    TcpCheck check;
    check.endpoint.destination = {*IpAddress::parse("10.0.0.1"),
                                  Port(static_cast<std::uint16_t>(key))};
    check.timing.alpha = dice_.one_in(3);
    return check;
  }

  RealServer random_server(int number) {
    RealServer server;
    server.endpoint = {*IpAddress::parse(address(number)), Port(80)};
    server.weight = static_cast<int>(below(6));
    server.inhibit_on_failure = dice_.one_in(4);
    if (dice_.one_in(3)) server.slow_start = 1 + below(40);
    if (dice_.one_in(3)) server.drain = 1 + below(40);
    for (int key = 0; key < 3; ++key) {
      if (dice_.one_in(2)) server.checks.push_back(random_check(key));
    }
    return server;
  }

  VirtualServer random_config() {
    VirtualServer config;
    config.endpoint = {*IpAddress::parse("10.9.9.9"), Port(80)};
    for (int i = 1; i <= kMostServers; ++i) {
      if (dice_.one_in(4)) continue;
      const auto known =
          std::ranges::find(config_.real_servers, IpAddress::parse(address(i)).value(),
                            [](const RealServer& server) { return server.endpoint.address; });
      const bool keep = known != config_.real_servers.end() && !dice_.one_in(3);
      config.real_servers.push_back(keep ? *known : random_server(i));
    }
    config.quorum = 1 + below(8);
    config.hysteresis = below(config.quorum);
    if (dice_.one_in(2)) {
      // It may be one of the real servers.
      config.sorry_server = RealServer();
      config.sorry_server->endpoint = {*IpAddress::parse(address(static_cast<int>(1 + below(12)))),
                                       Port(80)};
      config.sorry_server_inhibit = dice_.one_in(2);
    }
    return config;
  }

  void step() {
    switch (below(8)) {
      case 0:
        return reload();
      case 1:
        return resume();
      case 2:
        return pass_time();
      case 3:
        return drain_ends();
      default:
        return check_speaks();
    }
  }

  void check_speaks() {
    const auto& servers = config_.real_servers;
    if (servers.empty()) return;
    const std::size_t server = below(servers.size());
    const auto& checks = servers[server].checks;
    if (checks.empty()) return;
    const std::size_t check = below(checks.size());
    const auto name = servers[server].endpoint.address.to_string();
    const int key = key_of(checks[check]);
    PoolEvent event;
    bool orderly = true;
    switch (below(3)) {
      case 0: {
        const bool up = dice_.one_in(2);
        orderly = key == 0;
        event = CheckVerdict{server, check, up, "=> mail <="};
        book_.note_verdict(name, key, up);
        break;
      }
      case 1: {
        const auto word = random_word();
        event = CheckWeight{server, check, word};
        book_.note_weight(name, key, word);
        break;
      }
      default: {
        const auto duty = static_cast<Duty>(below(3));
        event = CheckDuty{server, check, duty};
        book_.note_duty(name, key, duty);
      }
    }
    expect(pool_.step(event, now_));
    book_.settle(now_, orderly);
    compare("a check speaks");
  }

  WeightWord random_word() {
    const auto value = static_cast<std::int32_t>(below(12));
    switch (below(3)) {
      case 0:
        return WeightWord::add(value - 6);
      case 1:
        return WeightWord::set(value);
      default:
        return WeightWord::percent(value * 20);
    }
  }

  void reload() {
    config_ = random_config();
    expect(pool_.step(Reload{config_}, now_));
    book_.reload(config_, now_);
    compare("reload");
    // The same again is nothing.
    REQUIRE(pool_.step(Reload{config_}, now_) == PoolActions{});
    compare("the same again");
  }

  /// A new process that goes on from the records of this one has nothing to say.
  void resume() {
    Pool successor(config_);
    REQUIRE(successor.step(Resume{pool_.state()}, now_) == PoolActions{});
    REQUIRE(successor.state() == pool_.state());
    REQUIRE(successor.seats() == pool_.seats());
    REQUIRE(successor.deadline() == pool_.deadline());
    pool_ = successor;
  }

  void pass_time() {
    const auto deadline = pool_.deadline();
    // Nothing happens by itself before the deadline.
    if (deadline && *deadline > now_ + 1ns && dice_.one_in(2)) {
      const auto seats = pool_.seats();
      REQUIRE(pool_.step(Tick{}, *deadline - 1ns) == PoolActions{});
      REQUIRE(pool_.seats() == seats);
      now_ = *deadline;
    } else {
      now_ += std::chrono::milliseconds(below(15000));
    }
    const auto actions = pool_.step(Tick{}, now_);
    REQUIRE(actions.notifications.empty());
    book_.pass(now_);
    compare("time passes");
  }

  void drain_ends() {
    const auto name = address(static_cast<int>(1 + below(kMostServers)));
    const auto actions = pool_.step(Drained{{*IpAddress::parse(name), Port(80)}}, now_);
    REQUIRE(actions.notifications.empty());
    book_.drained(name);
    compare("connections end");
  }

  /// Every object's lines speak of its state, in alternation unless a check that is down says so
  /// again.
  void expect(const PoolActions& actions) {
    for (const auto& one : actions.notifications) {
      if (one.fifo_line.empty()) continue;
      const auto space = one.fifo_line.rfind(' ');
      const bool up = one.fifo_line.substr(space + 1) == "UP";
      auto& last = told_[one.fifo_line.substr(0, space)];
      INFO(one.fifo_line);
      CHECK_FALSE((up && last == true));
      last = up;
    }
  }

  void compare(const char* what) {
    INFO(what);
    std::vector<std::string> table;
    for (const auto& seat : pool_.seats()) {
      table.push_back(seat.endpoint.address.to_string() + "*" + std::to_string(seat.weight) +
                      (seat.draining ? "~" : ""));
    }
    std::ranges::sort(table);
    REQUIRE(table == book_.table(now_));
    REQUIRE(pool_.state().quorum_up == book_.up());
    REQUIRE(pool_.state().told_up == book_.up());
    for (std::size_t i = 0; i < config_.real_servers.size(); ++i) {
      const auto& state = pool_.state().servers[i];
      REQUIRE(state.alive == book_.alive(config_.real_servers[i].endpoint.address.to_string()));
      REQUIRE(state.told_alive == state.alive);
    }
  }

  Dice dice_;
  VirtualServer config_;
  Pool pool_;
  Book book_;
  TimePoint now_{1000s};
  std::map<std::string, std::optional<bool>> told_;
};

}  // namespace

TEST_CASE("the pool is as a naive account of it, whatever happens", "[pool]") {
  for (unsigned seed = 1; seed <= kCourses; ++seed) {
    INFO("seed " << seed);
    Course(seed).run();
  }
}

}  // namespace understudy::checkers
