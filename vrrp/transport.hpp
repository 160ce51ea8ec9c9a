// The way of adverts in and out: sockets, and which virtual router a packet is for.
//
// Interfaces (interfaces.hpp) knows what the kernel says of interfaces; Transport has a socket for
// each that a virtual router sends and listens on. One socket serves all routers of an interface.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"
#include "daemon/run/handover.hpp"
#include "vrrp/datagram.hpp"
#include "vrrp/instance.hpp"
#include "vrrp/interfaces.hpp"
#include "vrrp/socket.hpp"

namespace understudy::vrrp {

/// Sends and receives the adverts of all virtual routers.
class Transport {
 public:
  /// Called with each advert that is well-formed, meant for the instance, and authenticated.
  using OnAdvert = std::function<void(Instance&, const AdvertReceived&)>;

  Transport(Loop& loop, Log& log, run::HandoverPage& page, Interfaces& interfaces,
            OnAdvert on_advert);

  /// The instance sends and listens from now on. Its interface is attached before.
  void attach(Instance& instance);
  /// It does not any more. `config` is what it was attached with.
  void detach(const InstanceConfig& config);
  /// The instance's configuration is another than `before`, with which it was attached.
  void reattach(Instance& instance, const InstanceConfig& before);
  /// The interface came, went, or is another of the same name.
  void interface_changed(const Interface& interface);
  /// Reads at most `limit` adverts that wait where the instance listens; true when there may be
  /// more.
  bool drain(const Instance& instance, unsigned limit);
  /// Sends one advert with this priority, after what a successor must know is on the page.
  void send(Instance& instance, Priority priority);

 private:
  /// Where adverts of an interface come and go.
  struct Port {
    std::string name;
    InterfaceIndex index;
    std::unique_ptr<AdvertSocket> socket;
    std::unique_ptr<Watch> watch;
    /// Which groups are wanted, and by how many.
    std::map<IpAddress, unsigned> groups;
    /// Instances by virtual router identifier; nullptr: none of ours.
    std::array<Instance*, 256> instances{};
    /// When a malformed packet was last complained of.
    TimePoint complained;
  };

  void open(Port& port, InterfaceIndex index);
  void join(Port& port, const IpAddress& group);
  static void leave(Port& port, const IpAddress& group);
  bool drain(Port& port, unsigned limit);
  void on_packet(Port& port, ByteView packet);
  void send_failed(Instance& instance, int error);

  Loop& loop_;
  Log& log_;
  run::HandoverPage& page_;
  Interfaces& interfaces_;
  OnAdvert on_advert_;
  /// By interface name.
  std::map<std::string, std::unique_ptr<Port>> ports_;
};

}  // namespace understudy::vrrp
