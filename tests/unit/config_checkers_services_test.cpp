// virtual_server and real_server: values, what is inherited, what is repaired.
#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "tests/support/balancing_text.hpp"

using namespace understudy;
using namespace understudy::test;
using namespace std::chrono_literals;

namespace {

using checkers::ForwardingMethod;
using checkers::Tunnel;
using checkers::TunnelChecksum;
using checkers::TunnelType;
using Lines = std::vector<std::string>;

Lines complaints(const std::string& more, const std::string& inside = {}) {
  return said(load_text(service_text(more, inside)));
}

}  // namespace

TEST_CASE("lvs_method says how packets are wrapped") {
  const auto tunnel = [](const std::string& words) {
    return read_service("lvs_method TUN " + words).tunnel;
  };
  CHECK(tunnel("") == Tunnel{});
  CHECK(tunnel("type ipip nocsum") == Tunnel{});
  CHECK(tunnel("type gue port 5000") == Tunnel{TunnelType::gue, TunnelChecksum::none, Port(5000)});
  CHECK(tunnel("port 5000 remcsum type gue") ==
        Tunnel{TunnelType::gue, TunnelChecksum::remote, Port(5000)});
  CHECK(tunnel("type gre csum") == Tunnel{TunnelType::gre, TunnelChecksum::whole, Port(0)});
}

TEST_CASE("the words of a tunnel must go together; else the method alone counts") {
  struct Wrong {
    const char* words;
    Lines messages;
  };
  const auto wrong = GENERATE(
      Wrong{"type", {"Missing tunnel type for virtual server."}},
      Wrong{"type x", {"Unknown tunnel type x for virtual server."}},
      Wrong{"type gue port", {"Missing port for virtual server gue tunnel."}},
      Wrong{
          "type gue port 0",
          {"number '0' outside range [1, 65535]", "Invalid gue tunnel port 0 for virtual server."}},
      Wrong{"sum type x", {"Invalid tunnel option sum for virtual server."}},
      Wrong{"type gue", {"gue tunnels require port, otherwise cannot have port."}},
      Wrong{"type gre port 5", {"gue tunnels require port, otherwise cannot have port."}},
      Wrong{"csum", {"ipip tunnels do not support checksum option."}},
      Wrong{"type gre remcsum", {"gre tunnels do not support remote checksum option."}});
  INFO(wrong.words);
  const auto loaded = load_text(service_text("lvs_method TUN " + std::string(wrong.words)));
  CHECK(said(loaded) == wrong.messages);
  CHECK(loaded.test_status == 5);
  const auto& service = loaded.config.checkers.virtual_servers.at(0);
  CHECK(service.method == ForwardingMethod::tunnel);
  CHECK(service.tunnel == Tunnel{});
}

TEST_CASE("real and sorry servers have the method that stands before them") {
  const auto service = read_service("lvs_method TUN type gre csum\nsorry_server 10.0.0.8 80\n",
                                    "lvs_method TUN type gue port 1");
  CHECK(service.sorry_server->tunnel.type == TunnelType::gre);
  CHECK(service.real_servers.at(0).tunnel ==
        Tunnel{TunnelType::gue, TunnelChecksum::none, Port(1)});
  // The last word of the virtual server is for those that have not been told.
  const auto later = load_text(
      "virtual_server 10.0.0.1 80 {\nprotocol TCP\nlvs_sched rr\n"
      "real_server 10.0.0.9 80 {\n}\nlvs_method TUN type gre csum\n}\n");
  CHECK(later.config.checkers.virtual_servers.at(0).real_servers.at(0).tunnel.type ==
        TunnelType::gre);
  CHECK(read_service("sorry_server 10.0.0.8 80\nsorry_server_lvs_method TUN type gre")
            .sorry_server->tunnel.type == TunnelType::gre);
}

TEST_CASE("what a virtual server says of timing goes to its real servers and their checks") {
  const std::string more =
      "delay_loop 7\nconnect_timeout 1.5\nretry 9\ndelay_before_retry 2.25\nwarmup 3\nalpha\n";
  const auto timing_of = [](const checkers::VirtualServer& service) {
    return *checkers::timing_of(service.real_servers.at(0).checks.at(0));
  };
  const auto inherited = timing_of(read_service(more, "TCP_CHECK {\n}"));
  CHECK(inherited == checkers::CheckTiming{7s, 1500ms, 9, 1, 2250ms, 3s, true, false});

  const auto own = timing_of(
      read_service(more, "delay_loop 8\nalpha no\nTCP_CHECK {\nretry 0\nwarmup 0.000001\n}"));
  CHECK(own == checkers::CheckTiming{8s, 1500ms, 0, 1, 2250ms, 1us, false, false});
}

