// Load balancing written back as keywords: reading what is written gives the same value.
#include <catch2/catch.hpp>
#include <fstream>
#include <random>

#include "checkers/effective.hpp"
#include "daemon/config_rows.hpp"
#include "tests/support/balancing_text.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace understudy;
using namespace understudy::test;

namespace {

/// What checks refer to; `file` is the path of a track_file's file.
std::string surroundings(const std::string& file) {
  return "global_defs {\nenable_script_security\nscript_user root\n}\ntrack_file f {\nfile " +
         file + "\nweight 3\n}\nbfd_instance b {\nneighbor_ip 10.0.0.9\n}\n";
}

const char* const kRich = R"(
SSL {
  password secret
  ca /etc/ca.pem
  certificate "/etc/my cert.pem"
  key /etc/key.pem
}
virtual_server_group G {
  10.0.0.1 80
  10.0.0.1-5 81
  10.0.0.1-10.0.1.5 82
  10.0.0.0/24
}
virtual_server_group M {
  10.0.0.1 80
  fwmark 3 inet6
}
virtual_server_group F {
  fwmark 3
  fwmark 4
}
virtual_server group G {
  ip_family inet
  protocol UDP
  ops
  lvs_sched sh
  sh-port
  sh-fallback
  flag-3
  lvs_method TUN type gue port 5000 remcsum
  persistence_engine sip
  persistence_timeout 77
  persistence_granularity 255.255.0.0
  delay_loop 7
  connect_timeout 1.5
  retry 9
  delay_before_retry 2.25
  warmup 3
  alpha
  omega
  ha_suspend
  inhibit_on_failure
  weight 4
  quorum 3
  hysteresis 2
  quorum_up "/bin/true a 'b c'"
  quorum_down "/bin/false"
  smtp_alert
  virtualhost v.example
  snmp_name snmp1
  sorry_server 10.1.1.1 80
  sorry_server_inhibit
  sorry_server_lvs_method TUN type gre csum
  real_server 10.0.0.9 80 {
    weight 3
    uthreshold 10
    slow_start 60
    drain 300
    lthreshold 5
    inhibit_on_failure no
    alpha no
    retry 2
    delay_before_retry 4
    warmup 5
    connect_timeout 6
    delay_loop 8
    smtp_alert no
    notify_up /bin/true
    notify_down "/bin/false x"
    virtualhost r.example
    snmp_name snmp2
    HTTP_GET {
      rise 2
      connect_ip 1.2.3.4
      connect_port 99
      bindto 1.2.3.5
      bind_port 88
      bind_if eth0
      fwmark 12
      retry 0
      warmup 0
      alpha
      log_all_failures
      virtualhost h.example
      http_protocol 1.0C
      enable_sni
      fast_recovery
      request_header "X-Check: \"a\" b"
      basic_auth me "pass word:"
      basic_auth_file /etc/secret
      url {
        path "/a b"
        digest 0123456789ABCDEF0123456789abcdef
        status_code 200 300-302
        virtualhost u.example
        regex "a\\d+ \"x\" [#!{}] 'q' ~"
        regex_no_match
        regex_options caseless multiline
        regex_min_offset 1
        regex_max_offset 100
        regex_stack 1000 2000
        request_method POST
        request_header X-Empty:
        request_body "{ \"a\": 'b' }\n"
      }
      url {
        path /
      }
    }
    SSL_GET {
      tls_compliant
      verify_server
      verify_name api.example
      expiry_warning 14
      url {
        path /
        tls_compliant no
      }
    }
    SSL_GET {
      http_protocol 2
      url {
        path /
      }
    }
    TCP_CHECK {
    }
    SMTP_CHECK {
      helo_name me
      host {
        connect_ip 1.2.3.9
      }
    }
    DNS_CHECK {
      type mx
      name example.com
    }
    MISC_CHECK {
      misc_path "/bin/true a 'b c' \\\\"
      misc_timeout 6
      misc_dynamic
      user daemon root
    }
    PING_CHECK {
    }
    UDP_CHECK {
      payload 00 ab cd
      require_reply 0x x1 ff
      min_reply_length 3
      max_reply_length 300
    }
    FILE_CHECK {
      track_file f
      weight -5 reverse
    }
    BFD_CHECK {
      name b
      alpha
    }
    AGENT_CHECK {
      connect_port 9999
      agent_send "how \\"are\\" you?\\n"
    }
    GRPC_CHECK {
      service shop.Cart
      tls
      verify_server
      verify_name cart.example
      virtualhost cart.example:443
    }
  }
}
virtual_server fwmark 5 {
  lvs_sched mh
  mh-port
  mh-fallback
  lvs_method DR
  real_server fe80::1 {
    TCP_CHECK {
      bind_if eth0
    }
    DNS_CHECK {
      bind_if eth0
    }
    MISC_CHECK {
      misc_path /bin/true
    }
    FILE_CHECK {
      track_file f
    }
  }
}
virtual_server ::1 80 {
  protocol tcp
  lvs_sched rr
  flag-1
  flag-2
  lvs_method NAT
  persistence_granularity 64
  real_server ::2 81 {
  }
}
virtual_server group F {
  lvs_sched rr
  lvs_method TUN
  real_server ::2 {
  }
  real_server 1.2.3.4 {
  }
}
virtual_server group M {
  lvs_sched rr
  protocol TCP
  lvs_method TUN type ipip nocsum
  real_server ::2 {
  }
  real_server 1.2.3.4 {
  }
}
)";

