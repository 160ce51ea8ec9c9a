#include "tests/support/checker_child.hpp"

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>

using namespace understudy;

namespace {

constexpr std::uint32_t kPageRecords = 32768;

/// In the forked child: the test's listeners above all, for a server must be gone when the test
/// closes it.
void close_all_but(const Fd& channel) {
  const auto kept = static_cast<unsigned>(channel.get());
  close_range(3, kept - 1, 0);
  close_range(kept + 1, ~0U, 0);
}

}  // namespace

void enter_new_network() {
  if (unshare(CLONE_NEWNET) < 0) throw std::runtime_error("unshare: needs root");
  const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::strncpy(request.ifr_name, "lo", sizeof request.ifr_name - 1);
  request.ifr_flags = IFF_UP;
  if (ioctl(socket.get(), SIOCSIFFLAGS, &request) < 0) throw std::runtime_error("lo stays down");
}

Fd listen_on(const Endpoint& endpoint) {
  Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int yes = 1;
  setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_storage address{};
  const socklen_t size = endpoint.to_sockaddr(address);
  if (bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) < 0 ||
      listen(socket.get(), 4096) < 0) {
    throw std::runtime_error("cannot listen on " + endpoint.to_string());
  }
  return socket;
}

CheckerChild::CheckerChild(const Config& config, const Options& options)
    : RoleChild(options.page, [&](Fd channel, LogOptions log) {
        close_all_but(channel);
        return checkers::run_process(
            role_child_setup(std::move(channel), std::move(log), config, options, kPageRecords));
      }) {}

ReloadOutcome CheckerChild::reload(std::size_t index) {
  const auto before = outcomes().size();
  order_reload(index);
  if (!until([&] { return outcomes().size() > before; }, std::chrono::seconds(5))) {
    throw std::runtime_error("no outcome of the reload");
  }
  return outcomes().back();
}
