// Addresses, routes and rules as holders come and go, against a real kernel, with `ip` as the
// witness.
#include <catch2/catch.hpp>
#include <fstream>
#include <optional>

#include "tests/support/network_namespace.hpp"
#include "tests/support/temporary_directory.hpp"
#include "vrrp/kernel_objects.hpp"

using namespace understudy;
using namespace understudy::vrrp;
using namespace std::chrono_literals;

namespace {

IpAddress ip(const char* text) { return *IpAddress::parse(text); }

VirtualAddress address(const char* text, std::uint8_t length = 32) {
  VirtualAddress result;
  result.address = ip(text);
  result.prefix_length = length;
  return result;
}

vrrp::Route route(const char* network, std::uint8_t length, const char* gateway) {
  vrrp::Route result;
  result.destination = {ip(network), length};
  result.gateway = ip(gateway);
  return result;
}

vrrp::Rule rule(std::uint32_t preference, std::uint32_t table) {
  vrrp::Rule result;
  result.preference = preference;
  result.action = FR_ACT_TO_TBL;
  result.table = table;
  return result;
}

InstanceConfig instance(const std::string& name, std::vector<VirtualAddress> addresses) {
  InstanceConfig config;
  config.name = name;
  config.interface = "eth0";
  config.addresses = std::move(addresses);
  return config;
}

std::shared_ptr<const InstanceConfig> shared(InstanceConfig config) {
  return std::make_shared<const InstanceConfig>(std::move(config));
}

/// KernelObjects in namespace a, with what it needs. `stop` ends it as a crash would.
struct Holder {
  const NamespacePair& network;
  TemporaryDirectory directory;
  Log log{options()};
  Loop loop;
  std::optional<run::HandoverPage> page;
  std::optional<netlink::Socket> commands;
  std::unique_ptr<netlink::Monitor> monitor;
  std::unique_ptr<KernelObjects> kernel;
  std::vector<std::string> lost;

  explicit Holder(const NamespacePair& pair) : network(pair) { begin(); }

  void begin() {
    network.inside('a', [this] {
      page = std::move(*run::HandoverPage::open(directory.path("page"), 1000));
      commands.emplace(std::move(*netlink::Socket::open()));
      monitor = std::move(*netlink::Monitor::start(
          loop, log, *commands,
          {[this](const netlink::Link& link, bool removed) {
             kernel->interface_changed(link, removed);
           },
           [this](const netlink::InterfaceAddress& changed, bool removed, bool ours) {
             for (const auto& name : kernel->changed(changed, removed, ours)) {
               lost.push_back(name + " " + changed.address.to_string());
             }
           }}));
      kernel = std::make_unique<KernelObjects>(loop, log, *commands, *monitor, *page);
    });
  }
  void stop() {
    kernel.reset();
    monitor.reset();
    commands.reset();
    page.reset();
  }
  /// A configuration comes into force; sockets it opens are the namespace's.
  std::shared_ptr<const VrrpConfig> configure(VrrpConfig config) {
    auto whole = std::make_shared<const VrrpConfig>(std::move(config));
    network.inside('a', [&] { kernel->configure(whole); });
    return whole;
  }
  void want(const InstanceConfig& config) { kernel->want(shared(config)); }

  [[nodiscard]] std::string show(const std::string& what) const {
    return network.output('a', "ip " + what);
  }
  [[nodiscard]] bool shows(const std::string& what, const std::string& text) const {
    return show(what).find(text) != std::string::npos;
  }
  /// Runs the loop until `ip WHAT` shows the text, or two seconds.
  bool until(const std::string& what, const std::string& text, bool there = true) {
    const auto end = Clock::now() + 2s;
    while (shows(what, text) != there && Clock::now() < end) loop.run_once(20ms);
    return shows(what, text) == there;
  }
  void run_for(Duration time) {
    const auto end = Clock::now() + time;
    while (Clock::now() < end) loop.run_once(10ms);
  }
  [[nodiscard]] std::string logged() const {
    std::ifstream in(directory.path("log"));
    return {std::istreambuf_iterator<char>(in), {}};
  }

