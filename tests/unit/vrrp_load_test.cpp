// Adverts leave on time whatever else the process has to do.
#include <netinet/in.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <thread>

#include "tests/support/sniffer.hpp"
#include "tests/support/vrrp_site.hpp"
#include "vrrp/datagram.hpp"

using namespace understudy;
using namespace std::chrono_literals;

namespace {

/// Real-time priority for the test itself while it exists, as the vrrp process has it: otherwise
/// other programs on the machine would be measured.
class RealTime {
 public:
  RealTime() {
    sched_param parameters{};
    parameters.sched_priority = 5;
    held_ = sched_setscheduler(0, SCHED_RR, &parameters) == 0;
  }
  ~RealTime() {
    sched_param parameters{};
    sched_setscheduler(0, SCHED_OTHER, &parameters);
  }
  [[nodiscard]] bool held() const { return held_; }

 private:
  bool held_ = false;
};

void work_for(Duration time) {
  const auto end = Clock::now() + time;
  while (Clock::now() < end) {
  }
}

std::string milliseconds_text(Duration duration) {
  return std::to_string(std::chrono::duration<double, std::milli>(duration).count()) + " ms";
}

/// Sends adverts of many virtual routers, well formed and not, as fast as it can.
void flood(const NamespacePair& network, char which, const std::atomic<bool>& stop) {
  network.inside(which, [&] {
    const Fd fd(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW));
    vrrp::Advert advert;
    advert.version = 3;
    advert.priority = Priority(1);
    advert.interval = 100ms;
    advert.addresses = {*IpAddress::parse("10.9.0.100")};
    const auto source = *IpAddress::parse("10.9.0.2");
    const auto group = *IpAddress::parse("224.0.0.18");
    sockaddr_storage to{};
    const auto length = Endpoint{group, Port(0)}.to_sockaddr(to);
    for (std::uint16_t id = 1; !stop; ++id) {
      advert.vrid = VirtualRouterId(static_cast<std::uint8_t>(60 + id % 150));
      Bytes pdu = vrrp::encode(advert, Family::ipv4);
      vrrp::set_checksum(pdu, advert.version, source, group, vrrp::ChecksumForm::pseudo_header);
      auto packet = vrrp::wrap_ipv4(pdu, {source, group, id});
      if (id % 7 == 0) packet.back() ^= 0xff;
      sendto(fd.get(), packet.data(), packet.size(), 0, reinterpret_cast<const sockaddr*>(&to),
             length);
    }
  });
}

/// Gaps between the adverts that arrive within `time`.
std::vector<Duration> gaps(Sniffer& sniffer, Duration time) {
  std::vector<Duration> result;
  std::optional<TimePoint> last;
  const auto end = Clock::now() + time;
  while (Clock::now() < end) {
    for (const auto& arrival : sniffer.take_timed()) {
      if (last) result.push_back(arrival - *last);
      last = arrival;
    }
    std::this_thread::sleep_for(5ms);
  }
  return result;
}

}  // namespace

TEST_CASE("5000 ready events delay no timer by a millisecond") {
  const RealTime real_time;
  Loop loop;
  std::vector<Fd> fds;
  std::vector<std::unique_ptr<Watch>> watches;
  int handled = 0;
  for (int i = 0; i < 5000; ++i) {
    fds.emplace_back(eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
    // Never read, so always ready, and 20 us of work each: a turn over all takes 100 ms.
    watches.push_back(std::make_unique<Watch>(loop, fds.back().get(), EPOLLIN, [&](std::uint32_t) {
      ++handled;
      work_for(20us);
    }));
  }
  int beats = 0;
  std::vector<Duration> late;
  TimePoint due = Clock::now() + 10ms;
  Timer advert(loop, [&] {
    late.push_back(Clock::now() - due);
    due += 10ms;
    // Half a second: a real-time process may not have all of a second (sched_rt_runtime_us).
    if (++beats == 50) loop.stop();
    advert.arm(due);
  });
  advert.arm(due);
  loop.run();
  CHECK(handled > 5000);
  std::sort(late.begin(), late.end());
  if (real_time.held()) {
    CHECK(late.back() < 1ms);
  } else {
    WARN("no real-time priority here: only the median counts");
    CHECK(late[late.size() / 2] < 1ms);
  }
}

TEST_CASE("a flood of adverts hardly delays our own") {
  NEEDS_NAMESPACES();
  const Site site;
  VrrpChild a(site.network, 'a', configuration({fast_instance(100)}), site.options('a'));
  REQUIRE(a.until([&] { return a.said("INSTANCE \"VI_1\" MASTER 100"); }, kElection));
  Sniffer sniffer(site.network, 'b');
  std::atomic<bool> stop{false};
  std::thread flooder([&] { flood(site.network, 'b', stop); });
  const auto heard = gaps(sniffer, 3s);
  stop = true;
  flooder.join();
  REQUIRE(heard.size() > 20);
  const auto worst = *std::max_element(heard.begin(), heard.end());
  INFO(milliseconds_text(worst));
  // Part of it is the kernel, which takes the flood in before it lets anybody run.
  CHECK(worst < 102ms);
}

TEST_CASE("a thousand addresses delay no advert of another instance") {
  NEEDS_NAMESPACES();
  const Site site;
  auto big = fast_instance(100);
  big.name = "BIG";
  big.vrid = VirtualRouterId(60);
  big.priority = Priority(90);
  big.excluded.clear();
  for (int i = 0; i < 1000; ++i) {
    vrrp::VirtualAddress address;
    address.address =
        *IpAddress::parse("10.8." + std::to_string(i / 200) + "." + std::to_string(i % 200 + 1));
    big.excluded.push_back(address);
  }
  big.addresses[0].address = *IpAddress::parse("10.9.0.101");
  auto options = site.options('a');
  options.reloads = {configuration({fast_instance(100), big})};
  VrrpChild a(site.network, 'a', configuration({fast_instance(100)}), options);
  REQUIRE(a.until([&] { return a.said("INSTANCE \"VI_1\" MASTER 100"); }, kElection));
  Sniffer sniffer(site.network, 'b');
  sniffer.only_vrid(51);
  a.order_reload(0);
  const auto heard = gaps(sniffer, 2s);
  CHECK(a.until([&] { return a.said("INSTANCE \"BIG\" MASTER 90"); }, kElection));
  CHECK(site.network.has_address('a', "10.8.4.200"));
  REQUIRE(heard.size() > 10);
  const auto worst = *std::max_element(heard.begin(), heard.end());
  INFO(milliseconds_text(worst));
  CHECK(worst < 102ms);
}
