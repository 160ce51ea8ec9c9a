#include "checkers/datagram.hpp"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
// After those: it needs types of theirs.
#include <linux/errqueue.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "checkers/check_socket.hpp"

namespace understudy::checkers {
namespace {

using Kind = DatagramEnd::Kind;

/// Datagrams and errors looked at in one turn: a server that floods must not keep the others'
/// checks waiting.
constexpr int kMostPerTurn = 16;
constexpr std::size_t kLongestDatagram = 65535;

/// Whether an error of the socket's queue says that the datagram did not arrive.
bool is_undeliverable(const sock_extended_err& error) {
  if (error.ee_origin == SO_EE_ORIGIN_ICMP) {
    return error.ee_type == ICMP_DEST_UNREACH || error.ee_type == ICMP_TIME_EXCEEDED;
  }
  if (error.ee_origin == SO_EE_ORIGIN_ICMP6) {
    return error.ee_type == ICMP6_DST_UNREACH || error.ee_type == ICMP6_TIME_EXCEEDED;
  }
  return false;
}

std::optional<int> undeliverable(const cmsghdr& header) {
  const bool v4 = header.cmsg_level == SOL_IP && header.cmsg_type == IP_RECVERR;
  const bool v6 = header.cmsg_level == SOL_IPV6 && header.cmsg_type == IPV6_RECVERR;
  sock_extended_err error{};
  if ((!v4 && !v6) || header.cmsg_len < CMSG_LEN(sizeof error)) return std::nullopt;
  std::memcpy(&error, CMSG_DATA(&header), sizeof error);
  if (!is_undeliverable(error)) return std::nullopt;
  return static_cast<int>(error.ee_errno);
}

/// A raw socket hears every ICMP message of the server; only replies are of interest.
void filter_replies(int socket, Family family) {
  if (family == Family::ipv6) {
    icmp6_filter filter{};
    ICMP6_FILTER_SETBLOCKALL(&filter);
    ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
    setsockopt(socket, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter);
    return;
  }
  constexpr int kIcmpFilter =
      1;  // ICMP_FILTER of linux/icmp.h, which cannot stand beside netinet's.
  const std::uint32_t mask = ~(std::uint32_t{1} << ICMP_ECHOREPLY);
  setsockopt(socket, IPPROTO_RAW, kIcmpFilter, &mask, sizeof mask);
}

void hear_errors(int socket, Family family) {
  const int on = 1;
  if (family == Family::ipv6) {
    setsockopt(socket, SOL_IPV6, IPV6_RECVERR, &on, sizeof on);
  } else {
    setsockopt(socket, SOL_IP, IP_RECVERR, &on, sizeof on);
  }
}

}  // namespace

DatagramExchange::DatagramExchange(Loop& loop, Log& log, DatagramProtocol protocol,
                                   CheckEndpoint endpoint, Duration timeout, Take take,
                                   Handler handler)
    : loop_(loop),
      log_(log),
      protocol_(protocol),
      endpoint_(std::move(endpoint)),
      timeout_(timeout),
      take_(std::move(take)),
      handler_(std::move(handler)),
      timer_(loop, [this] { on_timer(); }) {
  // The address alone says where an echo goes.
  if (protocol == DatagramProtocol::echo) endpoint_.destination.port = Port(0);
}

void DatagramExchange::start(ByteView payload) {
  cancel();
  early_ = begin(payload);
  if (early_) {
    socket_.reset();
    timer_.arm(loop_.now());
    return;
  }
  watch_ = std::make_unique<Watch>(loop_, socket_.get(), EPOLLIN,
                                   [this](std::uint32_t events) { on_ready(events); });
  timer_.arm(loop_.now() + timeout_);
}

void DatagramExchange::cancel() {
  timer_.disarm();
  if (watch_) watch_->closing();
  watch_.reset();
  socket_.reset();
  early_.reset();
  spared_ = false;
}

Fd DatagramExchange::open_socket() {
  constexpr int kFlags = SOCK_CLOEXEC | SOCK_NONBLOCK;
  const Family family = endpoint_.destination.address.family();
  raw_ = false;
  if (protocol_ == DatagramProtocol::udp) {
    return Fd(socket(to_af(family), SOCK_DGRAM | kFlags, IPPROTO_UDP));
  }
  const int icmp = family == Family::ipv6 ? static_cast<int>(IPPROTO_ICMPV6) : IPPROTO_ICMP;
  if (Fd made(socket(to_af(family), SOCK_DGRAM | kFlags, icmp)); made) return made;
  Fd made(socket(to_af(family), SOCK_RAW | kFlags, icmp));
  raw_ = static_cast<bool>(made);
  if (raw_) filter_replies(made.get(), family);
  return made;
}

std::optional<DatagramEnd> DatagramExchange::begin(ByteView payload) {
  const auto& destination = endpoint_.destination;
  socket_ = open_socket();
  if (!socket_) return DatagramEnd{Kind::no_socket, errno};
  if (!prepare_socket(socket_.get(), endpoint_, log_)) return DatagramEnd{Kind::not_started, 0};
  hear_errors(socket_.get(), destination.address.family());
  sockaddr_storage address{};
  const socklen_t length = destination.to_sockaddr(address);
  if (connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), length) < 0) {
    const int error = errno;
    if (is_about_the_server(error)) return DatagramEnd{Kind::unreachable, error};
    if (std::exchange(last_errno_, error) != error) {
      log_.detail("socket connect error {} - {}", error, std::strerror(error));
    }
    return DatagramEnd{Kind::not_started, error};
  }
  const auto sent = send(socket_.get(), payload.data(), payload.size(), 0);
  if (sent < 0) return DatagramEnd{Kind::not_sent, errno};
  return std::nullopt;
}

void DatagramExchange::on_ready(std::uint32_t events) {
  if ((events & EPOLLERR) != 0) {
    if (const auto error = take_error()) return finish({Kind::refused, *error});
  }
  receive();
}

/// This process may be late, and not the server: what has arrived counts.
void DatagramExchange::on_timer() {
  if (early_) return finish(*early_);
  const auto events = spared_ ? 0 : ready_now(socket_.get(), EPOLLIN);
  if (events == 0) return finish({Kind::timed_out, 0});
  spared_ = true;
  timer_.arm(loop_.now());
  on_ready(events);
}

std::optional<int> DatagramExchange::take_error() const {
  for (int i = 0; i < kMostPerTurn; ++i) {
    alignas(cmsghdr) std::array<char, 512> control{};
    msghdr message{};
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (recvmsg(socket_.get(), &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) break;
    for (auto* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
      if (const auto error = undeliverable(*header)) return error;
    }
  }
  // What is not in the queue: the interface went away, for one.
  int error = 0;
  socklen_t length = sizeof error;
  getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &length);
  return error == 0 ? std::nullopt : std::optional(error);
}

void DatagramExchange::receive() {
  std::array<std::uint8_t, kLongestDatagram> buffer;  // NOLINT: filled by recv()
  for (int i = 0; i < kMostPerTurn; ++i) {
    const auto size = recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (size < 0) {
      // Of what is not an error here the error queue speaks.
      if (errno != EAGAIN && errno != EINTR) finish({Kind::refused, errno});
      return;
    }
    if (take_(ByteView(buffer.data(), static_cast<std::size_t>(size)))) {
      return finish({Kind::answered, 0});
    }
  }
}

void DatagramExchange::finish(DatagramEnd end) {
  cancel();
  handler_(end);
}

}  // namespace understudy::checkers
