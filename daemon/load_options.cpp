#include "daemon/load_options.hpp"

#include <utility>

#include "daemon/netlink/interface_facts.hpp"
#include "daemon/surroundings.hpp"

namespace understudy {

LoadOptions load_options(const Options& options) {
  LoadOptions load;
  load.path = options.config_file;
  load.hostname = node_name();
  load.find_script_user = options.dump_config;
  load.config_id = options.config_id.empty() ? load.hostname.substr(0, load.hostname.find('.'))
                                             : options.config_id;
  return load;
}

LoadOptions with_interfaces(LoadOptions load) {
  load.interfaces = netlink::read_interfaces();
  return load;
}

}  // namespace understudy
