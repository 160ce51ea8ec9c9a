#include "vrrp/transport.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "vrrp/handover_record.hpp"
#include "vrrp/hmac.hpp"
#include "vrrp/reception.hpp"
#include "vrrp/wiring.hpp"

namespace understudy::vrrp {
namespace {

/// Adverts read before timers have their turn again.
constexpr unsigned kPerTurn = 64;
/// What is no instance's is complained of so often, per interface.
constexpr std::chrono::seconds kComplaintInterval(10);
/// Adverts of a thousand routers while the process is busy.
constexpr unsigned kRoom = 1024 * 1024;

/// In place of an errno: the system's policy forbids the digest (MD5, where it has to be FIPS).
constexpr int kCannotAuthenticate = -1;

std::uint64_t clock_now() { return hmac_clock(std::chrono::system_clock::now()); }

}  // namespace

Transport::Transport(Loop& loop, Log& log, run::HandoverPage& page, const netlink::Monitor& monitor,
                     OnAdvert on_advert)
    : loop_(loop), log_(log), page_(page), monitor_(monitor), on_advert_(std::move(on_advert)) {}

void Transport::configure(const GlobalConfig& global) {
  log_unknown_ = global.log_unknown_vrids;
  if (std::exchange(buffers_, global.vrrp_rx_bufs) == global.vrrp_rx_bufs) return;
  for (auto& entry : ports_) resize(entry);
}

// ---- Where instances listen

Transport::Place Transport::place_of(const InstanceConfig& config) {
  const std::string& interface = advert_interface(config);
  return {interface.empty() ? config.unicast->vrf : interface, config.family,
          config.authentication == Authentication::ah ? kIpProtocolAh : kIpProtocolVrrp};
}

void Transport::attach(Instance& instance) {
  const InstanceConfig& config = instance.config();
  auto& entry = *ports_.try_emplace(place_of(config)).first;
  Port& port = entry.second;
  const auto after = std::ranges::upper_bound(port.listeners, config.vrid, {}, &Listener::vrid);
  port.listeners.insert(after, Listener{config.vrid, &instance});
  if (!port.socket) {
    open(entry);
    return;
  }
  join(entry.first, port, config);
  resize(entry);
}

void Transport::detach(const Instance& instance, const InstanceConfig& config) {
  const auto found = ports_.find(place_of(config));
  if (found == ports_.end()) return;
  Port& port = found->second;
  std::erase_if(port.listeners, [&](const Listener& one) { return one.instance == &instance; });
  if (port.listeners.empty()) {
    close(port);
    ports_.erase(found);
    return;
  }
  if (!port.socket) return;
  if (!config.is_unicast()) port.socket->leave(config.mcast_group);
  resize(*found);
}

void Transport::reattach(Instance& instance, const InstanceConfig& before) {
  const InstanceConfig& config = instance.config();
  const bool same = place_of(config) == place_of(before) && config.vrid == before.vrid &&
                    config.mcast_group == before.mcast_group &&
                    config.is_unicast() == before.is_unicast();
  if (same) {
    resize(*ports_.find(place_of(config)));
    return;
  }
  // The new place first: a socket that serves both stays open.
  attach(instance);
  const Place place = place_of(before);
  if (place != place_of(config)) {
    detach(instance, before);
    return;
  }
  Port& port = ports_.find(place)->second;
  const auto twice = std::ranges::find_if(port.listeners, [&](const Listener& one) {
    return one.instance == &instance && one.vrid == before.vrid;
  });
  port.listeners.erase(twice);
  if (port.socket && !before.is_unicast()) port.socket->leave(before.mcast_group);
}

void Transport::link_changed(const netlink::Link& link, bool removed) {
  std::vector<Ports::value_type*> missing;
  for (auto at = ports_.lower_bound(Place{link.name, Family::none, 0});
       at != ports_.end() && at->first.device == link.name; ++at) {
    Port& port = at->second;
    // The news of an old interface must not take the socket of its successor.
    if (removed && port.index != link.index) continue;
    const bool usable = !removed && can_hear(at->first, link);
    if (usable && port.index == link.index && port.socket) continue;
    close(port);
    if (usable) missing.push_back(&*at);
  }
  // When the last of the old sockets has left a group it must not be one that a new one has joined.
  for (Ports::value_type* entry : missing) open(*entry);
}

/// Without IPv6 an interface is in no groups, and forgets those that sockets are in.
bool Transport::can_hear(const Place& place, const netlink::Link& link) {
  return place.family != Family::ipv6 || link.mtu >= netlink::kLeastIpv6Mtu;
}

void Transport::open(Ports::value_type& entry) {
  auto& [place, port] = entry;
  if (!place.device.empty()) {
    const netlink::Link* link = monitor_.link(place.device);
    if (link == nullptr || !can_hear(place, *link)) return;
    port.index = link->index;
  }
  auto socket = ListeningSocket::open(place.family, place.protocol, place.device, port.index);
  if (!socket) {
    log_.error("{}: {}", place.device, socket.error().message);
    return;
  }
  port.socket.emplace(std::move(*socket));
  for (const Listener& listener : port.listeners) join(place, port, listener.instance->config());
  resize(entry);
  port.watch = std::make_unique<Watch>(loop_, port.socket->fd(), EPOLLIN,
                                       [this, &entry](std::uint32_t) { drain(entry, kPerTurn); });
}

void Transport::close(Port& port) {
  port.watch.reset();
  port.socket.reset();
  port.index = InterfaceIndex();
}

void Transport::join(const Place& place, Port& port, const InstanceConfig& config) {
  if (config.is_unicast()) return;
  const auto done = port.socket->join(config.mcast_group);
  if (done) return;
  log_.error("{}: {} ({})", place.device, done.error().message, config.mcast_group.to_string());
}

unsigned Transport::room_for(const InstanceConfig& config) const {
  using Policy = VrrpReceiveBuffers::Policy;
  if (config.kernel_rx_buf_size != 0) return config.kernel_rx_buf_size;
  switch (buffers_.policy) {
    case Policy::octets:
      return buffers_.octets;
    case Policy::advert:
      return buffers_.multiplier * static_cast<unsigned>(advert_size(config));
    case Policy::mtu: {
      const netlink::Link* link = monitor_.link(advert_interface(config));
      return link == nullptr ? 0 : buffers_.multiplier * link->mtu;
    }
    case Policy::system:
      break;
  }
  return 0;
}

void Transport::resize(Ports::value_type& entry) {
  auto& [place, port] = entry;
  if (!port.socket) return;
  unsigned room = 0;
  for (const Listener& listener : port.listeners) room += room_for(listener.instance->config());
  const auto done = port.socket->set_room(room == 0 ? kRoom : room);
  if (!done) log_.error("{}: {}", place.device, done.error().message);
}

// ---- In

bool Transport::drain(const Instance& instance, unsigned limit) {
  const auto found = ports_.find(place_of(instance.config()));
  return found != ports_.end() && drain(*found, limit);
}

bool Transport::drain(Ports::value_type& entry, unsigned limit) {
  if (!entry.second.socket) return false;
  return entry.second.socket->receive(limit,
                                      [&](const HeardPacket& packet) { on_packet(entry, packet); });
}

void Transport::on_packet(Ports::value_type& entry, const HeardPacket& packet) {
  auto& [place, port] = entry;
  const auto datagram =
      place.family == Family::ipv4
          ? read_ipv4(packet.octets)
          : read_ipv6(packet.octets, packet.source, packet.destination, packet.hop_limit);
  if (!datagram) {
    if (may_complain(port, 0)) log_.info("{}: {}", place.device, datagram.error().message);
    return;
  }
  Instance* instance = find(port, *datagram);
  if (instance != nullptr) {
    take(*instance, *datagram);
  } else {
    unknown(entry, *datagram);
  }
}

/// One that is alone with its VRID decides itself what to make of the packet. Of several unicast
/// routers it is the one that has the sender as its peer and the destination as its source.
Instance* Transport::find(const Port& port, const Datagram& datagram) {
  const VirtualRouterId vrid = pdu_vrid(datagram.pdu);
  const auto first = std::ranges::lower_bound(port.listeners, vrid, {}, &Listener::vrid);
  const auto last = std::ranges::upper_bound(port.listeners, vrid, {}, &Listener::vrid);
  Instance* found = nullptr;
  int best = last - first == 1 ? -1 : 0;
  for (auto listener = first; listener != last; ++listener) {
    const InstanceConfig& config = listener->instance->config();
    if (!config.is_unicast() && datagram.multicast()) {
      // Another pair may use our number on another group that we hear too.
      if (config.mcast_group == datagram.destination) return listener->instance;
      continue;
    }
    const bool peer = std::ranges::find(config.unicast->peers, datagram.source,
                                        &UnicastPeer::address) != config.unicast->peers.end();
    const bool own = listener->instance->source == datagram.destination;
    const int fit = (peer ? 2 : 0) + (own ? 1 : 0);
    if (fit > best) found = listener->instance;
    best = std::max(best, fit);
  }
  return found;
}

void Transport::take(Instance& instance, const Datagram& datagram) {
  const InstanceConfig& config = instance.config();
  const std::uint64_t clock = config.hmac->used() ? clock_now() : 0;
  auto outcome = examine(datagram, config, instance.wire, clock);
  if (const auto* rejection = std::get_if<Rejection>(&outcome)) {
    if (instance.wire.refused(rejection->reason)) log_.info("{}", rejection->text);
    return;
  }
  auto& reception = std::get<Reception>(outcome);
  if (!reception.notice.empty()) log_.info("{}", reception.notice);
  if (reception.sender != nullptr) {
    const auto place = reception.sender - instance.wire.senders.all().data();
    page_.write(sender_key(config, static_cast<std::size_t>(place)), *reception.sender);
  }
  const bool follows = instance.machine.state() == RouterState::backup;
  if (follows && datagram.source != instance.machine.master()) instance.wire.complaints = 0;
  on_advert_(instance, AdvertReceived{datagram.source, std::move(reception.advert)});
}

void Transport::unknown(Ports::value_type& entry, const Datagram& datagram) {
  const std::uint8_t vrid = pdu_vrid(datagram.pdu).value();
  const bool known = std::ranges::binary_search(entry.second.listeners, VirtualRouterId(vrid), {},
                                                &Listener::vrid);
  if (!log_unknown_ || known || !may_complain(entry.second, vrid)) return;
  log_.info("Unknown VRID({}) received on interface({}) from {}. ignoring...", vrid,
            entry.first.device, datagram.source.to_string());
}

bool Transport::may_complain(Port& port, std::uint8_t subject) {
  const TimePoint now = loop_.now();
  const auto [at, first] = port.complaints.try_emplace(subject, now);
  if (!first && now - at->second < kComplaintInterval) return false;
  at->second = now;
  return true;
}

// ---- Out

SendingSocket* Transport::sender(Family family) {
  auto& slot = senders_[family == Family::ipv6 ? 1 : 0];
  if (!slot) {
    auto socket = SendingSocket::open(family);
    if (!socket) {
      log_.error("cannot send adverts: {}", socket.error().message);
      return nullptr;
    }
    slot.emplace(std::move(*socket));
  }
  return &*slot;
}

void Transport::send(Instance& instance, Priority priority) {
  const InstanceConfig& config = instance.config();
  const auto port = ports_.find(place_of(config));
  if (instance.source.empty() || port == ports_.end() || !port->second.socket) return;
  // The kernel would choose an identification in place of 0.
  if (++instance.packet_id == 0) ++instance.packet_id;
  instance.last_advert = loop_.now();
  take_sequences(config, instance.wire.authentication, signs(*config.hmac) ? clock_now() : 0);
  write_record(page_, instance);
  OutgoingAdvert advert(config, instance.wire.authentication, instance.source, priority);
  const InterfaceIndex index = port->second.index;
  IpAddress failed;
  int error = 0;
  if (!config.is_unicast()) {
    error = send_to(instance, advert, config.mcast_group, index);
  }
  for (const UnicastPeer& peer : config.unicast->peers) {
    const int one = send_to(instance, advert, peer.address, index);
    if (one == 0 || error != 0) continue;
    error = one;
    failed = peer.address;
  }
  if (error != instance.send_error) tell_failure(instance, priority, error, failed);
}

int Transport::send_to(Instance& instance, OutgoingAdvert& advert, const IpAddress& destination,
                       InterfaceIndex index) {
  const InstanceConfig& config = instance.config();
  SendingSocket* socket = sender(config.family);
  if (socket == nullptr) return EBADF;
  const auto packet = advert.to(destination, instance.packet_id);
  if (!packet) return kCannotAuthenticate;
  Departure departure{instance.source, destination, index, {}};
  if (config.is_unicast()) departure.hop_limit = sent_ttl(config);
  return socket->send(*packet, departure);
}

/// `peer`: of a unicast instance the first that could not be sent to.
void Transport::tell_failure(Instance& instance, Priority priority, int error,
                             const IpAddress& peer) {
  // That we leave because the link is gone cannot be told.
  if (priority == kLeavingPriority && error == ENETUNREACH) return;
  instance.send_error = error;
  const std::string& name = instance.config().name;
  if (error == 0) {
    log_.info("({}) adverts can be sent again", name);
  } else if (error == kCannotAuthenticate) {
    log_.error("({}) no adverts are sent: OpenSSL cannot make their digest", name);
  } else if (!peer.empty()) {
    log_.error("({}) Cant send advert to {} ({})", name, peer.to_string(), std::strerror(error));
  } else {
    log_.error("({}): send advert error {} ({})", name, error, std::strerror(error));
  }
}

}  // namespace understudy::vrrp
