#include "daemon/effective.hpp"

#include "checkers/effective.hpp"
#include "daemon/bfd/effective.hpp"
#include "daemon/global/effective.hpp"
#include "vrrp/effective.hpp"

namespace understudy {

parser::Statements effective(const Config& config) {
  parser::Statements all = effective(config.global);
  all.append(bfd::effective(config.bfd));
  all.append(vrrp::effective(config.vrrp));
  all.append(checkers::effective(config.checkers));
  return all;
}

}  // namespace understudy
