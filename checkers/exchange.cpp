#include "checkers/exchange.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "checkers/check_socket.hpp"

namespace understudy::checkers {
namespace {

constexpr std::size_t kReadSize = 16384;

StreamStatus status_of_errno(StreamStatus when_blocked) {
  return errno == EAGAIN || errno == EINTR ? when_blocked : StreamStatus::failed;
}

ByteView as_bytes(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

ExchangeEnd end_of(ConnectResult result) {
  switch (result) {
    case ConnectResult::unreachable:
      return ExchangeEnd::unreachable;
    case ConnectResult::timed_out:
      return ExchangeEnd::connect_timed_out;
    case ConnectResult::no_socket:
      return ExchangeEnd::no_socket;
    case ConnectResult::not_started:
      return ExchangeEnd::not_started;
    case ConnectResult::connected:
    case ConnectResult::failed:
      break;
  }
  return ExchangeEnd::connect_failed;
}

}  // namespace

Exchange::Exchange(Loop& loop, Log& log, Options options, Handler handler)
    : loop_(loop),
      options_(std::move(options)),
      handler_(std::move(handler)),
      connector_(loop, log, options_.endpoint, options_.timeout,
                 [this](ConnectResult result) { on_connect(result); }),
      timer_(loop, [this] { on_timer(); }) {}

void Exchange::start(Dialogue& dialogue) {
  cancel();
  dialogue_ = &dialogue;
  spared_ = false;
  closed_by_tls_ = false;
  tls_trouble_.clear();
  certificate_end_.reset();
  end_by_ = loop_.now() + options_.longest;
  phase_ = Phase::connecting;
  timer_.arm(std::min(loop_.now() + options_.timeout, end_by_));
  connector_.start();
}

void Exchange::cancel() {
  phase_ = Phase::idle;
  timer_.disarm();
  if (tls_) tls_->say_goodbye();
  tls_.reset();
  if (watch_) watch_->closing();
  watch_.reset();
  socket_.reset();
  connector_.cancel();
  output_.clear();
}

void Exchange::on_connect(ConnectResult result) {
  if (result != ConnectResult::connected) return finish(end_of(result));
  socket_ = connector_.take();
  if (options_.tls) {
    tls_.emplace(*options_.tls, socket_.get(), options_.peer, options_.alpn);
    return shake_hands();
  }
  output_ = dialogue_->take_output();
  send_opening();
}

void Exchange::on_ready() {
  switch (phase_) {
    case Phase::handshake:
      return shake_hands();
    case Phase::sending:
      return send_opening();
    case Phase::waiting:
    case Phase::reading:
      if (send_more()) read_response();
      return;
    case Phase::idle:
    case Phase::connecting:
      break;
  }
}

/// This process may be late, and not the server: what has arrived counts.
void Exchange::on_timer() {
  if (phase_ == Phase::connecting) {
    end_by_ = loop_.now() + options_.longest;
    extend_deadline();
    return connector_.expire();
  }
  const std::uint32_t awaited = phase_ == Phase::sending ? EPOLLOUT : EPOLLIN;
  if (spared_ || ready_now(socket_.get(), awaited) == 0) return expire();
  spared_ = loop_.now() >= end_by_;
  extend_deadline();
  on_ready();
}

void Exchange::expire() {
  switch (phase_) {
    case Phase::waiting:
      return finish(ExchangeEnd::response_timed_out);
    case Phase::reading:
      return finish(ExchangeEnd::read_timed_out);
    default:
      return finish(ExchangeEnd::connect_timed_out);
  }
}

void Exchange::shake_hands() {
  phase_ = Phase::handshake;
  switch (tls_->handshake()) {
    case StreamStatus::done:
      certificate_end_ = tls_->certificate_end();
      if (tls_->protocol() != options_.alpn) return finish(ExchangeEnd::protocol_refused);
      output_ = dialogue_->take_output();
      return send_opening();
    case StreamStatus::want_read:
      return await(EPOLLIN);
    case StreamStatus::want_write:
      return await(EPOLLOUT);
    case StreamStatus::closed:
    case StreamStatus::failed:
      tls_trouble_ = tls_->trouble();
      return finish(ExchangeEnd::handshake_failed);
  }
}

void Exchange::send_opening() {
  phase_ = Phase::sending;
  switch (write()) {
    case StreamStatus::done:
      phase_ = Phase::waiting;
      extend_deadline();
      return await(EPOLLIN);
    case StreamStatus::want_read:
      return await(EPOLLIN);
    case StreamStatus::want_write:
      return await(EPOLLOUT);
    case StreamStatus::closed:
    case StreamStatus::failed:
      return finish(ExchangeEnd::send_failed);
  }
}

bool Exchange::send_more() {
  output_ += dialogue_->take_output();
  const StreamStatus status = write();
  // A server that takes nothing any more may have answered all the same.
  if (status == StreamStatus::closed || status == StreamStatus::failed) output_.clear();
  if (output_.size() > dialogue_->most_unsent()) {
    finish(ExchangeEnd::send_failed);
    return false;
  }
  await(status == StreamStatus::want_write ? EPOLLIN | EPOLLOUT : EPOLLIN);
  return true;
}

StreamStatus Exchange::write() {
  if (output_.empty()) return StreamStatus::done;
  if (tls_) {
    const StreamStatus status = tls_->write(as_bytes(output_));
    if (status == StreamStatus::done) output_.clear();
    return status;
  }
  const auto sent = send(socket_.get(), output_.data(), output_.size(), MSG_NOSIGNAL);
  if (sent < 0) return status_of_errno(StreamStatus::want_write);
  output_.erase(0, static_cast<std::size_t>(sent));
  return output_.empty() ? StreamStatus::done : StreamStatus::want_write;
}

StreamStatus Exchange::read(std::span<std::uint8_t> buffer, std::size_t& count) {
  if (tls_) return tls_->read(buffer, count);
  const auto received = recv(socket_.get(), buffer.data(), buffer.size(), 0);
  if (received < 0) return status_of_errno(StreamStatus::want_read);
  count = static_cast<std::size_t>(received);
  return received == 0 ? StreamStatus::closed : StreamStatus::done;
}

void Exchange::read_response() {
  std::array<std::uint8_t, kReadSize> buffer;
  // One read per turn lets others have theirs; what TLS holds back no descriptor would report.
  do {
    std::size_t count = 0;
    const StreamStatus status = read(buffer, count);
    if (!take(status, ByteView(buffer).first(count))) return;
  } while (tls_ && tls_->has_pending());
}

bool Exchange::take(StreamStatus status, ByteView octets) {
  switch (status) {
    case StreamStatus::want_read:
      return true;
    case StreamStatus::want_write:
      await(EPOLLIN | EPOLLOUT);
      return true;
    case StreamStatus::failed:
      if (!tls_) {
        finish(ExchangeEnd::read_failed);
        return false;
      }
      // As the original: a broken TLS stream ends the body like a close.
      [[fallthrough]];
    case StreamStatus::closed:
      dialogue_->end();
      break;
    case StreamStatus::done:
      phase_ = Phase::reading;
      extend_deadline();
      dialogue_->receive(octets);
      break;
  }
  if (dialogue_->over()) {
    closed_by_tls_ = tls_ && status == StreamStatus::closed;
    finish(dialogue_->answered() ? ExchangeEnd::answered : ExchangeEnd::no_data);
    return false;
  }
  return send_more();
}

void Exchange::await(std::uint32_t events) {
  if (watch_) return watch_->set_events(events);
  watch_ =
      std::make_unique<Watch>(loop_, socket_.get(), events, [this](std::uint32_t) { on_ready(); });
}

void Exchange::extend_deadline() { timer_.arm(std::min(loop_.now() + options_.timeout, end_by_)); }

void Exchange::finish(ExchangeEnd end) {
  cancel();
  handler_(end);
}

}  // namespace understudy::checkers
