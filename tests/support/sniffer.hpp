// Hears every frame of an interface, like tcpdump.
#pragma once

#include <vector>

#include "daemon/base/bytes.hpp"
#include "daemon/base/fd.hpp"
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
  /// Of those, the ARP packets.
  std::vector<understudy::Bytes> take_arps();

 private:
  understudy::Fd fd_;
};
