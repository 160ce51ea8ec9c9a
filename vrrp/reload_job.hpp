// Decoding a new configuration beside the loop, in a thread of normal priority, and finding what it
// changes. (The checker child, which may be late, has run/reload_decoder.hpp.)
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "daemon/base/errand.hpp"
#include "daemon/base/fd.hpp"
#include "daemon/base/loop.hpp"
#include "daemon/base/result.hpp"
#include "daemon/run/child.hpp"
#include "vrrp/config.hpp"
#include "vrrp/diff.hpp"
#include "vrrp/wiring.hpp"

namespace understudy::vrrp {

/// One reload under way. Destroying it waits for the thread.
class ReloadJob {
 public:
  using ProcessConfig = run::ChildConfig<VrrpConfig>;
  /// A new configuration, what changes, and the interfaces it needs.
  struct Prepared {
    ProcessConfig config;
    InstanceDiff difference;
    Wiring wiring;
  };
  using Decode = std::function<Result<ProcessConfig>(ByteView expanded)>;

  /// Starts decoding the content of `text` (a memfd), naming its virtual interfaces among those
  /// `known`, and comparing it with `current`; `on_done` is called from the loop, once, after which
  /// the job may be destroyed.
  ReloadJob(Loop& loop, Fd text, Decode decode, std::shared_ptr<const VrrpConfig> current,
            std::vector<KnownLink> known, std::function<void(Result<Prepared>)> on_done);

 private:
  [[nodiscard]] Result<Prepared> work(const Decode& decode, const VrrpConfig& current,
                                      const std::vector<KnownLink>& known) const;

  Fd text_;
  Errand<Result<Prepared>> errand_;
};

}  // namespace understudy::vrrp
