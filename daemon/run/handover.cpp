#include "daemon/run/handover.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <functional>
#include <new>
#include <span>
#include <thread>
#include <utility>
#include <vector>

namespace understudy::run {
namespace {

constexpr std::uint64_t kMagic = 0x554e44455253544dULL;
/// Raise it whenever Header or Record changes its meaning.
constexpr std::uint32_t kLayout = 2;
/// Octets whose memory is asked for at once.
constexpr std::size_t kReservation = 4096;
constexpr std::size_t kBootIdLength = 36;

using Word = std::atomic<std::uint64_t>;
static_assert(Word::is_always_lock_free && std::atomic<std::uint32_t>::is_always_lock_free);

struct Header {
  std::uint64_t magic;
  std::uint32_t layout;
  std::uint32_t cell_size;
  /// In cells.
  std::uint32_t capacity;
  /// Cells ever claimed; those above have never been written.
  std::atomic<std::uint32_t> high_water;
  std::array<char, kBootIdLength> boot_id;
};

/// A record has a place of as many cells as it needs, and a place keeps its size until clear(): so
/// all places can be walked, whatever a killed writer has left in one.
///
/// `sequence` is odd while the record is written. What follows, the octets of the key and then of
/// the value, is kept in words, so that a reader meeting a writer reads atomically whatever is
/// there and then sees that the sequence has changed.
struct Record {
  std::atomic<std::uint32_t> sequence;
  std::atomic<std::uint8_t> key_length;  // 0: free
  std::atomic<std::uint8_t> value_size;
  /// Cells of this place.
  std::uint8_t cells;
};
static_assert(sizeof(Record) == sizeof(Word) && kLargestValue <= 255);

constexpr std::size_t kCellSize = 2 * sizeof(Word);
constexpr std::size_t kCellsOffset = 64;
static_assert(sizeof(Header) <= kCellsOffset && kCellsOffset <= kReservation);

constexpr std::size_t cells_for(std::size_t octets) {
  return (sizeof(Record) + octets + kCellSize - 1) / kCellSize;
}

constexpr std::size_t kMostCells = cells_for(kLongestKey + kLargestValue);
static_assert(kMostCells <= 255);

constexpr std::size_t offset_of(std::uint32_t cell) {
  return kCellsOffset + std::size_t{cell} * kCellSize;
}

/// The words of a record's place, for so many octets.
std::span<Word> words_of(Record& record, std::size_t octets) {
  return {reinterpret_cast<Word*>(&record + 1), (octets + sizeof(Word) - 1) / sizeof(Word)};
}

/// Key and value of a record as they were at one moment.
class Snapshot {
 public:
  [[nodiscard]] std::string_view key() const {
    return {reinterpret_cast<const char*>(words_.data()), key_length_};
  }
  [[nodiscard]] std::string_view value() const {
    return {reinterpret_cast<const char*>(words_.data()) + key_length_, value_size_};
  }
  void set(std::string_view key, const void* value, std::size_t size) {
    auto* octets = reinterpret_cast<char*>(words_.data());
    key_length_ = key.copy(octets, kLongestKey);
    std::memcpy(octets + key_length_, value, size);
    value_size_ = size;
  }
  /// False for what no writer leaves.
  bool load(Record& record) {
    key_length_ = record.key_length.load(std::memory_order_relaxed);
    value_size_ = record.value_size.load(std::memory_order_relaxed);
    if (key_length_ == 0 || key_length_ > kLongestKey || value_size_ > kLargestValue ||
        cells_for(key_length_ + value_size_) > record.cells) {
      return false;
    }
    auto to = words_.begin();
    for (const Word& word : words_of(record, key_length_ + value_size_)) {
      *to++ = word.load(std::memory_order_relaxed);
    }
    return true;
  }
  void store(Record& record) const {
    record.key_length.store(static_cast<std::uint8_t>(key_length_), std::memory_order_relaxed);
    record.value_size.store(static_cast<std::uint8_t>(value_size_), std::memory_order_relaxed);
    auto from = words_.begin();
    for (Word& word : words_of(record, key_length_ + value_size_)) {
      word.store(*from++, std::memory_order_relaxed);
    }
  }

