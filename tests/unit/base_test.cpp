// base/: addresses, octets, messages, the loop's promise about timers, channels.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <memory>
#include <string>

#include "daemon/base/address.hpp"
#include "daemon/base/bytes.hpp"
#include "daemon/base/channel.hpp"
#include "daemon/base/deadline.hpp"
#include "daemon/base/interface_name.hpp"
#include "daemon/base/loop.hpp"
#include "daemon/base/messages.hpp"
#include "daemon/base/program_pages.hpp"

using namespace understudy;
using namespace std::chrono_literals;

TEST_CASE("addresses parse strictly and print as inet_ntop") {
  CHECK(IpAddress::parse("10.0.0.1")->to_string() == "10.0.0.1");
  CHECK(IpAddress::parse("FE80::0:1")->to_string() == "fe80::1");
  CHECK_FALSE(IpAddress::parse("10.0.0"));
  CHECK_FALSE(IpAddress::parse("10.0.0.1/24"));
  CHECK_FALSE(IpAddress::parse(std::string_view("10.0.0.1\0", 9)));
  CHECK(IpAddress::parse("224.0.0.18")->is_multicast());
  CHECK(Endpoint{*IpAddress::parse("10.0.0.1"), Port(80)}.to_string("tcp") == "[10.0.0.1]:tcp:80");
}

TEST_CASE("a prefix contains what shares its leading bits") {
  const Prefix network{*IpAddress::parse("10.1.38.15"), 16};
  CHECK(network.contains(*IpAddress::parse("10.1.255.1")));
  CHECK_FALSE(network.contains(*IpAddress::parse("10.2.38.15")));
  CHECK_FALSE(network.contains(*IpAddress::parse("fe80::1")));
  CHECK(Prefix{*IpAddress::parse("0.0.0.0"), 0}.contains(*IpAddress::parse("1.2.3.4")));
}

