#include "vrrp/wire_state.hpp"

#include <algorithm>

namespace understudy::vrrp {
namespace {

bool earlier(const Sender& a, const Sender& b) { return a.last_used < b.last_used; }

}  // namespace

Sender& Senders::enter(const IpAddress& address, std::size_t places) {
  const auto latest = std::max_element(senders_.begin(), senders_.end(), earlier);
  const std::uint64_t rank = latest == senders_.end() ? 1 : latest->last_used + 1;
  auto place = std::find_if(senders_.begin(), senders_.end(),
                            [&](const Sender& sender) { return sender.address == address; });
  if (place == senders_.end() && senders_.size() < places) {
    place = senders_.insert(senders_.end(), Sender());
  } else if (place == senders_.end()) {
    place = std::min_element(senders_.begin(), senders_.end(), earlier);
    *place = Sender();
  }
  place->address = address;
  place->last_used = rank;
  return *place;
}

const Sender* Senders::find(const IpAddress& address) const {
  const auto found = std::find_if(senders_.begin(), senders_.end(),
                                  [&](const Sender& sender) { return sender.address == address; });
  return found == senders_.end() ? nullptr : &*found;
}

void Senders::restore(std::size_t place, const Sender& sender) {
  if (place >= senders_.size()) senders_.resize(place + 1);
  senders_[place] = sender;
}

bool WireState::refused(RejectionReason reason) {
  rejections.edit().count(reason);
  const std::uint32_t bit = 1U << static_cast<unsigned>(reason);
  const bool first = (complaints & bit) == 0;
  complaints |= bit;
  return first;
}

}  // namespace understudy::vrrp