std::string written(const Loaded& loaded) {
  return parser::print_statements(checkers::effective(loaded.config.checkers));
}

/// Every keyword path of the statements: "virtual_server/real_server/weight".
void collect(const parser::Statements& statements, const std::string& path,
             std::set<std::string>& names) {
  for (const auto& statement : statements.all()) {
    const std::string name = path + statement.words.at(0);
    names.insert(name);
    if (statement.inner) collect(*statement.inner, name + "/", names);
  }
}

/// The same keyword in HTTP_GET, where the text gives everything: one piece of code writes what
/// the checks have in common.
std::string of_http_get(std::string name) {
  const std::string front = "virtual_server/real_server/";
  const auto end = name.find('/', front.size());
  if (!name.starts_with(front) || end == std::string::npos) return name;
  return name.replace(front.size(), end - front.size(), "HTTP_GET");
}

}  // namespace

TEST_CASE("reading what is written gives the same value") {
  const TemporaryDirectory directory;
  std::ofstream(directory.path("f")) << "0\n";
  const auto before = surroundings(directory.path("f"));
  const auto loaded = load_text(before + kRich);
  REQUIRE(loaded.config.checkers.virtual_servers.size() == 5);
  const auto again = load_text(before + written(loaded));
  INFO(written(loaded));
  CHECK(again.config.checkers == loaded.config.checkers);
  CHECK(written(again) == written(loaded));
  // Nothing is left for the original to complain about but the ports of the group.
  CHECK(said(again) == said(loaded));
}

TEST_CASE("reading what is written gives the same value, whatever lines there were") {
  const TemporaryDirectory directory;
  std::ofstream(directory.path("f")) << "0\n";
  const auto before = surroundings(directory.path("f"));
  std::vector<std::string> lines;
  std::string line;
  for (std::istringstream text{std::string(kRich)}; std::getline(text, line);) {
    lines.push_back(line + "\n");
  }
  std::mt19937 random(GENERATE(range(1U, 25U)));
  std::string text;
  for (const auto& one : lines) {
    // A brace stays, else the rest of the text would mean something else altogether.
    const bool keep = one.find_first_of("{}") != std::string::npos || random() % 3 != 0;
    if (keep) text += one;
  }
  INFO(text);
  const auto loaded = load_text(before + text);
  const auto again = load_text(before + written(loaded));
  CHECK(again.config.checkers == loaded.config.checkers);
}

TEST_CASE("every keyword of load balancing is written") {
  const TemporaryDirectory directory;
  std::ofstream(directory.path("f")) << "0\n";
  const auto loaded = load_text(surroundings(directory.path("f")) + kRich);
  std::set<std::string> names;
  collect(checkers::effective(loaded.config.checkers), "", names);
  // Written under other names, or without a meaning of their own.
  const std::set<std::string> elsewhere{"virtual_server/hashed",
                                        "virtual_server/nat_mask",
                                        "virtual_server/rise",
                                        "virtual_server/drain",
                                        "virtual_server/slow_start",
                                        "virtual_server/real_server/rise",
                                        "virtual_server/real_server/HTTP_GET/request_header",
                                        "virtual_server/real_server/SSL_GET/request_header"};
  parser::for_each_row(config_rows(), [&](const auto& path, const parser::RowInfo& row) {
    if (path.empty() || (path[0] != "virtual_server" && path[0] != "SSL")) return;
    const std::string name = fmt::format("{}/{}", fmt::join(path, "/"), row.name);
    const bool option = path.back().ends_with("lvs_method");
    const bool merged = path.back() == "host" || row.name == "host" || row.name == "nb_get_retry";
    if (option || merged || elsewhere.contains(name)) return;
    INFO(name);
    CHECK((names.contains(name) || names.contains(of_http_get(name))));
  });
}
