// What a real server is to do besides being alive, by the word of its agent.
#pragma once

#include <cstdint>

namespace understudy::checkers {

/// serve: take connections. drain: keep those it has, take no new ones. maintain: out of the table.
enum class Duty : std::uint8_t { serve, drain, maintain };

}  // namespace understudy::checkers