TEST_CASE("weight, inhibition and host name go to the real servers too") {
  const auto server =
      read_service("weight 4\ninhibit_on_failure\nvirtualhost v.example").real_servers.at(0);
  CHECK(server.weight == 4);
  CHECK(server.inhibit_on_failure);
  CHECK(server.extras->virtualhost == "v.example");
  const auto own = read_service("weight 4\ninhibit_on_failure\nvirtualhost v.example",
                                "weight 0\ninhibit_on_failure off\nvirtualhost r.example")
                       .real_servers.at(0);
  CHECK(own.weight == 0);
  CHECK_FALSE(own.inhibit_on_failure);
  CHECK(own.extras->virtualhost == "r.example");
}

TEST_CASE("real servers that are asked the same keep it in one place") {
  const auto server = [](int number, const std::string& more) {
    return fmt::format(
        "real_server 10.0.0.{} 80 {{\nnotify_up /bin/true\nTCP_CHECK {{\n{}\n}}\n}}\n", number,
        more);
  };
  const auto loaded = load_text("virtual_server 10.0.0.1 80 {\nprotocol TCP\n" + server(2, "") +
                                server(3, "") + server(4, "retry 7") + "}\n");
  const auto& servers = loaded.config.checkers.virtual_servers.at(0).real_servers;
  REQUIRE(servers.size() == 3);
  const auto& first = servers[0].checks.at(0);
  const auto& second = servers[1].checks.at(0);
  const auto& third = servers[2].checks.at(0);
  CHECK(&first.kind() == &second.kind());
  CHECK(first != second);
  CHECK(second.destination().to_string() == "[10.0.0.3]:80");
  CHECK(&second.kind() != &third.kind());
  CHECK(&*servers[0].extras == &*servers[2].extras);
  CHECK(&*servers[0].timing == &*servers[2].timing);
}

TEST_CASE("snmp_name is one word") {
  CHECK(read_service("snmp_name a").snmp_name == "a");
  CHECK(read_real_server("snmp_name b").extras->snmp_name == "b");
  CHECK(complaints("snmp_name") == Lines{"virtual server snmp_name missing or extra parameters"});
  CHECK(complaints("snmp_name a b") ==
        Lines{"virtual server snmp_name missing or extra parameters"});
  CHECK(complaints("", "snmp_name") == Lines{"real server snmp_name missing or extra parameters"});
  CHECK(complaints("snmp_name a\nsnmp_name b") ==
        Lines{"Duplicate vs snmp_name - overwriting a with b"});
  CHECK(complaints("", "snmp_name a\nsnmp_name b") ==
        Lines{"Duplicate rs snmp_name - overwriting a with b"});
}

TEST_CASE("SSL has the files this machine shows") {
  const auto loaded =
      load_text("SSL {\npassword p\nca /ca\ncertificate /cert\nkey /key\n}\n" + service_text(""));
  CHECK(loaded.test_status == 0);
  CHECK(loaded.config.checkers.tls == checkers::TlsFiles{"p", "/ca", "/cert", "/key"});
  const auto wrong = load_text("SSL {\npassword p\nca\n}\nSSL {\nkey\nkey a\nkey b\n}\n");
  CHECK(said(wrong) == Lines{"SSL cafile missing", "SSL context already specified - replacing",
                             "SSL keyfile missing", "Duplicate SSL - overwriting a with b"});
  CHECK(wrong.config.checkers.tls == checkers::TlsFiles{"", "", "", "b"});
}

TEST_CASE("a service by address needs a protocol, and UDP for packets one by one") {
  const std::string text =
      "virtual_server 10.0.0.1 80 {\nlvs_sched rr\nlvs_method NAT\nreal_server "
      "10.0.0.9 80 {\n}\n";
  CHECK(said(load_text(text + "}\n")) ==
        Lines{"Virtual server [10.0.0.1]:none:80: no protocol set - defaulting to UDP"});
  CHECK(said(load_text(text + "ops\nprotocol UDP\n}\n")).empty());
  CHECK(said(load_text(text + "ops\nprotocol SCTP\n}\n")) ==
        Lines{"Virtual server [10.0.0.1]:sctp:80: one packet scheduling requires UDP - resetting"});
}

