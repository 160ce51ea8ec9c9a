// Netlink messages as values, and the monitor against a kernel.
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstring>

#include "daemon/netlink/monitor.hpp"
#include "tests/support/network_namespace.hpp"

using namespace understudy;
using namespace understudy::netlink;
using namespace std::chrono_literals;

namespace {

IpAddress ip(const char* text) { return *IpAddress::parse(text); }

InterfaceAddress sample() {
  InterfaceAddress address;
  address.index = InterfaceIndex(7);
  address.address = ip("10.9.0.100");
  address.prefix_length = 24;
  address.scope = RT_SCOPE_LINK;
  address.details.edit().label = "eth0:1";
  address.details.edit().broadcast = ip("10.9.0.255");
  return address;
}

/// The same octets under another message type.
Bytes as_type(Bytes message, std::uint16_t type) {
  std::memcpy(message.data() + offsetof(nlmsghdr, nlmsg_type), &type, sizeof type);
  return message;
}

Log quiet() {
  LogOptions options;
  options.to_syslog = false;
  return Log(options);
}

/// A monitor in a namespace and what it told.
struct Watcher {
  Loop loop;
  Log log = quiet();
  std::optional<Socket> commands;
  std::unique_ptr<Monitor> monitor;
  std::vector<std::string> told;

  Watcher(const NamespacePair& network, char which) {
    network.inside(which, [this] {
      commands.emplace(std::move(*Socket::open()));
      monitor = std::move(*Monitor::start(
          loop, log, *commands,
          {[this](const Link& link, bool removed) {
             told.push_back(link.name + (removed ? " gone" : link.up() ? " up" : " down"));
           },
           [this](const InterfaceAddress& address, bool removed, bool ours) {
             told.push_back(address.address.to_string() + (removed ? " gone" : " there") +
                            (ours ? " ours" : ""));
           }}));
    });
  }
  bool until(const std::string& text) {
    const auto end = Clock::now() + 2s;
    const auto heard = [&] { return std::find(told.begin(), told.end(), text) != told.end(); };
    while (!heard() && Clock::now() < end) loop.run_once(10ms);
    return heard();
  }
};

}  // namespace

TEST_CASE("an address survives the way into a message and back") {
  const auto address = sample();
  const auto decoded = decode_address(add_address(address));
  REQUIRE(decoded);
  CHECK(decoded->address == address);
  CHECK_FALSE(decoded->removed);
  CHECK(decode_address(delete_address(address))->removed);

  InterfaceAddress pair = sample();
  pair.details.edit().peer = ip("10.9.9.9");
  CHECK(decode_address(add_address(pair))->address == pair);

  InterfaceAddress v6;
  v6.index = InterfaceIndex(7);
  v6.address = ip("2001:db8::100");
  v6.prefix_length = 128;
  const auto back = decode_address(add_address(v6));
  REQUIRE(back);
  CHECK(back->address.flags == IFA_F_NODAD);
  CHECK(back->address.address == v6.address);
}

TEST_CASE("messages cut anywhere, of other types or families are refused") {
  const Bytes whole = add_address(sample());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto decoded = decode_address(ByteView(whole).first(size));
    // Attributes that are cut off are missing; nothing is read beyond the end.
    if (decoded) CHECK(decoded->address.address == sample().address);
  }
  CHECK_FALSE(decode_address(as_type(whole, RTM_NEWLINK)));
  CHECK_FALSE(decode_link(whole));
  CHECK_FALSE(decode_link(as_type(whole, RTM_NEWLINK)));
  CHECK_FALSE(decode_address({}));
}

TEST_CASE("requests are answered one by one, in order") {
  NEEDS_NAMESPACES();
  const NamespacePair network;
  network.inside('a', [&] {
    auto socket = std::move(*Socket::open());
    std::vector<netlink::Message> requests;
    InterfaceAddress address;
    address.index = InterfaceIndex(if_nametoindex("eth0"));
    address.prefix_length = 32;
    for (int i = 0; i < 300; ++i) {
      address.address = ip(fmt::format("10.8.{}.{}", i / 200, i % 200 + 1).c_str());
      requests.push_back(add_address(address));
    }
    // One that exists already, one for an interface that does not.
    requests.push_back(requests[5]);
    address.index = InterfaceIndex(4444);
    requests.push_back(add_address(address));
    const auto outcome = socket.request(requests);
    REQUIRE(outcome.size() == 302);
    for (std::size_t i = 0; i < 300; ++i) CHECK_FALSE(outcome[i]);
    CHECK(outcome[300]->code == EEXIST);
    CHECK(outcome[301]->code == ENODEV);
    int seen = 0;
    const auto done = socket.dump(
        dump_addresses(), [&] { seen = 0; },
        [&](ByteView message) { seen += decode_address(message) ? 1 : 0; });
    CHECK(done.has_value());
    CHECK(seen >= 301);
  });
}

