#include "checkers/connect.hpp"

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "checkers/check_socket.hpp"

namespace understudy::checkers {

Connector::Connector(Loop& loop, Log& log, CheckEndpoint endpoint, Duration timeout,
                     Handler handler)
    : loop_(loop),
      log_(log),
      endpoint_(std::move(endpoint)),
      timeout_(timeout),
      handler_(std::move(handler)),
      timer_(loop, [this] { expire(); }) {}

void Connector::start() {
  cancel();
  early_ = begin();
  if (early_) {
    socket_.reset();
    timer_.arm(loop_.now());
    return;
  }
  // Nearly every server answers within milliseconds.
  watch_ = std::make_unique<Watch>(
      loop_, socket_.get(), EPOLLOUT, [this](std::uint32_t events) { on_ready(events); },
      Watch::Soon{});
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
  if (!prepare_socket(socket_.get(), endpoint_, log_)) return ConnectResult::not_started;
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

void Connector::expire() {
  if (early_) return finish(*early_);
  if (const auto events = ready_now(socket_.get(), EPOLLOUT); events != 0) return on_ready(events);
  finish(ConnectResult::timed_out);
}

void Connector::finish(ConnectResult result) {
  if (result != ConnectResult::connected) cancel();
  timer_.disarm();
  handler_(result);
}

}  // namespace understudy::checkers
