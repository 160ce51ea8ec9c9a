// Hears every frame of an interface, like tcpdump.
#pragma once

#include <vector>

#include "daemon/base/bytes.hpp"
#include "daemon/base/fd.hpp"
#include "daemon/base/types.hpp"
#include "tests/support/network_namespace.hpp"

/// A packet socket on eth0 of a namespace; keeps what it hears from its construction on. Frames
/// that leave are not heard, only those that arrive.
class Sniffer {
 public:
  Sniffer(const NamespacePair& network, char which);
  /// Frames that have arrived since the last call, Ethernet header first.
  std::vector<understudy::Bytes> take();
  /// Of those, IPv4 packets of protocol 112, IP header first, without padding.
  std::vector<understudy::Bytes> take_adverts();
  /// When each advert arrived, by the kernel's clock; adverts only.
  std::vector<understudy::TimePoint> take_timed();
  /// take_timed() leaves out adverts of other virtual routers.
  void only_vrid(std::uint8_t vrid) { vrid_ = vrid; }
  /// Of those, the ARP packets.
  std::vector<understudy::Bytes> take_arps();

 private:
  struct Heard {
    understudy::Bytes frame;
    understudy::TimePoint when;
  };
  std::vector<Heard> hear();

  understudy::Fd fd_;
  std::uint8_t vrid_ = 51;
};
