// Reading in a process of its own: what comes back, and what its death means.
#include "daemon/reading.hpp"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/sealed_file.hpp"
#include "tests/support/config_file.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace understudy;
using namespace std::chrono_literals;

namespace {

constexpr const char* kBalancing =
    "virtual_server 10.0.0.1 80 {\n lb_algo rr\n protocol TCP\n"
    " real_server 10.0.0.2 80 {\n  TCP_CHECK {\n   connect_timeout 2\n  }\n }\n}\n";

LoadOptions options_for(const std::string& path) {
  LoadOptions options = test::load_options();
  options.path = path;
  options.interfaces.reset();
  return options;
}

Config decoded(const Fd& text, const LoadOptions& options) {
  const auto octets = MappedFile::open(text.get()).value();
  return decode_config(octets.view(), options).value();
}

/// The children of this process; it has one thread that starts any.
std::vector<pid_t> children() {
  std::ifstream list("/proc/thread-self/children");
  std::vector<pid_t> result;
  for (pid_t pid = 0; list >> pid;) result.push_back(pid);
  return result;
}

/// A file that takes its reader a while.
std::string long_text() {
  std::string text;
  for (int i = 0; i < 20000; ++i) {
    text += fmt::format("virtual_server 10.{}.{}.1 80 {{\n real_server 10.0.0.1 80 {{\n }}\n}}\n",
                        i / 256, i % 256);
  }
  return text;
}

/// Lets the loop reap what has ended; true: nothing is left.
bool all_end(Loop& loop) {
  const auto end = Clock::now() + 10s;
  while (!children().empty() && Clock::now() < end) loop.run_once(100ms);
  return children().empty();
}

/// Reads with a loop, doing `meanwhile` at its beginning.
Result<Reading> read_with_loop(
    const LoadOptions& options, const std::function<void()>& meanwhile = [] {}) {
  Loop loop;
  Children reaper(loop);
  std::optional<Result<Reading>> read;
  ReadingProcess process(loop, reaper, [&](Result<Reading> reading) { read = std::move(reading); });
  process.start(options).value();
  meanwhile();
  const auto end = Clock::now() + 30s;
  while (!read && Clock::now() < end) loop.run_once(1s);
  REQUIRE(read.has_value());
  // What it wrote is taken before it has ended.
  CHECK(all_end(loop));
  return std::move(*read);
}

}  // namespace

TEST_CASE("what was read apart is what is read here") {
  const TemporaryDirectory directory;
  const std::string text = std::string("global_defs {\n router_id R\n}\n") + kBalancing;
  const auto options = options_for(directory.write("keepalived.conf", text));
  const Loaded here = load_config(options);
  for (const bool with_loop : {false, true}) {
    const auto apart = with_loop ? read_with_loop(options) : read_apart(options);
    REQUIRE(apart.has_value());
    CHECK(apart->global == here.config.global);
    CHECK(apart->checkers);
    CHECK_FALSE(apart->vrrp);
    CHECK_FALSE(apart->watches_processes);
    CHECK_FALSE(apart->digests);
    CHECK(apart->reload_refusal.empty());
    CHECK(decoded(apart->checkers_text, options).checkers == here.config.checkers);
    CHECK(decoded(apart->vrrp_text, options).checkers.virtual_servers.empty());
  }
}

TEST_CASE("that adverts have digests is told") {
  const TemporaryDirectory directory;
  const auto instance = [](const std::string& more) {
    return "vrrp_instance V {\n interface eth0\n virtual_router_id 1\n" + more +
           " virtual_ipaddress {\n  10.0.0.1\n }\n}\n";
  };
  const std::string ah = " authentication {\n  auth_type AH\n  auth_pass secret\n }\n";
  const std::string pass = " authentication {\n  auth_type PASS\n  auth_pass secret\n }\n";
  const auto has_digests = [&](const std::string& more) {
    const auto apart = read_apart(options_for(directory.write("v.conf", instance(more))));
    REQUIRE(apart.has_value());
    CHECK(apart->vrrp);
    return apart->digests;
  };
  CHECK(has_digests(ah));
  CHECK_FALSE(has_digests(pass));
}

TEST_CASE("complaints, refusals and statuses come along") {
  const TemporaryDirectory directory;
  const auto missing = read_apart(options_for(directory.path("none.conf")));
  REQUIRE(missing.has_value());
  CHECK(missing->start_status == 6);
  CHECK_THAT(missing->start_refusal, Catch::Contains("is missing"));
  CHECK_THAT(missing->reload_refusal, Catch::Contains("is missing"));
  const auto doubtful = read_apart(options_for(directory.write("odd.conf", "no_such_word 1\n")));
  REQUIRE(doubtful.has_value());
  REQUIRE_FALSE(doubtful->complaints.empty());
  CHECK_THAT(doubtful->complaints.front(), Catch::Contains("Unknown keyword 'no_such_word'"));
  CHECK(doubtful->start_refusal.empty());
}

TEST_CASE("a reader that is killed is an error, and the next one reads") {
  const TemporaryDirectory directory;
  const auto options = options_for(directory.write("keepalived.conf", long_text()));
  const auto killed = read_with_loop(options, [] {
    for (const pid_t pid : children()) kill(pid, SIGKILL);
  });
  REQUIRE(killed.has_error());
  CHECK(killed.error().message ==
        "the process that read the configuration ended with signal 9 (Killed)");
  const auto again = read_with_loop(options);
  REQUIRE(again.has_value());
  CHECK(again->checkers);
}

TEST_CASE("who no longer wants to know ends the reader") {
  const TemporaryDirectory directory;
  const auto options = options_for(directory.write("keepalived.conf", long_text()));
  Loop loop;
  Children reaper(loop);
  {
    ReadingProcess process(loop, reaper, [](const Result<Reading>&) { FAIL("it was told"); });
    process.start(options).value();
    CHECK(children().size() == 1);
  }
  CHECK(all_end(loop));
}

TEST_CASE("only memory that nobody can change any more is read") {
  const Bytes content{1, 2, 3};
  const Fd file = make_memory_file("test").value();
  CHECK(MappedFile::open(file.get()).has_error());
  fill_and_seal(file, content).value();
  const auto mapped = MappedFile::open(file.get()).value();
  CHECK(Bytes(mapped.view().begin(), mapped.view().end()) == content);
  CHECK(fill_and_seal(file, content).has_error());
  const Fd empty = make_memory_file("test").value();
  fill_and_seal(empty, {}).value();
  CHECK(MappedFile::open(empty.get()).value().view().empty());
}