 private:
  std::array<std::uint64_t, (kLongestKey + kLargestValue) / sizeof(Word) + 1> words_{};
  std::size_t key_length_ = 0;
  std::size_t value_size_ = 0;
};

/// nullopt for a free record and one that is being or was half written. A writer may be at it all
/// the time, so it is tried a few times.
std::optional<Snapshot> snapshot(Record& record) {
  constexpr int kTries = 64;
  Snapshot result;
  for (int i = 0; i < kTries; ++i) {
    const std::uint32_t before = record.sequence.load(std::memory_order_acquire);
    if (before % 2 != 0) continue;
    const bool whole = result.load(record);
    std::atomic_thread_fence(std::memory_order_acquire);
    if (record.sequence.load(std::memory_order_relaxed) != before) continue;
    if (!whole) return std::nullopt;
    return result;
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

void make_free(Record& record) {
  rewrite(record, [](Record& changed) { changed.key_length.store(0, std::memory_order_relaxed); });
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

/// Capacity in cells of a file that another run of this boot left; nullopt if it is to be emptied.
std::optional<std::uint32_t> usable_capacity(int fd, const std::string& boot_id) {
  Header header{};
  struct stat status {};
  if (boot_id.empty() || fstat(fd, &status) != 0 ||
      pread(fd, static_cast<void*>(&header), sizeof header, 0) != ssize_t{sizeof header}) {
    return std::nullopt;
  }
  const bool same_layout =
      header.magic == kMagic && header.layout == kLayout && header.cell_size == kCellSize;
  const bool same_boot = std::string_view(header.boot_id.data(), kBootIdLength) == boot_id;
  const bool whole = static_cast<std::size_t>(status.st_size) == offset_of(header.capacity);
  if (!same_layout || !same_boot || !whole || header.high_water > header.capacity) {
    return std::nullopt;
  }
  return header.capacity;
}

}  // namespace

struct HandoverPage::Impl {
  /// Compare cells by the keys of the records that begin there: the keys are on the page, and ten
  /// thousand addresses should not be kept twice.
  struct Hash {
    using is_transparent = void;
    const Impl* page;
    std::size_t operator()(std::string_view key) const {
      return std::hash<std::string_view>()(key);
    }
    std::size_t operator()(std::uint32_t cell) const {
      Snapshot content;
      return content.load(page->record(cell)) ? (*this)(content.key()) : 0;
    }
  };
  struct Equal {
    using is_transparent = void;
    const Impl* page;
    bool operator()(std::uint32_t a, std::uint32_t b) const { return a == b; }
    bool operator()(std::string_view key, std::uint32_t cell) const {
      Snapshot content;
      return content.load(page->record(cell)) && content.key() == key;
    }
    bool operator()(std::uint32_t cell, std::string_view key) const { return (*this)(key, cell); }
  };

  Fd fd;
  void* memory = MAP_FAILED;
  std::size_t mapped = 0;
  /// Octets from the beginning of the file whose memory is there.
  std::size_t reserved = 0;
  bool inherited = false;
  std::string fallback_reason;
  /// Whether `index` and `free` say what this process has to know; they are made when first needed.
  bool indexed = false;
  boost::unordered_flat_set<std::uint32_t, Hash, Equal> index{0, Hash{this}, Equal{this}};
  /// Places that may be used again, by their size in cells.
  std::array<std::vector<std::uint32_t>, kMostCells + 1> free;

  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    if (memory != MAP_FAILED) munmap(memory, mapped);
  }

  [[nodiscard]] Header& header() const { return *static_cast<Header*>(memory); }
  [[nodiscard]] Record& record(std::uint32_t cell) const {
    return *reinterpret_cast<Record*>(static_cast<char*>(memory) + offset_of(cell));
  }
  [[nodiscard]] std::uint32_t high_water() const {
    return std::min(header().high_water.load(std::memory_order_acquire), header().capacity);
  }
  /// Calls `f(cell)` for each place; false when what it met is none.
  template <typename F>
  bool walk(const F& f) const;
  bool map(std::uint32_t capacity, const std::string& boot_id, bool keep);
  bool reserve(std::size_t end);
  std::optional<std::uint32_t> claim(std::size_t cells);
  void release(std::uint32_t cell);
  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view key);
  void forget_index();
  void make_index();
};

template <typename F>
bool HandoverPage::Impl::walk(const F& f) const {
  const std::uint32_t end = high_water();
  for (std::uint32_t cell = 0; cell < end;) {
    const std::uint32_t size = record(cell).cells;
    if (size == 0 || size > kMostCells || size > end - cell) return false;
    f(cell);
    cell += size;
  }
  return true;
}

bool HandoverPage::Impl::map(std::uint32_t capacity, const std::string& boot_id, bool keep) {
  mapped = offset_of(capacity);
  if (!keep && ftruncate(fd.get(), 0) != 0) return false;
  if (ftruncate(fd.get(), static_cast<off_t>(mapped)) != 0) return false;
  // Memory that cannot be had is an error here, not a SIGBUS at the first write.
  if (!reserve(kCellsOffset)) return false;
  memory = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (memory == MAP_FAILED) return false;
  if (!keep) {
    auto* fresh = new (memory) Header{kMagic, kLayout, kCellSize, capacity, 0, {}};
    std::copy_n(boot_id.begin(), std::min(boot_id.size(), kBootIdLength), fresh->boot_id.begin());
  }
  header().capacity = capacity;
  const bool whole = walk([this](std::uint32_t cell) {
    if (snapshot(record(cell))) inherited = true;
  });
  if (whole) return true;
  munmap(std::exchange(memory, MAP_FAILED), mapped);
  reserved = 0;
  inherited = false;
  return map(capacity, boot_id, false);
}

bool HandoverPage::Impl::reserve(std::size_t end) {
  if (end <= reserved) return true;
  const std::size_t whole = (end + kReservation - 1) / kReservation * kReservation;
  const std::size_t to = std::min(whole, mapped);
  if (!allocate(fd.get(), reserved, to - reserved)) return false;
  reserved = to;
  return true;
}

std::optional<std::uint32_t> HandoverPage::Impl::claim(std::size_t cells) {
  for (std::size_t size = cells; size <= kMostCells; ++size) {
    if (free[size].empty()) continue;
    const std::uint32_t cell = free[size].back();
    free[size].pop_back();
    return cell;
  }
  const std::uint32_t cell = high_water();
  const auto size = static_cast<std::uint32_t>(cells);
  if (header().capacity - cell < size || !reserve(offset_of(cell + size))) return std::nullopt;
  // In this order: a place others can see has a size, and no content yet.
  new (&record(cell)) Record{0, 0, 0, static_cast<std::uint8_t>(size)};
  header().high_water.store(cell + size, std::memory_order_release);
  return cell;
}

/// The record there is forgotten; it is no longer in the index.
void HandoverPage::Impl::release(std::uint32_t cell) {
  make_free(record(cell));
  free[record(cell).cells].push_back(cell);
}

std::optional<std::uint32_t> HandoverPage::Impl::find(std::string_view key) {
  make_index();
  const auto found = index.find(key);
  return found == index.end() ? std::nullopt : std::optional(*found);
}

void HandoverPage::Impl::forget_index() {
  indexed = false;
  index.clear();
  for (auto& places : free) places.clear();
}

void HandoverPage::Impl::make_index() {
  if (indexed) return;
  indexed = true;
  reserved = std::max(offset_of(high_water()), std::min(kReservation, mapped));
  walk([this](std::uint32_t cell) {
    if (snapshot(record(cell))) {
      index.insert(cell);
    } else {
      free[record(cell).cells].push_back(cell);
    }
  });
  // The lowest free place is taken first.
  for (auto& places : free) std::reverse(places.begin(), places.end());
}

HandoverPage::HandoverPage(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HandoverPage::HandoverPage(HandoverPage&&) noexcept = default;
HandoverPage& HandoverPage::operator=(HandoverPage&&) noexcept = default;
HandoverPage::~HandoverPage() = default;

Result<HandoverPage> HandoverPage::open(const std::string& path, std::uint32_t capacity,
                                        std::optional<std::chrono::milliseconds> patience) {
  const std::string boot_id = read_boot_id();
  const auto cells = static_cast<std::uint32_t>(capacity * kMostCells);
  auto impl = std::make_unique<Impl>();
  auto file = open_file(path);
  if (file && patience && !lock_file(file->fd, *patience)) {
    file = Error::from_errno(errno, "another process uses " + path);
  }
  if (file) {
    impl->fd = std::move(file->fd);
    std::optional<std::uint32_t> old;
    if (file->trusted) old = usable_capacity(impl->fd.get(), boot_id);
    if (impl->map(std::max(cells, old.value_or(0)), boot_id, old.has_value())) {
      return HandoverPage(std::move(impl));
    }
    file = Error::from_errno(errno, "cannot map " + path);
  }
  impl = std::make_unique<Impl>();
  impl->fallback_reason = file.error().message;
  impl->fd = Fd(memfd_create("understudy", MFD_CLOEXEC));
  if (!impl->fd || !impl->map(cells, boot_id, false)) {
    return Error::from_errno(errno, "cannot make shared memory");
  }
  return HandoverPage(std::move(impl));
}

bool HandoverPage::read_raw(std::string_view key, void* value, std::size_t size) const {
  const auto cell = impl_->find(key);
  if (!cell) return false;
  const auto content = snapshot(impl_->record(*cell));
  // Another process may have given the place to another key.
  if (!content || content->key() != key || content->value().size() != size) return false;
  content->value().copy(static_cast<char*>(value), size);
  return true;
}

bool HandoverPage::write_raw(std::string_view key, const void* value, std::size_t size) {
  if (key.empty() || key.size() > kLongestKey) return false;
  Snapshot content;
  content.set(key, value, size);
  const std::size_t needed = cells_for(key.size() + size);
  auto cell = impl_->find(key);
  if (cell && impl_->record(*cell).cells < needed) {
    erase(key);
    cell.reset();
  }
  const bool is_new = !cell;
  if (is_new) cell = impl_->claim(needed);
  if (!cell) return false;
  rewrite(impl_->record(*cell), [&](Record& record) { content.store(record); });
  if (is_new) impl_->index.insert(*cell);
  return true;
}

void HandoverPage::erase(std::string_view key) {
  const auto cell = impl_->find(key);
  if (!cell) return;
  impl_->index.erase(*cell);
  impl_->release(*cell);
}

void HandoverPage::for_each_key(const std::function<void(std::string_view key)>& f) const {
  // A copy: `f` may erase.
  std::vector<std::string> keys;
  impl_->make_index();
  for (const std::uint32_t cell : impl_->index) {
    const auto content = snapshot(impl_->record(cell));
    // Another process may have given the place to a key that our index does not have.
    if (content && impl_->find(content->key()) == cell) keys.emplace_back(content->key());
  }
  std::sort(keys.begin(), keys.end());
  for (const auto& key : keys) f(key);
}

void HandoverPage::clear() {
  impl_->walk([this](std::uint32_t cell) { make_free(impl_->record(cell)); });
  // The places may have other sizes the next time.
  impl_->header().high_water.store(0, std::memory_order_release);
  impl_->forget_index();
}

bool HandoverPage::inherited() const { return impl_->inherited; }

const std::string& HandoverPage::fallback_reason() const { return impl_->fallback_reason; }

void HandoverPage::refresh() { impl_->forget_index(); }

}  // namespace understudy::run
