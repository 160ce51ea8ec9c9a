#include "daemon/run/process_events.hpp"

#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace understudy::run {
namespace {

// The message is made of nlmsghdr, cn_msg and proc_event, without padding, so that proc_event is
// not where its alignment wants it: everything is copied out.
constexpr std::size_t kConnectorAt = NLMSG_HDRLEN;
constexpr std::size_t kEventAt = kConnectorAt + sizeof(cn_msg);
constexpr std::size_t kLargestDatagram = 1024;

template <typename T>
bool copy_at(ByteView data, std::size_t offset, T& value) {
  if (data.size() < offset + sizeof value) return false;
  std::memcpy(&value, data.data() + offset, sizeof value);
  return true;
}

}  // namespace

Result<Fd> open_process_events() {
  Fd fd(socket(PF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR));
  if (!fd) return Error::from_errno(errno, "no process events");
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = CN_IDX_PROC;
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
    return Error::from_errno(errno, "no process events");
  }
  return fd;
}

Result<void> subscribe(int socket) {
  const proc_cn_mcast_op operation = PROC_CN_MCAST_LISTEN;
  std::array<std::uint8_t, kEventAt + sizeof operation> request{};
  nlmsghdr header{};
  header.nlmsg_len = request.size();
  header.nlmsg_type = NLMSG_DONE;
  cn_msg message{};
  message.id.idx = CN_IDX_PROC;
  message.id.val = CN_VAL_PROC;
  message.len = sizeof operation;
  std::memcpy(request.data(), &header, sizeof header);
  std::memcpy(request.data() + kConnectorAt, &message, sizeof message);
  std::memcpy(request.data() + kEventAt, &operation, sizeof operation);
  if (send(socket, request.data(), request.size(), 0) < 0) {
    return Error::from_errno(errno, "no process events");
  }
  return {};
}

Result<ProcessEvent> decode_process_event(ByteView datagram) {
  cn_msg message{};
  // Kernels differ in the size of proc_event's largest member.
  std::uint32_t what = 0;
  if (!copy_at(datagram, kConnectorAt, message) || !copy_at(datagram, kEventAt, what) ||
      message.id.idx != CN_IDX_PROC || message.id.val != CN_VAL_PROC) {
    return Error{"not a process event"};
  }
  constexpr std::size_t kData = kEventAt + offsetof(proc_event, event_data);
  std::array<pid_t, 4> ids{};
  const std::size_t wanted = what == proc_event::PROC_EVENT_FORK ? 4 : 2;
  for (std::size_t i = 0; i < wanted; ++i) {
    if (!copy_at(datagram, kData + i * sizeof(pid_t), ids[i])) return Error{"truncated event"};
  }
  switch (what) {
    case proc_event::PROC_EVENT_FORK:
      if (ids[2] != ids[3]) break;
      return ProcessEvent{ProcessEvent::What::forked, ids[3], ids[1]};
    case proc_event::PROC_EVENT_EXEC:
      if (ids[0] != ids[1]) break;
      return ProcessEvent{ProcessEvent::What::executed, ids[1], 0};
    case proc_event::PROC_EVENT_COMM:
      if (ids[0] != ids[1]) break;
      return ProcessEvent{ProcessEvent::What::renamed, ids[1], 0};
    case proc_event::PROC_EVENT_EXIT:
      if (ids[0] != ids[1]) break;
      return ProcessEvent{ProcessEvent::What::exited, ids[1], 0};
    default:
      break;
  }
  return Error{"nothing that concerns a process as a whole"};
}

EventsRead read_events(int socket, unsigned limit,
                       const std::function<void(const ProcessEvent&)>& on_event) {
  std::array<std::uint8_t, kLargestDatagram> buffer{};
  for (unsigned i = 0; i < limit; ++i) {
    sockaddr_nl sender{};
    socklen_t length = sizeof sender;
    const ssize_t got = recvfrom(socket, buffer.data(), buffer.size(), 0,
                                 reinterpret_cast<sockaddr*>(&sender), &length);
    if (got < 0) {
      if (errno == EINTR) continue;
      return errno == ENOBUFS ? EventsRead::lost : EventsRead::all;
    }
    // Only the kernel knows.
    if (length != sizeof sender || sender.nl_pid != 0) continue;
    const auto event = decode_process_event(ByteView(buffer.data(), static_cast<std::size_t>(got)));
    if (event) on_event(*event);
  }
  return EventsRead::more;
}

}  // namespace understudy::run
