#include "daemon/netlink/routing_monitor.hpp"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/rtnetlink.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

namespace understudy::netlink {
namespace {

/// Bounded, so that a flood of notifications does not keep the loop from its other work.
constexpr unsigned kMessagesPerTurn = 32;
/// What may be queued at an overrun and is worthless after it.
constexpr unsigned kMessagesDiscarded = 100'000;
constexpr std::uint32_t kWhole = 0xffffffff;

/// Passes deletions of rules, and of routes with one of the protocols (bpf(4), classic). Numbers of
/// netlink are in host byte order, and BPF loads in network order.
std::vector<sock_filter> filter_for(const std::vector<std::uint8_t>& protocols) {
  const auto count =
      static_cast<std::uint8_t>(std::min(protocols.size(), RoutingMonitor::kMostProtocols));
  std::vector<sock_filter> program{
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(nlmsghdr, nlmsg_type)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELRULE), static_cast<__u8>(count + 3), 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELROUTE), 0, static_cast<__u8>(count + 1)),
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, NLMSG_HDRLEN + offsetof(rtmsg, rtm_protocol)),
  };
  for (std::uint8_t i = 0; i < count; ++i) {
    program.push_back(
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, protocols[i], static_cast<__u8>(count - i), 0));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, 0));
  program.push_back(BPF_STMT(BPF_RET | BPF_K, kWhole));
  return program;
}

}  // namespace

RoutingMonitor::RoutingMonitor(Socket socket, Handlers handlers)
    : socket_(std::move(socket)), handlers_(std::move(handlers)) {}

Result<std::unique_ptr<RoutingMonitor>> RoutingMonitor::start(Loop& loop, const Interest& interest,
                                                              Handlers handlers) {
  auto socket = Socket::open({});
  if (!socket) return socket.error();
  auto program = filter_for(interest.protocols);
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  // Before the first group is joined: nothing is to slip through.
  if (setsockopt(socket->fd(), SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) < 0) {
    return Error::from_errno(errno, "netlink filter");
  }
  for (const int group : interest.groups) {
    if (setsockopt(socket->fd(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) < 0) {
      return Error::from_errno(errno, "netlink group");
    }
  }
  std::unique_ptr<RoutingMonitor> monitor(
      new RoutingMonitor(std::move(*socket), std::move(handlers)));
  monitor->watch_ =
      std::make_unique<Watch>(loop, monitor->socket_.fd(), EPOLLIN,
                              [self = monitor.get()](std::uint32_t) { self->read(); });
  return monitor;
}

void RoutingMonitor::read() {
  const auto take = [this](ByteView message) {
    if (const auto route = decode_route(message)) {
      if (route->removed) handlers_.on_route(*route);
    } else if (const auto rule = decode_rule(message)) {
      if (rule->removed) handlers_.on_rule(*rule);
    }
  };
  for (unsigned i = 0; i < kMessagesPerTurn; ++i) {
    const auto left = socket_.receive(take);
    if (left == Socket::Left::nothing) return;
    if (left != Socket::Left::overrun) continue;
    for (unsigned n = 0; n < kMessagesDiscarded; ++n) {
      if (socket_.receive([](ByteView) {}) == Socket::Left::nothing) break;
    }
    handlers_.on_overrun();
    return;
  }
}

}  // namespace understudy::netlink
