#include "vrrp/link_watch.hpp"

#include <utility>

namespace understudy::vrrp {

LinkWatch::LinkWatch(Loop& loop, Log& log, const netlink::Monitor& monitor, OnFact on_fact)
    : loop_(loop), log_(log), monitor_(monitor), on_fact_(std::move(on_fact)), timer_(loop, [this] {
        tell(delays_.expire(loop_.now()));
      }) {}

void LinkWatch::configure(const std::vector<InterfaceDelay>& delays,
                          const std::vector<LinkbeatInterface>& polled) {
  LinkNews news = delays_.configure(delays, loop_.now());
  for (const InterfaceDelay& delay : delays) {
    const netlink::Link* link = monitor_.link(delay.interface);
    if (link == nullptr || !delays_.told(delay.interface)) continue;
    const auto known = delays_.observe(delay.interface, link->up(), loop_.now());
    news.changes.insert(news.changes.end(), known.changes.begin(), known.changes.end());
  }
  if (!linkbeat_ || linkbeat_->interfaces() != polled) {
    linkbeat_.reset();
    const auto before = std::exchange(polled_, {});
    for (const LinkbeatInterface& one : polled) {
      polled_.insert(one.interface);
      // Until the first answer it is what the kernel says.
      const netlink::Link* link = monitor_.link(one.interface);
      if (!before.contains(one.interface) && link != nullptr && link->up()) {
        beating_.insert(one.interface);
      }
    }
    std::erase_if(beating_, [this](const std::string& name) { return !polled_.contains(name); });
    for (const std::string& name : before) {
      if (!polled_.contains(name)) news.changes.push_back({name, up(name)});
    }
    if (!polled.empty()) {
      linkbeat_ = std::make_unique<Linkbeat>(
          loop_, log_, polled, [this](const std::string& name, bool up) { take_beat(name, up); });
    }
  }
  tell(news);
}

void LinkWatch::changed(const netlink::Link& link, bool removed) {
  if (polled_.contains(link.name)) {
    if (removed) take_beat(link.name, false);
    return;
  }
  tell(removed ? delays_.vanished(link.name) : delays_.observe(link.name, link.up(), loop_.now()));
}

bool LinkWatch::up(const std::string& interface) const {
  if (polled_.contains(interface)) return beating_.contains(interface);
  if (const auto told = delays_.told(interface)) return *told;
  const netlink::Link* link = monitor_.link(interface);
  return link != nullptr && link->up();
}

void LinkWatch::take_beat(const std::string& interface, bool up) {
  if (beating_.contains(interface) == up) return;
  if (up) {
    beating_.insert(interface);
  } else {
    beating_.erase(interface);
  }
  log_.info("Linkbeat reports {} {}", interface, up ? "up" : "down");
  on_fact_(interface, up);
}

void LinkWatch::tell(const LinkNews& news) {
  for (const auto& line : news.lines) log_.info("{}", line);
  timer_.arm(delays_.deadline());
  for (const auto& [interface, up] : news.changes) on_fact_(interface, up);
}

}  // namespace understudy::vrrp
