#include "daemon/netlink/monitor.hpp"

#include <linux/rtnetlink.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <utility>

namespace understudy::netlink {
namespace {

/// Bounded, so that a flood of notifications does not keep the loop from its other work.
constexpr unsigned kPerTurn = 32;
/// What may be queued at an overrun and is worthless after it.
constexpr unsigned kDiscardLimit = 100'000;
constexpr std::chrono::seconds kRetryAfter(1);

}  // namespace

Monitor::Monitor(Loop& loop, Log& log, Socket& commands, Socket events, Handlers handlers)
    : log_(log),
      commands_(commands),
      events_(std::move(events)),
      handlers_(std::move(handlers)),
      loop_(loop),
      retry_(loop, [this] { resynchronise(); }) {}

Result<std::unique_ptr<Monitor>> Monitor::start(Loop& loop, Log& log, Socket& commands,
                                                Handlers handlers) {
  // Subscribed before the dump, so that nothing falls in between.
  constexpr std::array groups{RTNLGRP_LINK + 0, RTNLGRP_IPV4_IFADDR + 0, RTNLGRP_IPV6_IFADDR + 0};
  auto events = Socket::open(groups);
  if (!events) return events.error();
  std::unique_ptr<Monitor> monitor(
      new Monitor(loop, log, commands, std::move(*events), std::move(handlers)));
  auto read = monitor->read_all(monitor->links_, monitor->addresses_);
  if (!read) return read.error();
  for (const auto& [index, link] : monitor->links_) monitor->names_[link.name] = index;
  monitor->watch_ =
      std::make_unique<Watch>(loop, monitor->events_.fd(), EPOLLIN,
                              [self = monitor.get()](std::uint32_t) { self->catch_up(kPerTurn); });
  return monitor;
}

Monitor::Key Monitor::key_of(const InterfaceAddress& address) {
  return {address.index, address.address, address.prefix_length};
}

Result<void> Monitor::read_all(Links& links, Addresses& addresses) {
  const auto link_part = [&links](ByteView message) {
    const auto decoded = decode_link(message);
    if (decoded) links[decoded->link.index] = decoded->link;
  };
  auto done = commands_.dump(
      dump_links(), [&links] { links.clear(); }, link_part);
  if (!done) return done;
  const auto address_part = [this, &addresses](ByteView message) {
    const auto decoded = decode_address(message);
    if (decoded) addresses.emplace(decoded->address, next_order_++);
  };
  return commands_.dump(
      dump_addresses(), [&addresses] { addresses.clear(); }, address_part);
}

const Link* Monitor::link(const std::string& name) const {
  const auto named = names_.find(name);
  if (named == names_.end()) return nullptr;
  const auto found = links_.find(named->second);
  return found == links_.end() ? nullptr : &found->second;
}

std::vector<InterfaceAddress> Monitor::addresses(InterfaceIndex index) const {
  std::vector<const Entry*> entries;
  for (auto at = addresses_.lower_bound(Key{index, {}, 0});
       at != addresses_.end() && at->index == index; ++at) {
    entries.push_back(&*at);
  }
  std::ranges::sort(entries, {}, &Entry::order);
  std::vector<InterfaceAddress> result;
  result.reserve(entries.size());
  for (const Entry* entry : entries) result.push_back(*entry);
  return result;
}

const InterfaceAddress* Monitor::find(InterfaceIndex index, const IpAddress& address,
                                      std::uint8_t prefix_length) const {
  const auto found = addresses_.find(Key{index, address, prefix_length});
  return found == addresses_.end() ? nullptr : &*found;
}

void Monitor::catch_up(unsigned limit) {
  for (unsigned i = 0; i < limit; ++i) {
    const auto left = events_.receive([this](ByteView message) { take(message); });
    if (left == Socket::Left::nothing) return;
    if (left == Socket::Left::overrun) return resynchronise();
  }
}

void Monitor::take(ByteView message) {
  if (const auto link = decode_link(message)) return take_link(*link);
  const auto address = decode_address(message);
  if (!address) return;
  take_address(address->address, address->removed, address->origin_port == commands_.port());
}

void Monitor::take_link(const LinkMessage& message) {
  const auto known = links_.find(message.link.index);
  if (message.removed) {
    if (known == links_.end()) return;
    links_.erase(known);
    forget_name(message.link);
  } else {
    if (known != links_.end() && known->second == message.link) return;
    if (known != links_.end() && known->second.name != message.link.name) {
      // Who uses the old name has lost the interface.
      const Link before = std::exchange(known->second, message.link);
      forget_name(before);
      handlers_.on_link(before, true);
    }
    links_.insert_or_assign(message.link.index, message.link);
    names_[message.link.name] = message.link.index;
  }
  handlers_.on_link(message.link, message.removed);
}

void Monitor::forget_name(const Link& link) {
  const auto named = names_.find(link.name);
  // Another interface may have taken the name already.
  if (named != names_.end() && named->second == link.index) names_.erase(named);
}

void Monitor::take_address(const InterfaceAddress& address, bool removed, bool ours) {
  const auto known = addresses_.find(key_of(address));
  if (removed) {
    if (known != addresses_.end()) addresses_.erase(known);
  } else if (known != addresses_.end()) {
    if (*known == address) return;
    auto node = addresses_.extract(known);
    static_cast<InterfaceAddress&>(node.value()) = address;
    addresses_.insert(std::move(node));
  } else {
    addresses_.emplace(address, next_order_++);
  }
  handlers_.on_address(address, removed, ours);
}

void Monitor::resynchronise() {
  log_.info("Netlink: Receive buffer overrun on monitor socket - reading everything again");
  // What is queued is older than the dump that follows.
  for (unsigned i = 0; i < kDiscardLimit; ++i) {
    if (events_.receive([](ByteView) {}) == Socket::Left::nothing) break;
  }
  Links links;
  Addresses addresses;
  const auto done = read_all(links, addresses);
  if (!done) {
    log_.error("Netlink: cannot read links and addresses: {}", done.error().message);
    retry_.arm(loop_.now() + kRetryAfter);
    return;
  }
  apply_difference(links, addresses);
}

void Monitor::apply_difference(const Links& links, const Addresses& addresses) {
  const Links old_links = links_;
  std::vector<InterfaceAddress> gone;
  for (const Entry& entry : addresses_) {
    if (!addresses.contains(entry)) gone.push_back(entry);
  }
  for (const InterfaceAddress& address : gone) take_address(address, true, false);
  for (const auto& [index, link] : old_links) {
    if (!links.contains(index)) take_link({true, link});
  }
  for (const auto& [index, link] : links) take_link({false, link});
  std::vector<const Entry*> in_order;
  for (const Entry& entry : addresses) in_order.push_back(&entry);
  std::ranges::sort(in_order, {}, &Entry::order);
  for (const Entry* entry : in_order) take_address(*entry, false, false);
}

}  // namespace understudy::netlink
