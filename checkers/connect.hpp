// Making a TCP connection without waiting for it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "checkers/config.hpp"
#include "daemon/base/fd.hpp"
#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"

namespace understudy::checkers {

/// How an attempt to connect ended.
enum class ConnectResult : std::uint8_t {
  connected,
  /// connect(2) itself said that the server cannot be reached.
  unreachable,
  /// Refused, reset, or unreachable after a while.
  failed,
  timed_out,
  /// No socket could be made: this host's trouble, not the server's.
  no_socket,
  /// The socket could not be set up or connect(2) made no sense of it: likewise.
  not_started,
};

/// Connects to a server from the configured source address, port, interface and mark. Used again
/// and again by one check. A successful attempt that nobody reads from costs little more than three
/// system calls: socket, connect, close, and its share of poll.
class Connector {
 public:
  using Handler = std::function<void(ConnectResult)>;

  /// `handler` is called once per start(), never from within it. Told `connected`, it must take()
  /// the socket or cancel().
  Connector(Loop& loop, Log& log, CheckEndpoint endpoint, Duration timeout, Handler handler);

  /// Begins to connect; an attempt under way is given up.
  void start();
  /// Gives up and closes the socket.
  void cancel();
  /// Ends the wait: tells `timed_out`, unless the connection stands or failed meanwhile and this
  /// process, being late, has not seen it.
  void expire();
  /// Whether there was trouble that is not to be told again.
  [[nodiscard]] bool remembers() const { return last_errno_ != 0; }
  /// The connected socket, non-blocking. Only in the handler of `connected`.
  [[nodiscard]] Fd take();

 private:
  [[nodiscard]] std::optional<ConnectResult> begin();
  void on_ready(std::uint32_t events);
  void finish(ConnectResult result);

  Loop& loop_;
  Log& log_;
  CheckEndpoint endpoint_;
  Duration timeout_;
  Handler handler_;
  Fd socket_;
  std::unique_ptr<Watch> watch_;
  Timer timer_;
  /// Known before start() returned, told by the timer.
  std::optional<ConnectResult> early_;
  int last_errno_ = 0;
};

}  // namespace understudy::checkers
