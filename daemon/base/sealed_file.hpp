// Octets that one process writes and others read: memory with a descriptor, sealed when complete.
#pragma once

#include <cstddef>

#include "daemon/base/bytes.hpp"
#include "daemon/base/fd.hpp"
#include "daemon/base/result.hpp"

namespace understudy {

/// An empty file in memory (memfd_create(2)); `name` is what /proc shows.
[[nodiscard]] Result<Fd> make_memory_file(const char* name);
/// Writes `content` into such a file and seals it: nobody can change it any more.
Result<void> fill_and_seal(const Fd& file, ByteView content);
/// Whether that has been done.
[[nodiscard]] bool is_sealed(int file);

/// The content of a sealed file, mapped: it costs no memory besides the file's.
class MappedFile {
 public:
  static Result<MappedFile> open(int file);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;
  ~MappedFile();

  [[nodiscard]] ByteView view() const { return {static_cast<const std::uint8_t*>(memory_), size_}; }

 private:
  MappedFile(const void* memory, std::size_t size) : memory_(memory), size_(size) {}
  /// nullptr when the file is empty.
  const void* memory_;
  std::size_t size_;
};

}  // namespace understudy
