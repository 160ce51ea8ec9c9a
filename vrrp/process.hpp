// The vrrp child process: wires machines, sockets, kernel and parent together.
//
// The way of a packet: AdvertSocket::receive (socket.hpp), called by Interfaces (interfaces.hpp) ->
// Routers::on_packet (routers.hpp): decode_ipv4 (packet.hpp), check_advert (authentication.hpp) ->
// Machine::step (machine.hpp; machine_adverts.cpp) -> its Actions to the Executor (executor.hpp):
// addresses by KernelObjects, announcements by GarpSchedule, news as a Notification
// (notification.hpp) to the parent, whose run::Notifier runs scripts and sends mail.
#pragma once

#include "daemon/run/child.hpp"
#include "vrrp/config.hpp"

namespace understudy::vrrp {

/// Runs the child until it is told to leave; returns its exit status.
int run_process(run::ChildSetup<VrrpConfig> setup);

}  // namespace understudy::vrrp
