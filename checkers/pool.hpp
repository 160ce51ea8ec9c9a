// One virtual server's pool: which real servers are alive, whether they are a quorum, who is in the
// kernel's table with which weight, and whom to tell. Pure: events and times in, actions and the
// wanted table out.
//
// A real server is alive when every check of it says so. Alive servers are in the table; one with
// inhibit_on_failure stays there with weight 0 when it is not. When the quorum is lost and there is
// a sorry server, it takes the place of them all. pool_phases.cpp has what takes time (slow_start,
// drain), pool_reload.cpp what a new configuration changes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "checkers/config.hpp"
#include "checkers/duty.hpp"
#include "checkers/few.hpp"
#include "daemon/base/messages.hpp"
#include "daemon/base/types.hpp"

namespace understudy::checkers {

/// A destination the virtual server's service should have.
struct Seat {
  Endpoint endpoint;
  ForwardingMethod method = ForwardingMethod::nat;
  Tunnel tunnel;
  std::uint32_t weight = 1;
  std::uint32_t upper_threshold = 0;
  std::uint32_t lower_threshold = 0;
  /// It leaves when its connections have ended: that is to be told by Drained.
  bool draining = false;
  bool operator==(const Seat&) const = default;
};

/// What is known of one check of a real server.
struct CheckState {
  /// What follows lies in the room it leaves.
  [[no_unique_address]] WeightWord weight;
  /// Whether it says "up".
  bool up = false;
  Duty duty = Duty::serve;
  bool operator==(const CheckState&) const = default;
};

/// What is known of a real server.
struct ServerState {
  bool alive = false;
  /// The state its notifications last spoke of.
  bool told_alive = false;
  /// In the order of RealServer::checks.
  Few<CheckState> checks;
  bool operator==(const ServerState&) const = default;
};

/// What takes time for a real server; there is at most one for each.
struct Phase {
  enum class Kind : std::uint8_t {
    /// Its weight grows; it came back at `time`.
    growing,
    /// Its connections end; at `time` it goes anyway.
    draining,
  };
  std::size_t server = 0;
  Kind kind = Kind::growing;
  TimePoint time;
  bool operator==(const Phase&) const = default;
};

/// A server that is no longer configured, while its connections end; at `until` it goes anyway.
struct Leaver {
  Seat seat;
  TimePoint until;
  bool operator==(const Leaver&) const = default;
};

/// What is known of a virtual server; all that must be kept for Resume.
struct PoolState {
  bool quorum_up = false;
  /// The state its notifications last spoke of.
  bool told_up = false;
  /// In the order of VirtualServer::real_servers.
  std::vector<ServerState> servers;
  /// In the order of their servers.
  std::vector<Phase> phases;
  std::vector<Leaver> leavers;
  bool operator==(const PoolState&) const = default;
};

/// What the daemon's global definitions say of all pools.
struct PoolManner {
  /// rs_init_notifies: servers that serve from the start are told of.
  bool tell_first_state = false;
  /// no_checker_emails: mail only when a server goes or comes, not for each of its checks.
  bool mail_changes_only = false;
  bool operator==(const PoolManner&) const = default;
};

/// What is known of a check without asking: the number in a file.
struct Observation {
  std::size_t server = 0;
  std::size_t check = 0;
  CheckState state;
};

/// The first start: servers count as alive unless an alpha check has yet to say so, or what is
/// known says otherwise.
struct Start {
  std::vector<Observation> observations = {};
};
/// Going on from what an earlier process knew. Notifications it did not get out are sent; no other
/// is repeated.
struct Resume {
  PoolState known;
};
/// A check changed its mind, or a first check confirmed that the server is down.
struct CheckVerdict {
  std::size_t server = 0;
  std::size_t check = 0;
  bool up = false;
  /// Body of the mail; empty for none.
  std::string mail_reason;
  /// What it says of the weight from now on, without a word in the log; one that says "down" says
  /// nothing of the weight any more.
  std::optional<WeightWord> weight = {};
};
/// What a check says of the server's weight; perhaps what it said before.
struct CheckWeight {
  std::size_t server = 0;
  std::size_t check = 0;
  WeightWord weight;
};
/// What an agent says a server is to do; perhaps what it said before.
struct CheckDuty {
  std::size_t server = 0;
  std::size_t check = 0;
  Duty duty = Duty::serve;
};
/// A destination that is draining has no connections any more.
struct Drained {
  Endpoint endpoint;
};
/// Time has passed: see deadline().
struct Tick {};
/// A new configuration of this virtual server. `observations` are of its checks.
struct Reload {
  VirtualServer next;
  std::vector<Observation> observations = {};
};
/// The virtual server is no longer configured.
struct Retire {};
/// The daemon stops. `flushed`: the whole table goes at once, no server is spoken of.
struct Stop {
  bool flushed = false;
};
using PoolEvent = std::variant<Start, Resume, CheckVerdict, CheckWeight, CheckDuty, Drained, Tick,
                               Reload, Retire, Stop>;

/// What to say, each list in order. The table is in Pool::seats(), and should be so first.
struct PoolActions {
  std::vector<std::string> log_lines;
  std::vector<Notification> notifications;
  bool operator==(const PoolActions&) const = default;
};

/// The pool of one virtual server.
class Pool {
 public:
  explicit Pool(VirtualServer config, PoolManner manner = {});

