// The keyword rows of VRRP: a function per topic, each in the file of that name (…_rows.cpp). They
// fill draft.hpp; what a row is says parser/schema.hpp.
#pragma once

#include "parser/schema.hpp"
#include "vrrp/draft.hpp"

namespace understudy::vrrp {

/// The top-level rows of VRRP.
[[nodiscard]] parser::Block<VrrpDraft> vrrp_rows();

/// vrrp_script.
void add_script_rows(parser::Block<VrrpDraft>& rows);
/// vrrp_track_process.
void add_process_rows(parser::Block<VrrpDraft>& rows);
/// vrrp_sync_group and track_group.
void add_group_rows(parser::Block<VrrpDraft>& rows);
/// vrrp_instance.
void add_instance_rows(parser::Block<VrrpDraft>& rows);
/// garp_group, interface_up_down_delays, linkbeat_interfaces.
void add_interface_rows(parser::Block<VrrpDraft>& rows);

/// virtual_ipaddress and virtual_ipaddress_excluded.
void add_address_rows(parser::Block<InstanceDraft>& rows);
/// authentication and auth_hmac.
void add_authentication_rows(parser::Block<InstanceDraft>& rows);
/// unicast_* and what only unicast instances have.
void add_unicast_rows(parser::Block<InstanceDraft>& rows);
/// use_vmac, use_ipvlan and what goes with them.
void add_vmac_rows(parser::Block<InstanceDraft>& rows);
/// garp_* and what an advert is answered with.
void add_announcement_rows(parser::Block<InstanceDraft>& rows);

/// notify_*, smtp_alert.
void add_notify_rows(parser::Block<InstanceDraft>& rows);
void add_notify_rows(parser::Block<SyncGroupDraft>& rows);

/// track_interface, track_script, track_file, track_process, track_bfd.
void add_track_rows(parser::Block<InstanceDraft>& rows);
void add_track_rows(parser::Block<SyncGroupDraft>& rows);

/// What is said of words between a value block's keyword and its brace.
inline constexpr const char* kExtraParameters = "Block {0} has extra parameters {1} ...";

/// Looks an interface up; when it does not exist, remembers that and gives false.
[[nodiscard]] bool check_interface(VrrpDraft& section, const std::string& name);

}  // namespace understudy::vrrp
