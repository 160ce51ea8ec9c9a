// A value that few have: thousands of checks without it pay for a pointer only.
#pragma once

#include <memory>
#include <utility>

namespace understudy::checkers {

/// A T, by default T{}; copies share it until one is edited. Compares by value.
template <typename T>
class Rarely {
 public:
  Rarely() = default;
  Rarely(T value)  // NOLINT(google-explicit-constructor): a T is one
      : value_(value == T{} ? nullptr : std::make_shared<T>(std::move(value))) {}

  const T& operator*() const {
    static const T kNone{};
    return value_ ? *value_ : kNone;
  }
  const T* operator->() const { return &**this; }
  /// To change it, this copy alone.
  T& edit() {
    value_ = std::make_shared<T>(**this);
    return *value_;
  }
  /// Whether it is another than T{}.
  explicit operator bool() const { return value_ && !(*value_ == T{}); }
  bool operator==(const Rarely& other) const { return value_ == other.value_ || **this == *other; }

 private:
  std::shared_ptr<T> value_;
};

}  // namespace understudy::checkers
