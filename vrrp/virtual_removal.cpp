// How virtual interfaces go: those nobody needs, and all of them at an orderly stop.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "daemon/netlink/link_request.hpp"
#include "vrrp/virtual_interfaces.hpp"
#include "vrrp/virtual_record.hpp"

namespace understudy::vrrp {

namespace {

/// Removed at a time while others must not wait.
constexpr std::size_t kRemovedAtOnce = 16;

}  // namespace

void VirtualInterfaces::remove_others() {
  for_each_recorded(page_, [this](const std::string& name) {
    if (!is_ours(name)) superfluous_.try_emplace(name);
  });
  arm();
}

void VirtualInterfaces::remove_some() {
  std::map<std::string, std::string> names;
  while (!superfluous_.empty() && names.size() < kRemovedAtOnce) {
    names.insert(superfluous_.extract(superfluous_.begin()));
  }
  remove(names);
}

std::optional<InterfaceIndex> VirtualInterfaces::begin_removal(const std::string& name) {
  sysctls_.release_all(name);
  const netlink::Link* link = monitor_.link(name);
  // Somebody may have given the name to something else.
  if (link != nullptr && link->is_virtual()) return link->index;
  forget_virtual(page_, name);
  return std::nullopt;
}

void VirtualInterfaces::end_removal(const std::string& name, const std::string& instance,
                                    const std::optional<Error>& error) {
  forget_virtual(page_, name);
  const std::string whose = instance.empty() ? std::string() : fmt::format("({}) ", instance);
  if (error) {
    log_.error("{}Error removing VMAC interface {}: {}", whose, name, error->message);
  } else {
    log_.detail("{}Success removing VMAC interface {}", whose, name);
  }
}

void VirtualInterfaces::remove_all() {
  remove_others();
  timer_.disarm();
  auto names = std::exchange(superfluous_, {});
  for (const auto& [name, entry] : entries_) {
    if (entry.foreign) {
      sysctls_.release_all(name);
    } else {
      names[name] = entry.wanted.instance;
    }
  }
  std::vector<netlink::Message> afterwards;
  for (const auto& [name, entry] : entries_) {
    if (!entry.wanted.netlink_notify) continue;
    const netlink::Link* base = monitor_.link(entry.wanted.base);
    if (base != nullptr) afterwards.push_back(netlink::set_link_group(base->index, base->group));
  }
  remove(names);
  commands_.request(afterwards);
  entries_.clear();
}

void VirtualInterfaces::remove(const std::map<std::string, std::string>& names) {
  std::vector<std::string> leaving;
  std::vector<InterfaceIndex> indices;
  std::vector<netlink::Message> messages;
  for (const auto& [name, instance] : names) {
    const auto index = begin_removal(name);
    if (!index) continue;
    leaving.push_back(name);
    indices.push_back(*index);
    messages.push_back(netlink::delete_link(*index));
  }
  remove_together(indices);
  const auto outcome = commands_.request(messages);
  for (std::size_t i = 0; i < leaving.size(); ++i) {
    // Gone together with the others, as it should.
    const bool gone = outcome[i] && outcome[i]->code == ENODEV;
    end_removal(leaving[i], names.at(leaving[i]), gone ? std::nullopt : outcome[i]);
  }
}

void VirtualInterfaces::remove_together(const std::vector<InterfaceIndex>& indices) {
  if (indices.size() < 2) return;
  // A group that nobody else is in.
  std::uint32_t group = 0x10000;
  const auto taken = [&](const auto& one) { return one.second.group == group; };
  while (std::any_of(monitor_.links().begin(), monitor_.links().end(), taken)) ++group;
  std::vector<netlink::Message> messages;
  for (const InterfaceIndex index : indices) {
    messages.push_back(netlink::set_link_group(index, group));
  }
  messages.push_back(netlink::delete_link_group(group));
  commands_.request(messages);
}

}  // namespace understudy::vrrp
