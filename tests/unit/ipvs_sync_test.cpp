// Synchronisation daemons: what has to change, and what is said to the kernel.
#include <linux/ip_vs.h>

#include <catch2/catch.hpp>

#include "ipvs/failure.hpp"
#include "ipvs/sync_daemon.hpp"

namespace understudy::ipvs {
namespace {

const SyncDaemon kMaster{SyncRole::master, "eth0", 51, 0, 0, 0, {}};
const SyncDaemon kBackup{SyncRole::backup, "eth0", 51, 0, 0, 0, {}};

/// What the kernel makes of a daemon that leaves everything to it.
SyncDaemon running(SyncDaemon daemon) {
  daemon.max_length = 1472;
  daemon.port = 8848;
  daemon.ttl = 1;
  daemon.group = *IpAddress::parse("224.0.0.81");
  return daemon;
}

using Changes = std::vector<SyncChange>;

TEST_CASE("A daemon that runs as wanted is left alone", "[sync]") {
  CHECK(sync_changes({kMaster}, {running(kMaster)}, {}).empty());
  CHECK(sync_changes({kMaster, kBackup}, {running(kBackup), running(kMaster)}, {}).empty());
  CHECK(sync_changes({}, {}, {}).empty());
}

TEST_CASE("The other role is stopped before the wanted one starts", "[sync]") {
  CHECK(sync_changes({kMaster}, {running(kBackup)}, {kBackup}) ==
        Changes{StopSyncDaemon{SyncRole::backup, 51}, StartSyncDaemon{kMaster}});
  CHECK(sync_changes({}, {running(kMaster)}, {kMaster}) ==
        Changes{StopSyncDaemon{SyncRole::master, 51}});
}

TEST_CASE("A daemon with another option is started anew", "[sync]") {
  const auto differs = [](const SyncDaemon& wanted) {
    return sync_changes({wanted}, {running(kMaster)}, {}) ==
           Changes{StopSyncDaemon{SyncRole::master, 51}, StartSyncDaemon{wanted}};
  };
  SyncDaemon wanted = kMaster;
  wanted.interface = "eth1";
  CHECK(differs(wanted));
  wanted = kMaster;
  wanted.id = 52;
  CHECK(differs(wanted));
  wanted = kMaster;
  wanted.max_length = 1000;
  CHECK(differs(wanted));
  wanted = kMaster;
  wanted.port = 8849;
  CHECK(differs(wanted));
  wanted = kMaster;
  wanted.ttl = 2;
  CHECK(differs(wanted));
  wanted = kMaster;
  wanted.group = *IpAddress::parse("ff02::81");
  CHECK(differs(wanted));
}

TEST_CASE("What is left to the kernel again is started anew, too", "[sync]") {
  SyncDaemon before = kBackup;
  before.max_length = 9000;
  SyncDaemon there = running(kBackup);
  there.max_length = 9000;
  // The kernel's own choice for a backup depends on the MTU: from outside this may be it.
  CHECK(sync_changes({kBackup}, {there}, {}).empty());
  CHECK(sync_changes({kBackup}, {there}, {before}) ==
        Changes{StopSyncDaemon{SyncRole::backup, 51}, StartSyncDaemon{kBackup}});
}

TEST_CASE("What starts a daemon is what a dump of it would hold", "[sync]") {
  for (const char* group : {"224.0.0.90", "ff02::81"}) {
    const SyncDaemon daemon{SyncRole::backup,        "bond0.7", 255, 65507, 8849, 255,
                            *IpAddress::parse(group)};
    const Request request = encode(SyncChange(StartSyncDaemon{daemon}));
    CHECK(request.command == IPVS_CMD_NEW_DAEMON);
    CHECK(decode_sync_daemon(request.attributes).value() == daemon);
  }
  const Request usual = encode(SyncChange(StartSyncDaemon{kMaster}));
  CHECK(decode_sync_daemon(usual.attributes).value() == kMaster);
}

TEST_CASE("Stopping names the role and the number", "[sync]") {
  const Request request = encode(SyncChange(StopSyncDaemon{SyncRole::master, 7}));
  CHECK(request.command == IPVS_CMD_DEL_DAEMON);
  const auto said = decode_sync_daemon(request.attributes).value();
  CHECK(said.role == SyncRole::master);
  CHECK(said.id == 7);
}

TEST_CASE("A reply that makes no sense is an error", "[sync]") {
  CHECK_FALSE(decode_sync_daemon({}).has_value());
  Bytes whole = encode(SyncChange(StartSyncDaemon{kMaster})).attributes;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    // Whatever it gives, it reads nothing beyond the end.
    static_cast<void>(decode_sync_daemon(part).has_value());
  }
}

TEST_CASE("Refusals in the original's words", "[sync]") {
  CHECK(failure_line(SyncChange(StartSyncDaemon{kMaster}), ENODEV) ==
        "IPVS cmd IP_VS_SO_SET_STARTDAEMON(1163) error: No such device(19)");
  CHECK(failure_line(SyncChange(StartSyncDaemon{kMaster}), EEXIST) ==
        "IPVS cmd IP_VS_SO_SET_STARTDAEMON(1163) error: Daemon has already run(17)");
  CHECK(failure_line(SyncChange(StopSyncDaemon{SyncRole::backup, 1}), ESRCH) ==
        "IPVS cmd IP_VS_SO_SET_STOPDAEMON(1164) error: No daemon is running(3)");
}

TEST_CASE("lvs_sync_daemon as a daemon", "[sync]") {
  SyncDaemonConfig config;
  config.interface = "eth0";
  CHECK(sync_daemon(config, SyncRole::backup) ==
        SyncDaemon{SyncRole::backup, "eth0", 0, 0, 0, 0, {}});
  config.id = 9;
  config.max_length = 1000;
  config.port = 1;
  config.ttl = 2;
  config.group = *IpAddress::parse("224.0.0.90");
  CHECK(sync_daemon(config, SyncRole::master) ==
        SyncDaemon{SyncRole::master, "eth0", 9, 1000, 1, 2, *IpAddress::parse("224.0.0.90")});
}

}  // namespace
}  // namespace understudy::ipvs
