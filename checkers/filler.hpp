// What checks send when it does not matter what.
#pragma once

#include <cstddef>

#include "daemon/base/bytes.hpp"

namespace understudy::checkers {

/// "keepalived check - " again and again, `length` octets of it: an administrator who sees it on
/// the wire knows whose it is.
[[nodiscard]] Bytes filler(std::size_t length);

}  // namespace understudy::checkers
