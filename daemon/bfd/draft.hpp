// What the bfd_instance blocks say while they are read.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/bfd/config.hpp"
#include "daemon/global/draft.hpp"

namespace understudy::bfd {

/// A bfd_instance that is being read.
struct SessionDraft : SessionConfig {
  /// The neighbour's address made no sense: there is no such session.
  bool refused = false;
};

/// Sessions that share it must have different sources, all of them given.
struct SessionKey {
  IpAddress neighbor;
  bool multihop = false;
  auto operator<=>(const SessionKey&) const = default;
};

/// All of BFD as written; `config` has the sessions that are complete.
struct BfdDraft {
  BfdConfig config;
  /// The block that is open.
  SessionDraft open;
  /// Sources of the sessions with a neighbour; an empty one stands for all.
  std::map<SessionKey, std::set<IpAddress>> sources;
  /// Names and what they mean to others, also of sessions that were disabled: the name is known.
  std::map<std::string, BfdName, std::less<>> names;
};

}  // namespace understudy::bfd