TEST_CASE("the monitor knows what is there and tells what changes, and who did it") {
  NEEDS_NAMESPACES();
  const NamespacePair network;
  Watcher watcher(network, 'a');
  const Link* eth0 = watcher.monitor->link("eth0");
  REQUIRE(eth0 != nullptr);
  CHECK(eth0->up());
  CHECK(eth0->mac != MacAddress{});
  const auto addresses = watcher.monitor->addresses(eth0->index);
  REQUIRE_FALSE(addresses.empty());
  CHECK(addresses[0].address == ip("10.9.0.1"));

  network.run('a', "ip addr add 10.9.0.50/32 dev eth0");
  CHECK(watcher.until("10.9.0.50 there"));
  CHECK(watcher.monitor->find(eth0->index, ip("10.9.0.50"), 32) != nullptr);
  InterfaceAddress ours;
  ours.index = eth0->index;
  ours.address = ip("10.9.0.51");
  ours.prefix_length = 32;
  const std::array put{add_address(ours)};
  CHECK_FALSE(watcher.commands->request(put)[0]);
  CHECK(watcher.until("10.9.0.51 there ours"));
  network.run('a', "ip addr del 10.9.0.51/32 dev eth0");
  CHECK(watcher.until("10.9.0.51 gone"));
  network.run('b', "ip link set eth0 down");
  CHECK(watcher.until("eth0 down"));
  network.run('a', "ip link set eth0 name wan");
  CHECK(watcher.until("eth0 gone"));
  CHECK(watcher.until("wan down"));
  CHECK(watcher.monitor->link("eth0") == nullptr);
  network.run('a', "ip link del wan");
  CHECK(watcher.until("wan gone"));
}

TEST_CASE("an overrun loses nothing for good") {
  NEEDS_NAMESPACES();
  const NamespacePair network;
  Watcher watcher(network, 'a');
  network.run('a', "ip addr add 10.9.0.50/32 dev eth0");
  CHECK(watcher.until("10.9.0.50 there"));
  watcher.told.clear();
  // More than the socket holds, while nobody reads.
  network.run('a',
              "sh -c 'for i in $(seq 1 60); do for j in $(seq 1 200); do "
              "echo addr add 10.7.$i.$j/32 dev eth0; done; done | ip -batch -; "
              "ip addr del 10.9.0.50/32 dev eth0; ip addr add 10.9.0.60/32 dev eth0'");
  CHECK(watcher.until("10.9.0.60 there"));
  CHECK(watcher.until("10.9.0.50 gone"));
  CHECK(watcher.until("10.7.60.200 there"));
  const Link* eth0 = watcher.monitor->link("eth0");
  CHECK(watcher.monitor->find(eth0->index, ip("10.7.30.100"), 32) != nullptr);
  CHECK(watcher.monitor->find(eth0->index, ip("10.9.0.50"), 32) == nullptr);
}

TEST_CASE("only the kernel is believed") {
  NEEDS_NAMESPACES();
  const NamespacePair network;
  Watcher watcher(network, 'a');
  network.inside('a', [&] {
    // Another process sends our event socket a notification of its own making.
    const Fd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    auto forged = add_address(sample());
    for (std::uint32_t port = 1; port <= 2; ++port) {
      sockaddr_nl to{};
      to.nl_family = AF_NETLINK;
      to.nl_pid = watcher.commands->port();
      to.nl_groups = port == 1 ? 0 : 1U << (RTNLGRP_IPV4_IFADDR - 1);
      if (port == 2) to.nl_pid = 0x7fffffff;
      sendto(fd.get(), forged.data(), forged.size(), 0, reinterpret_cast<const sockaddr*>(&to),
             sizeof to);
    }
  });
  // The command socket still answers, and nothing was told.
  InterfaceAddress ours;
  ours.index = watcher.monitor->link("eth0")->index;
  ours.address = ip("10.9.0.51");
  ours.prefix_length = 32;
  const std::array put{add_address(ours)};
  CHECK_FALSE(watcher.commands->request(put)[0]);
  CHECK(watcher.until("10.9.0.51 there ours"));
  CHECK(std::find(watcher.told.begin(), watcher.told.end(), "10.9.0.100 there") ==
        watcher.told.end());
}
