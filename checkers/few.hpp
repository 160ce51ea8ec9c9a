// A list that nearly always has one element, as the checks of a real server: there are tens of
// thousands of them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <stdexcept>
#include <utility>
#include <variant>
#include <vector>

#include "daemon/base/rare.hpp"

namespace understudy::checkers {

/// A std::vector of which a single element takes no memory besides the list's own.
template <typename T>
class Few {
 public:
  Few() = default;
  Few(std::initializer_list<T> all) {
    for (const T& one : all) push_back(one);
  }

  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] std::size_t size() const {
    if (const More* more = std::get_if<More>(&held_)) return (*more)->size();
    return std::holds_alternative<T>(held_) ? 1 : 0;
  }
  [[nodiscard]] T* data() {
    if (More* more = std::get_if<More>(&held_)) return more->edit().data();
    return std::get_if<T>(&held_);
  }
  [[nodiscard]] const T* data() const {
    if (const More* more = std::get_if<More>(&held_)) return (*more)->data();
    return std::get_if<T>(&held_);
  }
  [[nodiscard]] T* begin() { return data(); }
  [[nodiscard]] T* end() { return data() + size(); }
  [[nodiscard]] const T* begin() const { return data(); }
  [[nodiscard]] const T* end() const { return data() + size(); }
  [[nodiscard]] T& operator[](std::size_t index) { return data()[index]; }
  [[nodiscard]] const T& operator[](std::size_t index) const { return data()[index]; }
  /// Throws std::out_of_range.
  [[nodiscard]] T& at(std::size_t index) { return data()[checked(index)]; }
  [[nodiscard]] const T& at(std::size_t index) const { return data()[checked(index)]; }

  void push_back(T value) { emplace_back(std::move(value)); }
  /// References to others become invalid.
  T& emplace_back(T value) {
    if (empty()) return held_.template emplace<T>(std::move(value));
    if (T* first = std::get_if<T>(&held_)) {
      std::vector<T> both;
      both.push_back(std::move(*first));
      held_.template emplace<More>(std::move(both));
    }
    return std::get<More>(held_).edit().emplace_back(std::move(value));
  }
  void pop_back() {
    if (More* more = std::get_if<More>(&held_)) return more->edit().pop_back();
    clear();
  }
  void clear() { held_ = std::monostate(); }
  bool operator==(const Few& other) const {
    return std::equal(begin(), end(), other.begin(), other.end());
  }

 private:
  using More = Rare<std::vector<T>>;

  [[nodiscard]] std::size_t checked(std::size_t index) const {
    if (index >= size()) throw std::out_of_range("no such element");
    return index;
  }

  std::variant<std::monostate, T, More> held_;
};

}  // namespace understudy::checkers
