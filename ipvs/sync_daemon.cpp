#include "ipvs/sync_daemon.hpp"

#include <linux/ip_vs.h>

#include <algorithm>
#include <array>

#include "ipvs/attributes.hpp"

namespace understudy::ipvs {
namespace {

// What the kernel chooses (start_sync_thread() in net/netfilter/ipvs/ip_vs_sync.c).
constexpr std::uint16_t kDefaultPort = 8848;
constexpr std::uint8_t kDefaultTtl = 1;
constexpr std::array<std::uint8_t, 4> kDefaultGroup{224, 0, 0, 81};
constexpr unsigned kLeastMtu = 1500;
constexpr unsigned kHeaders4 = 20 + 8;
constexpr unsigned kHeaders6 = 40 + 8;

IpAddress group_of(const SyncDaemon& daemon) {
  return daemon.group.empty() ? IpAddress(std::span<const std::uint8_t>(kDefaultGroup))
                              : daemon.group;
}

/// A backup's default follows the MTU of its interface, which is not known here.
bool fits_length(const SyncDaemon& wanted, const SyncDaemon& running) {
  if (wanted.max_length != 0) return running.max_length == wanted.max_length;
  const unsigned usual = kLeastMtu - (group_of(wanted).is_v6() ? kHeaders6 : kHeaders4);
  return wanted.role == SyncRole::master ? running.max_length == usual
                                         : running.max_length >= usual;
}

bool runs(const SyncDaemon& wanted, const SyncDaemon& running) {
  return running.role == wanted.role && running.interface == wanted.interface &&
         running.id == wanted.id && fits_length(wanted, running) &&
         running.port == (wanted.port != 0 ? wanted.port : kDefaultPort) &&
         running.ttl == (wanted.ttl != 0 ? wanted.ttl : kDefaultTtl) &&
         running.group == group_of(wanted);
}

struct Encoder {
  Attributes& out;
  std::uint8_t operator()(const StopSyncDaemon& change) const {
    put_role(change.role, change.id);
    return IPVS_CMD_DEL_DAEMON;
  }
  std::uint8_t operator()(const StartSyncDaemon& change) const {
    const SyncDaemon& daemon = change.daemon;
    put_role(daemon.role, daemon.id);
    out.text(IPVS_DAEMON_ATTR_MCAST_IFN, daemon.interface);
    // What is not sent is left to the kernel; older ones know none of it.
    if (daemon.max_length != 0) out.u16(IPVS_DAEMON_ATTR_SYNC_MAXLEN, daemon.max_length);
    if (daemon.port != 0) out.u16(IPVS_DAEMON_ATTR_MCAST_PORT, daemon.port);
    if (daemon.ttl != 0) out.u8(IPVS_DAEMON_ATTR_MCAST_TTL, daemon.ttl);
    const auto group = daemon.group.bytes();
    if (daemon.group.is_v4()) out.raw(IPVS_DAEMON_ATTR_MCAST_GROUP, group.data(), group.size());
    if (daemon.group.is_v6()) out.raw(IPVS_DAEMON_ATTR_MCAST_GROUP6, group.data(), group.size());
    return IPVS_CMD_NEW_DAEMON;
  }

 private:
  void put_role(SyncRole role, std::uint8_t id) const {
    out.u32(IPVS_DAEMON_ATTR_STATE, static_cast<std::uint32_t>(role));
    out.u32(IPVS_DAEMON_ATTR_SYNC_ID, id);
  }
};

std::array<nla_policy, IPVS_DAEMON_ATTR_MAX + 1> daemon_policy() {
  std::array<nla_policy, IPVS_DAEMON_ATTR_MAX + 1> policy{};
  policy[IPVS_DAEMON_ATTR_STATE] = kU32;
  policy[IPVS_DAEMON_ATTR_MCAST_IFN] = kText;
  policy[IPVS_DAEMON_ATTR_SYNC_ID] = kU32;
  policy[IPVS_DAEMON_ATTR_SYNC_MAXLEN] = kU16;
  policy[IPVS_DAEMON_ATTR_MCAST_PORT] = kU16;
  policy[IPVS_DAEMON_ATTR_MCAST_TTL] = kU8;
  policy[IPVS_DAEMON_ATTR_MCAST_GROUP] = kAddress;
  policy[IPVS_DAEMON_ATTR_MCAST_GROUP6] = kAddress;
  return policy;
}

}  // namespace

SyncDaemon sync_daemon(const SyncDaemonConfig& config, SyncRole role) {
  return {role,        config.interface, config.id.value_or(0), config.max_length,
          config.port, config.ttl,       config.group};
}

std::vector<SyncChange> sync_changes(const std::vector<SyncDaemon>& wanted,
                                     const std::vector<SyncDaemon>& running,
                                     const std::vector<SyncDaemon>& before) {
  const auto stays = [&](const SyncDaemon& daemon, const SyncDaemon& candidate) {
    if (!runs(candidate, daemon)) return false;
    const auto last = std::ranges::find(before, candidate.role, &SyncDaemon::role);
    return last == before.end() || *last == candidate;
  };
  std::vector<SyncChange> changes;
  for (const SyncDaemon& daemon : running) {
    const auto same = [&](const SyncDaemon& candidate) { return stays(daemon, candidate); };
    if (std::ranges::none_of(wanted, same)) {
      changes.emplace_back(StopSyncDaemon{daemon.role, daemon.id});
    }
  }
  for (const SyncDaemon& candidate : wanted) {
    const auto same = [&](const SyncDaemon& daemon) { return stays(daemon, candidate); };
    if (std::ranges::none_of(running, same)) changes.emplace_back(StartSyncDaemon{candidate});
  }
  return changes;
}

Request encode(const SyncChange& change) {
  Attributes out;
  auto* nest = out.begin(IPVS_CMD_ATTR_DAEMON);
  const auto command = std::visit(Encoder{out}, change);
  out.end(nest);
  return {command, out.take()};
}

Request encode_list_sync_daemons() { return {IPVS_CMD_GET_DAEMON, {}}; }

Result<SyncDaemon> decode_sync_daemon(ByteView attributes) {
  auto policy = daemon_policy();
  const auto parsed = parse_nested(attributes, IPVS_CMD_ATTR_DAEMON, policy);
  const auto state = parsed ? parsed->u32(IPVS_DAEMON_ATTR_STATE) : 0U;
  if (state != IP_VS_STATE_MASTER && state != IP_VS_STATE_BACKUP) {
    return Error{"malformed synchronisation daemon in a reply of the kernel's IPVS", EBADMSG};
  }
  SyncDaemon daemon;
  daemon.role = static_cast<SyncRole>(state);
  daemon.interface = parsed->text(IPVS_DAEMON_ATTR_MCAST_IFN);
  daemon.id = static_cast<std::uint8_t>(parsed->u32(IPVS_DAEMON_ATTR_SYNC_ID));
  daemon.max_length = parsed->u16(IPVS_DAEMON_ATTR_SYNC_MAXLEN);
  daemon.port = parsed->u16(IPVS_DAEMON_ATTR_MCAST_PORT);
  daemon.ttl = parsed->u8(IPVS_DAEMON_ATTR_MCAST_TTL);
  daemon.group = parsed->has(IPVS_DAEMON_ATTR_MCAST_GROUP6)
                     ? parsed->address(IPVS_DAEMON_ATTR_MCAST_GROUP6, Family::ipv6)
                     : parsed->address(IPVS_DAEMON_ATTR_MCAST_GROUP, Family::ipv4);
  return daemon;
}

}  // namespace understudy::ipvs
