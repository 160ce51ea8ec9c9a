// What keepalived 2.4.3 logs and tells FIFOs of sync groups, in its order, as observed. Differences
// are said where they are.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/support/vrrp_node.hpp"

using namespace understudy;
using namespace understudy::vrrp;
using namespace std::chrono_literals;

namespace {

using Lines = std::vector<std::string>;

/// A node whose group of two has become master.
Node master_node(VrrpConfig config = synced(2)) {
  Node node(std::move(config));
  node.begin().run_until(5s);
  REQUIRE(node.states() == "MASTER MASTER");
  node.story();
  node.deeds();
  return node;
}

}  // namespace

TEST_CASE("a group starts as backup: it is told first, then its members") {
  Node node(synced(2));
  node.begin();
  CHECK(node.story() == Lines{"FIFO GROUP \"G1\" BACKUP 0", "(VI_1) removing VIPs.",
                              "(VI_1) Entering BACKUP STATE (init)",
                              "FIFO INSTANCE \"VI_1\" BACKUP 100", "(VI_2) removing VIPs.",
                              "(VI_2) Entering BACKUP STATE (init)",
                              "FIFO INSTANCE \"VI_2\" BACKUP 100"});
}

TEST_CASE("the last member to miss the master leads the group to MASTER") {
  Node node(synced(2));
  node.begin();
  node.story();
  node.run_until(4s);
  CHECK(node.story() == Lines{"(VI_1) Receive advertisement timeout",
                              "(VI_2) Receive advertisement timeout",
                              "(VI_2) Entering MASTER STATE", "(VI_2) setting VIPs.",
                              "FIFO INSTANCE \"VI_2\" MASTER 100",
                              "VRRP_Group(G1) Syncing instances to MASTER state",
                              "(VI_1) Entering MASTER STATE", "(VI_1) setting VIPs.",
                              "FIFO INSTANCE \"VI_1\" MASTER 100", "FIFO GROUP \"G1\" MASTER 0"});
}

TEST_CASE("a member's fault is the group's, until it is gone") {
  Node node = master_node();
  node.link("eth1", false);
  CHECK(node.story() ==
        Lines{"Netlink reports eth1 down", "(VI_2) Entering FAULT STATE", "(VI_2) sent 0 priority",
              "(VI_2) removing VIPs.", "FIFO INSTANCE \"VI_2\" FAULT 100",
              "VRRP_Group(G1) Syncing instances to FAULT state", "(VI_1) Entering FAULT STATE",
              // Sent by the original too, but not said.
              "(VI_1) sent 0 priority", "(VI_1) removing VIPs.", "FIFO INSTANCE \"VI_1\" FAULT 100",
              "FIFO GROUP \"G1\" FAULT 0"});
  node.link("eth1", true);
  CHECK(node.story() == Lines{"Netlink reports eth1 up", "(VI_2) Entering BACKUP STATE",
                              "FIFO INSTANCE \"VI_2\" BACKUP 100",
                              "VRRP_Group(G1) Syncing instances to BACKUP state",
                              "(VI_1) Entering BACKUP STATE", "FIFO INSTANCE \"VI_1\" BACKUP 100",
                              "FIFO GROUP \"G1\" BACKUP 0"});
}

TEST_CASE("a group that starts with a faulty member is in FAULT as a whole") {
  Node node(synced(2));
  node.link("eth1", false).begin();
  CHECK(node.story() == Lines{"(VI_1) removing VIPs.", "(VI_1) entering FAULT state",
                              "FIFO INSTANCE \"VI_1\" FAULT 100",
                              "(VI_2): entering FAULT state (interface eth1 down)",
                              "(VI_2) removing VIPs.", "(VI_2) entering FAULT state",
                              "FIFO INSTANCE \"VI_2\" FAULT 100", "FIFO GROUP \"G1\" FAULT 0"});
  node.link("eth1", true);
  CHECK(node.story() == Lines{"Netlink reports eth1 up", "(VI_2) Entering BACKUP STATE",
                              "FIFO INSTANCE \"VI_2\" BACKUP 100",
                              "VRRP_Group(G1) Syncing instances to BACKUP state",
                              "(VI_1) Entering BACKUP STATE", "FIFO INSTANCE \"VI_1\" BACKUP 100",
                              "FIFO GROUP \"G1\" BACKUP 0"});
}

