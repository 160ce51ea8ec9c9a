// The vrrp process with the original as the other director.
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <thread>

#include "tests/support/sniffer.hpp"
#include "tests/support/vrrp_site.hpp"

using namespace understudy;
using namespace std::chrono_literals;

namespace {

constexpr const char* kOriginal = "/usr/sbin/keepalived";

/// Debian's keepalived in a namespace, VI_1 with 10.9.0.100, version 2, PASS.
class Original {
 public:
  Original(const Site& site, char which, int priority) {
    const std::string file = site.directory.path("original.conf");
    std::ofstream(file) << "vrrp_instance VI_1 {\n state BACKUP\n interface eth0\n"
                           " virtual_router_id 51\n priority "
                        << priority
                        << "\n advert_int 1\n authentication {\n  auth_type PASS\n"
                           "  auth_pass x1er44q\n }\n virtual_ipaddress {\n  10.9.0.100\n }\n}\n";
    const std::string pid = site.directory.path("original.pid");
    const std::string vrrp_pid = site.directory.path("original-vrrp.pid");
    const std::string log = site.directory.path("original.log");
    pid_ = fork();
    if (pid_ == 0) {
      site.network.inside(which, [&] {
        if (freopen(log.c_str(), "a", stderr) == nullptr) _exit(1);
        execl(kOriginal, kOriginal, "-n", "-l", "-P", "-f", file.c_str(), "-p", pid.c_str(), "-r",
              vrrp_pid.c_str(), nullptr);
      });
      _exit(127);
    }
  }
  Original(const Original&) = delete;
  Original& operator=(const Original&) = delete;
  ~Original() { stop(); }
  void stop() {
    if (pid_ <= 0) return;
    kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  pid_t pid_ = 0;
};

/// What Original has.
VrrpChild::Config same(std::uint8_t priority) {
  auto instance = fast_instance(priority);
  instance.version = 2;
  instance.advert_interval = 1s;
  instance.authentication = vrrp::Authentication::pass;
  instance.password = "x1er44q";
  return configuration({instance});
}

/// An advert's octets without what differs between two hosts or two moments: identification,
/// header checksum and source address.
Bytes comparable(Bytes packet) {
  for (const std::size_t at : {4U, 5U, 10U, 11U, 12U, 13U, 14U, 15U}) packet[at] = 0;
  return packet;
}

#define NEEDS_ORIGINAL()                                \
  NEEDS_NAMESPACES();                                   \
  if (access(kOriginal, X_OK) != 0) {                   \
    WARN("SKIPPED, needs Debian's keepalived package"); \
    return;                                             \
  }

}  // namespace

TEST_CASE("the original and we take over from each other, and say the same") {
  NEEDS_ORIGINAL();
  const Site site;
  Sniffer ours(site.network, 'b');
  Sniffer theirs(site.network, 'a');
  VrrpChild a(site.network, 'a', same(100), site.options('a'));
  REQUIRE(a.until([&] { return a.said("INSTANCE \"VI_1\" MASTER 100"); }, 5s));
  a.pass(100ms);
  const auto first = ours.take_adverts();
  REQUIRE(first.size() == 1);
  // Identification 1, no fragmentation flags.
  CHECK(Bytes(first[0].begin() + 4, first[0].begin() + 8) == Bytes{0, 1, 0, 0});

  // The same priority would not preempt; one higher does.
  auto original = std::make_unique<Original>(site, 'b', 101);
  REQUIRE(a.until([&] { return a.lines().back() == "INSTANCE \"VI_1\" BACKUP 100"; }, 8s));
  CHECK_FALSE(site.vip('a'));
  a.pass(1200ms);
  CHECK(site.vip('b'));
  auto heard = theirs.take_adverts();
  REQUIRE_FALSE(heard.empty());
  Bytes expected = comparable(heard.back());
  const Bytes got = comparable(first[0]);
  REQUIRE(expected.size() == got.size());
  // Priority, and with it the checksum.
  for (const std::size_t at : {22U, 26U, 27U}) expected[at] = got[at];
  CHECK(expected == got);

  original->stop();
  REQUIRE(a.until([&] { return a.lines().back() == "INSTANCE \"VI_1\" MASTER 100"; }, 2s));
  CHECK(site.vip('a'));

  // And the other way round: it takes over within its skew time when we leave.
  original = std::make_unique<Original>(site, 'b', 50);
  a.pass(1500ms);
  CHECK_FALSE(site.vip('b'));
  a.signal(SIGTERM);
  CHECK(a.wait() == 0);
  const auto left = Clock::now();
  while (!site.vip('b') && Clock::now() < left + 3s) std::this_thread::sleep_for(20ms);
  CHECK(site.vip('b'));
  CHECK(Clock::now() - left < 1500ms);
}

TEST_CASE("a killed host is replaced within the master down interval, both ways") {
  NEEDS_ORIGINAL();
  const Site site;
  Original original(site, 'b', 50);
  {
    VrrpChild a(site.network, 'a', same(100), site.options('a'));
    REQUIRE(a.until([&] { return a.said("INSTANCE \"VI_1\" MASTER 100"); }, 9s));
    a.pass(500ms);
    CHECK_FALSE(site.vip('b'));
    a.signal(SIGKILL);
    a.wait();
  }
  const auto killed = Clock::now();
  while (!site.vip('b') && Clock::now() < killed + 6s) std::this_thread::sleep_for(20ms);
  // 3 s and the skew of priority 50.
  CHECK(Clock::now() - killed < 4200ms);

  // The record says master, but it is too old to be believed.
  auto options = site.options('a');
  options.respawned = true;
  VrrpChild back(site.network, 'a', same(10), options);
  REQUIRE(back.until([&] { return back.ready(); }, 3s));
  CHECK_FALSE(site.vip('a'));
  back.pass(1500ms);
  CHECK(back.lines() == std::vector<std::string>{"INSTANCE \"VI_1\" BACKUP 10"});
}
