#include "vrrp/reload_job.hpp"

#include <exception>
#include <utility>

#include "daemon/base/sealed_file.hpp"
#include "vrrp/digest.hpp"
#include "vrrp/runnable.hpp"

namespace understudy::vrrp {

ReloadJob::ReloadJob(Loop& loop, Fd text, Decode decode, std::shared_ptr<const VrrpConfig> current,
                     std::vector<KnownLink> known, std::function<void(Result<Prepared>)> on_done)
    : text_(std::move(text)), errand_(loop, std::move(on_done)) {
  errand_.start([this, decode = std::move(decode), current = std::move(current),
                 known = std::move(known)] { return work(decode, *current, known); });
}

Result<ReloadJob::Prepared> ReloadJob::work(const Decode& decode, const VrrpConfig& current,
                                            const std::vector<KnownLink>& known) const {
  try {
    const auto content = MappedFile::open(text_.get());
    if (!content) return content.error();
    auto config = decode(content->view());
    if (!config) return config.error();
    config->role = runnable(std::move(config->role));
    const GlobalConfig& global = config->global;
    Wiring wiring = wire(config->role, {global.vmac_prefix, global.vmac_addr_prefix}, known);
    InstanceDiff difference = diff(current, config->role);
    if (const auto ready = prepare_digests(config->role); !ready) return ready.error();
    return Prepared{std::move(*config), std::move(difference), std::move(wiring)};
  } catch (const std::exception& problem) {
    return Error{problem.what()};
  }
}

}  // namespace understudy::vrrp
