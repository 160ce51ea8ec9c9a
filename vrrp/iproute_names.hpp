// The names iproute2's files give to routing tables, protocols, scopes, realms, TOS values and
// device groups.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace understudy::vrrp {

/// A number as C writes it: decimal, 0x hexadecimal or 0 octal, after optional blanks and sign '+'.
[[nodiscard]] std::optional<std::uint64_t> parse_c_number(std::string_view text);

/// A kind of route by its name ("blackhole") or number: RTN_….
[[nodiscard]] std::optional<std::uint8_t> parse_route_type(std::string_view word);
/// Its name; its number when it has none.
[[nodiscard]] std::string route_type_text(std::uint8_t type);

/// Looks names up, in files that are read when the first name of their kind is. A number stands for
/// itself. What is in `etc_dir` hides the same file in `usr_dir`.
class IprouteNames {
 public:
  IprouteNames(std::string usr_dir, std::string etc_dir)
      : usr_dir_(std::move(usr_dir)), etc_dir_(std::move(etc_dir)) {}

  [[nodiscard]] std::optional<std::uint32_t> table(std::string_view word);
  [[nodiscard]] std::optional<std::uint8_t> protocol(std::string_view word);
  [[nodiscard]] std::optional<std::uint8_t> scope(std::string_view word);
  [[nodiscard]] std::optional<std::uint8_t> tos(std::string_view word);
  [[nodiscard]] std::optional<std::uint32_t> group(std::string_view word);
  /// "R" or "R/R", each 0..255: the first one in the upper 16 bits when there are two.
  [[nodiscard]] std::optional<std::uint32_t> realms(std::string_view word);

 private:
  using Names = std::unordered_map<std::string, std::uint32_t>;
  struct Kind;
  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view word, const Kind& kind);
  [[nodiscard]] Names load(const Kind& kind) const;

  std::string usr_dir_;
  std::string etc_dir_;
  /// By file name.
  std::unordered_map<std::string_view, Names> loaded_;
};

}  // namespace understudy::vrrp
