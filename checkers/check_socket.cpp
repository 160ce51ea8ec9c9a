#include "checkers/check_socket.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace understudy::checkers {
namespace {

// What epoll says, poll says with the same bits.
static_assert(EPOLLIN == POLLIN && EPOLLOUT == POLLOUT && EPOLLERR == POLLERR &&
              EPOLLHUP == POLLHUP);

bool set_mark(int socket, std::uint32_t mark, Log& log) {
  if (mark == 0 || setsockopt(socket, SOL_SOCKET, SO_MARK, &mark, sizeof mark) == 0) return true;
  log.error("Error setting fwmark {} to socket: {}", mark, std::strerror(errno));
  return false;
}

bool bind_interface(int socket, const std::string& name, Log& log) {
  if (name.empty() || setsockopt(socket, SOL_SOCKET, SO_BINDTODEVICE, name.c_str(),
                                 static_cast<socklen_t>(name.size() + 1)) == 0) {
    return true;
  }
  log.info("Checker can't bind to device {}: {}", name, std::strerror(errno));
  return false;
}

bool bind_source(int socket, const CheckEndpoint& endpoint, Log& log) {
  Endpoint source = endpoint.source;
  const bool port_given = source.port.value() != 0;
  if (source.address.empty()) {
    if (!port_given) return true;
    // bind_port alone: that port of any address.
    source.address = endpoint.destination.address.is_v6() ? IpAddress(in6addr_any)
                                                          : IpAddress(in_addr{INADDR_ANY});
  }
  // The port of the last attempt lingers in TIME_WAIT, so a given one must be used again; others
  // are chosen at connect(2), where only the four of addresses and ports together must be free.
  const int on = 1;
  if (port_given) {
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  } else {
    setsockopt(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  }
  sockaddr_storage address{};
  const socklen_t length = source.to_sockaddr(address);
  if (bind(socket, reinterpret_cast<const sockaddr*>(&address), length) == 0) return true;
  log.info("Checker bind failed: {}", std::strerror(errno));
  return false;
}

}  // namespace

bool prepare_socket(int socket, const CheckEndpoint& endpoint, Log& log) {
  return set_mark(socket, endpoint.fwmark, log) &&
         bind_interface(socket, endpoint.interface, log) && bind_source(socket, endpoint, log);
}

std::uint32_t ready_now(int socket, std::uint32_t events) {
  pollfd state{socket, static_cast<short>(events), 0};
  return poll(&state, 1, 0) == 1 ? static_cast<std::uint32_t>(state.revents) : 0;
}

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

}  // namespace understudy::checkers
