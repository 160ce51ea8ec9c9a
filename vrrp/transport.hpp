// The way of adverts in and out: sockets, and which virtual router a packet is for.
//
// One listening socket serves all virtual routers of an interface, address family and IP protocol
// (VRRP or AH), multicast and unicast alike; unicast without interface listens on all interfaces,
// or on those of a VRF. One socket per family sends for all. A packet is for the instance of its
// VRID, family and protocol there that expects its cast: multicast by the group, unicast by the
// peer.
#pragma once

#include <chrono>
#include <compare>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"
#include "daemon/global/config.hpp"
#include "daemon/netlink/monitor.hpp"
#include "daemon/run/handover.hpp"
#include "vrrp/advert_socket.hpp"
#include "vrrp/datagram.hpp"
#include "vrrp/instance.hpp"
#include "vrrp/outgoing.hpp"

namespace understudy::vrrp {

/// Sends and receives the adverts of all virtual routers.
class Transport {
 public:
  /// Called with each advert that is well-formed, meant for the instance, and authenticated.
  using OnAdvert = std::function<void(Instance&, AdvertReceived&&)>;

  Transport(Loop& loop, Log& log, run::HandoverPage& page, const netlink::Monitor& monitor,
            OnAdvert on_advert);

  /// Takes over what global_defs say of reception: buffers, unknown VRIDs. Before the first
  /// attach(), and at a reload after the last.
  void configure(const GlobalConfig& global);
  /// The instance sends and listens from now on.
  void attach(Instance& instance);
  /// It does not any more. `config` is what it was attached with.
  void detach(const Instance& instance, const InstanceConfig& config);
  /// The instance's configuration is another than `before`, with which it was attached.
  void reattach(Instance& instance, const InstanceConfig& before);
  /// An interface came, went, or is another of the same name.
  void link_changed(const netlink::Link& link, bool removed);
  /// Reads at most `limit` adverts that wait where the instance listens; true when there may be
  /// more.
  bool drain(const Instance& instance, unsigned limit);
  /// Sends one advert with this priority, after what a successor must know is on the page.
  void send(Instance& instance, Priority priority);

 private:
  /// What is listened to.
  struct Place {
    /// Interface or VRF; empty: any interface.
    std::string device;
    Family family = Family::ipv4;
    std::uint8_t protocol = kIpProtocolVrrp;
    auto operator<=>(const Place&) const = default;
  };
  /// An instance where it listens.
  struct Listener {
    VirtualRouterId vrid;
    Instance* instance = nullptr;
  };
  /// Who listens at a place, and with what.
  struct Port {
    InterfaceIndex index;
    std::optional<ListeningSocket> socket;
    std::unique_ptr<Watch> watch;
    /// By VRID.
    std::vector<Listener> listeners;
    /// When something was last complained of that is no instance's, by VRID; 0: malformed packets.
    std::map<std::uint8_t, TimePoint> complaints;
  };
  using Ports = std::map<Place, Port>;

  static Place place_of(const InstanceConfig& config);
  void open(Ports::value_type& entry);
  void close(Port& port);
  [[nodiscard]] static bool can_hear(const Place& place, const netlink::Link& link);
  void resize(Ports::value_type& entry);
  [[nodiscard]] unsigned room_for(const InstanceConfig& config) const;
  void join(const Place& place, Port& port, const InstanceConfig& config);
  bool drain(Ports::value_type& entry, unsigned limit);
  void on_packet(Ports::value_type& entry, const HeardPacket& packet);
  static Instance* find(const Port& port, const Datagram& datagram);
  void take(Instance& instance, const Datagram& datagram);
  void unknown(Ports::value_type& entry, const Datagram& datagram);
  bool may_complain(Port& port, std::uint8_t subject);

  SendingSocket* sender(Family family);
  int send_to(Instance& instance, OutgoingAdvert& advert, const IpAddress& destination,
              InterfaceIndex index);
  void tell_failure(Instance& instance, Priority priority, int error, const IpAddress& destination);

  Loop& loop_;
  Log& log_;
  run::HandoverPage& page_;
  const netlink::Monitor& monitor_;
  OnAdvert on_advert_;
  VrrpReceiveBuffers buffers_;
  bool log_unknown_ = false;
  Ports ports_;
  std::optional<SendingSocket> senders_[2];
};

}  // namespace understudy::vrrp
