#include "daemon/base/channel.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace understudy {
namespace {

constexpr std::size_t kLargestMessage = 128UL * 1024;
/// Bounded, so that a chatty peer cannot keep the loop from its other work.
constexpr int kMessagesPerTurn = 16;

ssize_t send_message(int socket, const Bytes& data, int fd) {
  iovec part{const_cast<std::uint8_t*>(data.data()), data.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  if (fd >= 0) {
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(rights), &fd, sizeof fd);
  }
  return sendmsg(socket, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
}

ssize_t receive_message(int socket, Bytes& data, Fd& fd) {
  data.resize(kLargestMessage);
  iovec part{data.data(), data.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  const ssize_t size = recvmsg(socket, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (size < 0) return size;
  data.resize(static_cast<std::size_t>(size));
  const cmsghdr* rights = CMSG_FIRSTHDR(&header);
  if (rights != nullptr && rights->cmsg_type == SCM_RIGHTS) {
    int received = -1;
    std::memcpy(&received, CMSG_DATA(rights), sizeof received);
    fd.reset(received);
  }
  return size;
}

}  // namespace

Result<std::pair<Fd, Fd>> Channel::make_pair() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0) {
    return Error::from_errno(errno, "socketpair");
  }
  return std::pair{Fd(ends[0]), Fd(ends[1])};
}

Channel::Channel(Loop& loop, Fd socket, Handlers handlers)
    : socket_(std::move(socket)),
      handlers_(std::move(handlers)),
      watch_(std::make_unique<Watch>(loop, socket_.get(), EPOLLIN,
                                     [this](std::uint32_t events) { ready(events); })) {}

void Channel::send(const Message& message, int fd) {
  if (!watch_) return;
  Bytes data = encode(message);
  if (queue_.empty() && send_message(socket_.get(), data, fd) >= 0) return;
  queue_.push_back({std::move(data), Fd(fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1)});
  flush();
}

bool Channel::flush() {
  while (!queue_.empty()) {
    const auto& next = queue_.front();
    const ssize_t sent = send_message(socket_.get(), next.data, next.fd.get());
    if (sent < 0 && (errno == EAGAIN || errno == ENOBUFS)) break;
    // EMSGSIZE and a dead peer lose this message only; the peer's end is noticed by reading.
    queue_.pop_front();
  }
  watch_->set_events(queue_.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT);
  return queue_.empty();
}

void Channel::ready(std::uint32_t events) {
  if ((events & EPOLLOUT) != 0) flush();
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) receive();
}

void Channel::receive() {
  for (int i = 0; i < kMessagesPerTurn; ++i) {
    Bytes data;
    Fd fd;
    const ssize_t size = receive_message(socket_.get(), data, fd);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size <= 0) return on_end();
    auto message = decode_message(data);
    if (message) handlers_.on_message(std::move(*message), std::move(fd));
  }
}

void Channel::on_end() {
  watch_.reset();
  queue_.clear();
  if (handlers_.on_closed) handlers_.on_closed();
}

}  // namespace understudy
