// Lints of two routers that should be one: what their configurations say differently.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_map>

#include "daemon/understudy/lint.hpp"
#include "parser/statement.hpp"

namespace understudy::tool {
namespace {

using vrrp::InstanceConfig;

std::string router_of(const InstanceConfig& instance) {
  return fmt::format("{}{}", instance.vrid.value(), instance.family == Family::ipv6 ? "v6" : "v4");
}

std::set<std::string> addresses_of(const InstanceConfig& instance) {
  std::set<std::string> all;
  for (const auto& one : instance.addresses) all.insert(one.address.to_string());
  return all;
}

std::string only_in(const std::set<std::string>& here, const std::set<std::string>& there) {
  std::string all;
  for (const std::string& one : here) {
    if (!there.contains(one)) all += (all.empty() ? "" : ", ") + one;
  }
  return all.empty() ? "none" : all;
}

std::string_view name_of(vrrp::Authentication kind) {
  switch (kind) {
    case vrrp::Authentication::none:
      return "no authentication";
    case vrrp::Authentication::pass:
      return "auth_type PASS";
    case vrrp::Authentication::ah:
      return "auth_type AH";
  }
  return {};
}

/// Whether adverts of the one are accepted by the other; secrets are not shown.
std::string authentication_differs(const InstanceConfig& ours, const InstanceConfig& theirs) {
  if (ours.authentication != theirs.authentication) {
    return fmt::format("{}, at the peer {}", name_of(ours.authentication),
                       name_of(theirs.authentication));
  }
  if (ours.password != theirs.password) return "auth_pass differs at the peer";
  if (ours.hmac->used() != theirs.hmac->used()) {
    return ours.hmac->used() ? "auth_hmac, at the peer none" : "no auth_hmac, at the peer there is";
  }
  const auto known = [](const InstanceConfig& at, const InstanceConfig& sender) {
    return std::ranges::any_of(at.hmac->keys, [&](const vrrp::HmacKey& key) {
      return key.id == sender.hmac->active_key &&
             std::ranges::any_of(sender.hmac->keys, [&](const vrrp::HmacKey& theirs_key) {
               return theirs_key.id == key.id && theirs_key.secret == key.secret;
             });
    });
  };
  if (!ours.hmac->used() || (known(theirs, ours) && known(ours, theirs))) return {};
  return "the active key of auth_hmac is not known at the other router";
}

/// Compares the instances of a pair.
class Comparison {
 public:
  Comparison(const LintInput& input, const Pair& pair, LintReport& findings)
      : input_(input), ours_(*pair.ours), theirs_(*pair.theirs), findings_(findings) {}

  void run() {
    if (ours_.vrid != theirs_.vrid) {
      add("virtual_router_id", fmt::format("virtual_router_id {}, at the peer {}",
                                           ours_.vrid.value(), theirs_.vrid.value()));
    }
    if (ours_.version != theirs_.version) {
      add("version",
          fmt::format("VRRP version {}, at the peer {}", ours_.version, theirs_.version));
    }
    if (ours_.advert_interval != theirs_.advert_interval) {
      add("advert_int",
          fmt::format("advert_int {}, at the peer {}", parser::seconds_text(ours_.advert_interval),
                      parser::seconds_text(theirs_.advert_interval)));
    }
    if (auto what = authentication_differs(ours_, theirs_); !what.empty()) {
      add("authentication", std::move(what));
    }
    const auto here = addresses_of(ours_);
    const auto there = addresses_of(theirs_);
    if (here != there) {
      add("virtual_ipaddress", fmt::format("addresses only here: {}; only at the peer: {}",
                                           only_in(here, there), only_in(there, here)));
    }
  }

 private:
  void add(const std::string& keyword, std::string what) {
    findings_.add(input_.places.at("vrrp_instance " + ours_.name, {keyword}),
                  fmt::format("({}) {}", ours_.name, what));
  }

  const LintInput& input_;
  const InstanceConfig& ours_;
  const InstanceConfig& theirs_;
  LintReport& findings_;
};

}  // namespace

std::vector<Pair> pair_up(const vrrp::VrrpConfig& ours, const vrrp::VrrpConfig& theirs) {
  std::unordered_map<std::string, std::vector<const InstanceConfig*>> routers;
  std::unordered_map<std::string_view, const InstanceConfig*> names;
  for (const InstanceConfig& instance : theirs.instances) {
    routers[router_of(instance)].push_back(&instance);
    names.emplace(instance.name, &instance);
  }
  std::vector<Pair> pairs;
  for (const InstanceConfig& instance : ours.instances) {
    Pair& pair = pairs.emplace_back(Pair{&instance, nullptr});
    const auto name = names.find(instance.name);
    if (name != names.end()) pair.theirs = name->second;
    if (pair.theirs != nullptr && router_of(*pair.theirs) == router_of(instance)) continue;
    const auto same = routers.find(router_of(instance));
    if (same == routers.end()) continue;
    const auto link =
        std::ranges::find(same->second, instance.interface, &InstanceConfig::interface);
    if (link != same->second.end()) {
      pair.theirs = *link;
    } else if (same->second.size() == 1) {
      pair.theirs = same->second[0];
    }
  }
  return pairs;
}

void find_equal_priorities(const LintInput& input, LintReport& findings) {
  if (input.peer == nullptr) return;
  for (const Pair& pair : pair_up(input.config.vrrp, input.peer->vrrp)) {
    if (pair.theirs == nullptr || pair.ours->priority != pair.theirs->priority) continue;
    findings.add(input.places.at("vrrp_instance " + pair.ours->name, {"priority"}),
                 fmt::format("({}) priority {}, at the peer too", pair.ours->name,
                             pair.ours->priority.value()),
                 "the higher address decides; give one router a higher priority");
  }
}

void find_disagreements(const LintInput& input, LintReport& findings) {
  if (input.peer == nullptr) return;
  for (const Pair& pair : pair_up(input.config.vrrp, input.peer->vrrp)) {
    if (pair.theirs != nullptr) {
      Comparison(input, pair, findings).run();
      continue;
    }
    findings.add(input.places.at("vrrp_instance " + pair.ours->name),
                 fmt::format("({}) the peer has no instance of this name, nor one with "
                             "virtual_router_id {}",
                             pair.ours->name, pair.ours->vrid.value()));
  }
}

}  // namespace understudy::tool
