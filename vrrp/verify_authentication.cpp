// Which authentication an instance can have.
#include <algorithm>

#include "vrrp/completion.hpp"

namespace understudy::vrrp {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds kShortestWindow = 5s;
constexpr std::chrono::seconds kLongestWindow = 300s;
constexpr int kAdvertsInWindow = 3;

}  // namespace

void Completion::set_authentication() {
  out_.authentication = draft_.authentication;
  if (out_.authentication != Authentication::none) {
    if (out_.strict) {
      complain("Strict mode does not support authentication. Ignoring.");
      out_.authentication = Authentication::none;
    } else if (out_.version == 3) {
      complain("VRRP version 3 does not support authentication. Ignoring.");
      out_.authentication = Authentication::none;
    } else if (draft_.password.empty()) {
      complain("Authentication specified but no password given. Ignoring");
      out_.authentication = Authentication::none;
    } else if (out_.family == Family::ipv6 && out_.authentication == Authentication::ah) {
      complain("Cannot use AH authentication with IPv6. ignoring");
      out_.authentication = Authentication::none;
    } else if (out_.authentication == Authentication::ah &&
               out_.initial_state == RouterState::master && !out_.owner()) {
      // Its first sequence number has to follow the last one of the present master.
      complain("Initial state master is incompatible with AH authentication - clearing");
      out_.initial_state = RouterState::backup;
    }
  }
  if (draft_.hmac_given && out_.authentication != Authentication::none) {
    complain("auth_hmac cannot be combined with authentication, dropping legacy auth");
    out_.authentication = Authentication::none;
  }
  if (out_.authentication != Authentication::none) out_.password = draft_.password;
}

void Completion::set_hmac() {
  if (!draft_.hmac_given) return;
  HmacAuthentication hmac = *draft_.hmac;
  if (std::ranges::find(hmac.keys, hmac.active_key, &HmacKey::id) == hmac.keys.end()) {
    complain("auth_hmac active_key {} is not defined, disabling extension", hmac.active_key);
    return;
  }
  if (out_.strict && hmac.mode != HmacAuthentication::Mode::enforce) {
    complain("strict mode requires auth_hmac mode enforce");
    hmac.mode = HmacAuthentication::Mode::enforce;
  }
  if (hmac.anti_replay == HmacAuthentication::AntiReplay::time && hmac.time_window == 0s) {
    const auto interval =
        std::chrono::duration_cast<std::chrono::seconds>(draft_.advert_interval.value_or(0us));
    hmac.time_window = std::clamp(kAdvertsInWindow * interval, kShortestWindow, kLongestWindow);
  }
  out_.hmac = std::move(hmac);
}

}  // namespace understudy::vrrp
