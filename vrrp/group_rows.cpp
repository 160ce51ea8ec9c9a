// vrrp_sync_group and track_group.
#include <fmt/format.h>

#include "vrrp/keywords.hpp"

namespace understudy::vrrp {

namespace {

using namespace parser;

/// The `group` block: names of instances, once. `empty` is said of a block without names.
template <typename Group>
void add_members(Block<Group>& rows, const std::string& doc, const std::string& empty) {
  auto& members =
      rows.words("group", doc, text("INSTANCE"), [](Group& draft, const std::string& name) {
        if (!draft.members) draft.members.emplace();
        draft.members->push_back(name);
      });
  members.adds_up().when_extra(kExtraParameters);
  members.apply = [empty, inner = members.apply](Group& draft, const Binding& binding) {
    if (draft.members) {
      binding.report_at(Severity::error, binding.here(),
                        "Group list already specified for sync group " + draft.name);
      return;
    }
    inner(draft, binding);
    if (draft.members) return;
    binding.report_at(Severity::error, binding.closing(),
                      fmt::format(fmt::runtime(empty), draft.name));
  };
}

Block<SyncGroupDraft> sync_group_rows() {
  Block<SyncGroupDraft> rows;
  add_members(rows, "Its instances. Required.", "Warning - sync group {} has empty group block");
  add_track_rows(rows);
  add_notify_rows(rows);
  rows.flag("sync_group_tracking_weight",
            "Members may have tracked things with weights of their own.",
            &SyncGroupDraft::tracking_weight);
  rows.flag("global_tracking", "The old name of sync_group_tracking_weight.",
            &SyncGroupDraft::tracking_weight)
      .deprecated("sync_group_tracking_weight",
                  "({2}) global_tracking is deprecated. Use track_interface/script/file on the "
                  "sync group");
  return rows;
}

SyncGroupDraft* open_sync_group(VrrpDraft& section, const Binding& binding) {
  const std::string name(binding.argument());
  if (!section.group_index.emplace(name, section.groups.size()).second) {
    binding.error(fmt::format("vrrp sync group {} already defined", name));
    return nullptr;
  }
  section.seen_in_block = {};
  auto& group = section.groups.emplace_back();
  group.section = &section;
  group.name = name;
  return &group;
}

void close_sync_group(VrrpDraft& section, SyncGroupDraft& draft, const Binding& binding) {
  if (draft.members) return;
  binding.report_at(Severity::error, binding.closing(),
                    fmt::format("Sync group {} has no members - removing", draft.name));
  section.group_index.erase(draft.name);
  section.groups.pop_back();
}

TrackGroupDraft* open_track_group(VrrpDraft& section, const Binding& binding) {
  const std::string name(binding.argument());
  if (section.track_groups.contains(name)) {
    binding.error(fmt::format("track_group {} already defined", name));
    return nullptr;
  }
  return &section.static_groups.emplace_back(TrackGroupDraft{name, {}});
}

void close_track_group(VrrpDraft& section, TrackGroupDraft& draft, const Binding& binding) {
  if (draft.members) {
    section.track_groups.insert(draft.name);
    return;
  }
  binding.report_at(Severity::error, binding.closing(),
                    fmt::format("Static track group {} has no members - removing", draft.name));
  section.static_groups.pop_back();
}

}  // namespace

void add_group_rows(Block<VrrpDraft>& rows) {
  Block<TrackGroupDraft> static_rows;
  add_members(static_rows, "Its instances. Required.",
              "Warning - track group {} has empty group block");
  rows.block("track_group", "Instances that need static addresses, routes and rules.",
             std::move(static_rows), open_track_group, close_track_group)
      .takes("NAME", 1, 1)
      .when_missing("track_group must have a name - skipping")
      .when_extra("track_group must have a name - skipping", Extra::refused)
      .adds_up()
      .reported_by(Stage::vrrp);
  rows.block("vrrp_sync_group", "Instances that change state together.", sync_group_rows(),
             open_sync_group, close_sync_group)
      .takes("NAME", 1, 1)
      .when_missing("vrrp_sync_group must have a name - skipping")
      .when_extra("vrrp_sync_group must have a name - skipping", Extra::refused)
      .adds_up()
      .reported_by(Stage::vrrp);
}

}  // namespace understudy::vrrp
