#include "daemon/netlink/socket.hpp"

#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace understudy::netlink {
namespace {

/// Requests in one datagram: their answers must fit the socket's default receive buffer.
constexpr std::size_t kBatch = 64;
/// The kernel's dumps come in parts of at most this (netlink_dump() in Linux).
constexpr std::size_t kLargestDatagram = 32UL * 1024;
constexpr int kDumpAttempts = 5;
constexpr timeval kAnswerLimit{1, 0};

/// The kernel's words for an error, if it sent some (NLMSGERR_ATTR_MSG).
std::string extended_text(ByteView message, const nlmsghdr& header) {
  if ((header.nlmsg_flags & NLM_F_ACK_TLVS) == 0) return {};
  return std::string(Attributes(message, sizeof(nlmsgerr)).text(NLMSGERR_ATTR_MSG));
}

void set_options(int fd) {
  const int on = 1;
  // Without the request in each answer; both are there since Linux 4.12, and only a convenience.
  setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
  setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &kAnswerLimit, sizeof kAnswerLimit);
}

void for_each_message(ByteView datagram, const std::function<void(ByteView, const nlmsghdr&)>& f) {
  while (true) {
    const auto header = header_of(datagram);
    if (!header || header->nlmsg_len < sizeof *header || header->nlmsg_len > datagram.size()) {
      return;
    }
    f(datagram.first(header->nlmsg_len), *header);
    datagram =
        datagram.subspan(std::min<std::size_t>(NLMSG_ALIGN(header->nlmsg_len), datagram.size()));
  }
}

}  // namespace

Result<Socket> Socket::open(std::span<const int> groups) {
  Fd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!fd) return Error::from_errno(errno, "netlink socket");
  set_options(fd.get());
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  if (bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) {
    return Error::from_errno(errno, "netlink bind");
  }
  socklen_t length = sizeof address;
  getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &length);
  if (!groups.empty()) {
    const int size = 1024 * 1024;
    // Beyond rmem_max, where we are allowed to.
    if (setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0) {
      setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    }
  }
  for (const int group : groups) {
    if (setsockopt(fd.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) < 0) {
      return Error::from_errno(errno, "netlink group");
    }
  }
  return Socket(std::move(fd), address.nl_pid);
}

ByteView Socket::read(int flags, int& error) {
  if (!buffer_) buffer_ = std::make_unique_for_overwrite<std::uint8_t[]>(kLargestDatagram);
  for (;;) {
    sockaddr_nl sender{};
    iovec part{buffer_.get(), kLargestDatagram};
    msghdr header{};
    header.msg_name = &sender;
    header.msg_namelen = sizeof sender;
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    const ssize_t size = recvmsg(fd_.get(), &header, flags);
    error = size < 0 ? errno : 0;
    if (size < 0 && error == EINTR) continue;
    if (size < 0) return {};
    if (sender.nl_pid != 0) continue;
    if ((header.msg_flags & MSG_TRUNC) != 0) error = ENOBUFS;
    return error == 0 ? ByteView(buffer_.get(), static_cast<std::size_t>(size)) : ByteView{};
  }
}

std::vector<std::optional<Error>> Socket::request(std::span<const Message> requests) {
  std::vector<std::optional<Error>> outcome(requests.size());
  for (std::size_t i = 0; i < requests.size(); i += kBatch) {
    const std::size_t count = std::min(kBatch, requests.size() - i);
    request_batch(requests.subspan(i, count), std::span(outcome).subspan(i, count));
  }
  return outcome;
}

void Socket::request_batch(std::span<const Message> requests,
                           std::span<std::optional<Error>> outcome) {
  Bytes datagram;
  const std::uint32_t first = sequence_ + 1;
  for (const Message& request : requests) {
    auto header = header_of(request).value();
    header.nlmsg_flags |= NLM_F_ACK;
    header.nlmsg_seq = ++sequence_;
    const std::size_t at = datagram.size();
    datagram.insert(datagram.end(), request.begin(), request.end());
    std::memcpy(datagram.data() + at, &header, sizeof header);
  }
  if (send(fd_.get(), datagram.data(), datagram.size(), 0) < 0) {
    std::ranges::fill(outcome, Error::from_errno(errno, "netlink send"));
    return;
  }
  take_answers(first, outcome);
}

void Socket::take_answers(std::uint32_t first, std::span<std::optional<Error>> outcome) {
  std::vector<bool> answered(outcome.size());
  std::size_t missing = outcome.size();
  while (missing > 0) {
    int error = 0;
    const ByteView datagram = read(0, error);
    if (error != 0) {
      for (std::size_t i = 0; i < outcome.size(); ++i) {
        if (!answered[i]) outcome[i] = Error::from_errno(error, "netlink answer");
      }
      return;
    }
    for_each_message(datagram, [&](ByteView message, const nlmsghdr& header) {
      const std::size_t i = header.nlmsg_seq - first;
      const auto answer = fixed_part<nlmsgerr>(message);
      if (header.nlmsg_type != NLMSG_ERROR || !answer || i >= outcome.size() || answered[i]) return;
      answered[i] = true;
      --missing;
      if (answer->error == 0) return;
      const std::string words = extended_text(message, header);
      outcome[i] = Error{words.empty() ? std::strerror(-answer->error) : words, -answer->error};
    });
  }
}

Result<void> Socket::dump(const Message& request, const std::function<void()>& restart,
                          const std::function<void(ByteView)>& each) {
  for (int attempt = 0; attempt < kDumpAttempts; ++attempt) {
    restart();
    const auto complete = dump_once(request, each);
    if (!complete) return complete.error();
    if (*complete) return {};
  }
  return Error{"the kernel's table changed during every attempt to read it", EINTR};
}

Result<bool> Socket::dump_once(const Message& request, const std::function<void(ByteView)>& each) {
  Message numbered = request;
  auto header = header_of(request).value();
  header.nlmsg_seq = ++sequence_;
  std::memcpy(numbered.data(), &header, sizeof header);
  if (send(fd_.get(), numbered.data(), numbered.size(), 0) < 0) {
    return Error::from_errno(errno, "netlink send");
  }
  bool interrupted = false;
  bool done = false;
  int failure = 0;
  while (!done) {
    int error = 0;
    const ByteView datagram = read(0, error);
    if (error != 0) return Error::from_errno(error, "netlink dump");
    for_each_message(datagram, [&](ByteView message, const nlmsghdr& part) {
      if (part.nlmsg_seq != sequence_ || done) return;
      interrupted = interrupted || (part.nlmsg_flags & NLM_F_DUMP_INTR) != 0;
      done = part.nlmsg_type == NLMSG_DONE || part.nlmsg_type == NLMSG_ERROR;
      if (part.nlmsg_type == NLMSG_ERROR) {
        const auto answer = fixed_part<nlmsgerr>(message);
        failure = answer ? -answer->error : EPROTO;
      }
      if (!done) each(message);
    });
  }
  // Dumps are rare, and nothing else is that long.
  buffer_.reset();
  if (failure != 0) return Error::from_errno(failure, "netlink dump");
  return !interrupted;
}

Socket::Left Socket::receive(const std::function<void(ByteView)>& each) {
  int error = 0;
  const ByteView datagram = read(MSG_DONTWAIT, error);
  if (error == ENOBUFS) return Left::overrun;
  if (error != 0) return Left::nothing;
  for_each_message(datagram, [&](ByteView message, const nlmsghdr&) { each(message); });
  return Left::maybe_more;
}

}  // namespace understudy::netlink
