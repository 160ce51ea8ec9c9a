#include "vrrp/reload_job.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <exception>
#include <utility>

#include "daemon/base/thread.hpp"
#include "daemon/run/reload_decoder.hpp"
#include "vrrp/runnable.hpp"

namespace understudy::vrrp {
ReloadJob::ReloadJob(Loop& loop, Fd text, Decode decode, std::shared_ptr<const VrrpConfig> current,
                     std::vector<KnownLink> known, std::function<void(Result<Prepared>)> on_done)
    : text_(std::move(text)), done_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  watch_ = std::make_unique<Watch>(loop, done_.get(), EPOLLIN,
                                   [this, call = std::move(on_done)](std::uint32_t) {
                                     thread_.join();
                                     call(std::move(*outcome_));
                                   });
  thread_ = start_quietly([this, decode = std::move(decode), current = std::move(current),
                           known = std::move(known)] { work(decode, *current, known); });
}

ReloadJob::~ReloadJob() {
  if (thread_.joinable()) thread_.join();
}

void ReloadJob::work(const Decode& decode, const VrrpConfig& current,
                     const std::vector<KnownLink>& known) {
  try {
    auto content = run::read_whole(text_.get());
    if (!content) {
      outcome_ = content.error();
    } else if (auto config = decode(*content); !config) {
      outcome_ = config.error();
    } else {
      config->role = runnable(std::move(config->role));
      const GlobalConfig& global = config->global;
      Wiring wiring = wire(config->role, {global.vmac_prefix, global.vmac_addr_prefix}, known);
      InstanceDiff difference = diff(current, config->role);
      outcome_ = Prepared{std::move(*config), std::move(difference), std::move(wiring)};
    }
  } catch (const std::exception& problem) {
    outcome_ = Error{problem.what()};
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = write(done_.get(), &one, sizeof one);
}

}  // namespace understudy::vrrp
