// One request and its response over a connection of their own, plain or TLS, on the loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "checkers/connect.hpp"
#include "checkers/http_message.hpp"
#include "checkers/tls.hpp"

namespace understudy::checkers {

/// How an exchange ended.
enum class ExchangeEnd : std::uint8_t {
  /// A whole header arrived; the body is as complete as the reader says.
  answered,
  unreachable,
  connect_timed_out,
  connect_failed,
  handshake_failed,
  send_failed,
  /// Nothing at all arrived in time.
  response_timed_out,
  /// Something arrived, then nothing for too long, or no end.
  read_timed_out,
  read_failed,
  /// Closed before the end of the header.
  no_data,
  /// This host's trouble.
  no_socket,
  not_started,
};

/// The original's words for it, which go before "server [R]:tcp:80."; "" for `answered`.
[[nodiscard]] std::string_view words_for(ExchangeEnd end, bool tls);

/// Makes exchanges with one server, one at a time.
class HttpExchange {
 public:
  struct Options {
    CheckEndpoint endpoint;
    /// For the connection with its handshake, and again for each wait for octets.
    Duration timeout{};
    /// For everything together: a server that dribbles for ever is given up.
    Duration longest{};
    /// nullptr: plain.
    std::shared_ptr<const TlsContext> tls;
    /// For SNI; empty for none.
    std::string server_name;
  };
  using Handler = std::function<void(ExchangeEnd)>;

  /// `handler` is called once per start(), never from within it.
  HttpExchange(Loop& loop, Log& log, Options options, Handler handler);

  /// Sends `request` and feeds what comes back to `reader`, which must live until the end.
  void start(std::string request, HttpReader& reader);
  void cancel();

 private:
  enum class Phase : std::uint8_t { idle, connecting, handshake, sending, waiting, reading };

  void on_connect(ConnectResult result);
  void on_ready();
  void on_timer();
  void shake_hands();
  void send_request();
  void read_response();
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
  std::string request_;
  HttpReader* reader_ = nullptr;
  TimePoint end_by_;
  Fd socket_;
  std::optional<TlsStream> tls_;
  std::unique_ptr<Watch> watch_;
  Timer timer_;
};

}  // namespace understudy::checkers
