#include "checkers/tracked_files.hpp"

#include <set>
#include <utility>
#include <vector>

namespace understudy::checkers {
namespace {

std::set<std::string> names_in(const CheckersConfig& config) {
  std::set<std::string> names;
  for (const auto& service : config.virtual_servers) {
    for (const auto& server : service.real_servers) {
      for (const auto& check : server.checks) {
        if (const auto* file = check.get_if<FileCheck>()) names.insert(file->track_file);
      }
    }
  }
  return names;
}

}  // namespace

TrackedFiles::TrackedFiles(Loop& loop, Log& log, OnChange on_change)
    : on_change_(std::move(on_change)),
      watch_(loop, log,
             [this](const std::string& name, std::int64_t number) { take(name, number); }) {}

std::vector<std::string> TrackedFiles::configure(const GlobalConfig& global,
                                                 const CheckersConfig& config) {
  const auto names = names_in(config);
  std::vector<run::WatchedFile> files;
  for (const TrackFile& file : global.track_files) {
    if (names.contains(file.name)) files.push_back({file.name, file.path});
  }
  std::erase_if(numbers_, [&](const auto& one) { return !names.contains(one.first); });
  configuring_ = true;
  watch_.configure(std::move(files));
  configuring_ = false;
  return std::exchange(changed_, {});
}

std::int64_t TrackedFiles::number_in(const std::string& name) const {
  const auto found = numbers_.find(name);
  return found == numbers_.end() ? 0 : found->second;
}

void TrackedFiles::take(const std::string& name, std::int64_t number) {
  numbers_[name] = number;
  if (configuring_) {
    changed_.push_back(name);
  } else {
    on_change_(name);
  }
}

}  // namespace understudy::checkers
