#include "tests/support/vrrp_child.hpp"

using namespace understudy;

namespace {

constexpr std::uint32_t kPageRecords = 4096;

}  // namespace

VrrpChild::VrrpChild(const NamespacePair& network, char which, const Config& config,
                     const Options& options)
    : RoleChild(options.page, [&](Fd channel, LogOptions log) {
        int status = -1;
        network.inside(which, [&] {
          status = vrrp::run_process(
              role_child_setup(std::move(channel), std::move(log), config, options, kPageRecords));
        });
        return status;
      }) {}
