#include "checkers/connect.hpp"

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace understudy::checkers {
namespace {

/// Errors of connect(2) that speak of the server or the way to it, not of this host.
bool is_about_the_server(int error) {
  switch (error) {
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ECONNREFUSED:
    case EHOSTDOWN:
    case ENETDOWN:
    case ECONNRESET:
    case ECONNABORTED:
    case ETIMEDOUT:
      return true;
    default:
      return false;
  }
}

}  // namespace

Connector::Connector(Loop& loop, Log& log, CheckEndpoint endpoint, Duration timeout,
                     Handler handler)
    : loop_(loop),
      log_(log),
      endpoint_(std::move(endpoint)),
      timeout_(timeout),
      handler_(std::move(handler)),
      timer_(loop, [this] { on_timer(); }) {}

void Connector::start() {
  cancel();
  early_ = begin();
  if (early_) {
    socket_.reset();
    timer_.arm(loop_.now());
    return;
  }
  watch_ = std::make_unique<Watch>(loop_, socket_.get(), EPOLLOUT | EPOLLONESHOT,
                                   [this](std::uint32_t events) { on_ready(events); });
  timer_.arm(loop_.now() + timeout_);
}

void Connector::cancel() {
  timer_.disarm();
  if (watch_) watch_->closing();
  watch_.reset();
  socket_.reset();
  early_.reset();
}

Fd Connector::take() {
  watch_.reset();
  return std::move(socket_);
}

std::optional<ConnectResult> Connector::begin() {
  const auto& destination = endpoint_.destination;
  socket_.reset(socket(to_af(destination.address.family()),
                       SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
  if (!socket_) return ConnectResult::no_socket;
  if (!set_up_socket() || !bind_source()) return ConnectResult::not_started;
  sockaddr_storage address{};
  const socklen_t length = destination.to_sockaddr(address);
  // A connection made at once is seen as writable by the watch, like any other.
  if (connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0 ||
      errno == EINPROGRESS) {
    return std::nullopt;
  }
  if (is_about_the_server(errno)) return ConnectResult::unreachable;
  if (const int error = errno; std::exchange(last_errno_, error) != error) {
    log_.detail("socket connect error {} - {}", error, std::strerror(error));
  }
  return ConnectResult::not_started;
}

bool Connector::set_up_socket() {
  if (endpoint_.fwmark != 0 && setsockopt(socket_.get(), SOL_SOCKET, SO_MARK, &endpoint_.fwmark,
                                          sizeof endpoint_.fwmark) < 0) {
    log_.error("Error setting fwmark {} to socket: {}", endpoint_.fwmark, std::strerror(errno));
    return false;
  }
  const std::string& interface = endpoint_.interface;
  if (!interface.empty() &&
      setsockopt(socket_.get(), SOL_SOCKET, SO_BINDTODEVICE, interface.c_str(),
                 static_cast<socklen_t>(interface.size() + 1)) < 0) {
    log_.info("Checker can't bind to device {}: {}", interface, std::strerror(errno));
    return false;
  }
  return true;
}

bool Connector::bind_source() {
  Endpoint source = endpoint_.source;
  const bool port_given = source.port.value() != 0;
  if (source.address.empty()) {
    if (!port_given) return true;
    // bind_port alone: that port of any address.
    source.address = endpoint_.destination.address.is_v6() ? IpAddress(in6addr_any)
                                                           : IpAddress(in_addr{INADDR_ANY});
  }
  // The port of the last attempt lingers in TIME_WAIT, so a given one must be used again; others
  // are chosen at connect(2), where only the four of addresses and ports together must be free.
  const int on = 1;
  if (port_given) {
    setsockopt(socket_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  } else {
    setsockopt(socket_.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  }
  sockaddr_storage address{};
  const socklen_t length = source.to_sockaddr(address);
  if (bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0) return true;
  log_.info("Checker bind failed: {}", std::strerror(errno));
  return false;
}

void Connector::on_ready(std::uint32_t events) {
  // Without an error event the connection stands; asking the socket would cost a system call.
  if ((events & (EPOLLERR | EPOLLHUP)) == 0) return finish(ConnectResult::connected);
  int error = 0;
  socklen_t length = sizeof error;
  if (getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &length) < 0) error = errno;
  // A server that accepted and hung up already was there all the same.
  if (error == 0) return finish(ConnectResult::connected);
  finish(error == ETIMEDOUT ? ConnectResult::timed_out : ConnectResult::failed);
}

void Connector::on_timer() { finish(early_.value_or(ConnectResult::timed_out)); }

void Connector::finish(ConnectResult result) {
  if (result != ConnectResult::connected) cancel();
  timer_.disarm();
  handler_(result);
}

}  // namespace understudy::checkers
