#include "daemon/run/handover.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <new>
#include <span>
#include <thread>
#include <utility>
#include <vector>

namespace understudy::run {
namespace {

constexpr std::uint64_t kMagic = 0x554e44455253544dULL;
/// Raise it whenever Header or Record changes its meaning.
constexpr std::uint32_t kLayout = 1;
constexpr std::size_t kKeyWords = (kLongestKey + 1) / sizeof(std::uint64_t);
constexpr std::size_t kValueWords = kLargestValue / sizeof(std::uint64_t);
/// Records whose memory is asked for at once.
constexpr std::uint32_t kReservation = 64;
constexpr std::size_t kBootIdLength = 36;

using Word = std::atomic<std::uint64_t>;
static_assert(Word::is_always_lock_free && std::atomic<std::uint32_t>::is_always_lock_free);

struct Header {
  std::uint64_t magic;
  std::uint32_t layout;
  std::uint32_t record_size;
  std::uint32_t capacity;
  /// Records ever claimed; those above have never been written.
  std::atomic<std::uint32_t> high_water;
  std::array<char, kBootIdLength> boot_id;
};

/// `sequence` is odd while the record is written. Key and value are kept in words, so that a reader
/// meeting a writer reads atomically whatever is there and then sees that the sequence has changed.
struct alignas(64) Record {
  std::atomic<std::uint32_t> sequence;
  std::atomic<std::uint16_t> key_length;  // 0: free
  std::atomic<std::uint16_t> value_size;
  std::array<Word, kKeyWords> key;
  std::array<Word, kValueWords> value;
};
static_assert(sizeof(Record) == 256);

constexpr std::size_t kRecordsOffset = sizeof(Record);
static_assert(sizeof(Header) <= kRecordsOffset);

constexpr std::size_t file_size(std::uint32_t capacity) {
  return kRecordsOffset + std::size_t{capacity} * sizeof(Record);
}

/// The key in a record that no other process changes.
std::string_view key_of(const Record& record) {
  return {reinterpret_cast<const char*>(record.key.data()),
          record.key_length.load(std::memory_order_relaxed)};
}

void store_words(std::span<Word> words, const void* data, std::size_t size) {
  const char* from = static_cast<const char*>(data);
  for (std::size_t i = 0; i * sizeof(Word) < size; ++i) {
    std::uint64_t word = 0;
    std::memcpy(&word, from + i * sizeof word, std::min(sizeof word, size - i * sizeof word));
    words[i].store(word, std::memory_order_relaxed);
  }
}

void load_words(std::span<const Word> words, void* data, std::size_t size) {
  char* to = static_cast<char*>(data);
  for (std::size_t i = 0; i * sizeof(Word) < size; ++i) {
    const std::uint64_t word = words[i].load(std::memory_order_relaxed);
    std::memcpy(to + i * sizeof word, &word, std::min(sizeof word, size - i * sizeof word));
  }
}

/// A record as it was at one moment.
struct Snapshot {
  std::string key;
  std::array<char, kLargestValue> value{};
  std::size_t value_size = 0;
};

/// nullopt for a free record and one that is being or was half written. A writer may be at it all
/// the time, so it is tried a few times.
std::optional<Snapshot> snapshot(const Record& record) {
  constexpr int kTries = 64;
  for (int i = 0; i < kTries; ++i) {
    const std::uint32_t before = record.sequence.load(std::memory_order_acquire);
    if (before % 2 != 0) continue;
    const std::size_t key_length = record.key_length.load(std::memory_order_relaxed);
    const std::size_t value_size = record.value_size.load(std::memory_order_relaxed);
    if (key_length == 0 || key_length > kLongestKey || value_size > kLargestValue) {
      return std::nullopt;
    }
    Snapshot result;
    result.key.resize(key_length);
    load_words(record.key, result.key.data(), key_length);
    load_words(record.value, result.value.data(), value_size);
    result.value_size = value_size;
    std::atomic_thread_fence(std::memory_order_acquire);
    if (record.sequence.load(std::memory_order_relaxed) == before) return result;
  }
  return std::nullopt;
}

/// Makes the record odd, lets `change` alter it, makes it even. A record left odd by a killed
/// writer goes to the next odd number first.
template <typename Change>
void rewrite(Record& record, const Change& change) {
  const std::uint32_t before = record.sequence.load(std::memory_order_relaxed);
  const std::uint32_t odd = (before | 1U) + (before % 2 != 0 ? 2U : 0U);
  record.sequence.store(odd, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  change(record);
  record.sequence.store(odd + 1U, std::memory_order_release);
}

std::string read_boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id.size() == kBootIdLength ? id : std::string();
}

/// posix_fallocate(3) that says why in errno.
bool allocate(int fd, std::size_t offset, std::size_t size) {
  errno = posix_fallocate(fd, static_cast<off_t>(offset), static_cast<off_t>(size));
  return errno == 0;
}

struct OpenedFile {
  Fd fd;
  /// The content may be believed: nobody else could write it.
  bool trusted = false;
};

Result<OpenedFile> open_file(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600));
  if (!fd) return Error::from_errno(errno, "cannot open " + path);
  struct stat status {};
  if (fstat(fd.get(), &status) != 0) return Error::from_errno(errno, "cannot stat " + path);
  if (!S_ISREG(status.st_mode)) return Error{path + " is not a regular file", 0};
  if (status.st_uid != geteuid() || status.st_nlink != 1) {
    return Error{path + " has another owner or another name (hard link)", 0};
  }
  const bool private_mode = (status.st_mode & 07777) == 0600;
  if (!private_mode && fchmod(fd.get(), 0600) != 0) {
    return Error::from_errno(errno, "cannot make " + path + " private");
  }
  return OpenedFile{std::move(fd), private_mode};
}