 private:
  [[nodiscard]] LogOptions options() const {
    LogOptions result;
    result.to_syslog = false;
    result.file = directory.path("log");
    return result;
  }
};

}  // namespace

TEST_CASE("a master's addresses, routes and rules come together and go together") {
  NEEDS_NAMESPACES();
  const NamespacePair network;
  Holder holder(network);
  auto config = instance("VI_1", {address("10.20.0.1", 24), address("2001:db8::1", 64)});
  config.routes = {route("192.0.2.0", 24, "10.20.0.2"),  // by an address that is ours
                   route("2001:db8:1::", 48, "2001:db8::2")};
  config.routes[0].preferred_source = ip("10.20.0.1");
  config.rules = {rule(500, 100)};
  VrrpConfig whole;
  whole.instances = {config};
  holder.configure(whole);
  holder.want(config);
  holder.kernel->finish();
  CHECK(holder.shows("addr", "10.20.0.1/24"));
  CHECK(
      holder.shows("route", "192.0.2.0/24 via 10.20.0.2 dev eth0 proto keepalived src 10.20.0.1"));
  CHECK(holder.shows("-6 route", "2001:db8:1::/48 via 2001:db8::2"));
  CHECK(holder.shows("rule", "500:\tfrom all lookup 100 proto keepalived"));
  CHECK(holder.kernel->announceable("eth0", ip("10.20.0.1"), 24));

  holder.kernel->release("VI_1");
  holder.kernel->finish();
  CHECK_FALSE(holder.shows("addr", "10.20.0.1/24"));
  CHECK_FALSE(holder.shows("route", "192.0.2.0/24"));
  CHECK_FALSE(holder.shows("-6 route", "2001:db8:1::/48"));
  CHECK_FALSE(holder.shows("rule", "500:"));
  CHECK(holder.logged().empty());
}

TEST_CASE("what moves from one instance to another never leaves the kernel") {
  NEEDS_NAMESPACES();
  const NamespacePair network;
  Holder holder(network);
  auto one = instance("A", {address("10.20.0.1"), address("10.20.0.2")});
  one.routes = {route("192.0.2.0", 24, "10.9.0.2"), route("198.51.100.0", 24, "10.9.0.2")};
  auto other = instance("B", {address("10.20.0.9")});
  holder.want(one);
  holder.want(other);
  holder.kernel->finish();

  const std::string watch = holder.directory.path("watched");
  network.run('a', "sh -c 'timeout 3 ip monitor address route >" + watch + " & sleep 0.2'");
  holder.kernel->hold();
  other.addresses.push_back(one.addresses[1]);
  other.routes = {one.routes[0]};
  one.addresses.pop_back();
  one.routes.erase(one.routes.begin());
  // The one that gives comes first, which is the worse order.
  holder.want(one);
  holder.kernel->work();
  holder.want(other);
  holder.kernel->resume();
  holder.kernel->finish();
  network.run('a', "ip addr add 10.20.0.200/32 dev eth0");
  holder.run_for(100ms);
  std::ifstream in(watch);
  const std::string watched{std::istreambuf_iterator<char>(in), {}};
  CHECK(watched.find("10.20.0.200") != std::string::npos);
  CHECK(watched.find("10.20.0.2/") == std::string::npos);
  CHECK(watched.find("192.0.2.0") == std::string::npos);

  holder.kernel->release("A");
  holder.kernel->finish();
  CHECK(holder.shows("addr", "10.20.0.2/32"));
  CHECK(holder.shows("route", "192.0.2.0/24"));
  CHECK_FALSE(holder.shows("route", "198.51.100.0/24"));
  holder.kernel->release("B");
  holder.kernel->finish();
  CHECK_FALSE(holder.shows("addr", "10.20.0.2/32"));
  CHECK_FALSE(holder.shows("route", "192.0.2.0/24"));
}

