// Memory that outlives a process: tables of small records in a mapped file.
//
// Each child has one page, a file in /run that parent and child map shared. The child writes what
// it is doing before it does it; a respawned child, or the daemon after a crash of everything,
// reads it and goes on. The file carries the boot id: records of an earlier boot are not believed.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "daemon/base/fd.hpp"
#include "daemon/base/result.hpp"

namespace understudy::run {

/// Longest key of a record, octets.
inline constexpr std::size_t kLongestKey = 127;
/// Octets a record's value may have.
inline constexpr std::size_t kLargestValue = 104;

/// A page: keyed records of up to kLargestValue octets, each using as much memory as it needs. One
/// writer at a time; readers in other processes see a record as it was before or after a write,
/// never a mixture (a sequence number per record is odd while it is written; a record left odd by a
/// killed writer is not believed).
class HandoverPage {
 public:
  /// Maps the file at `path` (mode 0600, not following links), creating it if need be. Where that
  /// is impossible (read-only /run, a file that is not ours alone) the page is anonymous memory: it
  /// still outlives a child, not the daemon; fallback_reason() says why. A file of another boot or
  /// another layout is emptied. At least `capacity` records fit, more of them if they are small;
  /// the memory is only used up as records are claimed. With a `patience` the page is ours alone,
  /// for us and the children we fork: a process of a daemon that was killed may still be leaving,
  /// and that long it is waited for.
  static Result<HandoverPage> open(
      const std::string& path, std::uint32_t capacity,
      std::optional<std::chrono::milliseconds> patience = std::nullopt);
  HandoverPage(HandoverPage&&) noexcept;
  HandoverPage& operator=(HandoverPage&&) noexcept;
  ~HandoverPage();

  /// The value stored under `key`, if there is one of this size that was completely written.
  template <typename Value>
  [[nodiscard]] std::optional<Value> read(std::string_view key) const {
    static_assert(std::is_trivially_copyable_v<Value> && sizeof(Value) <= kLargestValue);
    Value value;
    if (!read_raw(key, &value, sizeof value)) return std::nullopt;
    return value;
  }
  /// Stores `value` under `key`; false when the page or its file system is full, or the key is
  /// empty or too long.
  template <typename Value>
  bool write(std::string_view key, const Value& value) {
    static_assert(std::is_trivially_copyable_v<Value> && sizeof(Value) <= kLargestValue);
    return write_raw(key, &value, sizeof value);
  }
  /// Forgets a record; its place is used again.
  void erase(std::string_view key);
  /// Calls `f` with every key that has a completely written record.
  void for_each_key(const std::function<void(std::string_view key)>& f) const;
  /// Forgets everything: an orderly stop leaves nothing to adopt.
  void clear();
  /// Whether the page was found with records of this boot when it was opened.
  [[nodiscard]] bool inherited() const;
  /// Why the page is not a file, for the log; empty when it is one.
  [[nodiscard]] const std::string& fallback_reason() const;
  /// Has this process's index of keys built anew: call it in a child after fork, or after another
  /// process wrote.
  void refresh();

 private:
  struct Impl;
  explicit HandoverPage(std::unique_ptr<Impl> impl);
  bool read_raw(std::string_view key, void* value, std::size_t size) const;
  bool write_raw(std::string_view key, const void* value, std::size_t size);
  std::unique_ptr<Impl> impl_;
};

}  // namespace understudy::run