/// Locks the file for as long as its descriptor is open anywhere, in a child too.
bool lock_file(const Fd& fd, std::chrono::milliseconds patience) {
  constexpr std::chrono::milliseconds kPoll(5);
  for (; flock(fd.get(), LOCK_EX | LOCK_NB) != 0; patience -= kPoll) {
    if (errno != EWOULDBLOCK || patience <= patience.zero()) return false;
    std::this_thread::sleep_for(kPoll);
  }
  return true;
}

/// Capacity of a file that another run of this boot left; nullopt if it is to be emptied.
std::optional<std::uint32_t> usable_capacity(int fd, const std::string& boot_id) {
  Header header{};
  struct stat status {};
  if (boot_id.empty() || fstat(fd, &status) != 0 ||
      pread(fd, static_cast<void*>(&header), sizeof header, 0) != ssize_t{sizeof header}) {
    return std::nullopt;
  }
  const bool same_layout =
      header.magic == kMagic && header.layout == kLayout && header.record_size == sizeof(Record);
  const bool same_boot = std::string_view(header.boot_id.data(), kBootIdLength) == boot_id;
  const bool whole = static_cast<std::size_t>(status.st_size) == file_size(header.capacity);
  if (!same_layout || !same_boot || !whole || header.high_water > header.capacity) {
    return std::nullopt;
  }
  return header.capacity;
}

}  // namespace

struct HandoverPage::Impl {
  Fd fd;
  void* memory = MAP_FAILED;
  std::size_t mapped = 0;
  std::uint32_t reserved = 0;
  bool inherited = false;
  std::string fallback_reason;
  /// The keys are those in the records: ten thousand addresses should not be kept twice.
  boost::unordered_flat_map<std::string_view, std::uint32_t> index;
  std::vector<std::uint32_t> free;

  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    if (memory != MAP_FAILED) munmap(memory, mapped);
  }

  [[nodiscard]] Header& header() const { return *static_cast<Header*>(memory); }
  [[nodiscard]] Record& record(std::uint32_t slot) const {
    return *reinterpret_cast<Record*>(static_cast<char*>(memory) + kRecordsOffset +
                                      std::size_t{slot} * sizeof(Record));
  }
  [[nodiscard]] std::uint32_t high_water() const {
    return std::min(header().high_water.load(std::memory_order_acquire), header().capacity);
  }
  bool map(std::uint32_t capacity, const std::string& boot_id, bool keep);
  bool reserve(std::uint32_t slot);
  std::optional<std::uint32_t> claim();
  void refresh();
};

bool HandoverPage::Impl::map(std::uint32_t capacity, const std::string& boot_id, bool keep) {
  mapped = file_size(capacity);
  if (!keep && ftruncate(fd.get(), 0) != 0) return false;
  if (ftruncate(fd.get(), static_cast<off_t>(mapped)) != 0) return false;
  // Memory that cannot be had is an error here, not a SIGBUS at the first write.
  if (!allocate(fd.get(), 0, kRecordsOffset)) return false;
  memory = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (memory == MAP_FAILED) return false;
  if (!keep) {
    auto* fresh = new (memory) Header{kMagic, kLayout, sizeof(Record), capacity, 0, {}};
    std::copy_n(boot_id.begin(), std::min(boot_id.size(), kBootIdLength), fresh->boot_id.begin());
  }
  header().capacity = capacity;
  refresh();
  return true;
}

bool HandoverPage::Impl::reserve(std::uint32_t slot) {
  if (slot < reserved) return true;
  const std::uint32_t first = slot / kReservation * kReservation;
  const std::uint32_t count = std::min(kReservation, header().capacity - first);
  if (!allocate(fd.get(), file_size(first), count * sizeof(Record))) return false;
  reserved = first + count;
  return true;
}

