// A child's side of a reload: turns the text in a ReloadOrder's memfd into its configuration, in a
// thread of its own so that the loop goes on meanwhile. The checker child's; the vrrp child has
// vrrp/reload_job.hpp, which compares the old with the new in the thread, too.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "daemon/base/bytes.hpp"
#include "daemon/base/errand.hpp"
#include "daemon/base/fd.hpp"
#include "daemon/base/loop.hpp"
#include "daemon/base/result.hpp"
#include "daemon/base/sealed_file.hpp"
#include "daemon/run/child.hpp"

namespace understudy::run {

/// Decodes one text after the other, each against the one before it, which is in force when it has
/// been reported; of those that come meanwhile only the last is kept. A process
/// with SCHED_RESET_ON_FORK has it done at normal priority.
template <typename RoleConfig>
class ReloadDecoder {
 public:
  using Decoded = Result<ChildConfig<RoleConfig>>;
  using Decode = std::function<Decoded(ByteView, const TextBefore&)>;
  /// Called by the loop. Superseded orders are not reported.
  using OnDone = std::function<void(std::uint64_t generation, Decoded)>;

  /// `text` and `places`: of the configuration in force.
  ReloadDecoder(Loop& loop, Decode decode, Fd text, std::vector<std::uint32_t> places,
                OnDone on_done)
      : decode_(std::move(decode)),
        text_in_force_(std::move(text)),
        places_(std::move(places)),
        on_done_(std::move(on_done)),
        errand_(loop, [this](Decoded decoded) { finish(std::move(decoded)); }) {}

  void start(std::uint64_t generation, Fd text) {
    if (errand_.under_way()) {
      waiting_.emplace(generation, std::move(text));
      return;
    }
    generation_ = generation;
    text_ = std::move(text);
    errand_.start([this]() -> Decoded {
      try {
        const auto content = MappedFile::open(text_.get());
        if (!content) return content.error();
        const auto before = MappedFile::open(text_in_force_.get());
        return decode_(content->view(),
                       before ? TextBefore{before->view(), places_} : TextBefore{});
      } catch (const std::exception& problem) {
        // An exception that leaves a thread ends the process.
        return Error{problem.what()};
      }
    });
  }

 private:
  void finish(Decoded decoded) {
    if (waiting_) {
      auto next = std::move(*waiting_);
      waiting_.reset();
      start(next.first, std::move(next.second));
      return;
    }
    if (decoded) {
      text_in_force_ = std::move(text_);
      places_ = std::move(decoded->places);
    }
    on_done_(generation_, std::move(decoded));
  }

  Decode decode_;
  Fd text_in_force_;
  std::vector<std::uint32_t> places_;
  OnDone on_done_;
  std::uint64_t generation_ = 0;
  /// What is being decoded.
  Fd text_;
  std::optional<std::pair<std::uint64_t, Fd>> waiting_;
  Errand<Decoded> errand_;
};

}  // namespace understudy::run
