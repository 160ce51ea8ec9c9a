// How a function says that it failed: Result<T>, a value or an Error with words for a person.
#pragma once

#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>

namespace understudy {

/// Why something failed. `message` is one line for an operator; `code` is the errno when there was
/// one.
struct Error {
  std::string message;
  int code = 0;

  /// "WHAT: strerror(code)". Keeps the code.
  static Error from_errno(int code, const std::string& what);
};

/// Called by boost::system::result::value() when there is only an error.
[[noreturn]] inline void throw_exception_from_error(const Error& error,
                                                    const boost::source_location& /*where*/) {
  throw std::runtime_error(error.message);
}

template <typename T>
using Result = boost::system::result<T, Error>;

}  // namespace understudy
