// What is tracked, and by whom: references, weights, groups.
#include <catch2/catch.hpp>

#include "tests/support/vrrp_text.hpp"

using namespace understudy;
using namespace understudy::test;
using namespace std::chrono_literals;
using vrrp::TrackProcess;
using vrrp::TrackReference;

namespace {

const std::string kThings =
    "track_file F {\n file /tmp/understudy_no_such_file\n weight 1\n}\n"
    "bfd_instance B {\n neighbor_ip 10.0.0.9\n weight -20\n}\n"
    "vrrp_script S {\n script /bin/true\n weight 10 reverse\n}\n"
    "vrrp_track_process P {\n process sshd\n weight 7\n}\n" +
    kScriptSecurity;

std::string group(const std::string& members, const std::string& more = "",
                  const std::string& name = "G") {
  return "vrrp_sync_group " + name + " {\n group {\n  " + members + "\n }\n " + more + "\n}\n";
}

}  // namespace

TEST_CASE("a reference has the weight of what it refers to unless it says otherwise") {
  const auto loaded = load_text(
      kThings + instance("track_interface {\n eth1\n team0 weight 5 reverse\n }\n"
                         "track_script {\n S\n }\n track_file {\n F weight -254\n }\n"
                         "track_process {\n P weight 254 reverse\n }\n track_bfd {\n B\n }"));
  CHECK(messages(loaded).empty());
  const auto track = *first_of(loaded).track;
  CHECK(track.interfaces == std::vector<TrackReference>{{"eth1", 0, false}, {"team0", 5, true}});
  CHECK(track.scripts == std::vector<TrackReference>{{"S", 10, true}});
  CHECK(track.files == std::vector<TrackReference>{{"F", -254, false}});
  CHECK(track.processes == std::vector<TrackReference>{{"P", 254, true}});
  CHECK(track.bfds == std::vector<TrackReference>{{"B", -20, false}});
}

TEST_CASE("what is tracked has to stand before what tracks it") {
  const auto loaded = load_text(instance("track_script {\n S\n }\n track_file {\n F\n }\n"
                                         "track_process {\n P\n }\n track_bfd {\n B\n }") +
                                kThings);
  for (const char* message : {"(F: Line 8) (A) track script S not found, ignoring...",
                              "(F: Line 11) (A) track file F not found, ignoring...",
                              "(F: Line 14) (A) track process P not found, ignoring...",
                              "(F: Line 17) (A) track bfd B not found, ignoring..."}) {
    INFO(message);
    CHECK(says(loaded, message));
  }
  CHECK(*first_of(loaded).track == vrrp::TrackReferences{});
}

TEST_CASE("a name that is nearly right is suggested") {
  const auto loaded = load_text("vrrp_script check {\n script /bin/true\n}\n" +
                                instance("track_script {\n chekc\n }"));
  const auto found = std::ranges::find_if(loaded.diagnostics, [](const auto& diagnostic) {
    return diagnostic.message == "(A) track script chekc not found, ignoring...";
  });
  REQUIRE(found != loaded.diagnostics.end());
  CHECK(found->hint == "did you mean 'check'?");
}

TEST_CASE("each kind words its complaints about weights as the original") {
  struct Case {
    const char* block;
    const char* message;
  };
  const Case cases[] = {
      {"track_interface {\n eth1 weight 255\n }",
       "(A) weight 255 for eth1 must be between [-253..253] inclusive. Ignoring..."},
      {"track_interface {\n eth1 weight 254\n }",
       "(A) weight for eth1 cannot be +/-254. Setting to +/-253"},
      {"track_interface {\n eth1 weight 5 noreverse\n }",
       "(A) unknown track_interace eth1 weight option noreverse - ignoring"},
      {"track_interface {\n eth1 wieght 5\n }",
       "(A) unknown track_interface eth1 option wieght - ignoring"},
      {"track_script {\n S weight x\n }",
       "(A) track script S: weight must be between [-253..253] inclusive, ignoring..."},
      {"track_script {\n S weight\n }",
       "(A) weight without value specified for track script S - "
       "ignoring"},
      {"track_file {\n F weight 255\n }",
       "(A) weight for track file F must be in [-254..254] inclusive. Ignoring..."},
      {"track_process {\n P weight 255\n }",
       "(A) weight for track process P must be in [-254..254] inclusive. Ignoring..."},
      {"track_process {\n P weight 2 sideways\n }",
       "(A) unknown track_process P weight option sideways - ignoring"},
      {"track_bfd {\n B weight 254\n }",
       "(A) weight for track bfd B must be in [-253..253] inclusive. Ignoring..."},
      {"track_bfd {\n B\n B\n }", "(A) duplicate track_bfd B - ignoring"},
  };
  for (const Case& row : cases) {
    INFO(row.block);
    const auto loaded = load_text(kThings + instance(row.block));
    CHECK(loaded.test_status == 5);
    const bool said = std::ranges::any_of(loaded.diagnostics, [&](const auto& diagnostic) {
      return diagnostic.message == row.message;
    });
    CHECK(said);
  }
}

