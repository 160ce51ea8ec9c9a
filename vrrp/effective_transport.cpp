// How adverts travel, and how they are signed.
#include <fmt/format.h>

#include "vrrp/effective_instance.hpp"

namespace understudy::vrrp {

namespace {

using parser::Statements;

void append_unicast(Statements& block, const InstanceConfig& instance) {
  using OldChecksum = UnicastConfig::OldChecksum;
  const UnicastConfig& unicast = *instance.unicast;
  block.flag("unicast_fault_no_peer", unicast.fault_without_peers);
  if (!instance.is_unicast()) return;
  if (!unicast.vrf.empty()) block.add("vrf", unicast.vrf);
  block.flag("check_unicast_src", unicast.check_source);
  if (unicast.ttl) block.add("unicast_ttl", *unicast.ttl);
  if (unicast.old_checksum == OldChecksum::always) block.add("old_unicast_checksum");
  if (unicast.old_checksum == OldChecksum::never) block.add("old_unicast_checksum", "never");
  Statements& peers = block.block("unicast_peer");
  for (const UnicastPeer& peer : unicast.peers) {
    std::vector<std::string> words{peer.address.to_string()};
    // To limit the hops is to check who sends; with the widest limits nothing need be said.
    if (unicast.check_source) {
      words.insert(words.end(), {"min_ttl", std::to_string(peer.min_ttl), "max_ttl",
                                 std::to_string(peer.max_ttl)});
    }
    peers.entry(std::move(words));
  }
}

void append_vmac(Statements& block, const VirtualMac& vmac) {
  if (vmac.used) {
    auto& words = block.add("use_vmac").words;
    if (!vmac.name.empty()) words.insert(words.end(), {"name", vmac.name});
    if (vmac.address) {
      const std::size_t octets = vmac.address->size() - (vmac.address_ends_in_vrid ? 1 : 0);
      words.push_back(fmt::format(
          "{:02x}", fmt::join(vmac.address->begin(),
                              vmac.address->begin() + static_cast<std::ptrdiff_t>(octets), ":")));
    }
    if (vmac.netlink_notify) words.emplace_back("netlink_notify_msg");
    if (vmac.group) words.insert(words.end(), {"group", std::to_string(*vmac.group)});
  }
  block.flag("use_vmac_addr", vmac.for_addresses);
  block.flag("vmac_xmit_base", vmac.transmit_on_base);
}

void append_ipvlan(Statements& block, const Ipvlan& ipvlan) {
  if (!ipvlan.used) return;
  constexpr const char* kModes[] = {"bridge", "private", "vepa"};
  auto& words = block.add("use_ipvlan").words;
  if (!ipvlan.name.empty()) words.insert(words.end(), {"name", ipvlan.name});
  if (ipvlan.address) words.push_back(ipvlan.address->to_string());
  words.emplace_back(kModes[static_cast<std::size_t>(ipvlan.mode)]);
  if (ipvlan.group) words.insert(words.end(), {"group", std::to_string(*ipvlan.group)});
}

/// Two hexadecimal digits per octet.
std::string hexadecimal(const std::string& octets) {
  std::string text;
  for (const char octet : octets) text += fmt::format("{:02x}", static_cast<unsigned char>(octet));
  return text;
}

}  // namespace

void append_transport(Statements& block, const InstanceConfig& instance) {
  if (!instance.mcast_source->empty()) {
    block.add(instance.is_unicast() ? "unicast_src_ip" : "mcast_src_ip",
              instance.mcast_source->to_string());
  }
  if (!instance.is_unicast()) block.add("mcast_dst_ip", instance.mcast_group.to_string());
  block.flag("track_src_ip", instance.track_source);
  append_unicast(block, instance);
  append_vmac(block, *instance.vmac);
  append_ipvlan(block, *instance.ipvlan);
  block.boolean("v3_checksum_as_v2", instance.v3_checksum_as_v2);
}

void append_authentication(Statements& block, const InstanceConfig& instance) {
  if (instance.authentication != Authentication::none) {
    Statements& inner = block.block("authentication");
    inner.add("auth_type", instance.authentication == Authentication::pass ? "PASS" : "AH");
    inner.add("auth_pass", *instance.password);
  }
  const HmacAuthentication& hmac = *instance.hmac;
  if (!hmac.used()) return;
  constexpr const char* kModes[] = {"enforce", "permissive", "receive-only"};
  Statements& inner = block.block("auth_hmac");
  for (const HmacKey& key : hmac.keys) {
    inner.add("key", key.id,
              key.file.empty() ? "hex:" + hexadecimal(key.secret.octets()) : "file:" + key.file);
  }
  inner.add("active_key", hmac.active_key);
  inner.add("anti_replay",
            hmac.anti_replay == HmacAuthentication::AntiReplay::time ? "time" : "monotonic");
  if (hmac.time_window.count() != 0) inner.seconds("time_window", hmac.time_window);
  inner.add("mode", kModes[static_cast<std::size_t>(hmac.mode)]);
}

}  // namespace understudy::vrrp
