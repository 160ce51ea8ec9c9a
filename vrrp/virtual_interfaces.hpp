// The interfaces that virtual routers have of their own, macvlan (use_vmac) and ipvlan
// (use_ipvlan), in the kernel: made, kept as they should be, made again, removed.
//
// What should be there is said by wire() (wiring.hpp). An interface that is there and fits is used
// as it is: a respawn or a reload touches nothing. Ours are recorded on the page, so that a
// successor removes what nobody needs any more, and nothing that others made.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"
#include "daemon/netlink/monitor.hpp"
#include "daemon/netlink/socket.hpp"
#include "daemon/run/handover.hpp"
#include "daemon/run/sysctl.hpp"
#include "vrrp/wiring.hpp"

namespace understudy::vrrp {

/// Prefix length of a link-local IPv6 address (RFC 4291 section 2.5.6).
inline constexpr std::uint8_t kLinkLocalLength = 64;

/// All virtual interfaces of the process.
class VirtualInterfaces {
 public:
  struct Handlers {
    /// The link-local IPv6 address of an interface that is not a virtual router's; empty: none.
    std::function<IpAddress(InterfaceIndex)> link_local;
    /// An interface that was hidden is so no more: look at it again.
    std::function<void(const std::string& name)> on_settled;
  };

  VirtualInterfaces(Loop& loop, Log& log, netlink::Socket& commands, netlink::Monitor& monitor,
                    run::HandoverPage& page, run::Sysctls& sysctls, Handlers handlers);

  /// These are to be there from now on. Makes what is missing, all of it before it returns when
  /// they are few or nobody waits (`at_start`), else bit by bit. The monitor's handlers are called
  /// meanwhile; not to be called from one of them.
  void make(const std::vector<VirtualLink>& links, bool at_start);
  /// Ours that make() was not told of go, bit by bit.
  void remove_others();
  /// An orderly stop: ours go, and what was changed for them is put back.
  void remove_all();

  /// Whether it is one of those make() was told of.
  [[nodiscard]] bool is_ours(const std::string& name) const { return entries_.contains(name); }
  /// The interface one of ours is made on; empty: it is none of ours.
  [[nodiscard]] std::string base_of(const std::string& name) const;
  /// Somebody deletes it, or has, and it is being made anew, or we remove it: what happens to it is
  /// nobody's business.
  [[nodiscard]] bool hides(const std::string& name) const {
    return hidden_.contains(name) || superfluous_.contains(name);
  }

  void link_changed(const netlink::Link& link, bool removed);
  void address_changed(const netlink::InterfaceAddress& address);

 private:
  struct Entry {
    VirtualLink wanted;
    /// What we made or adopted; unset: it is not there.
    InterfaceIndex index;
    /// Its link-local address, as far as we put it.
    IpAddress link_local;
    /// It was there before us and no record names it: not ours to remove.
    bool foreign = false;
    /// Said since the last success.
    bool complained = false;
    /// The interface below has got another MTU since we looked.
    bool mtu_differs = false;
    /// What the interface below had.
    std::uint32_t base_mtu = 0;
    TimePoint made_at;
    std::optional<TimePoint> not_before;
  };
  using Entries = std::vector<Entry*>;
  /// What has to be done for one to be there.
  enum class Step : std::uint8_t { wait, nothing, create, update, replace, conflict };
  /// Requests, and the entry each is for; nullptr: failure does not matter.
  struct Requests {
    std::vector<netlink::Message> messages;
    Entries entries;
    void add(Entry* entry, netlink::Message message);
  };

  [[nodiscard]] const netlink::Link* link_at(InterfaceIndex index) const;
  [[nodiscard]] InterfaceIndex root_of(const netlink::Link& base) const;
  /// The VRF a base is in; unset: none.
  [[nodiscard]] InterfaceIndex vrf_of(const netlink::Link& base) const;
  [[nodiscard]] bool fits(const Entry& entry, const netlink::Link& link,
                          const netlink::Link& base) const;
  [[nodiscard]] Step next_step(const Entry& entry) const;

  // The way to an interface that is as it should be.
  void wait_for_addresses(const Entries& entries);
  void work();
  void work_on(const Entries& entries);
  void begin(Entry& entry, Step step, Requests& requests);
  void adopt(Entry& entry, Requests& requests);
  /// One of ours that nobody needs under its name and that fits gets the name of this one.
  [[nodiscard]] bool take_over_another(const Entry& entry);
  /// Takes those whose request failed out of `entries`.
  void send(Requests& requests, Entries& entries, const char* what);
  void set_up(Entries made);
  void follow_mtu(Entry& entry, Requests& requests);
  void hold_settings(const Entry& entry);
  void allow_no_reverse_path_filter();
  void put_addresses(const Entries& entries);
  void put_link_local(Entry& entry, const netlink::Link& link, Requests& requests);
  [[nodiscard]] IpAddress wanted_link_local(const Entry& entry) const;
  void fail(Entry& entry, const std::string& text);

  void own_link_changed(Entry& entry, const netlink::Link& link, bool removed);
  void schedule(const std::string& name);
  void arm();
  void settle(const std::string& name);
  void remove_some();
  /// By name, with the instance each was made for.
  void remove(const std::map<std::string, std::string>& names);
  /// Gives back what was changed for it; the interface that is to be deleted, if it is there.
  [[nodiscard]] std::optional<InterfaceIndex> begin_removal(const std::string& name);
  /// The kernel takes its time for each interface, but hardly more for many at once.
  void remove_together(const std::vector<InterfaceIndex>& indices);
  void end_removal(const std::string& name, const std::string& instance,
                   const std::optional<Error>& error);

  Loop& loop_;
  Log& log_;
  netlink::Socket& commands_;
  netlink::Monitor& monitor_;
  run::HandoverPage& page_;
  run::Sysctls& sysctls_;
  Handlers handlers_;
  std::map<std::string, Entry> entries_;
  /// Names of entries by the interface they are made on.
  std::multimap<std::string, std::string, std::less<>> by_base_;
  std::set<std::string> due_;
  std::set<std::string> hidden_;
  /// Ours that nobody needs, and for which instance each was made as far as that is known.
  std::map<std::string, std::string> superfluous_;
  Timer timer_;
};

}  // namespace understudy::vrrp
