// Virtual servers as services of the kernel: one for an address or a firewall mark, for a
// virtual_server_group as many as its lines name.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "checkers/config.hpp"
#include "checkers/pool.hpp"
#include "ipvs/types.hpp"

namespace understudy::checkers {

/// What a virtual server is known by from one configuration to the next.
[[nodiscard]] std::string service_name(const VirtualServer& service);

/// The kernel's names of a virtual server, none twice. `group` is its virtual_server_group, nullptr
/// when it has none. With an `auto_mark` the group's addresses are left to that firewall mark, one
/// service per family; its own marks stay.
[[nodiscard]] std::vector<ipvs::ServiceKey> kernel_services(const VirtualServer& service,
                                                            const VirtualServerGroup* group,
                                                            std::uint32_t auto_mark = 0);

/// What a seat is called in one of the services: only NAT can change the port, and by firewall mark
/// any port may come.
[[nodiscard]] Endpoint kernel_endpoint(const Seat& seat, const ipvs::ServiceKey& service);

/// A virtual server as the kernel should have it: the same destinations in each of its services,
/// but that only a tunnel reaches one of another family.
[[nodiscard]] std::vector<ipvs::Entry> service_entries(const VirtualServer& service,
                                                       const std::vector<ipvs::ServiceKey>& keys,
                                                       const std::vector<Seat>& seats);

/// What a reload that changes a group's lines says of the virtual server `service`.
[[nodiscard]] std::vector<std::string> group_changes(const VirtualServer& service,
                                                     const VirtualServerGroup& before,
                                                     const VirtualServerGroup& after);

}  // namespace understudy::checkers
