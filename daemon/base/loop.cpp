#include "daemon/base/loop.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

namespace understudy {
namespace {

constexpr std::size_t kEventsPerTurn = 64;
/// Due timers that run before ready descriptors have their turn.
constexpr std::size_t kTimersPerTurn = 64;
/// From the first watch made with Watch::Soon to the look at all of them.
constexpr Duration kSoon = std::chrono::milliseconds(3);
// One mask for both.
static_assert(POLLIN == EPOLLIN && POLLOUT == EPOLLOUT && POLLERR == EPOLLERR &&
              POLLHUP == EPOLLHUP);

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

int wait_for_events(int epoll, std::array<epoll_event, kEventsPerTurn>& events, Duration longest) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(longest);
  const timespec limit{seconds.count(), (longest - seconds).count()};
  const int count =
      epoll_pwait2(epoll, events.data(), static_cast<int>(events.size()), &limit, nullptr);
  if (count >= 0 || errno != ENOSYS) return count;
  // Kernels before 5.11: whole milliseconds, rounded up so as not to spin.
  const auto whole = std::chrono::ceil<std::chrono::milliseconds>(longest).count();
  return epoll_wait(epoll, events.data(), static_cast<int>(events.size()), static_cast<int>(whole));
}

}  // namespace

Loop::Loop() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (!epoll_) fail("epoll_create1");
}

Loop::~Loop() = default;

std::uint64_t Loop::enter(Watch& watch) {
  auto place = static_cast<std::uint32_t>(places_.size());
  if (free_places_.empty()) {
    places_.emplace_back();
  } else {
    place = free_places_.back();
    free_places_.pop_back();
  }
  places_[place].watch = &watch;
  return std::uint64_t{++places_[place].uses} << 32 | place;
}

void Loop::leave(std::uint64_t id) {
  const auto place = static_cast<std::uint32_t>(id);
  places_[place].watch = nullptr;
  free_places_.push_back(place);
}

Watch* Loop::find(std::uint64_t id) const {
  const Place& place = places_[static_cast<std::uint32_t>(id)];
  return place.uses == id >> 32 ? place.watch : nullptr;
}

void Loop::run() {
  stopped_ = false;
  read_clock();
  while (!stopped_) turn(std::chrono::hours(1));
}

Duration Loop::wait_time(Duration longest) const {
  // A caller's own deadline may have passed.
  longest = std::max(longest, Duration::zero());
  if (!new_.empty()) longest = std::clamp(look_at_ - now_, Duration::zero(), longest);
  if (timers_.empty()) return longest;
  return std::clamp(timers_.begin()->when_ - now_, Duration::zero(), longest);
}

void Loop::run_once(Duration longest) {
  read_clock();
  turn(longest);
}

// The clock was read a moment ago, at the end of the last turn: where that is a system call, each
// one less counts.
void Loop::turn(Duration longest) {
  std::array<epoll_event, kEventsPerTurn> events{};
  const int count = wait_for_events(epoll_.get(), events, wait_time(longest));
  if (count < 0 && errno != EINTR) fail("epoll_wait");
  read_clock();
  run_due_timers(kTimersPerTurn);
  if (!new_.empty() && look_at_ <= now_) look_at_new();
  for (int i = 0; i < count && !stopped_; ++i) {
    const auto& event = events[static_cast<std::size_t>(i)];
    // A copy: epoll_event is packed, so no reference may be bound to its members.
    const std::uint64_t id = event.data.u64;
    // A watch destroyed by an earlier handler of this turn is no longer found.
    if (const Watch* watch = find(id); watch != nullptr) hand(*watch, event.events);
  }
}

void Loop::hand(const Watch& watch, std::uint32_t events) {
  const auto handler = watch.handler_;
  (*handler)(events);
  read_clock();
  run_due_timers(1);
}

void Loop::look_soon(std::uint64_t id) {
  if (new_.empty()) look_at_ = now_ + kSoon;
  new_.push_back(id);
}

void Loop::look_at_new() {
  std::vector<pollfd> looks;
  auto ids = std::exchange(new_, {});
  std::erase_if(ids, [this](std::uint64_t id) { return find(id) == nullptr; });
  looks.reserve(ids.size());
  for (const std::uint64_t id : ids) {
    const Watch& watch = *find(id);
    looks.push_back({watch.fd_, static_cast<short>(watch.events_), 0});
  }
  // Where it cannot be had, all of them are epoll's to tell.
  [[maybe_unused]] const int ready = poll(looks.data(), looks.size(), 0);
  for (std::size_t i = 0; i < ids.size() && !stopped_; ++i) {
    // An earlier handler may have destroyed it.
    Watch* watch = find(ids[i]);
    if (watch == nullptr) continue;
    const auto events = static_cast<std::uint16_t>(looks[i].revents);
    if (events == 0) {
      watch->show_to_epoll();
    } else {
      hand(*watch, events);
    }
  }
}