TEST_CASE("a deleted route or rule is put back, again and again only after longer waits") {
  NEEDS_NAMESPACES();
  const NamespacePair network;
  Holder holder(network);
  auto config = instance("VI_1", {});
  config.routes = {route("192.0.2.0", 24, "10.9.0.2"), route("198.51.100.0", 24, "10.9.0.2")};
  config.routes[1].no_track = true;
  config.rules = {rule(500, 100)};
  VrrpConfig whole;
  whole.instances = {config};
  holder.configure(whole);
  holder.want(config);
  holder.kernel->finish();
  network.run('a', "ip route del 192.0.2.0/24");
  network.run('a', "ip rule del pref 500");
  network.run('a', "ip route del 198.51.100.0/24");
  CHECK(holder.until("route", "192.0.2.0/24"));
  CHECK(holder.until("rule", "500:"));
  CHECK(holder.logged().find("(VI_1) Restoring deleted virtual route 192.0.2.0/24 via 10.9.0.2") !=
        std::string::npos);
  const auto before = Clock::now();
  network.run('a', "ip route del 192.0.2.0/24");
  CHECK(holder.until("route", "192.0.2.0/24"));
  CHECK(Clock::now() - before > 500ms);
  CHECK_FALSE(holder.shows("route", "198.51.100.0/24"));
}

TEST_CASE("a route that cannot be put is put when it can, and said once") {
  NEEDS_NAMESPACES();
  const NamespacePair network;
  Holder holder(network);
  auto config = instance("VI_1", {});
  config.routes = {route("192.0.2.0", 24, "10.77.0.2")};
  config.routes.push_back(route("198.51.100.0", 24, "10.9.0.2"));
  config.routes[1].device = "late0";
  config.routes[1].onlink = true;
  VrrpConfig whole;
  whole.instances = {config};
  holder.configure(whole);
  holder.want(config);
  holder.kernel->finish();
  holder.want(config);
  holder.kernel->finish();
  const std::string said = holder.logged();
  const std::string complaint = "cannot put virtual route 192.0.2.0/24 via 10.77.0.2:";
  REQUIRE(said.find(complaint) != std::string::npos);
  CHECK(said.find(complaint, said.find(complaint) + 1) == std::string::npos);
  CHECK(said.find("there is no interface late0") != std::string::npos);

  network.run('a', "ip addr add 10.77.0.1/24 dev eth0");
  network.run('a', "ip link add late0 type bridge");
  network.run('a', "ip link set late0 up");
  CHECK(holder.until("route", "192.0.2.0/24 via 10.77.0.2"));
  CHECK(holder.until("route", "198.51.100.0/24 via 10.9.0.2 dev late0"));
}

TEST_CASE("routes that went with an interface come back with it") {
  NEEDS_NAMESPACES();
  const NamespacePair network;
  Holder holder(network);
  auto config = instance("VI_1", {address("10.20.0.1", 24)});
  config.routes = {route("192.0.2.0", 24, "10.20.0.2")};
  holder.want(config);
  holder.kernel->finish();
  network.run('a', "ip link set eth0 down");
  holder.run_for(50ms);
  CHECK_FALSE(holder.shows("route", "192.0.2.0/24"));
  network.run('a', "ip link set eth0 up");
  CHECK(holder.until("route", "192.0.2.0/24"));
}

