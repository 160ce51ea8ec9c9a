// TLS as a client, over a non-blocking socket, as SSL_GET speaks it: certificates are verified only
// where that is asked for.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "checkers/config.hpp"
#include "checkers/openssl.hpp"
#include "daemon/base/bytes.hpp"

namespace understudy::checkers {

/// What all TLS connections of a process share. Protocols and ciphers are the library's defaults.
class TlsContext {
 public:
  /// Throws std::runtime_error if the library cannot be used.
  TlsContext();
  /// Connections from now on show the certificate of `files` and believe its authorities; without
  /// one given, those the system believes. Returns what is wrong, in the original's words and with
  /// the reason; then everything stays as it was. Empty: nothing is wrong.
  [[nodiscard]] std::string load(const TlsFiles& files);
  [[nodiscard]] SSL_CTX* context() const { return context_.get(); }
  [[nodiscard]] const BIO_METHOD* socket_method() const { return method_.get(); }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { openssl().SSL_CTX_free(context); }
    void operator()(BIO_METHOD* method) const { openssl().BIO_meth_free(method); }
  };
  using ContextPointer = std::unique_ptr<SSL_CTX, Free>;
  static ContextPointer make();
  ContextPointer context_;
  std::unique_ptr<BIO_METHOD, Free> method_;
};

/// Who is at the other end, and how we are to speak to it.
struct TlsPeer {
  /// For SNI; empty for none.
  std::string server_name;
  /// The name or address its certificate must be good for; empty: it is not verified.
  std::string verified_name = {};
  /// We say that we close (close_notify).
  bool close_notify = false;
};

/// The server at `address`, asked for as `host` ("www:8443", may be empty), with what is demanded
/// of its certificate.
[[nodiscard]] TlsPeer tls_peer(const std::string& host, const IpAddress& address,
                               const TlsDemands& demands);

/// How an operation on a stream went. want_read and want_write: call again when the socket is ready
/// for that.
enum class StreamStatus : std::uint8_t { done, want_read, want_write, closed, failed };

/// One TLS connection over a socket it does not own.
class TlsStream {
 public:
  /// `alpn` is the one protocol offered (RFC 7301); empty for none.
  TlsStream(const TlsContext& context, int socket, const TlsPeer& peer,
            const std::string& alpn = {});

  StreamStatus handshake();
  /// After a failure: the library's reason, as far as it gives one.
  [[nodiscard]] const std::string& trouble() const { return trouble_; }
  /// After the handshake: when the server's certificate ends; nullopt: it showed none.
  [[nodiscard]] std::optional<std::chrono::sys_seconds> certificate_end() const;
  /// After the handshake: the protocol agreed upon, empty for none.
  [[nodiscard]] std::string protocol() const;
  /// Sends all of `data` or nothing yet; then it must begin the same the next time.
  StreamStatus write(ByteView data);
  /// `count` is the number of octets read when done.
  StreamStatus read(std::span<std::uint8_t> buffer, std::size_t& count);
  /// Whether read() has octets without waiting for the socket.
  [[nodiscard]] bool has_pending() const { return openssl().SSL_pending(ssl_.get()) > 0; }
  /// Says that we close, to a peer that is to be told, as far as the socket takes it now.
  void say_goodbye();

 private:
  void verify(const std::string& name);
  [[nodiscard]] StreamStatus status_of(int result);
  struct Free {
    void operator()(SSL* ssl) const { openssl().SSL_free(ssl); }
  };
  std::unique_ptr<SSL, Free> ssl_;
  std::string trouble_;
};

}  // namespace understudy::checkers
