#include "checkers/http_exchange.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

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

std::string_view words_for(ExchangeEnd end, bool tls) {
  switch (end) {
    case ExchangeEnd::answered:
      return "";
    case ExchangeEnd::unreachable:
      return "HTTP/SSL_CHECK - network unreachable";
    case ExchangeEnd::connect_timed_out:
      return "Timeout connecting";
    case ExchangeEnd::connect_failed:
      return "Connection failed";
    case ExchangeEnd::handshake_failed:
      return "SSL handshake/communication error connecting to";
    case ExchangeEnd::send_failed:
      return "Cannot send get request to";
    case ExchangeEnd::response_timed_out:
      return "Timeout WEB read";
    case ExchangeEnd::read_timed_out:
      return tls ? "Timeout SSL read" : "Timeout HTTP read";
    case ExchangeEnd::read_failed:
      return "Read error with";
    case ExchangeEnd::no_data:
      return "Read, no data received from ";
    case ExchangeEnd::no_socket:
      return "WEB connection fail to create socket. Rescheduling.";
    case ExchangeEnd::not_started:
      return "WEB socket bind failed. Rescheduling";
  }
  return "";
}

HttpExchange::HttpExchange(Loop& loop, Log& log, Options options, Handler handler)
    : loop_(loop),
      options_(std::move(options)),
      handler_(std::move(handler)),
      connector_(loop, log, options_.endpoint, options_.timeout,
                 [this](ConnectResult result) { on_connect(result); }),
      timer_(loop, [this] { on_timer(); }) {}

void HttpExchange::start(std::string request, HttpReader& reader) {
  cancel();
  request_ = std::move(request);
  reader_ = &reader;
  end_by_ = loop_.now() + options_.longest;
  phase_ = Phase::connecting;
  timer_.arm(std::min(loop_.now() + options_.timeout, end_by_));
  connector_.start();
}

void HttpExchange::cancel() {
  phase_ = Phase::idle;
  timer_.disarm();
  tls_.reset();
  if (watch_) watch_->closing();
  watch_.reset();
  socket_.reset();
  connector_.cancel();
}

void HttpExchange::on_connect(ConnectResult result) {
  if (result != ConnectResult::connected) return finish(end_of(result));
  socket_ = connector_.take();
  if (!options_.tls) return send_request();
  tls_.emplace(*options_.tls, socket_.get(), options_.server_name);
  shake_hands();
}

void HttpExchange::on_ready() {
  switch (phase_) {
    case Phase::handshake:
      return shake_hands();
    case Phase::sending:
      return send_request();
    case Phase::waiting:
    case Phase::reading:
      return read_response();
    case Phase::idle:
    case Phase::connecting:
      break;
  }
}

void HttpExchange::on_timer() {
  switch (phase_) {
    case Phase::waiting:
      return finish(ExchangeEnd::response_timed_out);
    case Phase::reading:
      return finish(ExchangeEnd::read_timed_out);
    default:
      return finish(ExchangeEnd::connect_timed_out);
  }
}

void HttpExchange::shake_hands() {
  phase_ = Phase::handshake;
  switch (tls_->handshake()) {
    case StreamStatus::done:
      return send_request();
    case StreamStatus::want_read:
      return await(EPOLLIN);
    case StreamStatus::want_write:
      return await(EPOLLOUT);
    case StreamStatus::closed:
    case StreamStatus::failed:
      return finish(ExchangeEnd::handshake_failed);
  }
}

void HttpExchange::send_request() {
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

StreamStatus HttpExchange::write() {
  if (tls_) return tls_->write(as_bytes(request_));
  const auto sent = send(socket_.get(), request_.data(), request_.size(), MSG_NOSIGNAL);
  if (sent < 0) return status_of_errno(StreamStatus::want_write);
  request_.erase(0, static_cast<std::size_t>(sent));
  return request_.empty() ? StreamStatus::done : StreamStatus::want_write;
}

StreamStatus HttpExchange::read(std::span<std::uint8_t> buffer, std::size_t& count) {
  if (tls_) return tls_->read(buffer, count);
  const auto received = recv(socket_.get(), buffer.data(), buffer.size(), 0);
  if (received < 0) return status_of_errno(StreamStatus::want_read);
  count = static_cast<std::size_t>(received);
  return received == 0 ? StreamStatus::closed : StreamStatus::done;
}

void HttpExchange::read_response() {
  std::array<std::uint8_t, kReadSize> buffer;
  // One read per turn lets others have theirs; what TLS holds back no descriptor would report.
  do {
    std::size_t count = 0;
    const StreamStatus status = read(buffer, count);
    if (!take(status, ByteView(buffer).first(count))) return;
  } while (tls_ && tls_->has_pending());
}

bool HttpExchange::take(StreamStatus status, ByteView octets) {
  switch (status) {
    case StreamStatus::want_read:
      await(EPOLLIN);
      return true;
    case StreamStatus::want_write:
      await(EPOLLOUT);
      return true;
    case StreamStatus::failed:
      if (!tls_) {
        finish(ExchangeEnd::read_failed);
        return false;
      }
      // As the original: a broken TLS stream ends the body like a close.
      [[fallthrough]];
    case StreamStatus::closed:
      reader_->end();
      break;
    case StreamStatus::done:
      phase_ = Phase::reading;
      extend_deadline();
      reader_->feed(octets);
      break;
  }
  const auto state = reader_->state();
  if (state == HttpReader::State::header || state == HttpReader::State::body) return true;
  finish(state == HttpReader::State::complete ? ExchangeEnd::answered : ExchangeEnd::no_data);
  return false;
}

void HttpExchange::await(std::uint32_t events) {
  if (watch_) return watch_->set_events(events);
  watch_ =
      std::make_unique<Watch>(loop_, socket_.get(), events, [this](std::uint32_t) { on_ready(); });
}

void HttpExchange::extend_deadline() {
  timer_.arm(std::min(loop_.now() + options_.timeout, end_by_));
}

void HttpExchange::finish(ExchangeEnd end) {
  cancel();
  handler_(end);
}

}  // namespace understudy::checkers
