// The keyword rows of vrrp_script and vrrp_instance. They fill draft.hpp; what a row is says
// parser/schema.hpp.
#pragma once

#include "parser/schema.hpp"
#include "vrrp/draft.hpp"

namespace understudy::vrrp {

/// The top-level rows of VRRP.
[[nodiscard]] parser::Block<VrrpDraft> vrrp_rows();

/// virtual_ipaddress and virtual_ipaddress_excluded (address_rows.cpp).
void add_address_rows(parser::Block<InstanceDraft>& rows);

/// track_interface, track_script (track_rows.cpp).
void add_track_rows(parser::Block<InstanceDraft>& rows);

/// Keywords of vrrp_instance without effect (ignored_keywords.cpp).
void add_ignored_rows(parser::Block<InstanceDraft>& rows);

/// Looks an interface up; when it does not exist, remembers that and gives false.
[[nodiscard]] bool check_interface(VrrpDraft& section, const std::string& name);

}  // namespace understudy::vrrp
