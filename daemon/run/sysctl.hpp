// Settings of the kernel (sysctl(8), /proc/sys) that we change, and put back.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "daemon/base/log.hpp"
#include "daemon/base/result.hpp"
#include "daemon/run/handover.hpp"

namespace understudy::run {

/// The number in /proc/sys/`path`; an error when there is none.
[[nodiscard]] Result<int> read_sysctl(const std::string& path);
/// Writes it.
Result<void> write_sysctl(const std::string& path, int value);

/// Settings held at a value for as long as somebody needs it. What was there before is on the page:
/// a successor puts back that, not what its predecessor has made of it. Paths are those below
/// /proc/sys, "net/ipv4/conf/eth0/arp_ignore".
class Sysctls {
 public:
  using Write = std::function<Result<void>(const std::string& path, int value)>;

  /// `write` is for who has another way to set some of them.
  Sysctls(Log& log, HandoverPage& page, Write write = write_sysctl);

  /// Sets it for `user`; does nothing when that user holds it already. A setting that cannot be
  /// made is named in the log, each kind once, and false.
  bool hold(const std::string& path, int value, const std::string& user);
  /// Sets it and forgets what was there: for what ends with us anyway.
  bool set(const std::string& path, int value);
  /// The user does not need it any more; after the last one what was there comes back.
  void release(const std::string& path, const std::string& user);
  /// All that this user holds.
  void release_all(const std::string& user);
  /// Puts everything back, also what only a predecessor has changed.
  void restore_all();
  /// What a predecessor changed and nobody holds now is put back.
  void sweep();
  /// What was there before it was held; nullopt: it is not.
  [[nodiscard]] std::optional<int> original_of(const std::string& path) const;
  /// How many hold it.
  [[nodiscard]] std::size_t users_of(const std::string& path) const;
  /// An interface has another name from now on, and its settings with it.
  void rename_interface(std::string_view before, std::string_view after);
  /// The settings of this interface are gone with it.
  void forget_interface(std::string_view name);

 private:
  struct Held {
    /// What was there before us, and what we made of it.
    int original = 0;
    int value = 0;
    std::set<std::string> users;
  };

  void restore(const std::string& path, const Held& held);
  void complain(const std::string& path, int value, const Error& why);
  void adopt();

  Log& log_;
  HandoverPage& page_;
  Write write_;
  std::map<std::string, Held> held_;
  /// Kinds of settings, the last part of their path, whose refusal was told.
  std::set<std::string, std::less<>> refused_;
};

}  // namespace understudy::run
