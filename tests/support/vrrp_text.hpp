// Configuration texts with one virtual router, and what is looked at in what they become.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <string_view>

#include "tests/support/config_file.hpp"

namespace understudy::test {

/// vrrp_instance NAME with an address; `more` starts in line 7.
inline std::string instance(const std::string& more, const std::string& name = "A", int vrid = 5,
                            const std::string& address = "10.0.0.1") {
  return "vrrp_instance " + name + " {\n interface eth0\n virtual_router_id " +
         std::to_string(vrid) + "\n virtual_ipaddress {\n  " + address + "\n }\n " + more + "\n}\n";
}

/// Lets scripts run without a complaint; stands at the end so that no line number changes.
inline const std::string kScriptSecurity =
    "global_defs {\n enable_script_security\n script_user root\n}\n";

inline vrrp::InstanceConfig first_of(const Loaded& loaded) {
  REQUIRE_FALSE(loaded.config.vrrp.instances.empty());
  return loaded.config.vrrp.instances[0];
}

/// The one instance of a text that nothing is wrong with.
inline vrrp::InstanceConfig only_instance(const std::string& more) {
  const auto loaded = load_text(instance(more) + kScriptSecurity);
  CHECK(messages(loaded).empty());
  return first_of(loaded);
}

/// Whether the original's line is among what was said.
inline bool says(const Loaded& loaded, std::string_view message) {
  const auto lines = messages(loaded, true);
  return std::ranges::find(lines, message) != lines.end();
}

}  // namespace understudy::test