TEST_CASE("static entries are put by difference, restored, and removed; the host's own stay") {
  NEEDS_NAMESPACES();
  const NamespacePair network;
  network.run('a', "ip addr add 10.30.0.9/24 dev eth0");
  Holder holder(network);
  VrrpConfig config;
  for (const char* text : {"10.30.0.1", "10.30.0.2", "10.30.0.9"}) {
    StaticAddress entry;
    entry.address = address(text, 24);
    entry.address.device = "eth0";
    config.static_addresses.push_back(entry);
  }
  config.static_routes = {route("192.0.2.0", 24, "10.30.0.7")};
  config.static_rules = {rule(500, 100)};
  holder.configure(config);
  holder.kernel->finish();
  CHECK(holder.shows("addr", "10.30.0.1/24"));
  CHECK(holder.shows("route", "192.0.2.0/24"));
  CHECK(holder.shows("rule", "500:"));
  network.run('a', "ip addr del 10.30.0.2/24 dev eth0");
  CHECK(holder.until("addr", "10.30.0.2/24"));
  CHECK(holder.logged().find("Restoring deleted static address 10.30.0.2") != std::string::npos);

  config.static_addresses.erase(config.static_addresses.begin());
  config.static_rules = {rule(501, 100)};
  holder.configure(config);
  holder.kernel->finish();
  CHECK_FALSE(holder.shows("addr", "10.30.0.1/24"));
  CHECK(holder.shows("addr", "10.30.0.2/24"));
  CHECK_FALSE(holder.shows("rule", "500:"));
  CHECK(holder.shows("rule", "501:"));

  holder.kernel->release_static();
  holder.kernel->finish();
  CHECK_FALSE(holder.shows("addr", "10.30.0.2/24"));
  CHECK(holder.shows("addr", "10.30.0.9/24"));
  CHECK_FALSE(holder.shows("route", "192.0.2.0/24"));
  CHECK_FALSE(holder.shows("rule", "501:"));
}

TEST_CASE("a successor takes over what it wants and removes the rest, by the page alone") {
  NEEDS_NAMESPACES();
  const NamespacePair network;
  network.run('a', "ip route add 203.0.113.0/24 via 10.9.0.2");
  network.run('a', "ip rule add pref 600 table 100");
  Holder holder(network);
  auto config = instance("VI_1", {address("10.20.0.1"), address("10.20.0.2")});
  config.routes = {route("192.0.2.0", 24, "10.9.0.2"), route("198.51.100.0", 24, "10.9.0.2")};
  config.rules = {rule(500, 100), rule(501, 100)};
  holder.want(config);
  holder.kernel->finish();
  holder.stop();

  holder.begin();
  config.addresses.pop_back();
  config.routes.pop_back();
  config.rules.pop_back();
  VrrpConfig whole;
  whole.instances = {config};
  const auto in_force = holder.configure(whole);
  holder.want(config);
  holder.kernel->sweep(in_force, {&in_force->instances[0]});
  holder.kernel->finish();
  CHECK(holder.shows("addr", "10.20.0.1/32"));
  CHECK(holder.shows("route", "192.0.2.0/24"));
  CHECK(holder.shows("rule", "500:"));
  CHECK_FALSE(holder.shows("addr", "10.20.0.2/32"));
  CHECK_FALSE(holder.shows("route", "198.51.100.0/24"));
  CHECK_FALSE(holder.shows("rule", "501:"));
  CHECK(holder.shows("route", "203.0.113.0/24"));
  CHECK(holder.shows("rule", "600:"));
  // What is configured and not wanted goes without a record too.
  holder.stop();
  holder.begin();
  holder.page->clear();
  holder.kernel->sweep(in_force, {&in_force->instances[0]});
  holder.kernel->finish();
  CHECK_FALSE(holder.shows("addr", "10.20.0.1/32"));
  CHECK_FALSE(holder.shows("route", "192.0.2.0/24"));
  CHECK_FALSE(holder.shows("rule", "500:"));
  CHECK(holder.shows("route", "203.0.113.0/24"));
}