std::optional<std::uint32_t> HandoverPage::Impl::claim() {
  if (!free.empty()) {
    const std::uint32_t slot = free.back();
    free.pop_back();
    return slot;
  }
  const std::uint32_t slot = high_water();
  if (slot == header().capacity || !reserve(slot)) return std::nullopt;
  header().high_water.store(slot + 1, std::memory_order_release);
  return slot;
}

void HandoverPage::Impl::refresh() {
  index.clear();
  free.clear();
  const std::uint32_t used = high_water();
  reserved = used;
  // Backwards, so that the lowest free place is taken first.
  for (std::uint32_t slot = used; slot-- > 0;) {
    if (snapshot(record(slot))) {
      index.insert_or_assign(key_of(record(slot)), slot);
    } else {
      free.push_back(slot);
    }
  }
}

HandoverPage::HandoverPage(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HandoverPage::HandoverPage(HandoverPage&&) noexcept = default;
HandoverPage& HandoverPage::operator=(HandoverPage&&) noexcept = default;
HandoverPage::~HandoverPage() = default;

Result<HandoverPage> HandoverPage::open(const std::string& path, std::uint32_t capacity,
                                        std::optional<std::chrono::milliseconds> patience) {
  const std::string boot_id = read_boot_id();
  auto impl = std::make_unique<Impl>();
  auto file = open_file(path);
  if (file && patience && !lock_file(file->fd, *patience)) {
    file = Error::from_errno(errno, "another process uses " + path);
  }
  if (file) {
    impl->fd = std::move(file->fd);
    std::optional<std::uint32_t> old;
    if (file->trusted) old = usable_capacity(impl->fd.get(), boot_id);
    if (impl->map(std::max(capacity, old.value_or(0)), boot_id, old.has_value())) {
      impl->inherited = old && !impl->index.empty();
      return HandoverPage(std::move(impl));
    }
    file = Error::from_errno(errno, "cannot map " + path);
  }
  impl = std::make_unique<Impl>();
  impl->fallback_reason = file.error().message;
  impl->fd = Fd(memfd_create("understudy", MFD_CLOEXEC));
  if (!impl->fd || !impl->map(capacity, boot_id, false)) {
    return Error::from_errno(errno, "cannot make shared memory");
  }
  return HandoverPage(std::move(impl));
}

bool HandoverPage::read_raw(std::string_view key, void* value, std::size_t size) const {
  const auto found = impl_->index.find(key);
  if (found == impl_->index.end()) return false;
  const auto record = snapshot(impl_->record(found->second));
  // Another process may have given the place to another key.
  if (!record || record->key != key || record->value_size != size) return false;
  std::memcpy(value, record->value.data(), size);
  return true;
}

bool HandoverPage::write_raw(std::string_view key, const void* value, std::size_t size) {
  if (key.empty() || key.size() > kLongestKey) return false;
  const auto found = impl_->index.find(key);
  const bool known = found != impl_->index.end();
  const auto slot = known ? std::optional(found->second) : impl_->claim();
  if (!slot) return false;
  Record& record = impl_->record(*slot);
  rewrite(record, [&](Record& changed) {
    if (!known) {
      changed.key_length.store(static_cast<std::uint16_t>(key.size()), std::memory_order_relaxed);
      store_words(changed.key, key.data(), key.size());
    }
    changed.value_size.store(static_cast<std::uint16_t>(size), std::memory_order_relaxed);
    store_words(changed.value, value, size);
  });
  if (!known) impl_->index.emplace(key_of(record), *slot);
  return true;
}

void HandoverPage::erase(std::string_view key) {
  const auto found = impl_->index.find(key);
  if (found == impl_->index.end()) return;
  const std::uint32_t slot = found->second;
  impl_->index.erase(found);
  rewrite(impl_->record(slot),
          [](Record& record) { record.key_length.store(0, std::memory_order_relaxed); });
  impl_->free.push_back(slot);
}

void HandoverPage::for_each_key(const std::function<void(std::string_view key)>& f) const {
  // A copy: `f` may erase.
  std::vector<std::string> keys;
  for (std::uint32_t slot = 0; slot < impl_->high_water(); ++slot) {
    auto record = snapshot(impl_->record(slot));
    // Another process may have given the place to a key that our index does not have.
    if (record && impl_->index.contains(record->key)) keys.push_back(std::move(record->key));
  }
  std::sort(keys.begin(), keys.end());
  for (const auto& key : keys) f(key);
}

void HandoverPage::clear() {
  impl_->index.clear();
  for (std::uint32_t slot = 0; slot < impl_->high_water(); ++slot) {
    rewrite(impl_->record(slot),
            [](Record& record) { record.key_length.store(0, std::memory_order_relaxed); });
  }
  impl_->refresh();
}

bool HandoverPage::inherited() const { return impl_->inherited; }

const std::string& HandoverPage::fallback_reason() const { return impl_->fallback_reason; }

void HandoverPage::refresh() { impl_->refresh(); }

}  // namespace understudy::run