TEST_CASE("a firewall mark of 0 is no mark") {
  const auto loaded = load_text(
      "virtual_server fwmark 0 {\nlvs_sched rr\nlvs_method NAT\n"
      "real_server 10.0.0.9 80 {\n}\n}\n");
  CHECK(said(loaded) ==
        Lines{"Virtual server [(none)]:none:0: no protocol set - defaulting to UDP",
              "Virtual server [(none)]:udp:0: zero port only valid for persistent services - "
              "setting"});
}

TEST_CASE("two services the kernel cannot tell apart are noted") {
  const auto notes = said(load_text(service_text("") + service_text("")), true);
  CHECK_THAT(notes, Catch::VectorContains(std::string("Virtual server [10.0.0.1]:tcp:80 is there "
                                                      "twice: the kernel has room for one only")));
  CHECK(said(load_text(service_text("") + service_text("protocol UDP")), true).empty());
}

TEST_CASE("a real server that is there twice counts once") {
  const auto loaded = load_text(service_text("real_server 10.0.0.9 80 {\nweight 5\n}"));
  CHECK(said(loaded) == Lines{"VS [10.0.0.1]:tcp:80: real server [10.0.0.9]:tcp:80 is duplicated - "
                              "removing second rs"});
  const auto& servers = loaded.config.checkers.virtual_servers.at(0).real_servers;
  REQUIRE(servers.size() == 1);
  CHECK(servers[0].weight == 5);
}

TEST_CASE("quorum and hysteresis cannot be above what the real servers weigh") {
  const auto loaded = load_text(service_text("quorum 5\nhysteresis 3", "weight 2"));
  CHECK(said(loaded) ==
        Lines{"Warning - quorum 5 for [10.0.0.1]:tcp:80 exceeds total weight of real servers 2, "
              "reducing quorum to 2",
              "Virtual server [10.0.0.1]:tcp:80: hysteresis 3 >= quorum 2; setting hysteresis to "
              "1"});
  CHECK(loaded.config.checkers.virtual_servers.at(0).quorum == 2);
  CHECK(loaded.config.checkers.virtual_servers.at(0).hysteresis == 1);
}

TEST_CASE("thousands of real servers, and groups, are read in no time") {
  std::string text = "virtual_server 10.0.0.1 80 {\nprotocol TCP\nlvs_sched rr\nlvs_method NAT\n";
  for (int i = 0; i < 20'000; ++i) {
    text += "real_server 10." + std::to_string(1 + i / 65536) + "." +
            std::to_string(i / 256 % 256) + "." + std::to_string(i % 256) + " 80 {\n}\n";
  }
  const auto start = std::chrono::steady_clock::now();
  const auto loaded = load_text(text + "}\n");
  CHECK(loaded.config.checkers.virtual_servers.at(0).real_servers.size() == 20'000);
  CHECK(std::chrono::steady_clock::now() - start < 10s);
}

TEST_CASE("slow_start and drain are the real server's, else the virtual server's") {
  const auto own = read_service("slow_start 60\ndrain 300", "slow_start 0\ndrain 7").real_servers;
  CHECK(own.at(0).slow_start == 0);
  CHECK(own.at(0).drain == 7);
  const auto inherited = read_service("slow_start 60\ndrain 300").real_servers;
  CHECK(inherited.at(0).slow_start == 60);
  CHECK(inherited.at(0).drain == 300);
  const auto none = read_service("").real_servers;
  CHECK(none.at(0).slow_start == 0);
  CHECK(none.at(0).drain == 0);
}

TEST_CASE("rise is the check's, else its real, else its virtual server's") {
  const auto timing = [](const std::string& service, const std::string& server,
                         const std::string& check) {
    const auto read = read_service(service, server + "\nTCP_CHECK {\n" + check + "\n}");
    return *checkers::timing_of(read.real_servers.at(0).checks.at(0));
  };
  CHECK(timing("", "", "").rise == 1);
  CHECK(timing("rise 4", "", "").rise == 4);
  CHECK(timing("rise 4", "rise 3", "").rise == 3);
  CHECK(timing("rise 4", "rise 3", "rise 2").rise == 2);
}
