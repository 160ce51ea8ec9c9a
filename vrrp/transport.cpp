#include "vrrp/transport.hpp"

#include <sys/epoll.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "vrrp/handover_record.hpp"
#include "vrrp/hmac.hpp"
#include "vrrp/outgoing.hpp"
#include "vrrp/reception.hpp"

namespace understudy::vrrp {
namespace {

/// Adverts read before timers have their turn again.
constexpr unsigned kPerTurn = 64;
/// Malformed packets are complained of so often, per interface.
constexpr std::chrono::seconds kComplaintInterval(10);

}  // namespace

Transport::Transport(Loop& loop, Log& log, run::HandoverPage& page, Interfaces& interfaces,
                     OnAdvert on_advert)
    : loop_(loop),
      log_(log),
      page_(page),
      interfaces_(interfaces),
      on_advert_(std::move(on_advert)) {}

// ---- Sockets

void Transport::attach(Instance& instance) {
  const InstanceConfig& config = instance.config();
  auto& port = ports_[config.interface];
  if (!port) {
    port = std::make_unique<Port>();
    port->name = config.interface;
    const InterfaceIndex index = interfaces_.of(config).index;
    if (index != InterfaceIndex()) open(*port, index);
  }
  port->instances[config.vrid.value()] = &instance;
  if (port->groups[config.mcast_group]++ == 0) join(*port, config.mcast_group);
}

void Transport::detach(const InstanceConfig& config) {
  const auto found = ports_.find(config.interface);
  if (found == ports_.end()) return;
  Port& port = *found->second;
  port.instances[config.vrid.value()] = nullptr;
  leave(port, config.mcast_group);
  if (port.groups.empty()) ports_.erase(found);
}

void Transport::reattach(Instance& instance, const InstanceConfig& before) {
  const IpAddress& group = instance.config().mcast_group;
  if (group == before.mcast_group) return;
  Port& port = *ports_.at(instance.config().interface);
  if (port.groups[group]++ == 0) join(port, group);
  leave(port, before.mcast_group);
}

void Transport::interface_changed(const Interface& interface) {
  const auto found = ports_.find(interface.name);
  if (found == ports_.end()) return;
  Port& port = *found->second;
  if (port.index == interface.index && port.socket) return;
  port.watch.reset();
  port.socket.reset();
  port.index = interface.index;
  if (interface.index != InterfaceIndex()) open(port, interface.index);
}

void Transport::open(Port& port, InterfaceIndex index) {
  port.index = index;
  auto socket = AdvertSocket::open(port.name, index);
  if (!socket) {
    log_.error("{}: {}", port.name, socket.error().message);
    return;
  }
  port.socket = std::make_unique<AdvertSocket>(std::move(*socket));
  for (const auto& [group, count] : port.groups) join(port, group);
  port.watch = std::make_unique<Watch>(loop_, port.socket->fd(), EPOLLIN,
                                       [this, at = &port](std::uint32_t) { drain(*at, kPerTurn); });
}

void Transport::join(Port& port, const IpAddress& group) {
  if (!port.socket) return;
  const auto done = port.socket->join(group);
  if (!done) log_.error("{}: {} ({})", port.name, done.error().message, group.to_string());
}

void Transport::leave(Port& port, const IpAddress& group) {
  const auto found = port.groups.find(group);
  if (found == port.groups.end() || --found->second > 0) return;
  port.groups.erase(found);
  if (port.socket) port.socket->leave(group);
}

// ---- In

bool Transport::drain(const Instance& instance, unsigned limit) {
  return drain(*ports_.at(instance.config().interface), limit);
}

bool Transport::drain(Port& port, unsigned limit) {
  if (!port.socket) return false;
  return port.socket->receive(limit, [&](ByteView packet) { on_packet(port, packet); });
}

void Transport::on_packet(Port& port, ByteView packet) {
  const auto datagram = read_ipv4(packet);
  if (!datagram) {
    const TimePoint now = loop_.now();
    if (now - port.complained < kComplaintInterval) return;
    port.complained = now;
    log_.info("{}: {}", port.name, datagram.error().message);
    return;
  }
  Instance* instance = port.instances[pdu_vrid(datagram->pdu).value()];
  // Another pair may use our number on another group that we hear too.
  if (instance == nullptr || datagram->destination != instance->config().mcast_group) return;
  const std::uint64_t clock = hmac_clock(std::chrono::system_clock::now());
  auto outcome = examine(*datagram, instance->config(), instance->wire, clock);
  if (const auto* rejection = std::get_if<Rejection>(&outcome)) {
    if (instance->wire.refused(rejection->reason)) log_.info("{}", rejection->text);
    return;
  }
  auto& reception = std::get<Reception>(outcome);
  if (!reception.notice.empty()) log_.info("{}", reception.notice);
  if (datagram->source != instance->machine.master()) instance->wire.complaints = 0;
  on_advert_(*instance, AdvertReceived{datagram->source, std::move(reception.advert)});
}

// ---- Out

void Transport::send(Instance& instance, Priority priority) {
  const InstanceConfig& config = instance.config();
  const Port& port = *ports_.at(config.interface);
  const IpAddress& source = instance.source;
  if (source.empty() || !port.socket) return;
  ++instance.packet_id;
  instance.last_advert = loop_.now();
  const std::uint64_t clock = hmac_clock(std::chrono::system_clock::now());
  take_sequences(config, instance.wire.authentication, clock);
  write_record(page_, instance);
  OutgoingAdvert advert(config, instance.wire.authentication, source, priority);
  const auto packet = advert.to(config.mcast_group, instance.packet_id);
  const int error = packet ? port.socket->send(*packet, config.mcast_group) : ENOSYS;
  if (error != instance.send_error) send_failed(instance, error);
}

void Transport::send_failed(Instance& instance, int error) {
  instance.send_error = error;
  if (error == 0) {
    log_.info("({}) adverts can be sent again", instance.config().name);
  } else {
    log_.error("({}): send advert error {} ({})", instance.config().name, error,
               std::strerror(error));
  }
}

}  // namespace understudy::vrrp