  /// `now` may be left out where no server has slow_start or drain.
  PoolActions step(PoolEvent event, TimePoint now = {});
  /// When to step(Tick) for the next change of the table; nullopt: nothing takes time.
  [[nodiscard]] std::optional<TimePoint> deadline() const;
  /// The destinations that should be in the kernel, in the order of the configuration.
  [[nodiscard]] std::vector<Seat> seats() const;
  /// Its configured weight with what its checks say of it, 0 while it drains; what a returning
  /// server grows to.
  [[nodiscard]] std::int64_t effective_weight(std::size_t server) const;
  [[nodiscard]] const PoolState& state() const { return state_; }
  [[nodiscard]] const VirtualServer& config() const { return config_; }
  void set_manner(PoolManner manner) { manner_ = manner; }

 private:
  void handle(const Start& event);
  void handle(const Resume& event);
  void handle(const CheckVerdict& event);
  void handle(const CheckWeight& event);
  void handle(const CheckDuty& event);
  void handle(const Drained& event);
  void handle(const Tick& event);
  void handle(Reload& event);
  void handle(const Retire& event);
  void handle(const Stop& event);

  [[nodiscard]] std::int64_t live_weight() const;
  /// Whether it is in the table, if only with weight 0.
  [[nodiscard]] bool seated(std::size_t server) const;
  [[nodiscard]] bool serving(std::size_t server) const;
  [[nodiscard]] Seat seat(std::size_t server) const;
  [[nodiscard]] std::string name(std::size_t server) const;
  void say(std::string line) { actions_.log_lines.push_back(std::move(line)); }

  /// How a server stops being alive. orderly: its connections may go on for a while.
  enum class Farewell : std::uint8_t { abrupt, orderly };
  void set_alive(std::size_t server, bool alive, Farewell farewell = Farewell::abrupt);
  /// Says how the weight in force changed, if it did; `before` was the effective weight.
  void say_weight(std::size_t server, std::int64_t before);
  /// Gains or loses the quorum if the weights say so. `init`: at a start or reload, when the words
  /// differ and a sorry server may have to be put in.
  void update_quorum(bool init);
  void gain_quorum(bool init, std::int64_t weight);
  void lose_quorum(bool init, std::int64_t weight);

  [[nodiscard]] const Phase* phase(std::size_t server, Phase::Kind kind) const;
  void begin_phase(std::size_t server, Phase::Kind kind, TimePoint time);
  void end_phase(std::size_t server);
  /// `weight` as far as it has grown.
  [[nodiscard]] std::uint32_t grown(std::size_t server, std::uint32_t weight) const;

  void remove_server(std::size_t server);
  void leave(std::size_t server);
  void adopt(Reload& reload);
  void adopt_server(std::size_t server, const RealServer& was, const ServerState& known);
  void adopt_phases(const std::vector<Phase>& phases, const std::vector<std::ptrdiff_t>& servers);
  void reload_sorry_server(const VirtualServer& next);

  void tell_server(std::size_t server);
  void mail_server(std::size_t server, const std::string& body);
  void tell_service(const std::string& mail_body);

  VirtualServer config_;
  PoolManner manner_;
  std::string name_;
  PoolState state_;
  bool sorry_active_ = false;
  TimePoint now_;
  PoolActions actions_;
};

/// A weight as the kernel can have it.
[[nodiscard]] std::uint32_t kernel_weight(std::int64_t weight);
/// What is known of a real server before any of its checks has run.
[[nodiscard]] ServerState fresh_state(const RealServer& server);
/// Whether its checks let a server serve.
[[nodiscard]] bool all_allow(const Few<CheckState>& checks);
/// The seat of a server with `weight`.
[[nodiscard]] Seat seat_of(const RealServer& server, std::uint32_t weight);

/// For each check of `next` the check of `old` whose verdict it takes over: the same check, else
/// one of the same kind that asks the same. No check of `old` is used twice. -1: none.
[[nodiscard]] std::vector<std::ptrdiff_t> match_checks(const Few<Check>& old,
                                                       const Few<Check>& next);
/// For each real server of `next` the index of the same (by endpoint) in `old`; -1: none.
[[nodiscard]] std::vector<std::ptrdiff_t> match_servers(const std::vector<RealServer>& old,
                                                        const std::vector<RealServer>& next);

}  // namespace understudy::checkers
