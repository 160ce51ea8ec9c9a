// The keyword rows of virtual_server and of everything inside it.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "checkers/draft.hpp"
#include "parser/schema.hpp"

namespace understudy::checkers {

/// The top-level rows of load balancing.
[[nodiscard]] parser::Block<CheckersDraft> checkers_rows();

/// real_server { } (real_server_rows.cpp).
[[nodiscard]] parser::Block<RealServerDraft> real_server_rows();

/// TCP_CHECK, HTTP_GET and SSL_GET { } (check_rows.cpp).
void add_check_rows(parser::Block<RealServerDraft>& rows);

/// "ADDRESS [PORT]" of a virtual, real or sorry server: port 0 is no port. Reports a bad number
/// only; nullopt: it is no such thing.
[[nodiscard]] std::optional<Endpoint> read_server(const parser::Binding& binding);

/// The original's name of it in messages: "[10.0.0.1]:tcp:80", "FWM 5".
[[nodiscard]] std::string describe(const VirtualServerDraft& draft);
/// "tcp", "udp", "sctp", or "none".
[[nodiscard]] std::string_view protocol_name(std::optional<Protocol> protocol);

/// NAT, DR or TUN with its options; `who` is "virtual", "real" or "sorry".
[[nodiscard]] std::optional<ForwardingMethod> read_method(const parser::Binding& binding,
                                                          std::string_view who);

/// The longest duration the original takes.
inline constexpr std::uint64_t kAnyMicroseconds = 0xfffffffffffffffeULL;
/// The longest one that is told from never.
inline constexpr std::chrono::hours kNever{24 * 365 * 100};

/// How the timing keywords of one level word their complaints; {1} is the value.
struct TimingMessages {
  std::string_view connect_timeout;
  std::string_view delay_loop;
  std::string_view delay_before_retry;
  std::string_view retry;
  std::string_view warmup;
};

/// connect_timeout, delay_loop, delay_before_retry, retry, warmup of a T with a member `timing`.
template <typename T>
void add_timing(parser::Block<T>& rows, const TimingMessages& messages, unsigned least_retry,
                const std::string& inherited) {
  const auto microseconds = [](std::optional<std::chrono::microseconds> TimingDraft::*member) {
    return [member](T& draft, std::chrono::microseconds value) {
      // What does not fit into 63 bits has become negative.
      const bool endless = value.count() < 0 || value > kNever;
      draft.timing.*member = endless ? std::chrono::microseconds(kNever) : value;
    };
  };
  const auto by_default = [&](std::string own) { return inherited.empty() ? own : inherited; };
  rows.value("delay_loop", "Seconds between two checks.",
             parser::decimal_seconds(1, kAnyMicroseconds), microseconds(&TimingDraft::delay_loop))
      .by_default(by_default("60"))
      .invalid(std::string(messages.delay_loop));
  rows.value("connect_timeout", "Seconds a connection may take.",
             parser::decimal_seconds(1, 0xffffffff), microseconds(&TimingDraft::connect_timeout))
      .by_default(by_default("5"))
      .invalid(std::string(messages.connect_timeout));
  rows.value("retry", "Further attempts before a server has failed.",
             parser::number<unsigned>(least_retry, 0xffffffff),
             [](T& draft, unsigned value) { draft.timing.retry = value; })
      .by_default(by_default("1"))
      .invalid(std::string(messages.retry));
  rows.value("delay_before_retry", "Seconds before such an attempt.",
             parser::decimal_seconds(0, kAnyMicroseconds),
             microseconds(&TimingDraft::delay_before_retry))
      .by_default(by_default("1; 3 for HTTP_GET and SSL_GET"))
      .invalid(std::string(messages.delay_before_retry));
  rows.value("warmup", "The first check starts at a random time within so many seconds.",
             parser::decimal_seconds(0, kAnyMicroseconds), microseconds(&TimingDraft::warmup))
      .by_default(by_default("delay_loop"))
      .invalid(std::string(messages.warmup));
}

/// A text of which a second one replaces the first, with a complaint that names `what`.
template <typename T>
auto replaceable(std::string T::*member, std::string what) {
  return [member, what](T& draft, std::string value, const parser::Binding& binding) {
    if (!(draft.*member).empty()) {
      binding.error(
          fmt::format("Duplicate {} - overwriting {} with {}", what, draft.*member, value));
    }
    draft.*member = std::move(value);
  };
}

}  // namespace understudy::checkers
