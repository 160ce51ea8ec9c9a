#include "checkers/change_sender.hpp"

#include <cerrno>
#include <utility>

#include "ipvs/failure.hpp"
#include "ipvs/reconcile.hpp"

namespace understudy::checkers {
namespace {

/// Changes held back until they are sent together.
constexpr std::size_t kBatch = 256;

/// Whether the state wanted is there anyway.
bool harmless(const ipvs::Change& change, int code) {
  if (std::holds_alternative<ipvs::DeleteService>(change)) return code == ESRCH;
  if (std::holds_alternative<ipvs::DeleteDestination>(change)) {
    return code == ENOENT || code == ESRCH;
  }
  return false;
}

}  // namespace

void ChangeSender::push(ipvs::Change change) {
  ++count_;
  pending_.push_back(std::move(change));
  if (pending_.size() >= kBatch) send();
}

bool ChangeSender::flush() {
  if (!pending_.empty()) send();
  return good_ && !lost_;
}

std::vector<ipvs::Change> ChangeSender::whole(const ipvs::ServiceKey& key) const {
  std::vector<ipvs::Change> changes;
  const auto found = desired_.find(key);
  if (found == desired_.end()) return changes;
  ipvs::reconcile(found->second, nullptr,
                  [&](ipvs::Change change) { changes.push_back(std::move(change)); });
  return changes;
}

std::vector<ipvs::Change> ChangeSender::remedy(const ipvs::Change& change, int code) const {
  if (const auto* add = std::get_if<ipvs::AddService>(&change)) {
    if (code == EEXIST) return {ipvs::EditService{add->service}};
  } else if (const auto* edit = std::get_if<ipvs::EditService>(&change)) {
    if (code == ESRCH) return whole(edit->service.key);
  } else if (const auto* add_destination = std::get_if<ipvs::AddDestination>(&change)) {
    if (code == EEXIST) {
      return {ipvs::EditDestination{add_destination->service, add_destination->destination}};
    }
    if (code == ESRCH) return whole(add_destination->service);
  } else if (const auto* edit_destination = std::get_if<ipvs::EditDestination>(&change)) {
    if (code == ENOENT) {
      return {ipvs::AddDestination{edit_destination->service, edit_destination->destination}};
    }
    if (code == ESRCH) return whole(edit_destination->service);
  }
  return {};
}

void ChangeSender::on_failure(const ipvs::Change& change, int code,
                              std::vector<ipvs::Change>& again) {
  if (harmless(change, code)) return;
  const auto* destination = std::get_if<ipvs::AddDestination>(&change);
  if (destination != nullptr && refused_.contains(destination->service)) return;
  const auto instead = remedy(change, code);
  if (const auto* service = std::get_if<ipvs::AddService>(&change)) {
    if (code != EEXIST) refused_.insert(service->service.key);
  } else if (destination != nullptr && code == ESRCH) {
    refused_.insert(destination->service);
  }
  if (instead.empty()) {
    good_ = false;
    log_.info("{}", ipvs::failure_line(change, code));
  }
  again.insert(again.end(), instead.begin(), instead.end());
}

void ChangeSender::send() {
  const auto changes = std::exchange(pending_, {});
  if (lost_) return;
  const auto results = client_.apply(changes);
  std::vector<ipvs::Change> again;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (results[i]) continue;
    if (results[i].error().code == ETIMEDOUT) {
      lost_ = results[i].error();
      return;
    }
    on_failure(changes[i], results[i].error().code, again);
  }
  const auto second = client_.apply(again);
  for (std::size_t i = 0; i < again.size(); ++i) {
    if (second[i] || second[i].error().code == EEXIST) continue;
    good_ = false;
    log_.info("{}", ipvs::failure_line(again[i], second[i].error().code));
  }
}

}  // namespace understudy::checkers
