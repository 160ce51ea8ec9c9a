// What an instance may track: weights change nothing for an address owner, and members of a sync
// group have none of their own.
#include <utility>

#include "vrrp/completion.hpp"

namespace understudy::vrrp {

namespace {

int weight_of(const TrackReference& reference) { return reference.weight.value_or(0); }

/// Keeps those that `keep(reference)` wants, which may change them.
template <typename Keep>
void keep_if(std::vector<TrackReference>& references, Keep keep) {
  std::vector<TrackReference> kept;
  for (TrackReference& reference : references) {
    if (keep(reference)) kept.push_back(std::move(reference));
  }
  references = std::move(kept);
}

}  // namespace

void Completion::drop_own_interface() {
  if (out_.interface.empty() || draft_.track->interfaces.empty()) return;
  const InterfaceFacts interface = facts();
  const std::string& own = interface.base.empty() ? out_.interface : interface.base;
  std::erase_if(draft_.track.edit().interfaces, [&](const TrackReference& reference) {
    if (reference.name != own) return false;
    complain("Ignoring track_interface {} since own interface", own);
    return true;
  });
}

void Completion::set_tracking() {
  out_.track = std::move(draft_.track);
  const bool in_group = group_ != nullptr && !group_->tracking_weight;
  if (*out_.track == TrackReferences{} || (!in_group && !out_.owner())) return;
  const std::string_view reason = in_group ? "SYNC group" : "address_owner";
  TrackReferences& track = out_.track.edit();
  keep_if(track.interfaces, [&](TrackReference& reference) {
    if (weight_of(reference) == 0) return true;
    complain("ignoring {} tracked interface {}due to {}", reference.name, in_group ? "weight " : "",
             in_group ? "SYNC group" : "address owner");
    reference.weight = 0;
    return in_group;
  });
  keep_if(track.scripts, [&](const TrackReference& reference) {
    if (weight_of(reference) == 0) return true;
    complain("ignoring tracked script {} with weights due to {}", reference.name, reason);
    return false;
  });
  keep_if(track.files, [&](TrackReference& reference) {
    const int weight = weight_of(reference);
    if (weight == 0) return true;
    // 1 is what it has when nobody gave it a weight.
    if (weight == 1) {
      complain("ignoring weight from tracked file {} due to {}. specify weight 0", reference.name,
               reason);
      reference.weight = 0;
      return true;
    }
    complain("ignoring tracked file {} with weight {} due to {}", reference.name, weight, reason);
    return false;
  });
  keep_if(track.bfds, [&](const TrackReference& reference) {
    if (weight_of(reference) == 0) return true;
    complain("ignoring tracked bfd {} with weight {} due to {}", reference.name,
             weight_of(reference), reason);
    return false;
  });
}

}  // namespace understudy::vrrp
