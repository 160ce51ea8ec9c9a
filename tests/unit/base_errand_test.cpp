// Work beside a loop, and visits to network namespaces.
#include <sys/resource.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "daemon/base/errand.hpp"
#include "daemon/base/network_namespace.hpp"

namespace understudy {
namespace {

constexpr std::chrono::seconds kPatience(20);

TEST_CASE("An errand is run by a thread and reported by the loop", "[errand]") {
  Loop loop;
  const auto here = std::this_thread::get_id();
  std::vector<std::string> reported;
  std::thread::id there = here;
  Errand<std::string> errand(loop, [&](std::string outcome) {
    CHECK(std::this_thread::get_id() == here);
    reported.push_back(std::move(outcome));
    loop.stop();
  });
  Timer limit(loop, [&] { loop.stop(); });
  limit.arm(loop.now() + kPatience);
  for (const char* word : {"one", "two"}) {
    errand.start([&there, word] {
      there = std::this_thread::get_id();
      return std::string(word);
    });
    CHECK(errand.under_way());
    loop.run();
    CHECK_FALSE(errand.under_way());
    CHECK(there != here);
  }
  CHECK(reported == std::vector<std::string>{"one", "two"});
}

TEST_CASE("Whoever finishes an errand has its outcome at once, and once", "[errand]") {
  Loop loop;
  std::vector<int> reported;
  Errand<int> errand(loop, [&](int outcome) { reported.push_back(outcome); });
  errand.finish();
  CHECK(reported.empty());
  errand.start([] { return 7; });
  errand.finish();
  CHECK(reported == std::vector<int>{7});
  loop.run_once(std::chrono::milliseconds(0));
  CHECK(reported.size() == 1);
}

TEST_CASE("Without a descriptor for its thread an errand waits for one", "[errand]") {
  Loop loop;
  const auto here = std::this_thread::get_id();
  std::thread::id there = here;
  std::vector<int> reported;
  Errand<int> errand(loop, [&](int outcome) {
    reported.push_back(outcome);
    loop.stop();
  });
  Timer limit(loop, [&] { loop.stop(); });
  limit.arm(loop.now() + kPatience);
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit none{0, before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  errand.start([&there] {
    there = std::this_thread::get_id();
    return 7;
  });
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(errand.under_way());
  CHECK(reported.empty());
  loop.run();
  CHECK(reported == std::vector<int>{7});
  CHECK(there != here);
  CHECK_FALSE(errand.under_way());
}

TEST_CASE("The report may start the next errand", "[errand]") {
  Loop loop;
  int sum = 0;
  std::unique_ptr<Errand<int>> errand;
  errand = std::make_unique<Errand<int>>(loop, [&](int outcome) {
    sum += outcome;
    if (outcome > 1) errand->start([outcome] { return outcome - 1; });
  });
  errand->start([] { return 3; });
  while (errand->under_way()) errand->finish();
  CHECK(sum == 6);
}

TEST_CASE("The report may destroy the errand", "[errand]") {
  Loop loop;
  const auto witness = std::make_shared<int>(1);
  std::unique_ptr<Errand<int>> errand;
  errand = std::make_unique<Errand<int>>(loop, [&loop, &errand, witness](int outcome) {
    errand.reset();
    // What the report itself holds is still there.
    CHECK(*witness + outcome == 6);
    loop.stop();
  });
  errand->start([] { return 5; });
  Timer limit(loop, [&] { loop.stop(); });
  limit.arm(loop.now() + kPatience);
  loop.run();
  CHECK_FALSE(errand);
}

TEST_CASE("An errand that is destroyed is waited for, and not reported", "[errand]") {
  Loop loop;
  bool done = false;
  bool reported = false;
  {
    Errand<int> errand(loop, [&](int) { reported = true; });
    errand.start([&done] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      done = true;
      return 0;
    });
  }
  CHECK(done);
  CHECK_FALSE(reported);
}

/// What /proc says of the network namespace of this thread.
ino_t network() {
  struct stat status {};
  REQUIRE(stat("/proc/thread-self/ns/net", &status) == 0);
  return status.st_ino;
}

TEST_CASE("A visit without a name stays at home, one to nowhere says where that is",
          "[namespace]") {
  const auto home = network();
  {
    const auto visit = NamespaceVisit::begin(std::nullopt);
    REQUIRE(visit.has_value());
    CHECK(network() == home);
  }
  const auto nowhere = NamespaceVisit::begin("no-such-namespace");
  REQUIRE_FALSE(nowhere.has_value());
  CHECK(nowhere.error().message ==
        "cannot open network namespace /run/netns/no-such-namespace: No such file or directory");
  CHECK(network() == home);
}

TEST_CASE("A visit ends where it began", "[namespace]") {
  const auto home = network();
  std::thread([home] {
    {
      const auto visit = NamespaceVisit::begin("");
      // Without the right to go anywhere it says so and stays.
      if (!visit) CHECK(visit.error().code != 0);
    }
    CHECK(network() == home);
  }).join();
}

}  // namespace
}  // namespace understudy
