// vrrp/ensemble: what happens to several routers of one node at once. What 2.4.3 does is in
// tests/conformance; here is what it does not, or not so.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/support/vrrp_node.hpp"

using namespace understudy;
using namespace understudy::vrrp;
using namespace std::chrono_literals;

namespace {

using Lines = std::vector<std::string>;

Node master_node(VrrpConfig config) {
  Node node(std::move(config));
  node.begin().run_until(5s);
  node.story();
  node.deeds();
  return node;
}

}  // namespace

TEST_CASE("a reload that adds a member to a group of masters makes it master, and costs nothing") {
  Node node = master_node(synced(2));
  node.reload(synced(3));
  CHECK(node.states() == "MASTER MASTER MASTER");
  CHECK(node.machine(0).counters().released_master == 0);
  const Lines story = node.story();
  CHECK(story.back() == "FIFO INSTANCE \"VI_3\" MASTER 100");
  node.reload(synced(2));
  CHECK(node.states() == "MASTER MASTER");
  CHECK(node.machine(0).counters().released_master == 0);
}

TEST_CASE("a member that leaves a faulty group goes its own way") {
  Node node = master_node(synced(2));
  node.link("eth1", false);
  REQUIRE(node.states() == "FAULT FAULT");
  VrrpConfig config = instances(2);
  node.reload(config);
  CHECK(node.states() == "BACKUP FAULT");
  // And back again.
  node.reload(synced(2));
  CHECK(node.states() == "FAULT FAULT");
  node.link("eth1", true);
  CHECK(node.states() == "BACKUP BACKUP");
}

TEST_CASE("a group of masters and backups made by a reload becomes backup as a whole") {
  VrrpConfig config = instances(2);
  Node node(config);
  node.begin().run_until(1s);
  node.hear(1, 200, "10.0.0.9").run_until(4s);
  REQUIRE(node.states() == "MASTER BACKUP");
  node.reload(synced(2));
  CHECK(node.states() == "BACKUP BACKUP");
  CHECK(node.ensemble.groups().at(0).state() == RouterState::backup);
}

TEST_CASE("ids are an instance's own through reloads, and free again after it is gone") {
  Node node = master_node(instances(3));
  const auto before = node.ensemble.instances();
  VrrpConfig config = instances(3);
  config.instances.erase(config.instances.begin());
  std::swap(config.instances[0], config.instances[1]);
  node.reload(config);
  CHECK(node.ensemble.instances() == std::vector{before[2], before[1]});
  CHECK(node.ensemble.machine(before[0]).state() == RouterState::stop);
  node.reload(instances(3));
  CHECK(node.ensemble.instances() == before);
  CHECK(node.states() == "BACKUP MASTER MASTER");
  // What comes for one that is gone is nobody's.
  CHECK(node.ensemble.step(InstanceEvent{InstanceId(77), TimerExpired{}}, kEpoch + 6s).empty());
}

TEST_CASE("a successor goes on with a group only where all members can") {
  const MachineMemory master{RouterState::master, {}, {}, {}, {}};
  Begin begin;
  begin.memories = {master, master};
  SECTION("all") {
    Node node(synced(2));
    node.begin(begin);
    CHECK(node.states() == "MASTER MASTER");
    CHECK(node.story().back() == "FIFO GROUP \"G1\" MASTER 0");
  }
  SECTION("one is too old") {
    begin.memories[1].reset();
    Node node(synced(2));
    node.begin(begin);
    CHECK(node.states() == "BACKUP BACKUP");
  }
  SECTION("one is at fault by now") {
    Node node(synced(2));
    node.link("eth1", false).begin(begin);
    CHECK(node.states() == "FAULT FAULT");
  }
  SECTION("without a group each for itself") {
    begin.memories[1].reset();
    Node node(instances(2));
    node.begin(begin);
    CHECK(node.states() == "MASTER BACKUP");
  }
}

TEST_CASE("a backup's successor goes on waiting where its predecessor was") {
  Begin begin;
  begin.memories = {MachineMemory{RouterState::backup, ip("10.0.0.9"), {}, kEpoch - 2s, {}}};
  Node node(instances(1));
  node.begin(begin);
  CHECK(node.story() == Lines{"(VI_1) Continuing in BACKUP STATE after a restart"});
  CHECK(node.machine(0).master() == ip("10.0.0.9"));
  node.run_until(1600ms);
  CHECK(node.states() == "BACKUP");
  node.run_until(1610ms);
  CHECK(node.states() == "MASTER");
}

