#include "ipvs/sync_keeper.hpp"

#include <algorithm>
#include <utility>

#include "ipvs/client.hpp"
#include "ipvs/failure.hpp"

namespace understudy::ipvs {
namespace {

constexpr std::chrono::seconds kSecondLook(5);
constexpr std::chrono::seconds kRetry(30);

std::vector<std::string> carry_out(const SyncWish& wish, const SyncWish& before) {
  auto client = Client::connect(wish.net_namespace);
  if (!client) return {client.error().message + ". Until then connections are not synchronised"};
  const auto running = client->read_sync_daemons();
  if (!running) return {running.error().message};
  std::vector<std::string> complaints;
  for (const SyncChange& change : sync_changes(wish.daemons, *running, before.daemons)) {
    const auto done = client->apply(change);
    if (!done) complaints.push_back(failure_line(change, done.error().code));
  }
  return complaints;
}

}  // namespace

SyncKeeper::SyncKeeper(Loop& loop, Log& log)
    : loop_(loop),
      log_(log),
      timer_(loop,
             [this] {
               looked_again_ = true;
               begin();
             }),
      errand_(loop, [this](const Complaints& complaints) { ended(complaints); }) {}

void SyncKeeper::want(SyncWish wish) {
  if (wish == wish_ || (wish.daemons.empty() && wish_.daemons.empty())) return;
  wish_ = std::move(wish);
  looked_again_ = false;
  begin();
}

void SyncKeeper::begin() {
  timer_.disarm();
  if (errand_.under_way()) return;
  SyncWish before = std::exchange(begun_, wish_);
  errand_.start([wish = wish_, before = std::move(before)] { return carry_out(wish, before); });
}

void SyncKeeper::ended(const Complaints& complaints) {
  for (const std::string& complaint : complaints) {
    if (std::find(said_.begin(), said_.end(), complaint) == said_.end()) {
      log_.info("{}", complaint);
    }
  }
  said_ = complaints;
  if (begun_ != wish_) return begin();
  if (wish_.daemons.empty()) return;
  if (!complaints.empty()) {
    timer_.arm(loop_.now() + kRetry);
  } else if (!looked_again_) {
    timer_.arm(loop_.now() + kSecondLook);
  }
}

void SyncKeeper::finish() {
  while (errand_.under_way()) errand_.finish();
}

}  // namespace understudy::ipvs