TEST_CASE("timers have their turn after every few of a thousand addresses") {
  NEEDS_NAMESPACES();
  const NamespacePair network;
  Holder holder(network);
  auto config = instance("VI_1", {});
  for (int i = 0; i < 1000; ++i) {
    const std::string text = "10.20." + std::to_string(i / 200) + '.' + std::to_string(i % 200 + 1);
    config.addresses.push_back(address(text.c_str()));
  }
  const auto there = [&] {
    return std::ranges::count_if(config.addresses, [&](const VirtualAddress& one) {
      return holder.kernel->announceable("eth0", one.address, one.prefix_length);
    });
  };
  std::vector<std::ptrdiff_t> seen;
  Timer always_due(holder.loop, [&] {
    seen.push_back(there());
    always_due.arm(holder.loop.now());
  });
  holder.want(config);
  holder.kernel->work();
  always_due.arm(holder.loop.now());
  const auto end = Clock::now() + 10s;
  while (there() < 1000 && Clock::now() < end) holder.loop.run_once(10ms);
  CHECK(there() == 1000);
  std::ptrdiff_t before = 0;
  for (const std::ptrdiff_t count : seen) {
    CHECK(count - before <= 64);
    before = count;
  }
}

TEST_CASE("addresses have the options they are configured with") {
  NEEDS_NAMESPACES();
  const NamespacePair network;
  Holder holder(network);
  auto config = instance("VI_1", {address("10.20.0.1", 24), address("10.21.0.2", 24),
                                  address("2001:db8::1", 128), address("2001:db8::2", 64)});
  config.addresses[0].details.edit().label = "eth0:v";
  config.addresses[0].details.edit().broadcast = ip("10.20.0.255");
  config.addresses[0].scope = RT_SCOPE_LINK;
  config.addresses[1].flags = IFA_F_NOPREFIXROUTE;
  config.addresses[2].preferred_lifetime = 0;
  config.addresses[3].detect_duplicates = true;
  holder.want(config);
  holder.kernel->finish();
  CHECK(holder.shows("addr", "10.20.0.1/24 brd 10.20.0.255 scope link eth0:v"));
  CHECK(holder.shows("addr", "10.21.0.2/24 scope global noprefixroute"));
  CHECK(holder.shows("addr", "2001:db8::1/128 scope global nodad deprecated"));
  CHECK(holder.shows("addr", "2001:db8::2/64 scope global tentative"));
  // Another form of an address that is there: it is put anew.
  config.addresses[1].scope = RT_SCOPE_LINK;
  config.addresses[2].preferred_lifetime = VirtualAddress::kForever;
  holder.want(config);
  holder.kernel->finish();
  CHECK(holder.shows("addr", "10.21.0.2/24 scope link"));
  CHECK(holder.shows("addr", "2001:db8::1/128 scope global nodad"));
}

TEST_CASE("an address another host has is said to be one") {
  NEEDS_NAMESPACES();
  const NamespacePair network;
  network.run('b', "ip addr add 2001:db8::7/64 dev eth0 nodad");
  Holder holder(network);
  auto config = instance("VI_1", {address("2001:db8::7", 64)});
  config.addresses[0].detect_duplicates = true;
  holder.want(config);
  holder.kernel->finish();
  CHECK(holder.until("addr", "dadfailed"));
  holder.run_for(50ms);
  CHECK(holder.logged().find("(VI_1) address 2001:db8::7 on eth0 is in use by another host") !=
        std::string::npos);
}

TEST_CASE("after a reload that changes nothing the old configuration is let go") {
  NEEDS_NAMESPACES();
  const NamespacePair network;
  Holder holder(network);
  VrrpConfig config;
  config.instances = {instance("VI_1", {address("10.20.0.1")})};
  config.instances[0].routes = {route("192.0.2.0", 24, "10.9.0.2")};
  auto before = holder.configure(config);
  holder.kernel->want({before, &before->instances[0]});
  holder.kernel->finish();
  const auto after = holder.configure(config);
  const std::weak_ptr<const VrrpConfig> old = std::exchange(before, nullptr);
  CHECK(old.expired());
  holder.kernel->release("VI_1");
  holder.kernel->finish();
  CHECK_FALSE(holder.shows("addr", "10.20.0.1/32"));
  CHECK_FALSE(holder.shows("route", "192.0.2.0/24"));
}
