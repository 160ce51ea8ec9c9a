// The blocks of one instance written back, a topic each; effective.cpp puts them together.
#pragma once

#include "parser/statement.hpp"
#include "vrrp/config.hpp"

namespace understudy::vrrp {

/// vrrp_instance's own block.
void append_instance(parser::Statements& out, const InstanceConfig& instance);

/// unicast_*, use_vmac, use_ipvlan and the addresses adverts come from and go to.
void append_transport(parser::Statements& block, const InstanceConfig& instance);
/// authentication, auth_hmac.
void append_authentication(parser::Statements& block, const InstanceConfig& instance);

/// track_*, of an instance or a group.
void append_tracking(parser::Statements& block, const TrackReferences& track);
/// notify_*, of an instance or a group.
void append_notify(parser::Statements& block, const NotifyScripts& notify);

}  // namespace understudy::vrrp
