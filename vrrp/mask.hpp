// Configurations without their secrets, for records that others may read.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "vrrp/config.hpp"

namespace understudy::vrrp {

/// Puts words that say nothing in place of secrets. The same secret always gets the same word, so
/// that a change of one is still a change.
class Mask {
 public:
  /// `config` without passwords, keys and arguments of scripts and processes.
  [[nodiscard]] VrrpConfig apply(VrrpConfig config);

 private:
  std::string word(const std::string& secret, std::string_view kind);
  void hide(std::vector<std::string>& arguments, std::size_t first);
  void hide(ScriptCall& call);
  void hide(Rare<NotifyScripts>& scripts);
  void hide(InstanceConfig& instance);

  std::map<std::string, std::string> words_;
};

}  // namespace understudy::vrrp
