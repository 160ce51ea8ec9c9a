// One datagram to a server and what comes back, without waiting for it: UDP, ICMP and ICMPv6.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "checkers/config.hpp"
#include "daemon/base/bytes.hpp"
#include "daemon/base/fd.hpp"
#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"

namespace understudy::checkers {

/// How an exchange of datagrams ended.
struct DatagramEnd {
  enum class Kind : std::uint8_t {
    /// take() accepted a datagram.
    answered,
    timed_out,
    /// The datagram came back as undeliverable, by ICMP or from the kernel: `error`.
    refused,
    /// connect(2) itself said that the server cannot be reached.
    unreachable,
    /// send(2) failed: `error`.
    not_sent,
    /// No socket could be made: this host's trouble, not the server's.
    no_socket,
    /// The socket could not be set up or connect(2) made no sense of it: likewise.
    not_started,
  };
  Kind kind = Kind::answered;
  /// An errno value.
  int error = 0;
};

/// What the datagrams are.
enum class DatagramProtocol : std::uint8_t { udp, echo };

/// Sends datagrams to one server from the configured source, one exchange at a time. Only what the
/// server itself sends is heard (RFC 1122 4.1.3.5), and ICMP errors about what was sent.
class DatagramExchange {
 public:
  /// Looks at a datagram; true ends the exchange. It may not start or cancel it.
  using Take = std::function<bool(ByteView)>;
  /// Called once per start(), never from within it. It may start the next one.
  using Handler = std::function<void(DatagramEnd)>;

  DatagramExchange(Loop& loop, Log& log, DatagramProtocol protocol, CheckEndpoint endpoint,
                   Duration timeout, Take take, Handler handler);

  /// Sends `payload` and waits; an exchange under way is given up.
  void start(ByteView payload);
  /// Gives up and closes the socket.
  void cancel();
  /// Whether datagrams come with the IPv4 header of their packet: echoes, where this process may
  /// have no socket made for them (ping_group_range of icmp(7)) and uses a raw one.
  [[nodiscard]] bool with_ip_header() const {
    return raw_ && endpoint_.destination.address.is_v4();
  }

 private:
  [[nodiscard]] std::optional<DatagramEnd> begin(ByteView payload);
  [[nodiscard]] Fd open_socket();
  void on_ready(std::uint32_t events);
  void on_timer();
  [[nodiscard]] std::optional<int> take_error() const;
  void receive();
  void finish(DatagramEnd end);

  Loop& loop_;
  Log& log_;
  DatagramProtocol protocol_;
  bool raw_ = false;
  int last_errno_ = 0;
  CheckEndpoint endpoint_;
  Duration timeout_;
  Take take_;
  Handler handler_;
  Fd socket_;
  std::unique_ptr<Watch> watch_;
  Timer timer_;
  /// Known before start() returned, told by the timer.
  std::optional<DatagramEnd> early_;
  /// Whether what had arrived at the end was looked at.
  bool spared_ = false;
};

}  // namespace understudy::checkers
