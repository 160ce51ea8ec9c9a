// One dialogue with a server over a connection of its own, plain or TLS, on the loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "checkers/connect.hpp"
#include "checkers/dialogue.hpp"
#include "checkers/tls.hpp"

namespace understudy::checkers {

/// How an exchange ended.
enum class ExchangeEnd : std::uint8_t {
  /// The dialogue has its answer.
  answered,
  unreachable,
  connect_timed_out,
  connect_failed,
  handshake_failed,
  /// TLS stands, but the server does not speak the protocol asked for (ALPN).
  protocol_refused,
  /// Or the server asks for more and more and takes none of it.
  send_failed,
  /// Nothing at all arrived in time.
  response_timed_out,
  /// Something arrived, then nothing for too long, or no end.
  read_timed_out,
  read_failed,
  /// Closed before there was an answer.
  no_data,
  /// This host's trouble.
  no_socket,
  not_started,
};

/// Holds dialogues with one server, one at a time.
class Exchange {
 public:
  struct Options {
    CheckEndpoint endpoint;
    /// For the connection with its handshake, and again for each wait for octets.
    Duration timeout{};
    /// For everything together: a server that dribbles for ever is given up.
    Duration longest{};
    /// nullptr: plain.
    std::shared_ptr<const TlsContext> tls;
    TlsPeer peer = {};
    /// The protocol the server must agree to in the handshake (RFC 7301), "h2"; empty: not asked.
    std::string alpn;
  };
  using Handler = std::function<void(ExchangeEnd)>;

  /// `handler` is called once per start(), never from within it.
  Exchange(Loop& loop, Log& log, Options options, Handler handler);

  /// Connects and carries the octets of `dialogue`, which must live until the end.
  void start(Dialogue& dialogue);
  void cancel();
  /// For the next start().
  void set_peer(TlsPeer peer) { options_.peer = std::move(peer); }

  /// In the handler of `no_data`: whether the server ended TLS as it should be.
  [[nodiscard]] bool closed_by_tls() const { return closed_by_tls_; }
  /// In the handler of `handshake_failed`: the library's reason, as far as it gives one.
  [[nodiscard]] const std::string& tls_trouble() const { return tls_trouble_; }
  /// In the handler: when the certificate the server showed ends; nullopt: it showed none.
  [[nodiscard]] std::optional<std::chrono::sys_seconds> certificate_end() const {
    return certificate_end_;
  }

 private:
  enum class Phase : std::uint8_t { idle, connecting, handshake, sending, waiting, reading };

  void on_connect(ConnectResult result);
  void on_ready();
  void on_timer();
  void expire();
  void shake_hands();
  void send_opening();
  void read_response();
  /// Sends what there is to send besides reading. False when the exchange is over.
  bool send_more();
  [[nodiscard]] StreamStatus write();
  [[nodiscard]] StreamStatus read(std::span<std::uint8_t> buffer, std::size_t& count);
  /// False when the exchange is over.
  bool take(StreamStatus status, ByteView octets);
  void await(std::uint32_t events);
  void extend_deadline();
  void finish(ExchangeEnd end);

  Loop& loop_;
  Options options_;
  Handler handler_;
  Connector connector_;
  Phase phase_ = Phase::idle;
  Dialogue* dialogue_ = nullptr;
  std::string output_;
  TimePoint end_by_;
  /// Whether what had arrived at the very end was looked at.
  bool spared_ = false;
  bool closed_by_tls_ = false;
  std::string tls_trouble_;
  std::optional<std::chrono::sys_seconds> certificate_end_;
  Fd socket_;
  std::optional<TlsStream> tls_;
  std::unique_ptr<Watch> watch_;
  Timer timer_;
};

}  // namespace understudy::checkers
