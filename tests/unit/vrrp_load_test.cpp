// Adverts leave whatever else the process has to do. How late they are is for tests/bench to say.
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "tests/support/sniffer.hpp"
#include "tests/support/vrrp_site.hpp"
#include "vrrp/datagram.hpp"

using namespace understudy;
using namespace std::chrono_literals;

namespace {

void work_for(Duration time) {
  const auto end = Clock::now() + time;
  while (Clock::now() < end) {
  }
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

/// Waits for `count` adverts of VRID 51 and checks that the sender left none out: it numbers them.
void check_sequence(Sniffer& sniffer, std::size_t count) {
  std::vector<unsigned> numbers;
  const auto end = Clock::now() + 20s;
  while (numbers.size() < count && Clock::now() < end) {
    for (const Bytes& packet : sniffer.take_adverts()) {
      constexpr std::size_t kVrid = 20 + 1;
      if (packet[kVrid] == 51) numbers.push_back(packet[4] * 256U + packet[5]);
    }
    std::this_thread::sleep_for(5ms);
  }
  REQUIRE(numbers.size() >= count);
  for (std::size_t i = 1; i < numbers.size(); ++i) CHECK(numbers[i] == numbers[i - 1] + 1);
}

}  // namespace

TEST_CASE("of 5000 ready events no more than one comes before a timer that is due") {
  Loop loop;
  std::vector<Fd> fds;
  std::vector<std::unique_ptr<Watch>> watches;
  std::optional<TimePoint> due;
  int handled = 0;
  int since_due = 0;
  int worst = 0;
  for (int i = 0; i < 5000; ++i) {
    fds.emplace_back(eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
    // Never read, so always ready, and 20 us of work each: a turn over all takes 100 ms.
    watches.push_back(std::make_unique<Watch>(loop, fds.back().get(), EPOLLIN, [&](std::uint32_t) {
      ++handled;
      // It may have become due after the loop's look at the clock, but then it is next.
      if (due && Clock::now() >= *due) worst = std::max(worst, ++since_due);
      work_for(20us);
    }));
  }
  int beats = 0;
  Timer advert(loop, [&] {
    since_due = 0;
    if (++beats == 50) loop.stop();
    due = Clock::now() + 10ms;
    advert.arm(*due);
  });
  advert.arm(loop.now());
  loop.run();
  CHECK(handled > 1000);
  CHECK(worst <= 1);
}

TEST_CASE("a flood of adverts keeps none of our own from leaving") {
  NEEDS_NAMESPACES();
  const Site site;
  VrrpChild a(site.network, 'a', configuration({fast_instance(100)}), site.options('a'));
  REQUIRE(a.until([&] { return a.said("INSTANCE \"VI_1\" MASTER 100"); }, kElection));
  Sniffer sniffer(site.network, 'b');
  std::atomic<bool> stop{false};
  std::thread flooder([&] { flood(site.network, 'b', stop); });
  check_sequence(sniffer, 20);
  stop = true;
  flooder.join();
  CHECK(a.lines().back() == "INSTANCE \"VI_1\" MASTER 100");
}

TEST_CASE("a thousand addresses of another instance keep no advert from leaving") {
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
  a.order_reload(0);
  check_sequence(sniffer, 10);
  CHECK(a.until([&] { return a.said("INSTANCE \"BIG\" MASTER 90"); }, kElection));
  CHECK(a.until([&] { return site.network.has_address('a', "10.8.4.200"); }, kElection));
  check_sequence(sniffer, 1);
}