TEST_CASE("a lesser master on one segment makes all members announce again, once") {
  Node node = master_node(synced(3));
  node.hear(0, 50, "10.0.0.9");
  CHECK(node.deeds() ==
        Lines{"VI_1 advert 100", "VI_1 announce 5", "VI_2 announce 5", "VI_3 announce 5"});
  CHECK(node.story() ==
        Lines{"(VI_1) Received advert from 10.0.0.9 with lower priority 50, ours "
              "100, forcing new election",
              "FIFO INSTANCE \"VI_1\" MASTER 100", "FIFO INSTANCE \"VI_1\" MASTER_RX_LOWER_PRI 100",
              "FIFO INSTANCE \"VI_2\" MASTER 100", "FIFO INSTANCE \"VI_3\" MASTER 100"});
  node.hear(1, 50, "10.0.0.9");
  CHECK(node.deeds() == Lines{"VI_2 advert 100", "VI_2 announce 5"});
}

TEST_CASE("a group of address owners is master from the start") {
  VrrpConfig config = synced(2);
  for (InstanceConfig& one : config.instances) one.priority = kOwnerPriority;
  Node node(config);
  node.begin();
  CHECK(node.states() == "MASTER MASTER");
  CHECK(node.story().back() == "FIFO GROUP \"G1\" MASTER 0");
}

TEST_CASE("of a group with one owner the owner waits for the others") {
  VrrpConfig config = synced(2);
  config.instances[0].priority = kOwnerPriority;
  Node node(config);
  node.begin();
  CHECK(node.states() == "BACKUP BACKUP");
  node.run_until(3700ms);
  CHECK(node.states() == "MASTER MASTER");
}

TEST_CASE("what members wanted before a stall does not make the group master") {
  VrrpConfig config = synced(2);
  config.instances[1].advert_interval = 2s;
  Node node(config);
  node.begin().run_until(6s);
  REQUIRE(node.states() == "BACKUP BACKUP");
  // VI_1 has been waiting for VI_2 since 3.6 s; VI_2's timer is late, but not by much.
  node.at(12s, InstanceEvent{node.ensemble.instances()[1], TimerExpired{}});
  CHECK(node.states() == "BACKUP BACKUP");
  node.run_until(16s);
  CHECK(node.states() == "MASTER MASTER");
}

TEST_CASE("an instance that a reload removes: FAULT, or DELETED where that is wanted") {
  VrrpConfig config = instances(3);
  config.instances[1].notify.edit().tell_deletion = true;
  Node node = master_node(config);
  node.link("eth2", false);
  node.story();
  node.reload(instances(0));
  CHECK(node.story() == Lines{"(VI_1) sent 0 priority", "(VI_1) removing VIPs.",
                              "FIFO INSTANCE \"VI_1\" FAULT 100", "(VI_2) sent 0 priority",
                              "(VI_2) removing VIPs.", "FIFO INSTANCE \"VI_2\" DELETED 100"});
}

TEST_CASE("fifo_write_vrrp_states_on_reload tells every state that did not change") {
  Node node = master_node(synced(2));
  Reload reload;
  reload.config = std::make_shared<const VrrpConfig>(synced(2));
  reload.difference = diff(synced(2), *reload.config);
  reload.sources.assign(2, ip("10.0.0.1"));
  reload.tell_states = true;
  node.at(6s, reload);
  CHECK(node.story() == Lines{"FIFO GROUP \"G1\" MASTER 0", "FIFO INSTANCE \"VI_1\" MASTER 100",
                              "FIFO INSTANCE \"VI_2\" MASTER 100"});
}

TEST_CASE("a source address that goes is a FAULT, one that comes ends it") {
  Node node = master_node(instances(1));
  const InstanceId id = node.ensemble.instances()[0];
  node.at(6s, SourceChanged{id, {}});
  CHECK(node.states() == "FAULT");
  node.at(7s, SourceChanged{id, ip("10.0.0.7")});
  CHECK(node.states() == "BACKUP");
  CHECK(node.machine(0).primary() == ip("10.0.0.7"));
  node.at(8s, ObstacleChanged{id, Obstacle::no_interface, true});
  CHECK(node.states() == "FAULT");
}

TEST_CASE("no mail twice for the same state") {
  VrrpConfig config = synced(2);
  config.groups[0].smtp_alert = true;
  config.instances[0].smtp_alert = true;
  config.instances[0].smtp_alert_faults = false;
  config.groups[0].smtp_alert_faults = false;
  Node node(config);
  node.begin();
  node.link("eth0", false).link("eth0", true);
  Lines mails;
  for (const std::string& line : node.story()) {
    if (line.starts_with("MAIL")) mails.push_back(line);
  }
  CHECK(mails == Lines{"MAIL VRRP Group G1 - Entering BACKUP state",
                       "MAIL VRRP Instance VI_1 - Entering BACKUP state"});
}
