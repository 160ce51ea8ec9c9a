// TLS as a client, over a non-blocking socket, as SSL_GET speaks it: certificates are not verified.
#pragma once

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "daemon/base/bytes.hpp"

namespace understudy::checkers {

/// What all TLS connections of a process share. Protocols and ciphers are the library's defaults.
class TlsContext {
 public:
  /// Throws std::runtime_error if the library cannot be used.
  TlsContext();
  [[nodiscard]] SSL_CTX* context() const { return context_.get(); }
  [[nodiscard]] const BIO_METHOD* socket_method() const { return method_.get(); }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(BIO_METHOD* method) const { BIO_meth_free(method); }
  };
  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<BIO_METHOD, Free> method_;
};

/// How an operation on a stream went. want_read and want_write: call again when the socket is ready
/// for that.
enum class StreamStatus : std::uint8_t { done, want_read, want_write, closed, failed };

/// One TLS connection over a socket it does not own.
class TlsStream {
 public:
  /// `server_name` for SNI, `alpn` the one protocol offered (RFC 7301); empty for none.
  TlsStream(const TlsContext& context, int socket, const std::string& server_name,
            const std::string& alpn = {});

  StreamStatus handshake();
  /// After the handshake: the protocol agreed upon, empty for none.
  [[nodiscard]] std::string protocol() const;
  /// Sends all of `data` or nothing yet; then it must begin the same the next time.
  StreamStatus write(ByteView data);
  /// `count` is the number of octets read when done.
  StreamStatus read(std::span<std::uint8_t> buffer, std::size_t& count);
  /// Whether read() has octets without waiting for the socket.
  [[nodiscard]] bool has_pending() const { return SSL_pending(ssl_.get()) > 0; }

 private:
  [[nodiscard]] StreamStatus status_of(int result);
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  std::unique_ptr<SSL, Free> ssl_;
};

}  // namespace understudy::checkers
