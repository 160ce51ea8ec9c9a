// Where an instance sends its adverts: to peers or to a group, from which interface.
#include "vrrp/completion.hpp"

namespace understudy::vrrp {

namespace {

/// Time to live of unicast adverts over IPv4.
constexpr std::uint8_t kUnicastTtl = 255;

}  // namespace

void Completion::set_unicast() {
  if (!draft_.unicast_configured && draft_.unicast->vrf.empty()) return;
  if (!draft_.unicast->peers.empty()) {
    out_.unicast = draft_.unicast;
    UnicastConfig& unicast = out_.unicast.edit();
    unicast.check_source = unicast.check_source || global_.vrrp_check_unicast_src;
    if (!unicast.ttl && out_.family == Family::ipv4) unicast.ttl = kUnicastTtl;
    return;
  }
  if (draft_.unicast->fault_without_peers) {
    note("Cannot use unicast without any peers - going to fault state");
    out_.unicast.edit().fault_without_peers = true;
    out_.disabled = true;
  } else if (draft_.unicast_configured) {
    complain(
        "A unicast keyword has been specified without any unicast peers. Defaulting to multicast. "
        "This usage is deprecated - please update your configuration.");
  }
}

std::string Completion::unicast_refusal() {
  const bool has_interface = !out_.interface.empty();
  if (out_.strict && out_.is_unicast() && has_interface && facts().multicast) {
    return fmt::format("({}) Unicast peers are not supported in strict mode", draft_.name);
  }
  if (has_interface) return {};
  if (!draft_.mcast_source) {
    return fmt::format("({}): Unicast instances must have unicast_src_ip or interface",
                       draft_.name);
  }
  if (draft_.mcast_source->is_v6() && draft_.mcast_source->is_link_local()) {
    return fmt::format("({}) Non link-local address required if interface omitted", draft_.name);
  }
  return {};
}

void Completion::check_interface() {
  if (out_.strict && draft_.vmac->address) {
    diagnostics_.add(
        parser::Severity::error, {},
        fmt::format("({}): cannot specify MAC address with strict mode - clearing", draft_.name));
    draft_.vmac.edit().address.reset();
    draft_.vmac.edit().address_ends_in_vrid = false;
  }
  if (out_.interface.empty()) return;
  const InterfaceFacts interface = facts();
  if ((draft_.vmac->used || draft_.ipvlan->used) && !interface.ethernet) {
    diagnostics_.add(
        parser::Severity::error, {},
        fmt::format("({}): vmacs are only supported on Ethernet type interfaces", draft_.name));
    out_.disabled = true;
  }
  if (!interface.multicast && !out_.is_unicast()) {
    complain("interface {} does not support multicast, specify unicast peers - disabling",
             out_.interface);
    out_.disabled = true;
  }
  if (out_.family == Family::ipv6 && !out_.is_unicast() && !draft_.addresses.empty() &&
      !draft_.addresses.front().address.is_link_local()) {
    if (out_.strict) {
      complain("the first IPv6 VIP address must be link local");
    } else {
      note("the first IPv6 VIP address should be link local");
    }
  }
}

void Completion::set_vrf() {
  if (draft_.unicast->vrf.empty() || (out_.interface.empty() && out_.is_unicast())) return;
  complain("vrf can only be specified with{} - clearing",
           out_.interface.empty() ? " unicast" : "out interface");
  if (out_.is_unicast()) out_.unicast.edit().vrf.clear();
}

void Completion::set_vmac() {
  if (*draft_.vmac == VirtualMac{}) return;
  out_.vmac = draft_.vmac;
  VirtualMac& vmac = out_.vmac.edit();
  if (!vmac.used) {
    vmac = {};
    vmac.for_addresses = draft_.vmac->for_addresses;
    vmac.transmit_on_base = draft_.vmac->transmit_on_base;
  }
  if (out_.strict && vmac.used && vmac.transmit_on_base) {
    complain("xmit_base is incompatible with strict mode - resetting");
    vmac.transmit_on_base = false;
  }
  if (vmac.transmit_on_base && !vmac.used) {
    complain("vmac_xmit_base is only valid with a vmac");
    vmac.transmit_on_base = false;
  }
  if (vmac.address_ends_in_vrid) vmac.address->back() = out_.vrid.value();
}

void Completion::set_ipvlan() {
  out_.promote_secondaries = draft_.promote_secondaries;
  if (draft_.promote_secondaries && (draft_.vmac->used || draft_.ipvlan->used)) {
    complain("promote_secondaries is automatically set for vmacs - ignoring");
    out_.promote_secondaries = false;
  }
  if (!draft_.ipvlan->used) return;
  out_.ipvlan = draft_.ipvlan;
  const auto& address = out_.ipvlan->address;
  if (!address && out_.family == Family::ipv4) {
    complain(
        "IPv4 ipvlan requires a source ip address to be configured. setting instance to fault "
        "state");
    out_.disabled = true;
  } else if (address && address->address.family() != out_.family) {
    complain("IPv4 ipvlan address family does not match instance. setting instance to fault state");
    out_.disabled = true;
  }
}

}  // namespace understudy::vrrp