TEST_CASE("vrrp_track_process: the command, its arguments and how many of them there must be") {
  const auto loaded = load_text(
      "vrrp_track_process P {\n process nginx -g conf\n quorum_max 20\n quorum 3\n delay 2.5\n"
      "fork_delay 1\n param_match initial\n}\n" +
      instance(""));
  CHECK(messages(loaded).empty());
  REQUIRE(loaded.config.vrrp.processes.size() == 1);
  const TrackProcess& process = loaded.config.vrrp.processes[0];
  CHECK(process.command == "nginx");
  CHECK(process.parameters == std::vector<std::string>{"-g", "conf"});
  CHECK(process.match == TrackProcess::Match::initial);
  CHECK(process.full_command);
  CHECK(process.quorum == 3);
  CHECK(process.quorum_max == 20);
  CHECK(process.fork_delay == 1s);
  CHECK(process.terminate_delay == 2500ms);
}

TEST_CASE("quorum and quorum_max must agree; no process at all is a quorum too") {
  const auto read = [](const std::string& more) {
    return load_text("vrrp_track_process P {\n process x\n " + more + "\n}\n" + instance(""));
  };
  CHECK(says(read("quorum_max 2\n quorum 3"),
             "(F: Line 4) Quorum is greater than quorum_max - ignoring"));
  CHECK(says(read("quorum 3\n quorum_max 2"),
             "(F: Line 4) quorum_max is less than quorum - ignoring"));
  const auto none = read("quorum_max 0");
  CHECK(messages(none).empty());
  CHECK(none.config.vrrp.processes[0].quorum == 0);
  CHECK(says(load_text("vrrp_track_process P {\n}\n"),
             "(F: Line 2) track process 'P' process name not specified"));
}

TEST_CASE("a sync group has its members in the order they are named") {
  const auto loaded = load_text(kThings +
                                group("A B",
                                      "track_script {\n S weight 3\n }\n smtp_alert\n"
                                      "notify_backup /bin/true\n notify_deleted /bin/true") +
                                instance("") + instance("", "B", 6, "10.0.0.2"));
  CHECK(messages(loaded).empty());
  REQUIRE(loaded.config.vrrp.groups.size() == 1);
  const auto& sync = loaded.config.vrrp.groups[0];
  CHECK(sync.members == std::vector<std::string>{"A", "B"});
  CHECK(sync.track->scripts == std::vector<TrackReference>{{"S", 3, true}});
  CHECK(sync.smtp_alert);
  CHECK_FALSE(sync.notify_priority_changes);
  CHECK(sync.notify->backup.argv == std::vector<std::string>{"/bin/true"});
  CHECK(sync.notify->deleted.argv == std::vector<std::string>{"/bin/true"});
}

TEST_CASE("members that are none, that have a group already, or that are alone are reported") {
  const auto loaded =
      load_text(group("A X") + group("A B", "", "H") + group("Y", "", "I") + group("A", "", "G") +
                instance("") + instance("", "B", 6, "10.0.0.2"));
  CHECK(loaded.test_status == 5);
  for (const char* message : {
           "(F: Line 19) vrrp sync group G already defined",
           "Virtual router X specified in sync group G doesn't exist - ignoring",
           "Sync group G has only 1 virtual router(s) - this probably isn't what you want",
           "Virtual router A cannot exist in more than one sync group; ignoring H",
           "Sync group I, no matching virtual router found in group declaration - removing",
       }) {
    INFO(message);
    CHECK(says(loaded, message));
  }
  CHECK(loaded.config.vrrp.groups.size() == 2);
}

