// One virtual server at work: its pool, the monitors that feed it, and its records in the handover
// page.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "checkers/executor.hpp"
#include "checkers/kernel_services.hpp"
#include "checkers/monitor.hpp"
#include "checkers/pool.hpp"
#include "checkers/records.hpp"
#include "checkers/schedule.hpp"
#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"
#include "daemon/run/handover.hpp"

namespace understudy::checkers {

/// What virtual servers are known by from one configuration to the next, none by the name of
/// another: service_name(), of further ones of the same kernel service with their place among them
/// ("TCP 10.0.0.1:80#2").
[[nodiscard]] std::vector<std::string> service_names(const std::vector<VirtualServer>& all);

/// What all virtual servers of the process share. Outlives them.
struct ServiceHost {
  ProbeHost probes;
  Schedule& schedule;
  run::HandoverPage& page;
  Executor& executor;
  /// Hands a notification to the parent.
  std::function<void(const Notification&)> notify;
  /// A time within the given span from now, at random: not all checks at once.
  std::function<TimePoint(Duration)> sometime_within;
  /// The number in a track_file.
  std::function<std::int64_t(const std::string& name)> number_in;
  /// Of all pools from now on.
  PoolManner manner = {};
};

/// Lives from the configuration that brings the virtual server to the one that drops it. Where a
/// function returns actions, the caller first sees to the kernel's table, then hands them to
/// tell().
class Service final : private MonitorOwner {
 public:
  /// `name`: its own of service_names(). `keys`: its services in the kernel. `respawned`: go on
  /// from the page's records, where there are any.
  Service(ServiceHost& host, std::string name, VirtualServer config,
          std::vector<ipvs::ServiceKey> keys, bool respawned);
  ~Service();

  [[nodiscard]] PoolActions begin();
  /// Makes and starts the monitors that are not there yet.
  void activate();
  /// Whether checks are made. What they found stays while they are not (ha_suspend).
  void set_suspended(bool suspended);
  /// Another number is in a track_file.
  void on_file(const std::string& name);
  /// Keeps the monitors of unchanged checks, with what they have under way.
  [[nodiscard]] PoolActions reload(VirtualServer next);
  /// These are its services of the kernel from now on; false: they were before.
  bool move_to(std::vector<ipvs::ServiceKey> keys) {
    const bool moved = keys != keys_;
    keys_ = std::move(keys);
    return moved;
  }
  /// It is no longer configured.
  [[nodiscard]] PoolActions retire();
  /// The daemon stops; see Stop.
  [[nodiscard]] PoolActions stop(bool flushed);
  /// Logs and notifies, and records that it was told.
  void tell(const PoolActions& actions);
  /// Erases the records: they are for a crash only.
  void forget();

  /// What it is known by from one configuration to the next.
  [[nodiscard]] const std::string& name() const { return name_; }
  /// What should be in the kernel: one entry, for a virtual_server_group as many as it names.
  [[nodiscard]] Wanted wanted() const {
    return {name_, service_entries(pool_.config(), keys_, pool_.seats())};
  }
  [[nodiscard]] const VirtualServer& config() const { return pool_.config(); }
  [[nodiscard]] const Pool& pool() const { return pool_; }

 private:
  /// Where what is known of the checks of a new configuration comes from.
  struct Kept;

  [[nodiscard]] const ProbeHost& probe_host() const override { return host_.probes; }
  [[nodiscard]] Schedule& schedule() const override { return host_.schedule; }
  [[nodiscard]] const Check& check_at(CheckPlace place) const override;
  [[nodiscard]] std::string server_label(CheckPlace place) const override;
  [[nodiscard]] std::string service_label() const override;
  void on_news(CheckPlace place, const CheckNews& news) override;

  void speak(const PoolActions& actions) const;
  /// Lets the pool weigh what a check said of `server`, and sees to its consequences.
  void take(std::size_t server, PoolEvent event);
  void consequences(std::size_t server, const PoolActions& actions);
  [[nodiscard]] PoolActions step(PoolEvent event);
  /// What is observed of a check, if it is new; adds what there is to say of it.
  void look(const Observation& observation, PoolActions& actions);
  /// Sees to it that what takes time is looked after (slow_start, drain).
  void wind_clock();
  void on_clock();
  /// Those whose check has timing, in the order of their places.
  using Monitors = std::vector<std::unique_ptr<Monitor>>;
  void make_monitor(CheckPlace place, bool has_run);
  void make_monitors();
  [[nodiscard]] TimePoint first_attempt(const Monitor& monitor) const;
  [[nodiscard]] std::vector<Kept> kept_checks(const VirtualServer& next) const;
  /// After a reload: monitors for the present configuration.
  void keep_monitors(const std::vector<Kept>& kept);
  void stop_monitors();
  /// Whether the notifications of what is being recorded are out.
  enum class Told : bool { no, yes };
  /// Records the whole state.
  void save(Told told);
  void save_service(Told told);
  void save_server(std::size_t server, Told told);
  void save_leavers();
  [[nodiscard]] PoolState recorded();
  [[nodiscard]] bool has_run(std::size_t server, std::size_t check) const;
  [[nodiscard]] std::optional<ServerRecord> read_server(const std::string& key) const;
  void write_server(const std::string& key, const ServerRecord& record);
  [[nodiscard]] std::string server_record(std::size_t server) const;
  [[nodiscard]] std::string service_record() const;
  [[nodiscard]] std::string leaver_record(const Leaver& leaver) const;

  ServiceHost& host_;
  const std::string name_;
  Pool pool_;
  std::vector<ipvs::ServiceKey> keys_;
  bool resumes_ = false;
  bool forgotten_ = false;
  bool suspended_ = false;
  /// Until the monitors exist: per server, which checks had run in an earlier process.
  std::optional<std::vector<std::uint64_t>> had_run_;
  Monitors monitors_;
  /// Servers that are no longer configured and recorded.
  std::vector<std::string> leaver_keys_;
  /// While something takes time.
  std::unique_ptr<Timer> clock_;
};

}  // namespace understudy::checkers
