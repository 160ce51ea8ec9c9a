// How virtual interfaces go: those nobody needs, and all of them at an orderly stop.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "daemon/netlink/link_request.hpp"
#include "vrrp/virtual_interfaces.hpp"
#include "vrrp/virtual_record.hpp"

namespace understudy::vrrp {

void VirtualInterfaces::remove_others() {
  for_each_recorded(page_, [this](const std::string& name) {
    if (!is_ours(name)) superfluous_.try_emplace(name);
  });
  arm();
}

void VirtualInterfaces::remove_one() {
  if (superfluous_.empty()) return;
  const auto one = superfluous_.extract(superfluous_.begin());
  const auto message = begin_removal(one.key());
  if (!message) return;
  const std::array request{*message};
  end_removal(one.key(), one.mapped(), commands_.request(request)[0]);
}

std::optional<netlink::Message> VirtualInterfaces::begin_removal(const std::string& name) {
  sysctls_.release_all(name);
  const netlink::Link* link = monitor_.link(name);
  // Somebody may have given the name to something else.
  if (link != nullptr && link->is_virtual()) return netlink::delete_link(link->index);
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
  std::vector<std::string> leaving;
  std::vector<netlink::Message> messages;
  std::vector<netlink::Message> afterwards;
  for (const auto& [name, instance] : names) {
    auto message = begin_removal(name);
    if (!message) continue;
    leaving.push_back(name);
    messages.push_back(std::move(*message));
    const auto entry = entries_.find(name);
    if (entry == entries_.end() || !entry->second.wanted.netlink_notify) continue;
    const netlink::Link* base = monitor_.link(entry->second.wanted.base);
    if (base != nullptr) afterwards.push_back(netlink::set_link_group(base->index, base->group));
  }
  const auto outcome = commands_.request(messages);
  for (std::size_t i = 0; i < leaving.size(); ++i) {
    end_removal(leaving[i], names[leaving[i]], outcome[i]);
  }
  commands_.request(afterwards);
  entries_.clear();
}

}  // namespace understudy::vrrp