TEST_CASE("the Internet checksum of RFC 1071's example") {
  const Bytes data{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  CHECK(checksum_finish(checksum_add(0, data)) == static_cast<std::uint16_t>(~0xddf2U));
}

TEST_CASE("reading past the end gives zero and is remembered") {
  const Bytes data{1, 2, 3};
  ByteReader in(data);
  CHECK(in.u16() == 0x0102);
  CHECK(in.ok());
  CHECK(in.u16() == 0x0300);
  CHECK_FALSE(in.ok());
}

TEST_CASE("every message survives the way between processes") {
  Notification full;
  full.object = "INSTANCE VI_1";
  full.scripts = {{{"/bin/true", "a b"}, 7, 8}};
  full.fifo_line = "INSTANCE \"VI_1\" MASTER 100";
  full.mail = Mail{"subject", "body"};
  const std::vector<Message> messages{full,
                                      Notification{},
                                      TrackScriptRun{"s", {{"/x"}, 1, 2}, 5'000'000},
                                      TrackScriptResult{"s", ScriptEnd::signalled, -3},
                                      ChildReady{},
                                      ReloadOrder{9},
                                      ReloadOutcome{9, true, "why"}};
  for (const auto& message : messages) {
    auto octets = encode(message);
    CHECK(*decode_message(octets) == message);
    octets.push_back(0);
    CHECK(decode_message(octets).has_error());
    octets.resize(octets.size() - 2);
    CHECK(decode_message(octets).has_error());
  }
  CHECK(decode_message(Bytes{0xff}).has_error());
}

TEST_CASE("a due timer runs between two ready descriptors") {
  Loop loop;
  std::vector<Fd> fds;
  std::vector<std::unique_ptr<Watch>> watches;
  int handled = 0;
  int handled_at_deadline = -1;
  Timer timer(loop, [&] { handled_at_deadline = handled; });
  for (int i = 0; i < 50; ++i) {
    fds.emplace_back(eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
    watches.push_back(std::make_unique<Watch>(loop, fds.back().get(), EPOLLIN, [&](std::uint32_t) {
      // The third handler's work makes the timer due.
      if (++handled == 3) timer.arm(Clock::now());
    }));
  }
  loop.run_once(1s);
  CHECK(handled_at_deadline == 3);
}

TEST_CASE("work that is always due and descriptors that are always ready take turns") {
  // As many checks begin as connections answer: else a process that is late is late for ever.
  constexpr int kTimers = 1000;
  Loop loop;
  int timers_run = 0;
  int answered = 0;
  std::vector<std::unique_ptr<Timer>> timers;
  for (int i = 0; i < kTimers; ++i) {
    timers.push_back(std::make_unique<Timer>(loop, [&, i] {
      ++timers_run;
      timers[static_cast<std::size_t>(i)]->arm(TimePoint{});
    }));
    timers.back()->arm(TimePoint{});
  }
  std::vector<Fd> fds;
  std::vector<std::unique_ptr<Watch>> watches;
  for (int i = 0; i < 200; ++i) {
    fds.emplace_back(eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
    watches.push_back(std::make_unique<Watch>(loop, fds.back().get(), EPOLLIN,
                                              [&](std::uint32_t) { ++answered; }));
  }
  for (int turn = 0; turn < 100; ++turn) loop.run_once(0s);
  CHECK(timers_run > 1000);
  CHECK(answered > timers_run / 3);
  CHECK(answered < timers_run);
}

TEST_CASE("a handler may destroy its own watch and other ready ones") {
  Loop loop;
  const Fd a(eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
  const Fd b(eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
  std::unique_ptr<Watch> first;
  std::unique_ptr<Watch> second;
  int calls = 0;
  const auto handler = [&](std::uint32_t) {
    ++calls;
    first.reset();
    second.reset();
  };
  first = std::make_unique<Watch>(loop, a.get(), EPOLLIN, handler);
  second = std::make_unique<Watch>(loop, b.get(), EPOLLIN, handler);
  loop.run_once(1s);
  loop.run_once(0s);
  CHECK(calls == 1);
}

TEST_CASE("watches that are looked at together tell once, when it is so") {
  Loop loop;
  std::vector<Fd> fds;
  std::vector<std::unique_ptr<Watch>> watches;
  std::vector<int> told(4);
  for (std::size_t i = 0; i < told.size(); ++i) {
    fds.emplace_back(eventfd(i == 1 ? 0 : 1, EFD_CLOEXEC | EFD_NONBLOCK));
    const auto handler = [&told, &watches, i](std::uint32_t events) {
      CHECK(events == EPOLLIN);
      ++told[i];
      if (i == 2) watches[3].reset();
    };
    watches.push_back(
        std::make_unique<Watch>(loop, fds.back().get(), EPOLLIN, handler, Watch::Soon{}));
  }
  watches[0].reset();
  const auto some_turns = [&] {
    for (int turn = 0; turn < 5; ++turn) loop.run_once(10ms);
  };
  some_turns();
  // Gone before the look; not ready yet; ready, and the end of the next one.
  CHECK(told == std::vector<int>{0, 0, 1, 0});
  eventfd_write(fds[1].get(), 1);
  some_turns();
  CHECK(told == std::vector<int>{0, 1, 1, 0});
}

TEST_CASE("a channel keeps what the kernel does not take, in order, and tells of its end") {
  Loop loop;
  auto ends = Channel::make_pair();
  REQUIRE(ends.has_value());
  std::vector<std::uint64_t> received;
  bool closed = false;
  auto sender = std::make_unique<Channel>(loop, std::move(ends->first), Channel::Handlers{});
  Channel receiver(loop, std::move(ends->second),
                   {[&](const Message& message, const Fd&) {
                      received.push_back(std::get<ReloadOrder>(message).generation);
                    },
                    [&] { closed = true; }});
  constexpr std::uint64_t kMany = 5000;
  for (std::uint64_t i = 0; i < kMany; ++i) sender->send(ReloadOrder{i});
  CHECK(sender->backlog() > 0);
  for (int turn = 0; turn < 10000 && received.size() < kMany; ++turn) loop.run_once(1s);
  REQUIRE(received.size() == kMany);
  CHECK(std::is_sorted(received.begin(), received.end()));
  sender.reset();
  for (int turn = 0; turn < 10 && !closed; ++turn) loop.run_once(100ms);
  CHECK(closed);
}

TEST_CASE("a descriptor rides along with a message") {
  Loop loop;
  auto ends = Channel::make_pair();
  REQUIRE(ends.has_value());
  Fd got;
  Channel sender(loop, std::move(ends->first), {});
  Channel receiver(loop, std::move(ends->second),
                   {[&](const Message&, Fd fd) { got = std::move(fd); }, nullptr});
  const Fd event(eventfd(42, EFD_CLOEXEC));
  sender.send(ReloadOrder{1}, event.get());
  loop.run_once(1s);
  REQUIRE(got);
  std::uint64_t value = 0;
  REQUIRE(read(got.get(), &value, sizeof value) == sizeof value);
  CHECK(value == 42);
}

TEST_CASE("a deadline is a point in time or none") {
  Deadline deadline;
  CHECK_FALSE(deadline);
  CHECK(deadline.optional() == std::nullopt);
  deadline = TimePoint(5s);
  REQUIRE(deadline);
  CHECK(*deadline == TimePoint(5s));
  CHECK(*deadline < *Deadline());
  deadline = std::optional<TimePoint>();
  CHECK_FALSE(deadline);
}

TEST_CASE("the name of an interface in 16 octets") {
  CHECK(InterfaceName("eth0").view() == "eth0");
  CHECK(InterfaceName().view().empty());
  CHECK(InterfaceName("eth0") < InterfaceName(std::string("eth1")));
  // One that is too long is not mistaken for one that may be there.
  const std::string longest(15, 'x');
  CHECK(InterfaceName(longest).string() == longest);
  CHECK(InterfaceName(longest + "yz") != InterfaceName(longest));
}

namespace {

/// Memory of this process that holds what was read from files, in kB.
unsigned long file_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    unsigned long size = 0;
    if (word == "RssFile:" && status >> size) return size;
  }
  return 0;
}

}  // namespace

TEST_CASE("pages of the program that are forgotten are read again when needed") {
  const auto before = file_memory();
  REQUIRE(before > 0);
  forget_program_pages();
  CHECK(file_memory() < before);
}

TEST_CASE("an event of a watch that is gone is not another's in its place") {
  Loop loop;
  const Fd first(eventfd(1, EFD_CLOEXEC));
  const Fd second(eventfd(1, EFD_CLOEXEC));
  const Fd idle(eventfd(0, EFD_CLOEXEC));
  std::unique_ptr<Watch> one;
  std::unique_ptr<Watch> other;
  std::unique_ptr<Watch> next;
  int events = 0;
  // Both are ready in the same turn; whose handler is first takes the other's place.
  const auto replace = [&](std::unique_ptr<Watch>& gone) {
    ++events;
    gone.reset();
    next =
        std::make_unique<Watch>(loop, idle.get(), EPOLLIN, [&](std::uint32_t) { events += 100; });
  };
  one = std::make_unique<Watch>(loop, first.get(), EPOLLIN, [&](std::uint32_t) { replace(other); });
  other =
      std::make_unique<Watch>(loop, second.get(), EPOLLIN, [&](std::uint32_t) { replace(one); });
  loop.run_once(1s);
  CHECK(events == 1);
}
