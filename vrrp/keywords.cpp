#include "vrrp/keywords.hpp"

#include "vrrp/routing_rows.hpp"

namespace understudy::vrrp {

bool check_interface(VrrpDraft& section, const std::string& name) {
  if (section.interface_exists(name)) return true;
  if (section.missing_interface.empty()) section.missing_interface = name;
  return false;
}

parser::Block<VrrpDraft> vrrp_rows() {
  parser::Block<VrrpDraft> rows;
  add_script_rows(rows);
  add_process_rows(rows);
  add_group_rows(rows);
  add_interface_rows(rows);
  add_static_rows(rows);
  add_instance_rows(rows);
  return rows;
}

}  // namespace understudy::vrrp
