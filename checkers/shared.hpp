// A value that many hold and few hold another of: thousands of checks pay for a pointer each.
#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <utility>

namespace understudy::checkers {

/// A T, by default T{}, which takes no memory of its own; copies share it until one is edited.
/// Compares by value. Copies may be in several threads.
template <typename T>
class Shared {
 public:
  Shared() = default;
  Shared(T value) {  // NOLINT(google-explicit-constructor): a T is one
    if (!(value == T{})) held_ = new Held(std::move(value));
  }

  const T& operator*() const {
    static const T kNone{};
    return held_ ? held_->value : kNone;
  }
  const T* operator->() const { return &**this; }
  /// To change it, this copy alone.
  T& edit() {
    if (!held_ || held_->use_count() > 1) held_ = new Held(**this);
    return held_->value;
  }
  /// Takes the other's value for its own, if they are equal.
  void share(const Shared& other) {
    if (*this == other) held_ = other.held_;
  }
  /// Whether it is another than T{}.
  explicit operator bool() const { return held_ && !(held_->value == T{}); }
  bool operator==(const Shared& other) const { return held_ == other.held_ || **this == *other; }

 private:
  struct Held : boost::intrusive_ref_counter<Held> {
    explicit Held(T kept) : value(std::move(kept)) {}
    T value;
  };
  boost::intrusive_ptr<Held> held_;
};

}  // namespace understudy::checkers