void Loop::run_due_timers(std::size_t most) {
  for (; most > 0 && !stopped_ && !timers_.empty(); --most) {
    Timer& timer = *timers_.begin();
    if (timer.when_ > now_) return;
    worst_lateness_ = std::max(worst_lateness_, now_ - timer.when_);
    timer.disarm();
    // A copy: the handler may destroy its timer.
    const auto handler = timer.handler_;
    handler();
    read_clock();
  }
}

Duration Loop::take_worst_lateness() { return std::exchange(worst_lateness_, Duration::zero()); }

TimePoint together(TimePoint when, Duration slack) {
  const Duration past = slack > Duration::zero() ? when.time_since_epoch() % slack : slack;
  return past > Duration::zero() ? when + (slack - past) : when;
}

void Timer::arm(TimePoint when) {
  disarm();
  when_ = when;
  loop_.timers_.insert(*this);
}

void Timer::arm(TimePoint when, Duration slack) { arm(together(when, slack)); }

void Timer::arm(std::optional<TimePoint> when) {
  if (when) {
    arm(*when);
  } else {
    disarm();
  }
}

void Timer::disarm() {
  if (is_linked()) loop_.timers_.erase(loop_.timers_.iterator_to(*this));
}

std::optional<TimePoint> Timer::deadline() const {
  return is_linked() ? std::optional(when_) : std::nullopt;
}

Watch::Watch(Loop& loop, int fd, std::uint32_t events, Handler handler)
    : loop_(loop),
      fd_(fd),
      id_(loop.enter(*this)),
      events_(events),
      handler_(std::make_shared<Handler>(std::move(handler))) {
  try {
    show_to_epoll();
  } catch (const std::system_error&) {
    loop_.leave(id_);
    throw;
  }
}

Watch::Watch(Loop& loop, int fd, std::uint32_t events, Handler handler, Soon /*soon*/)
    : loop_(loop),
      fd_(fd),
      id_(loop.enter(*this)),
      events_(events | EPOLLONESHOT),
      handler_(std::make_shared<Handler>(std::move(handler))) {
  loop.look_soon(id_);
}

void Watch::show_to_epoll() {
  epoll_event event{};
  event.events = events_;
  event.data.u64 = id_;
  if (epoll_ctl(loop_.epoll_.get(), EPOLL_CTL_ADD, fd_, &event) != 0) fail("epoll_ctl");
  shown_ = true;
}

Watch::~Watch() {
  loop_.leave(id_);
  if (shown_ && fd_ >= 0) epoll_ctl(loop_.epoll_.get(), EPOLL_CTL_DEL, fd_, nullptr);
}

void Watch::set_events(std::uint32_t events) {
  if (events == events_) return;
  events_ = events;
  epoll_event event{};
  event.events = events;
  event.data.u64 = id_;
  epoll_ctl(loop_.epoll_.get(), EPOLL_CTL_MOD, fd_, &event);
}

Signals::Signals(Loop& loop, const std::vector<int>& signals,
                 std::function<void(int signo)> handler) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signo : signals) sigaddset(&set, signo);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  fd_.reset(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd_) fail("signalfd");
  watch_ = std::make_unique<Watch>(loop, fd_.get(), EPOLLIN,
                                   [fd = fd_.get(), handler = std::move(handler)](std::uint32_t) {
                                     signalfd_siginfo info{};
                                     if (read(fd, &info, sizeof info) == sizeof info)
                                       handler(static_cast<int>(info.ssi_signo));
                                   });
}

Children::Children(Loop& loop) : signals_(loop, {SIGCHLD}, [this](int) { reap(); }) {}

void Children::on_exit(pid_t pid, Handler handler) {
  handlers_.insert_or_assign(pid, std::move(handler));
}

void Children::reap() {
  int status = 0;
  for (pid_t pid = 0; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
    const auto found = handlers_.find(pid);
    if (found == handlers_.end()) continue;
    const Handler handler = std::move(found->second);
    handlers_.erase(found);
    handler(status);
  }
}

}  // namespace understudy
