// What every socket of a check has in common: where it sends from and how it is marked.
#pragma once

#include <cstdint>

#include "checkers/config.hpp"
#include "daemon/base/log.hpp"

namespace understudy::checkers {

/// Gives a socket its mark, interface, source address and source port, as far as `endpoint` has
/// them. False: this host refused, which is logged.
[[nodiscard]] bool prepare_socket(int socket, const CheckEndpoint& endpoint, Log& log);

/// Which of `events` (EPOLLIN, EPOLLOUT) the socket is ready for now, and what else epoll would
/// tell of it; 0: nothing. Asks the kernel.
[[nodiscard]] std::uint32_t ready_now(int socket, std::uint32_t events);

/// Whether an errno value of connect(2) speaks of the server or the way to it, not of this host.
[[nodiscard]] bool is_about_the_server(int error);

}  // namespace understudy::checkers