TEST_CASE(
    "the group's script: nothing is told before its first result, the last member leads out") {
  VrrpConfig config = synced(2);
  TrackScript script;
  script.name = "s";
  config.scripts.push_back(script);
  config.groups[0].track.edit().scripts.push_back({"s", 0, false});
  Node node(config);
  node.begin();
  CHECK(node.story() == Lines{"(VI_1) removing VIPs.", "(VI_2) removing VIPs."});
  node.at(400ms, ScriptEnded{"s", {}});
  CHECK(node.story() == Lines{"VRRP_Script(s) succeeded", "(VI_2) Entering BACKUP STATE",
                              "FIFO INSTANCE \"VI_2\" BACKUP 100",
                              "VRRP_Group(G1) Syncing instances to BACKUP state",
                              "(VI_1) Entering BACKUP STATE", "FIFO INSTANCE \"VI_1\" BACKUP 100",
                              "FIFO GROUP \"G1\" BACKUP 0"});
  node.run_until(5s);
  REQUIRE(node.states() == "MASTER MASTER");
  node.story();
  node.at(6400ms, ScriptEnded{"s", {ScriptResult::How::exited, 1}});
  CHECK(node.story() ==
        Lines{"Script `s` now returning 1", "VRRP_Script(s) failed (exited with status 1)",
              "(VI_1) Entering FAULT STATE", "(VI_1) sent 0 priority", "(VI_1) removing VIPs.",
              "FIFO INSTANCE \"VI_1\" FAULT 100", "VRRP_Group(G1) Syncing instances to FAULT state",
              "(VI_2) Entering FAULT STATE", "(VI_2) sent 0 priority", "(VI_2) removing VIPs.",
              "FIFO INSTANCE \"VI_2\" FAULT 100", "FIFO GROUP \"G1\" FAULT 0"});
}

TEST_CASE("a weight of the group is every member's, and priority changes are told") {
  VrrpConfig config = synced(2);
  TrackScript script;
  script.name = "s";
  config.scripts.push_back(script);
  config.groups[0].track.edit().scripts.push_back({"s", -20, false});
  for (InstanceConfig& one : config.instances) one.notify_priority_changes = true;
  Node node = master_node(config);
  node.at(5s, ScriptEnded{"s", {}});
  node.story();
  node.at(6s, ScriptEnded{"s", {ScriptResult::How::exited, 1}});
  CHECK(node.story() == Lines{"Script `s` now returning 1",
                              "VRRP_Script(s) failed (exited with status 1)",
                              "(VI_1) Changing effective priority from 100 to 80",
                              "FIFO INSTANCE \"VI_1\" MASTER_PRIORITY 80",
                              "(VI_2) Changing effective priority from 100 to 80",
                              "FIFO INSTANCE \"VI_2\" MASTER_PRIORITY 80"});
}

TEST_CASE("one member gives way, all do") {
  Node node = master_node();
  node.hear(0, 150, "10.0.0.2");
  CHECK(node.story() == Lines{"(VI_1) Master received advert from 10.0.0.2 with higher priority "
                              "150, ours 100",
                              "(VI_1) Entering BACKUP STATE", "(VI_1) removing VIPs.",
                              "FIFO INSTANCE \"VI_1\" BACKUP 100",
                              "VRRP_Group(G1) Syncing instances to BACKUP state",
                              "(VI_2) Entering BACKUP STATE", "(VI_2) removing VIPs.",
                              "FIFO INSTANCE \"VI_2\" BACKUP 100", "FIFO GROUP \"G1\" BACKUP 0"});
  // Not the original's: the last advert of each, so that an unaware master announces again.
  CHECK(node.deeds() == Lines{"VI_1 advert 100", "VI_1 cancel", "VI_1 remove", "VI_2 advert 100",
                              "VI_2 cancel", "VI_2 remove"});
}

TEST_CASE("a stop: the members, then the group") {
  Node node = master_node();
  node.at(6s, End{});
  CHECK(node.story() == Lines{"(VI_1) sent 0 priority", "(VI_1) removing VIPs.",
                              "FIFO INSTANCE \"VI_1\" STOP 100", "(VI_2) sent 0 priority",
                              "(VI_2) removing VIPs.", "FIFO INSTANCE \"VI_2\" STOP 100",
                              "FIFO GROUP \"G1\" STOP 0"});
}

TEST_CASE("files: number times weight, the limits, and FAULT") {
  VrrpConfig config = synced(2);
  config.groups[0].tracking_weight = true;
  for (InstanceConfig& one : config.instances) {
    one.track.edit().files = {{"f", 2, false}, {"z", 0, false}};
  }
  Node node = master_node(config);
  const auto changes = [&](std::int64_t value) {
    return node.at(node.now + 1s, FileRead{"f", value}).story().front();
  };
  CHECK(changes(5) == "(VI_1) Changing effective priority from 100 to 110");
  CHECK(changes(-10) == "(VI_1) Changing effective priority from 110 to 80");
  CHECK(changes(200) == "(VI_1) Changing effective priority from 80 to 254");
  CHECK(changes(-200) == "(VI_1): tracked file f now FAULT state");
  CHECK(node.states() == "FAULT FAULT");
  CHECK(changes(0) == "(VI_1): tracked file f leaving FAULT state");
  CHECK(node.states() == "BACKUP BACKUP");
  node.at(node.now, FileRead{"z", 1});
  CHECK(node.states() == "FAULT FAULT");
}

TEST_CASE("a startup delay is waited out, and then the master down interval") {
  Node node(synced(2));
  Begin begin;
  begin.delay = 3s;
  node.begin(begin);
  CHECK(node.story().front() == "Delaying startup for 3 seconds");
  // Not even an advert of priority 0 shortens it.
  node.now = 2s;
  node.hear(0, 0, "10.0.0.2").run_until(6600ms);
  CHECK(node.states() == "BACKUP BACKUP");
  CHECK(node.story().front() == "Delayed start completed");
  node.run_until(6620ms);
  CHECK(node.states() == "MASTER MASTER");
}
