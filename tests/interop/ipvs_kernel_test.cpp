// The IPVS client against a real kernel with IPVS. Every case has a network namespace of its own;
// the lab runs this in the user-mode kernel.
#include <linux/ip_vs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>

#include "tests/support/checker_child.hpp"
#include "tests/support/ipvs_lab.hpp"

using namespace ipvs_lab;

TEST_CASE("what is sent is what is read back, and is not sent again") {
  enter_new_network();
  auto client = connect();
  CHECK(read(client).empty());
  std::vector<ipvs::Entry> entries;
  std::uint16_t port = 1000;
  for (const char* scheduler :
       {"rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "mh", "sed", "nq", "fo", "ovf"}) {
    auto one = entry("10.0.0.1", ++port);
    one.service.scheduler = scheduler;
    add(one, "10.0.0.2", 5, ipvs::ForwardingMethod::direct);
    add(one, "10.0.0.3", 0, ipvs::ForwardingMethod::tunnel);
    add(one, "10.0.0.4", 65535);
    entries.push_back(one);
  }
  auto persistent = entry("10.0.0.7");
  persistent.service.persistence_timeout = 50;
  persistent.service.netmask = 0x00ffffff;
  persistent.service.flags = IP_VS_SVC_F_SCHED_SH_PORT;
  persistent.service.scheduler = "sh";
  entries.push_back(persistent);
  ipvs::Entry marked;
  marked.service.key.fwmark = 21;
  marked.service.key.family = Family::ipv4;
  entries.push_back(marked);
  auto limited = entry("10.0.0.8");
  add(limited, "10.0.0.2");
  auto busy = *limited.destinations.begin();
  busy.upper_threshold = 100;
  busy.lower_threshold = 80;
  limited.destinations.put(busy);
  entries.push_back(limited);

  const auto desired = table_of(entries);
  CHECK(make_so(client, desired) > entries.size());
  CHECK(read(client) == desired);
  CHECK(make_so(client, desired) == 0);
  CHECK(make_so(client, {}) == entries.size());
  CHECK(read(client).empty());
}

TEST_CASE("IPv6 services and firewall marks") {
  enter_new_network();
  auto client = connect();
  auto six = entry("fd00::1");
  six.service.persistence_timeout = 60;
  six.service.netmask = 64;
  add(six, "fd00::2", 3, ipvs::ForwardingMethod::direct);
  ipvs::Entry marked;
  marked.service.key.fwmark = 6;
  marked.service.key.family = Family::ipv6;
  marked.service.netmask = 128;
  const auto desired = table_of({six, marked});
  make_so(client, desired);
  CHECK(read(client) == desired);
}

TEST_CASE("thousands of changes in batches, each with its own result") {
  enter_new_network();
  auto client = connect();
  std::vector<ipvs::Entry> entries;
  for (unsigned service = 0; service < 20; ++service) {
    auto one = entry("10.0.0.1", static_cast<std::uint16_t>(2000 + service));
    for (unsigned server = 0; server < 250; ++server) {
      add(one, "10.1." + std::to_string(service) + "." + std::to_string(server));
    }
    entries.push_back(one);
  }
  const auto desired = table_of(entries);
  CHECK(make_so(client, desired) == 20U * 251U);
  CHECK(read(client) == desired);

  const auto known = entries[0].service;
  auto unknown = entry("10.0.0.99").service.key;
  const auto results = client.apply({ipvs::AddService{known}, ipvs::EditService{known},
                                     ipvs::DeleteDestination{known.key, endpoint("10.9.9.9")},
                                     ipvs::DeleteService{unknown}});
  REQUIRE(results.size() == 4);
  CHECK(results[0].error().code == EEXIST);
  CHECK(results[1].has_value());
  CHECK(results[2].error().code == ENOENT);
  CHECK(results[3].error().code == ESRCH);
  CHECK(client.flush().has_value());
  CHECK(read(client).empty());
}

TEST_CASE("without the capability it says which one is missing") {
  enter_new_network();
  const pid_t child = fork();
  if (child == 0) {
    if (setuid(65534) < 0) _exit(2);
    const auto client = ipvs::Client::connect();
    const bool named = !client && client.error().message.find("CAP_NET_ADMIN") != std::string::npos;
    _exit(named ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WEXITSTATUS(status) == 0);
}
