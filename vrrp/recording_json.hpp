// Reading and writing the members of a recording's JSON objects, with every value checked.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <type_traits>

#include "daemon/base/address.hpp"
#include "daemon/base/types.hpp"

namespace understudy::vrrp {

using Json = nlohmann::ordered_json;

/// A text; one that is not UTF-8 is {"hex": "ff00"}.
[[nodiscard]] Json text_json(const std::string& text);
[[nodiscard]] std::int64_t nanoseconds(Duration duration);
/// Since the beginning of the monotonic clock.
[[nodiscard]] std::int64_t nanoseconds(TimePoint time);

/// The members of an object. What is missing or wrong gives a default value and problem(), the
/// first of which is kept.
class Members {
 public:
  explicit Members(const Json& object) : object_(object) {}
  /// Of an object within: its problems are those of `outer`.
  Members(const Json& object, Members& outer) : object_(object), problem_(outer.problem_) {}
  Members(const Members&) = delete;
  Members& operator=(const Members&) = delete;

  /// What was wrong; empty: nothing.
  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] bool has(const char* name) const {
    return object_.is_object() && object_.contains(name);
  }

  template <typename Integer>
  [[nodiscard]] Integer integer(const char* name) {
    return static_cast<Integer>(
        number(name, std::numeric_limits<Integer>::min(), std::numeric_limits<Integer>::max()));
  }
  /// An enumeration by its number, up to `last`.
  template <typename Enumeration>
  [[nodiscard]] Enumeration choice(const char* name, Enumeration last) {
    return static_cast<Enumeration>(number(name, 0, static_cast<std::int64_t>(last)));
  }
  [[nodiscard]] bool boolean(const char* name);
  [[nodiscard]] std::string text(const char* name);
  /// Empty for "".
  [[nodiscard]] IpAddress address(const char* name);
  [[nodiscard]] IpAddress address(const Json& value);
  [[nodiscard]] Duration duration(const char* name);
  [[nodiscard]] TimePoint time(const char* name);
  /// Calls `f` with each element of a list.
  template <typename F>
  void each(const char* name, F f) {
    const Json* list = find(name);
    if (list == nullptr || !list->is_array()) {
      complain(name, "a list");
      return;
    }
    for (const Json& one : *list) f(one);
  }

 private:
  [[nodiscard]] const Json* find(const char* name) const;
  std::int64_t number(const char* name, std::int64_t least, std::int64_t most);
  void complain(std::string_view name, std::string_view expected);

  const Json& object_;
  std::string own_problem_;
  std::string& problem_ = own_problem_;
};

}  // namespace understudy::vrrp
