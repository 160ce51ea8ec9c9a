#include "checkers/tls.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <limits>
#include <stdexcept>
#include <vector>

#include "checkers/small_file.hpp"

namespace understudy::checkers {
namespace {

/// Of a file of certificates or a key: some hundred times those a system believes.
constexpr std::int64_t kLargestFile = 1 << 26;

// OpenSSL's own socket BIO writes with write(2), and so a closed connection would raise SIGPIPE.

int socket_of(BIO* bio) {
  return static_cast<int>(reinterpret_cast<std::intptr_t>(openssl().BIO_get_data(bio)));
}

bool would_block() { return errno == EAGAIN || errno == EINTR; }

int send_octets(BIO* bio, const char* data, int length) {
  openssl().BIO_clear_retry_flags(bio);
  const auto sent = send(socket_of(bio), data, static_cast<std::size_t>(length), MSG_NOSIGNAL);
  if (sent < 0 && would_block()) openssl().BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int receive_octets(BIO* bio, char* data, int length) {
  openssl().BIO_clear_retry_flags(bio);
  const auto received = recv(socket_of(bio), data, static_cast<std::size_t>(length), 0);
  if (received < 0 && would_block()) openssl().BIO_set_retry_read(bio);
  if (received == 0) openssl().BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return static_cast<int>(received);
}

long control(BIO* bio, int command, long /*number*/, void* /*pointer*/) {
  switch (command) {
    case BIO_CTRL_FLUSH:
      return 1;
    case BIO_CTRL_EOF:
      return openssl().BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    default:
      return 0;
  }
}

int give_password(char* buffer, int size, int /*writing*/, void* password) {
  const auto* text = static_cast<const std::string*>(password);
  if (text == nullptr || text->size() >= static_cast<std::size_t>(size)) return 0;
  std::copy(text->begin(), text->end(), buffer);
  return static_cast<int>(text->size());
}

/// The library's first reason for what failed; forgets all of them.
std::string take_error() {
  const unsigned long code = openssl().ERR_peek_error();
  const char* reason = openssl().ERR_reason_error_string(code);
  std::string text = reason == nullptr ? "unknown reason" : reason;
  // Of files: the system's reason.
  if (ERR_SYSTEM_ERROR(code)) text = std::strerror(ERR_GET_REASON(code));
  openssl().ERR_clear_error();
  return text;
}

int clamp_length(std::size_t size) {
  constexpr auto kMost = static_cast<std::size_t>(std::numeric_limits<int>::max());
  return static_cast<int>(size < kMost ? size : kMost);
}

/// "www" of "www:8443": neither SNI nor a certificate knows ports.
std::string without_port(const std::string& host) {
  const auto colon = host.find(':');
  return colon != std::string::npos && host.find(':', colon + 1) == std::string::npos
             ? host.substr(0, colon)
             : host;
}

}  // namespace

TlsContext::ContextPointer TlsContext::make() {
  ContextPointer context(openssl().SSL_CTX_new(openssl().TLS_client_method()));
  if (!context) throw std::runtime_error("OpenSSL provides no TLS");
  openssl().SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
  // Thousands of idle connections need no buffers. What has to wait is kept in a string that grows.
  openssl().SSL_CTX_set_mode(context.get(),
                             SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // One read() is for one record: a server that sends key updates for ever holds up nobody else.
  openssl().SSL_CTX_clear_mode(context.get(), SSL_MODE_AUTO_RETRY);
  // Always one of ours: the library's would ask for a password at the terminal.
  openssl().SSL_CTX_set_default_passwd_cb(context.get(), give_password);
  return context;
}

TlsContext::TlsContext()
    : context_(make()),
      method_(
          openssl().BIO_meth_new(openssl().BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket")) {
  if (!method_) throw std::runtime_error("OpenSSL provides no TLS");
  openssl().BIO_meth_set_write(method_.get(), send_octets);
  openssl().BIO_meth_set_read(method_.get(), receive_octets);
  openssl().BIO_meth_set_ctrl(method_.get(), control);
  openssl().SSL_CTX_set_default_verify_paths(context_.get());
}

std::string TlsContext::load(const TlsFiles& files) {
  auto next = make();
  SSL_CTX* context = next.get();
  std::string password = files.password;
  openssl().SSL_CTX_set_default_passwd_cb_userdata(context, &password);
  const auto wrong = [](std::string_view words, const std::string& file) {
    return fmt::format("SSL error : Cant load {} file... {}: {}", words, file, take_error());
  };
  // The library would wait for ever for the other end of a pipe.
  for (const auto& [words, file] :
       {std::pair("certificate", &files.certificate), {"key", &files.key}, {"CA", &files.ca}}) {
    if (file->empty()) continue;
    if (const auto opened = open_small_file(*file, kLargestFile); !opened) {
      return fmt::format("SSL error : Cant load {} file... {}: {}", words, *file,
                         opened.error().message);
    }
  }
  if (!files.certificate.empty() &&
      openssl().SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1) {
    return wrong("certificate", files.certificate);
  }
  if (!files.key.empty() &&
      openssl().SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return wrong("key", files.key);
  }
  if (files.ca.empty()) {
    openssl().SSL_CTX_set_default_verify_paths(context);
  } else if (openssl().SSL_CTX_load_verify_file(context, files.ca.c_str()) != 1) {
    return wrong("CA", files.ca);
  }
  openssl().SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
  // Connections under way keep the one they began with.
  context_ = std::move(next);
  return {};
}

TlsPeer tls_peer(const std::string& host, const IpAddress& address, const TlsDemands& demands) {
  TlsPeer peer;
  peer.server_name = without_port(host);
  if (!demands.verify) return peer;
  peer.verified_name = !demands.name.empty()       ? demands.name
                       : !peer.server_name.empty() ? peer.server_name
                                                   : address.to_string();
  return peer;
}

TlsStream::TlsStream(const TlsContext& context, int socket, const TlsPeer& peer,
                     const std::string& alpn)
    : ssl_(openssl().SSL_new(context.context())) {
  BIO* bio = openssl().BIO_new(context.socket_method());
  if (!ssl_ || bio == nullptr) {
    openssl().BIO_free(bio);
    throw std::bad_alloc();
  }
  // The descriptor itself is what the method is given, not a place in memory.
  // NOLINTNEXTLINE(performance-no-int-to-ptr)
  openssl().BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));
  openssl().BIO_set_init(bio, 1);
  openssl().SSL_set_bio(ssl_.get(), bio, bio);
  openssl().SSL_set_quiet_shutdown(ssl_.get(), peer.close_notify ? 0 : 1);
  if (!peer.server_name.empty()) {
    openssl().SSL_set_tlsext_host_name(ssl_.get(), peer.server_name.c_str());
  }
  if (!peer.verified_name.empty()) verify(peer.verified_name);
  if (!alpn.empty()) {
    std::vector<std::uint8_t> offered{static_cast<std::uint8_t>(alpn.size())};
    offered.insert(offered.end(), alpn.begin(), alpn.end());
    openssl().SSL_set_alpn_protos(ssl_.get(), offered.data(),
                                  static_cast<unsigned>(offered.size()));
  }
  openssl().SSL_set_connect_state(ssl_.get());
}

void TlsStream::verify(const std::string& name) {
  openssl().SSL_set_verify(ssl_.get(), SSL_VERIFY_PEER, nullptr);
  X509_VERIFY_PARAM* wanted = openssl().SSL_get0_param(ssl_.get());
  if (openssl().X509_VERIFY_PARAM_set1_ip_asc(wanted, name.c_str()) == 1) return;
  openssl().X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (openssl().SSL_set1_host(ssl_.get(), name.c_str()) != 1) throw std::bad_alloc();
}

std::optional<std::chrono::sys_seconds> TlsStream::certificate_end() const {
  const X509* certificate = openssl().SSL_get0_peer_certificate(ssl_.get());
  std::tm end{};
  if (certificate == nullptr ||
      openssl().ASN1_TIME_to_tm(openssl().X509_get0_notAfter(certificate), &end) != 1) {
    return std::nullopt;
  }
  return std::chrono::sys_seconds(std::chrono::seconds(timegm(&end)));
}

std::string TlsStream::protocol() const {
  const unsigned char* name = nullptr;
  unsigned length = 0;
  openssl().SSL_get0_alpn_selected(ssl_.get(), &name, &length);
  return {reinterpret_cast<const char*>(name), length};
}

StreamStatus TlsStream::status_of(int result) {
  const int error = openssl().SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_SSL) {
    const long verdict = openssl().SSL_get_verify_result(ssl_.get());
    trouble_ = take_error();
    if (verdict != X509_V_OK) trouble_ = openssl().X509_verify_cert_error_string(verdict);
  }
  openssl().ERR_clear_error();
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

StreamStatus TlsStream::handshake() { return status_of(openssl().SSL_do_handshake(ssl_.get())); }

StreamStatus TlsStream::write(ByteView data) {
  return status_of(openssl().SSL_write(ssl_.get(), data.data(), clamp_length(data.size())));
}

StreamStatus TlsStream::read(std::span<std::uint8_t> buffer, std::size_t& count) {
  const int result = openssl().SSL_read(ssl_.get(), buffer.data(), clamp_length(buffer.size()));
  count = result > 0 ? static_cast<std::size_t>(result) : 0;
  return status_of(result);
}

void TlsStream::say_goodbye() {
  if (openssl().SSL_get_quiet_shutdown(ssl_.get()) == 1 || openssl().SSL_in_init(ssl_.get()) == 1)
    return;
  openssl().SSL_shutdown(ssl_.get());
  openssl().ERR_clear_error();
}

}  // namespace understudy::checkers
