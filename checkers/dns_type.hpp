// The names of the record types DNS_CHECK can ask for.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "checkers/config.hpp"

namespace understudy::checkers {

/// "A", "NS" …
[[nodiscard]] const std::vector<std::string_view>& dns_type_names();
/// The type of that name, in any case; nullopt: there is none.
[[nodiscard]] std::optional<DnsType> dns_type(std::string_view name);
/// The name of a type.
[[nodiscard]] std::string_view name_of(DnsType type);

}  // namespace understudy::checkers
