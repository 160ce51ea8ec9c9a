#include "vrrp/mask.hpp"

#include <fmt/format.h>

#include <utility>

namespace understudy::vrrp {

/// What stands for `secret`: `kind` and a number. Of one length, which is that of a password.
std::string Mask::word(const std::string& secret, std::string_view kind) {
  const auto [position, is_new] = words_.try_emplace(std::string(kind) + secret, std::string());
  if (is_new) position->second = fmt::format("{}{:07x}", kind, words_.size());
  return position->second;
}

/// One word takes the place of all arguments from `first` on.
void Mask::hide(std::vector<std::string>& arguments, std::size_t first) {
  if (arguments.size() <= first) return;
  std::string joined;
  for (std::size_t i = first; i < arguments.size(); ++i) joined += arguments[i] + '\0';
  arguments.resize(first);
  arguments.push_back(word(joined, "a"));
}

void Mask::hide(ScriptCall& call) { hide(call.argv, 1); }

void Mask::hide(Rare<NotifyScripts>& scripts) {
  if (*scripts == NotifyScripts{}) return;
  NotifyScripts& all = scripts.edit();
  for (ScriptCall* call : {&all.master, &all.backup, &all.fault, &all.stop, &all.deleted,
                           &all.master_rx_lower_pri, &all.any}) {
    hide(*call);
  }
}

void Mask::hide(InstanceConfig& instance) {
  if (!instance.password->empty()) instance.password = word(*instance.password, "p");
  hide(instance.notify);
  if (!instance.hmac->used()) return;
  constexpr std::size_t kShortestKey = 32;
  for (HmacKey& key : instance.hmac.edit().keys) {
    std::string masked = word(key.secret.octets(), "k");
    masked.resize(kShortestKey, '-');
    key.secret = std::move(masked);
    key.file.clear();
  }
}

VrrpConfig Mask::apply(VrrpConfig config) {
  for (TrackScript& script : config.scripts) hide(script.command);
  // Programs are given passwords on their command lines, too.
  for (TrackProcess& process : config.processes) hide(process.parameters, 0);
  for (SyncGroup& group : config.groups) hide(group.notify);
  for (InstanceConfig& instance : config.instances) hide(instance);
  return config;
}

}  // namespace understudy::vrrp
