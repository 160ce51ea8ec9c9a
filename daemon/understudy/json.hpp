// Configurations and diagnostics as JSON.
#pragma once

#include <nlohmann/json.hpp>

#include "parser/statement.hpp"

namespace understudy::tool {

using Json = nlohmann::ordered_json;

/// Statements as JSON, without loss. A block's content is an object, a member per keyword:
///   priority 100                  "priority": 100     (on and off: true and false)
///   nopreempt                     "nopreempt": true
///   quorum_up "/bin/a 'b c'" me   "quorum_up": {"argv": ["/bin/a", "b c"], "owner": ["me"]}
///   status_code 200 404           "status_code": [200, 404]
///   the same keyword again        "key": [["a", "b"], ["c", "d"]]
///   virtual_ipaddress { ... }     "virtual_ipaddress": [["10.0.0.1/24", "dev", "eth0"], ...]
///   virtual_server_group G { }    "virtual_server_group": [{"name": "G", "lines": [...]}, ...]
///   vrrp_instance VI_1 { ... }    "vrrp_instance": [{"name": "VI_1", ...}, ...]
///   virtual_server 10.0.0.1 80 {  "virtual_server": [{"name": ["10.0.0.1", 80], ...}, ...]
///   TCP_CHECK { ... }             "TCP_CHECK": [{...}]; global_defs, SSL, authentication and
///                                 auth_hmac stand once and are the object itself
/// Where one keyword's statements do not stand together, "order" lists the keywords of all. A word
/// that is not UTF-8 is {"hex": "ff00"}.
[[nodiscard]] Json to_json(const parser::Statements& statements);

}  // namespace understudy::tool
