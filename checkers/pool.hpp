// One virtual server's pool: which real servers are alive, whether they are a quorum, who is in the
// kernel's table, and whom to tell. Pure: events in, actions and the wanted table out.
//
// A real server is alive when every check of it says so. Alive servers are in the table; one with
// inhibit_on_failure stays there with weight 0 when it is not. When the quorum is lost and there is
// a sorry server, it takes the place of them all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "checkers/config.hpp"
#include "checkers/duty.hpp"
#include "daemon/base/messages.hpp"

namespace understudy::checkers {

/// A destination the virtual server's service should have.
struct Seat {
  Endpoint endpoint;
  ForwardingMethod method = ForwardingMethod::nat;
  Tunnel tunnel;
  std::uint32_t weight = 1;
  std::uint32_t upper_threshold = 0;
  std::uint32_t lower_threshold = 0;
  bool operator==(const Seat&) const = default;
};

/// What is known of one check of a real server.
struct CheckState {
  /// Whether it says "up".
  bool up = false;
  /// What it adds to the server's configured weight.
  int weight = 0;
  Duty duty = Duty::serve;
  bool operator==(const CheckState&) const = default;
};

/// What is known of a real server.
struct ServerState {
  bool alive = false;
  /// The state its notifications last spoke of.
  bool told_alive = false;
  /// In the order of RealServer::checks.
  std::vector<CheckState> checks;
  bool operator==(const ServerState&) const = default;
};

/// What is known of a virtual server; all that must be kept for Resume.
struct PoolState {
  bool quorum_up = false;
  /// The state its notifications last spoke of.
  bool told_up = false;
  /// In the order of VirtualServer::real_servers.
  std::vector<ServerState> servers;
  bool operator==(const PoolState&) const = default;
};

/// The first start: servers count as alive unless an alpha check has yet to say so.
struct Start {};
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
};
/// What a check adds to the server's configured weight; perhaps what it added before.
struct CheckWeight {
  std::size_t server = 0;
  std::size_t check = 0;
  int weight = 0;
};
/// What an agent says a server is to do; perhaps what it said before.
struct CheckDuty {
  std::size_t server = 0;
  std::size_t check = 0;
  Duty duty = Duty::serve;
};
/// A new configuration of this virtual server.
struct Reload {
  VirtualServer next;
};
/// The virtual server is no longer configured.
struct Retire {};
/// The daemon stops. `flushed`: the whole table goes at once, no server is spoken of.
struct Stop {
  bool flushed = false;
};
using PoolEvent =
    std::variant<Start, Resume, CheckVerdict, CheckWeight, CheckDuty, Reload, Retire, Stop>;

/// What to say, each list in order. The table is in Pool::seats(), and should be so first.
struct PoolActions {
  std::vector<std::string> log_lines;
  std::vector<Notification> notifications;
  bool operator==(const PoolActions&) const = default;
};

/// The pool of one virtual server.
class Pool {
 public:
  explicit Pool(VirtualServer config);

  PoolActions step(const PoolEvent& event);
  /// The destinations that should be in the kernel, in the order of the configuration.
  [[nodiscard]] std::vector<Seat> seats() const;
  [[nodiscard]] const PoolState& state() const { return state_; }
  [[nodiscard]] const VirtualServer& config() const { return config_; }

 private:
  void handle(const Start& event);
  void handle(const Resume& event);
  void handle(const CheckVerdict& event);
  void handle(const CheckWeight& event);
  void handle(const CheckDuty& event);
  void handle(const Reload& event);
  void handle(const Retire& event);
  void handle(const Stop& event);

  [[nodiscard]] std::int64_t live_weight() const;
  /// Its configured weight with what its checks add to it.
  [[nodiscard]] int effective_weight(std::size_t server) const;
  /// Whether it is in the table, if only with weight 0.
  [[nodiscard]] bool seated(std::size_t server) const;
  [[nodiscard]] bool serving(std::size_t server) const;
  [[nodiscard]] std::string name(std::size_t server) const;
  void say(std::string line) { actions_.log_lines.push_back(std::move(line)); }

  void set_alive(std::size_t server, bool alive);
  /// Gains or loses the quorum if the weights say so. `init`: at a start or reload, when the words
  /// differ and a sorry server may have to be put in.
  void update_quorum(bool init);
  void gain_quorum(bool init, std::int64_t weight);
  void lose_quorum(bool init, std::int64_t weight);
  void remove_server(std::size_t server);
  void adopt(const VirtualServer& next);
  void reload_sorry_server(const VirtualServer& next);

  void tell_server(std::size_t server);
  void mail_server(std::size_t server, const std::string& body);
  void tell_service(const std::string& mail_body);

  VirtualServer config_;
  std::string name_;
  PoolState state_;
  bool sorry_active_ = false;
  PoolActions actions_;
};

/// For each check of `next` the check of `old` whose verdict it takes over: the same check, else
/// one of the same kind that asks the same endpoint. No check of `old` is used twice. -1: none.
[[nodiscard]] std::vector<std::ptrdiff_t> match_checks(const std::vector<Check>& old,
                                                       const std::vector<Check>& next);
/// For each real server of `next` the index of the same (by endpoint) in `old`; -1: none.
[[nodiscard]] std::vector<std::ptrdiff_t> match_servers(const std::vector<RealServer>& old,
                                                        const std::vector<RealServer>& next);

}  // namespace understudy::checkers
