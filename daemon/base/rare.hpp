// A value that is nearly always the default one.
#pragma once

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace understudy {

/// Holds a T in the room of a pointer until it is edited; copies and compares as the T would. For
/// what few of many thousand objects have.
template <typename T>
class Rare {
 public:
  Rare() = default;
  // Implicit on purpose: a T, and what becomes one, is a Rare<T>.
  template <std::convertible_to<T> Value>
  requires(!std::same_as<std::remove_cvref_t<Value>, Rare>)
      Rare(Value&& value)  // NOLINT(google-explicit-constructor)
      : value_(std::make_unique<T>(std::forward<Value>(value))) {}
  Rare(const Rare& other)
      : value_(other.value_ == nullptr ? nullptr : std::make_unique<T>(*other.value_)) {}
  Rare(Rare&&) noexcept = default;
  Rare& operator=(const Rare& other) {
    if (this != &other) *this = Rare(other);
    return *this;
  }
  Rare& operator=(Rare&&) noexcept = default;
  ~Rare() = default;

  [[nodiscard]] const T& operator*() const {
    static const T unchanged{};
    return value_ == nullptr ? unchanged : *value_;
  }
  [[nodiscard]] const T* operator->() const { return &**this; }
  /// The value to change; makes room for it.
  [[nodiscard]] T& edit() {
    if (value_ == nullptr) value_ = std::make_unique<T>();
    return *value_;
  }
  bool operator==(const Rare& other) const { return value_ == other.value_ || **this == *other; }

 private:
  std::unique_ptr<T> value_;
};

}  // namespace understudy
