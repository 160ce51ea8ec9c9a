// PING_CHECK: its octets, and probes between two network namespaces.
#include "checkers/ping.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "tests/support/hexadecimal.hpp"
#include "tests/support/lone_monitor.hpp"
#include "tests/support/network_namespace.hpp"
#include "tests/support/probe_bench.hpp"

namespace understudy::checkers {
namespace {

using namespace std::chrono_literals;
using Result = ProbeOutcome::Result;

const EchoMark kMark{0x1234, 7, 0x0102030405060708};

TEST_CASE("an echo request, octet for octet", "[ping]") {
  const Bytes request = encode_echo_request(Family::ipv4, kMark);
  REQUIRE(request.size() == 136);
  CHECK(checksum_finish(checksum_add(0, request)) == 0);
  Bytes start(request.begin(), request.begin() + 26);
  start[2] = start[3] = 0;
  // Type, code, checksum, identifier, sequence, nonce, "keepalived".
  CHECK(start == from_hexadecimal("08000000 12340007 0102030405060708 6b656570616c69766564"));
  const Bytes six = encode_echo_request(Family::ipv6, kMark);
  CHECK(Bytes(six.begin(), six.begin() + 8) == from_hexadecimal("80000000 12340007"));
}

TEST_CASE("a reply is known by its type, sequence and nonce", "[ping]") {
  const Bytes reply = from_hexadecimal("00000000 99990007 0102030405060708");
  CHECK(is_echo_reply(Family::ipv4, reply, kMark));
  CHECK_FALSE(is_echo_reply(Family::ipv6, reply, kMark));
  Bytes six = reply;
  six[0] = 129;
  CHECK(is_echo_reply(Family::ipv6, six, kMark));
  for (const std::size_t octet : {0U, 1U, 6U, 7U, 8U, 15U}) {
    Bytes other = reply;
    other[octet] ^= 0x10U;
    CHECK_FALSE(is_echo_reply(Family::ipv4, other, kMark));
  }
  for (std::size_t size = 0; size < reply.size(); ++size) {
    CHECK_FALSE(is_echo_reply(Family::ipv4, ByteView(reply).first(size), kMark));
  }
  CHECK_FALSE(is_echo_reply(Family::ipv4, encode_echo_request(Family::ipv4, kMark), kMark));
}

TEST_CASE("the message in an IPv4 packet", "[ping]") {
  const std::string header = "4500001c 00000000 40010000 0a000001 0a000002";
  const auto message = [](const std::string& text) {
    const Bytes packet = from_hexadecimal(text);
    const auto inside = without_ipv4_header(packet);
    return Bytes(inside.begin(), inside.end());
  };
  CHECK(message(header + "0000ffff") == from_hexadecimal("0000ffff"));
  CHECK(message("46" + header.substr(2) + "01020304 0000ffff") == from_hexadecimal("0000ffff"));
  CHECK(message(header).empty());
  CHECK(message(header.substr(0, 40)).empty());
  CHECK(message("44" + header.substr(2) + "0000ffff").empty());
  CHECK(message("4f" + header.substr(2) + "0000ffff").empty());
  CHECK(message("65" + header.substr(2) + "0000ffff").empty());
  CHECK(message("4500001c 00000000 40110000 0a000001 0a000002 0000ffff").empty());
}

PingCheck check_of(const std::string& address, std::chrono::microseconds timeout = 3s) {
  PingCheck check;
  check.endpoint.destination = {*IpAddress::parse(address), Port(80)};
  check.timing.connect_timeout = timeout;
  return check;
}

/// An attempt from the first namespace. `groups`: who may have sockets made for echoes; nobody may
/// in a new namespace, and a raw one must do.
std::optional<ProbeOutcome> attempt(const NamespacePair& pair, const PingCheck& check,
                                    const std::string& groups = "1 0") {
  pair.run('a', "sysctl -q -w net.ipv4.ping_group_range='" + groups + "'");
  std::optional<ProbeOutcome> outcome;
  pair.inside('a', [&] {
    ProbeBench bench;
    outcome = bench.attempt(check);
  });
  return outcome;
}

const ProbeOutcome kTimeout{Result::failed, "ICMP connection to address [R]:x:1 timeout."};
const ProbeOutcome kFailed{Result::failed, "ICMP connection to [R]:x:1 of [V]:x:1 failed."};

TEST_CASE("hosts that answer, over both kinds of socket", "[ping]") {
  NEEDS_NAMESPACES();
  const NamespacePair pair;
  pair.wait_for_carrier('a');
  for (const char side : {'a', 'b'}) {
    const std::string host = side == 'a' ? "1" : "2";
    pair.run(side, "ip addr add fd00:9::" + host + "/64 dev eth0 nodad");
  }
  const std::string groups = GENERATE("1 0", "0 0");
  const std::string address = GENERATE("10.9.0.2", "fd00:9::2", "10.9.0.1");
  CAPTURE(groups, address);
  CHECK(attempt(pair, check_of(address), groups) == ProbeOutcome{});
}

TEST_CASE("a link-local address is reached through bind_if", "[ping]") {
  NEEDS_NAMESPACES();
  const NamespacePair pair;
  pair.wait_for_carrier('a');
  pair.run('b', "ip addr add fe80::99/64 dev eth0 nodad");
  pair.run('a', "ip addr add fe80::98/64 dev eth0 nodad");
  PingCheck check = check_of("fe80::99");
  check.endpoint.interface = "eth0";
  const std::string groups = GENERATE("1 0", "0 0");
  CAPTURE(groups);
  CHECK(attempt(pair, check, groups) == ProbeOutcome{});
}

TEST_CASE("hosts that do not answer, over both kinds of socket", "[ping]") {
  NEEDS_NAMESPACES();
  const NamespacePair pair;
  pair.wait_for_carrier('a');
  const std::string groups = GENERATE("1 0", "0 0");
  CAPTURE(groups);
  SECTION("silence") {
    pair.run('b', "sysctl -q -w net.ipv4.icmp_echo_ignore_all=1");
    CHECK(attempt(pair, check_of("10.9.0.2", 200ms), groups) == kTimeout);
  }
  SECTION("no way there") { CHECK(attempt(pair, check_of("192.0.2.1"), groups) == kFailed); }
  SECTION("a router that knows no way") {
    pair.run('b', "sysctl -q -w net.ipv4.ip_forward=1");
    pair.run('b', "ip route add unreachable 192.0.2.0/24");
    pair.run('a', "ip route add 192.0.2.0/24 via 10.9.0.2");
    CHECK(attempt(pair, check_of("192.0.2.1"), groups) == kFailed);
  }
}

TEST_CASE("source, interface and mark of the echo", "[ping]") {
  NEEDS_NAMESPACES();
  const NamespacePair pair;
  pair.wait_for_carrier('a');
  const std::string groups = GENERATE("1 0", "0 0");
  CAPTURE(groups);
  PingCheck check = check_of("10.9.0.2", 200ms);
  SECTION("bindto") {
    pair.run('a', "ip addr add 10.9.0.77/24 dev eth0");
    // Only that address is answered.
    pair.run('b', "ip route add blackhole 10.9.0.1/32");
    CHECK(attempt(pair, check, groups) == kTimeout);
    check.endpoint.source.address = *IpAddress::parse("10.9.0.77");
    CHECK(attempt(pair, check, groups) == ProbeOutcome{});
  }
  SECTION("bindto an address that is not ours") {
    check.endpoint.source.address = *IpAddress::parse("192.0.2.1");
    CHECK(attempt(pair, check, groups) ==
          ProbeOutcome{Result::not_made, "ICMP socket bind failed. Rescheduling."});
  }
  SECTION("bind_if") {
    pair.run('a', "ip link add other0 type veth peer name other1");
    pair.run('a', "ip addr add 10.9.0.88/24 dev other0");
    pair.run('a', "ip link set other0 up");
    check.endpoint.interface = "eth0";
    CHECK(attempt(pair, check, groups) == ProbeOutcome{});
    check.endpoint.interface = "other0";
    CHECK(attempt(pair, check, groups) == kTimeout);
  }
  SECTION("fwmark") {
    pair.run('a', "ip rule add fwmark 77 unreachable");
    CHECK(attempt(pair, check, groups) == ProbeOutcome{});
    check.endpoint.fwmark = 77;
    CHECK(attempt(pair, check, groups) == kFailed);
  }
}

TEST_CASE("a monitor's words about a host", "[ping][monitor]") {
  NEEDS_NAMESPACES();
  const NamespacePair pair;
  pair.wait_for_carrier('a');
  std::vector<std::string> mails;
  std::vector<std::string> lines;
  pair.inside('a', [&] {
    ProbeBench bench;
    PingCheck check = check_of("10.9.0.2", 100ms);
    check.timing.delay_loop = check.timing.delay_before_retry = 10ms;
    check.timing.log_all_failures = true;
    test::LoneMonitor monitor(bench.host, Check(check), "[R]:tcp:80", "[V]:tcp:80",
                              [&](const CheckNews& news) { mails.push_back(news.mail_reason); });
    monitor.start(bench.loop.now());
    bench.run_until([&] { return monitor.has_run(); }, 3s);
    pair.run('b', "sysctl -q -w net.ipv4.icmp_echo_ignore_all=1");
    bench.run_until([&] { return !monitor.up(); }, 3s);
    pair.run('b', "sysctl -q -w net.ipv4.icmp_echo_ignore_all=0");
    bench.run_until([&] { return monitor.up(); }, 3s);
    monitor.stop();
    lines = bench.logged();
  });
  CHECK(mails == std::vector<std::string>{"=> ICMP CHECK failed on service <=",
                                          "=> ICMP CHECK succeed on service <="});
  CHECK(lines == std::vector<std::string>{
                     "Activating healthchecker for service [R]:tcp:80 for VS [V]:tcp:80",
                     "ICMP connection to [R]:tcp:80 success.",
                     "ICMP connection to address [R]:tcp:80 timeout.",
                     "ICMP connection to address [R]:tcp:80 timeout.",
                     "ICMP CHECK on service [R]:tcp:80 of [V]:tcp:80 failed after 1 retries.",
                     "ICMP connection to [R]:tcp:80 success."});
}

}  // namespace
}  // namespace understudy::checkers
