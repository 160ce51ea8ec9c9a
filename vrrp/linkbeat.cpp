#include "vrrp/linkbeat.hpp"

#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/mii.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <csignal>
#include <cstring>
#include <optional>
#include <tuple>
#include <utility>

namespace understudy::vrrp {

namespace {

using Method = LinkbeatInterface::Method;

constexpr int kPollingMilliseconds = 1000;
/// The thread needs little, and the process may have its memory locked.
constexpr std::size_t kStack = 64UL * 1024;

ifreq request_for(const std::string& interface) {
  ifreq request{};
  interface.copy(request.ifr_name, IFNAMSIZ - 1);
  return request;
}

/// The link bit of the basic mode status register (IEEE 802.3 22.2.4.2); nullopt: no such register.
std::optional<bool> ask_mii(const Fd& socket, const std::string& interface) {
  ifreq request = request_for(interface);
  // The register's number and value are where the kernel puts them in the union of ifreq.
  mii_ioctl_data data{};
  if (ioctl(socket.get(), SIOCGMIIPHY, &request) < 0) return std::nullopt;
  std::memcpy(&data, &request.ifr_ifru, sizeof data);
  const auto read_status = [&] {
    data.reg_num = MII_BMSR;
    std::memcpy(&request.ifr_ifru, &data, sizeof data);
    if (ioctl(socket.get(), SIOCGMIIREG, &request) < 0) return false;
    std::memcpy(&data, &request.ifr_ifru, sizeof data);
    return true;
  };
  // The bit sticks at "down" until it is read: the second time says what is now.
  if (!read_status() || !read_status()) return std::nullopt;
  return (data.val_out & BMSR_LSTATUS) != 0;
}

std::optional<bool> ask_ethtool(const Fd& socket, const std::string& interface) {
  ifreq request = request_for(interface);
  ethtool_value value{ETHTOOL_GLINK, 0};
  request.ifr_data = reinterpret_cast<char*>(&value);
  if (ioctl(socket.get(), SIOCETHTOOL, &request) < 0) return std::nullopt;
  return value.data != 0;
}

bool ask_flags(const Fd& socket, const std::string& interface) {
  ifreq request = request_for(interface);
  if (ioctl(socket.get(), SIOCGIFFLAGS, &request) < 0) return false;
  constexpr int kUp = IFF_UP | IFF_RUNNING;
  return (request.ifr_flags & kUp) == kUp;
}

const char* name_of(Method method) {
  switch (method) {
    case Method::mii:
      return "MII";
    case Method::ethtool:
      return "ETHTOOL";
    case Method::any:
    case Method::ioctl:
      break;
  }
  return "IOCTL";
}

/// The link by the first method that works, the wanted one before others.
std::pair<Method, bool> find_method(const Fd& socket, const LinkbeatInterface& wanted) {
  const std::string& name = wanted.interface;
  const bool mii_first = wanted.method != Method::ethtool && wanted.method != Method::ioctl;
  if (mii_first) {
    if (const auto up = ask_mii(socket, name)) return {Method::mii, *up};
  }
  if (wanted.method != Method::ioctl) {
    if (const auto up = ask_ethtool(socket, name)) return {Method::ethtool, *up};
  }
  if (wanted.method == Method::ethtool) {
    if (const auto up = ask_mii(socket, name)) return {Method::mii, *up};
  }
  return {Method::ioctl, true};
}

}  // namespace

struct Linkbeat::Polled {
  /// `any`: not found out yet.
  Method method = Method::any;
  std::optional<bool> told;
};

Linkbeat::Linkbeat(Loop& loop, Log& log, std::vector<LinkbeatInterface> interfaces,
                   OnChange on_change)
    : log_(log), interfaces_(std::move(interfaces)), on_change_(std::move(on_change)) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) < 0) return;
  stop_signal_ = Fd(ends[0]);
  stop_ = Fd(ends[1]);
  if (pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) < 0) return;
  answers_ = Fd(ends[0]);
  answers_in_ = Fd(ends[1]);
  watch_ = std::make_unique<Watch>(loop, answers_.get(), EPOLLIN,
                                   [this](std::uint32_t) { take_answers(); });
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes,
                            std::max(kStack, static_cast<std::size_t>(PTHREAD_STACK_MIN)));
  // Not with the priority of the process that must not wait for it.
  const sched_param normal{};
  pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
  pthread_attr_setschedpolicy(&attributes, SCHED_OTHER);
  pthread_attr_setschedparam(&attributes, &normal);
  // Signals are the main thread's.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  const int error = pthread_create(&thread_, &attributes, &Linkbeat::thread, this);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  running_ = error == 0;
  if (running_) {
    log_.info("Using MII-BMSR/ETHTOOL NIC polling thread(s)...");
  } else {
    log_.error("Links cannot be polled: {}", std::strerror(error));
  }
}

Linkbeat::~Linkbeat() {
  stop_.reset();
  if (running_) pthread_join(thread_, nullptr);
}

void* Linkbeat::thread(void* self) {
  auto* const beat = static_cast<Linkbeat*>(self);
  const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  std::vector<Polled> polled(beat->interfaces_.size());
  pollfd stop{beat->stop_signal_.get(), POLLIN, 0};
  do {
    for (std::uint32_t at = 0; at < polled.size(); ++at) beat->poll(socket, at, polled[at]);
  } while (::poll(&stop, 1, kPollingMilliseconds) == 0);
  return nullptr;
}

void Linkbeat::poll(const Fd& socket, std::uint32_t at, Polled& polled) const {
  const LinkbeatInterface& wanted = interfaces_[at];
  Answer answer;
  answer.interface = at;
  if (if_nametoindex(wanted.interface.c_str()) == 0) {
    // When it comes back it may be something else.
    polled.method = Method::any;
  } else {
    bool up = true;
    if (polled.method == Method::any) {
      std::tie(polled.method, up) = find_method(socket, wanted);
      answer.other_method = wanted.method != Method::any && wanted.method != polled.method;
    } else if (polled.method == Method::mii) {
      up = ask_mii(socket, wanted.interface).value_or(false);
    } else if (polled.method == Method::ethtool) {
      up = ask_ethtool(socket, wanted.interface).value_or(false);
    }
    // Administratively down is down, whatever the cable says.
    answer.up = up && ask_flags(socket, wanted.interface);
  }
  answer.method = polled.method;
  if (polled.told == answer.up && !answer.other_method) return;
  // A pipe that is full is tried again the next second.
  if (write(answers_in_.get(), &answer, sizeof answer) == sizeof answer) polled.told = answer.up;
}

void Linkbeat::take_answers() {
  Answer answer;
  while (read(answers_.get(), &answer, sizeof answer) == sizeof answer) {
    const LinkbeatInterface& interface = interfaces_[answer.interface];
    if (answer.other_method) {
      log_.info("({}): Configured linkbeat type {} not supported, using {}", interface.interface,
                name_of(interface.method), name_of(answer.method));
    }
    on_change_(interface.interface, answer.up);
  }
}

}  // namespace understudy::vrrp
