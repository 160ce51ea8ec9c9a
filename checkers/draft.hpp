// What the text says about load balancing before defaults and inheritance: the keyword rows fill
// this, verify turns it into CheckersConfig. An empty optional means that the keyword was not
// there.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checkers/config.hpp"
#include "daemon/base/address.hpp"
#include "daemon/global/draft.hpp"
#include "daemon/global/script_text.hpp"

namespace understudy::checkers {

/// What virtual server, real server and checker have in common; each inherits from the one before.
struct TimingDraft {
  std::optional<std::chrono::microseconds> delay_loop;
  std::optional<std::chrono::microseconds> connect_timeout;
  std::optional<unsigned> retry;
  std::optional<std::chrono::microseconds> delay_before_retry;
  std::optional<std::chrono::microseconds> warmup;
  std::optional<bool> alpha;
};

/// Which block a check was written as.
enum class CheckKind : std::uint8_t { tcp, http, tls };

/// url { } as written.
struct UrlDraft {
  std::optional<std::string> path;
  std::string digest;
  std::vector<std::pair<unsigned, unsigned>> status_codes;
  std::string virtualhost;
};

/// TCP_CHECK, HTTP_GET or SSL_GET { }.
struct CheckDraft {
  CheckKind kind = CheckKind::tcp;
  TimingDraft timing;
  std::optional<bool> log_all_failures;
  /// Address of the real server it belongs to.
  IpAddress server;
  IpAddress connect_ip;
  Port connect_port;
  IpAddress bind_address;
  Port bind_port;
  std::string interface;
  std::uint32_t fwmark = 0;
  std::string virtualhost;
  std::vector<UrlDraft> urls;
};

/// real_server { }, and what sorry_server says.
struct RealServerDraft {
  Endpoint endpoint;
  std::optional<ForwardingMethod> method;
  std::optional<unsigned> weight;
  TimingDraft timing;
  std::uint32_t upper_threshold = 0;
  std::uint32_t lower_threshold = 0;
  std::optional<bool> inhibit_on_failure;
  std::optional<bool> smtp_alert;
  std::optional<ScriptText> notify_up;
  std::optional<ScriptText> notify_down;
  std::string virtualhost;
  std::vector<CheckDraft> checks;
};

/// virtual_server { }.
struct VirtualServerDraft {
  Endpoint endpoint;
  std::uint32_t fwmark = 0;
  /// A firewall-mark service, also when the mark is 0.
  bool is_fwmark = false;
  Family family = Family::none;
  std::optional<Protocol> protocol;
  std::string scheduler;
  std::uint32_t flags = 0;
  std::optional<ForwardingMethod> method;
  std::uint32_t persistence_timeout = 0;
  std::uint32_t persistence_granularity = 0xffffffff;
  std::string persistence_engine;
  TimingDraft timing;
  unsigned weight = 1;
  bool omega = false;
  bool ha_suspend = false;
  bool inhibit_on_failure = false;
  std::optional<bool> smtp_alert;
  unsigned quorum = 1;
  unsigned hysteresis = 0;
  std::optional<ScriptText> quorum_up;
  std::optional<ScriptText> quorum_down;
  std::string virtualhost;
  std::optional<RealServerDraft> sorry_server;
  std::vector<RealServerDraft> real_servers;
};

/// All of load balancing as written.
struct CheckersDraft {
  /// What the top level and global_defs say; complete before this section is read.
  const GlobalDraft* global = nullptr;
  /// Whether a bfd_instance of that name stands before a place in the text.
  std::function<bool(std::string_view name, parser::Location use)> bfd_defined;
  std::vector<VirtualServerDraft> virtual_servers;
};

}  // namespace understudy::checkers