TEST_CASE("a group without members is no group") {
  CHECK(says(load_text("vrrp_sync_group G {\n smtp_alert\n}\n"),
             "(F: Line 3) Sync group G has no members - removing"));
  CHECK(says(load_text("vrrp_sync_group {\n group {\n A\n }\n}\n"),
             "(F: Line 1) vrrp_sync_group must have a name - skipping"));
  CHECK(says(load_text("track_group T {\n}\n"),
             "(F: Line 2) Static track group T has no members - removing"));
}

TEST_CASE("members of a group have no weights of their own") {
  const std::string tracking =
      "track_interface {\n team0 weight 5\n }\n track_script {\n S\n }\n track_file {\n F\n }\n"
      "track_bfd {\n B\n }";
  const auto text = [&](const std::string& more) {
    return kThings + group("A B", more) + instance(tracking) + instance("", "B", 6, "10.0.0.2");
  };
  const auto without = load_text(text(""));
  for (const char* message : {
           "(A) ignoring team0 tracked interface weight due to SYNC group",
           "(A) ignoring tracked script S with weights due to SYNC group",
           "(A) ignoring weight from tracked file F due to SYNC group. specify weight 0",
           "(A) ignoring tracked bfd B with weight -20 due to SYNC group",
       }) {
    INFO(message);
    CHECK(says(without, message));
  }
  const auto track = *first_of(without).track;
  CHECK(track.interfaces == std::vector<TrackReference>{{"team0", 0, false}});
  CHECK(track.files == std::vector<TrackReference>{{"F", 0, false}});
  CHECK(track.scripts.empty());
  CHECK(track.bfds.empty());
  const auto with = load_text(text("sync_group_tracking_weight"));
  CHECK(messages(with).empty());
  CHECK(first_of(with).track->scripts.size() == 1);
}

TEST_CASE("an address owner's priority is what it is: no weight counts") {
  const auto loaded =
      load_text(kThings + instance("priority 255\n track_interface {\n team0 weight 5\n eth1\n }\n"
                                   "track_script {\n S\n }"));
  CHECK(says(loaded, "(A) ignoring team0 tracked interface due to address owner"));
  CHECK(says(loaded, "(A) ignoring tracked script S with weights due to address_owner"));
  CHECK(first_of(loaded).track->interfaces == std::vector<TrackReference>{{"eth1", 0, false}});
  const auto in_group = load_text(
      kThings + group("A B", "track_script {\n S\n }\n track_interface {\n eth1 weight 3\n }") +
      instance("state MASTER\n priority 255") + instance("", "B", 6, "10.0.0.2"));
  CHECK(says(in_group,
             "(G) Cannot have weighted track script 'S' with member having priority 255 - clearing "
             "weight"));
  CHECK(in_group.config.vrrp.groups[0].track->interfaces ==
        std::vector<TrackReference>{{"eth1", 0, false}});
}

TEST_CASE("an instance tracks its own interface anyway") {
  const auto loaded = load_text(instance("track_interface {\n eth0\n }"));
  CHECK(says(loaded, "(A) Ignoring track_interface eth0 since own interface"));
  CHECK(first_of(loaded).track->interfaces.empty());
}

TEST_CASE("a script that is not there is tracked by nobody") {
  const auto loaded = load_text(
      "vrrp_script S {\n script /nonexistent/s\n}\n" + group("A B", "track_script {\n S\n }") +
      instance("track_script {\n S\n }") + instance("", "B", 6, "10.0.0.2"));
  CHECK(says(loaded, "Disabling track script S since not found/accessible"));
  CHECK(loaded.config.vrrp.scripts.empty());
  CHECK(first_of(loaded).track->scripts.empty());
  CHECK(loaded.config.vrrp.groups[0].track->scripts.empty());
}
