#include "checkers/tls.hpp"

#include <openssl/err.h>
#include <sys/socket.h>

#include <cerrno>
#include <limits>
#include <stdexcept>
#include <vector>

namespace understudy::checkers {
namespace {

// OpenSSL's own socket BIO writes with write(2), and so a closed connection would raise SIGPIPE.

int socket_of(BIO* bio) {
  return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

bool would_block() { return errno == EAGAIN || errno == EINTR; }

int send_octets(BIO* bio, const char* data, int length) {
  BIO_clear_retry_flags(bio);
  const auto sent = send(socket_of(bio), data, static_cast<std::size_t>(length), MSG_NOSIGNAL);
  if (sent < 0 && would_block()) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int receive_octets(BIO* bio, char* data, int length) {
  BIO_clear_retry_flags(bio);
  const auto received = recv(socket_of(bio), data, static_cast<std::size_t>(length), 0);
  if (received < 0 && would_block()) BIO_set_retry_read(bio);
  if (received == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return static_cast<int>(received);
}

long control(BIO* bio, int command, long /*number*/, void* /*pointer*/) {
  switch (command) {
    case BIO_CTRL_FLUSH:
      return 1;
    case BIO_CTRL_EOF:
      return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    default:
      return 0;
  }
}

int clamp_length(std::size_t size) {
  constexpr auto kMost = static_cast<std::size_t>(std::numeric_limits<int>::max());
  return static_cast<int>(size < kMost ? size : kMost);
}

}  // namespace

TlsContext::TlsContext()
    : context_(SSL_CTX_new(TLS_client_method())),
      method_(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket")) {
  if (!context_ || !method_) throw std::runtime_error("OpenSSL provides no TLS");
  BIO_meth_set_write(method_.get(), send_octets);
  BIO_meth_set_read(method_.get(), receive_octets);
  BIO_meth_set_ctrl(method_.get(), control);
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_NONE, nullptr);
  // Many servers close without saying so first; the body's own length tells whether it is whole.
  SSL_CTX_set_options(context_.get(), SSL_OP_IGNORE_UNEXPECTED_EOF);
  // Thousands of idle connections need no buffers.
  SSL_CTX_set_mode(context_.get(), SSL_MODE_RELEASE_BUFFERS);
}

TlsStream::TlsStream(const TlsContext& context, int socket, const std::string& server_name,
                     const std::string& alpn)
    : ssl_(SSL_new(context.context())) {
  BIO* bio = BIO_new(context.socket_method());
  if (!ssl_ || bio == nullptr) {
    BIO_free(bio);
    throw std::bad_alloc();
  }
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_quiet_shutdown(ssl_.get(), 1);
  if (!server_name.empty()) SSL_set_tlsext_host_name(ssl_.get(), server_name.c_str());
  if (!alpn.empty()) {
    std::vector<std::uint8_t> offered{static_cast<std::uint8_t>(alpn.size())};
    offered.insert(offered.end(), alpn.begin(), alpn.end());
    SSL_set_alpn_protos(ssl_.get(), offered.data(), static_cast<unsigned>(offered.size()));
  }
  // What has to wait is kept in a string that grows.
  SSL_set_mode(ssl_.get(), SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_set_connect_state(ssl_.get());
}

std::string TlsStream::protocol() const {
  const unsigned char* name = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &length);
  return {reinterpret_cast<const char*>(name), length};
}

StreamStatus TlsStream::status_of(int result) {
  const int error = SSL_get_error(ssl_.get(), result);
  ERR_clear_error();
  switch (error) {
    case SSL_ERROR_NONE:
      return StreamStatus::done;
    case SSL_ERROR_WANT_READ:
      return StreamStatus::want_read;
    case SSL_ERROR_WANT_WRITE:
      return StreamStatus::want_write;
    case SSL_ERROR_ZERO_RETURN:
      return StreamStatus::closed;
    default:
      return StreamStatus::failed;
  }
}

StreamStatus TlsStream::handshake() { return status_of(SSL_do_handshake(ssl_.get())); }

StreamStatus TlsStream::write(ByteView data) {
  return status_of(SSL_write(ssl_.get(), data.data(), clamp_length(data.size())));
}

StreamStatus TlsStream::read(std::span<std::uint8_t> buffer, std::size_t& count) {
  const int result = SSL_read(ssl_.get(), buffer.data(), clamp_length(buffer.size()));
  count = result > 0 ? static_cast<std::size_t>(result) : 0;
  return status_of(result);
}

}  // namespace understudy::checkers
