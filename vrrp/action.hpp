// What a virtual router wants done. Values, compared in tests; the executor carries them out in
// order.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "daemon/base/address.hpp"
#include "daemon/base/types.hpp"

namespace understudy::vrrp {

/// Send one advert with this priority (0: leaving).
struct SendAdvert {
  Priority priority;
  bool operator==(const SendAdvert&) const = default;
};

/// Put all virtual addresses (and excluded ones) of the machine's configuration on their
/// interfaces, and take away those an earlier configuration of this machine put there.
struct AddAddresses {
  bool operator==(const AddAddresses&) const = default;
};

/// Take them away.
struct RemoveAddresses {
  bool operator==(const RemoveAddresses&) const = default;
};

/// Put one address back that somebody deleted.
struct RestoreAddress {
  IpAddress address;
  bool operator==(const RestoreAddress&) const = default;
};

/// Announce addresses `repeat` times each by gratuitous ARP or unsolicited NA.
struct Announce {
  unsigned repeat = 0;
  /// Which; empty: all of the instance's, virtual and excluded.
  std::vector<IpAddress> only;
  bool operator==(const Announce&) const = default;
};

/// Announce one address of each interface that garp_extra_if is about, so that switches know where
/// its hardware address is.
struct AnnounceInterfaces {
  bool operator==(const AnnounceInterfaces&) const = default;
};

/// Announcements not yet sent are dropped: mastership is lost.
struct CancelAnnouncements {
  bool operator==(const CancelAnnouncements&) const = default;
};

/// Tell scripts, FIFOs and mail of a state (RouterState::stop for a leaving router).
struct Notify {
  enum class News : std::uint8_t {
    /// `state` was entered, or is affirmed after two routers were master.
    state,
    /// The priority changed within `state` (notify_priority_changes): the FIFO hears of it as
    /// STATE_PRIORITY, scripts and mail do not.
    priority,
    /// A master heard a lesser one (notify_master_rx_lower_pri).
    lesser_master,
    /// A reload removed the instance, and the configuration wants that told as such
    /// (notify_deleted).
    deleted,
    /// Nothing changed; the FIFO is told the state again (fifo_write_vrrp_states_on_reload).
    reminder,
  };
  RouterState state = RouterState::init;
  /// Effective priority, for scripts and FIFO lines; 0 for a sync group.
  Priority priority;
  /// The configuration wants mail, and for this state.
  bool mail = false;
  News news = News::state;
  bool operator==(const Notify&) const = default;
};

/// A line for the log, without the time.
struct LogLine {
  std::string text;
  /// Only with --log-detail.
  bool detail = false;
  bool operator==(const LogLine&) const = default;
};

using Action = std::variant<SendAdvert, AddAddresses, RemoveAddresses, RestoreAddress, Announce,
                            AnnounceInterfaces, CancelAnnouncements, Notify, LogLine>;
using Actions = std::vector<Action>;

}  // namespace understudy::vrrp
