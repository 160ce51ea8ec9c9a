// Shared libraries that are opened when something first needs them.
//
// The tables of a library are memory of every process that has it (OpenSSL's are half a megabyte),
// and most configurations need few of them.
#pragma once

#include <memory>

namespace understudy {

/// An open shared library. A table of its functions derives from it and has a member for each, by
/// its own name, so that the macros of the library's headers work on it too:
///
///   decltype(&::SSL_new) SSL_new = symbol("SSL_new");
class Library {
 public:
  /// Opens the library (dlopen(3)); throws std::runtime_error with the reason when that fails: it
  /// is not there, or this process may not open another file.
  explicit Library(const char* name);

 protected:
  /// Becomes a pointer to a function of any type.
  struct Symbol {
    void* address;
    template <typename Function>
    operator Function*() const {
      return reinterpret_cast<Function*>(address);
    }
  };
  /// Throws std::runtime_error when the library lacks it.
  [[nodiscard]] Symbol symbol(const char* name) const;

 private:
  struct Close {
    void operator()(void* handle) const;
  };
  const char* name_;
  std::unique_ptr<void, Close> handle_;
};

}  // namespace understudy
