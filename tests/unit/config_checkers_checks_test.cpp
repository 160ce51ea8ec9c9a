// The checks of a real server: what each keyword means, and what is said of a wrong one.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/support/balancing_text.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace understudy;
using namespace understudy::test;
using namespace std::chrono_literals;

namespace {

using Lines = std::vector<std::string>;
using Octets = std::vector<std::uint8_t>;

Lines complaints(const std::string& inside, const std::string& before = {}) {
  return said(load_text(before + service_text({}, inside)));
}

std::string block(const std::string& name, const std::string& lines) {
  return name + " {\n" + lines + "\n}";
}

checkers::Url read_url(const std::string& lines) {
  return read_check<checkers::HttpCheck>(block("HTTP_GET", block("url", "path /\n" + lines)))
      .urls.at(0);
}

/// Scripts may be run, and as whom.
const std::string kSecure = "global_defs {\nenable_script_security\nscript_user root\n}\n";

const Lines kConnecting{"TCP_CHECK", "PING_CHECK", "SMTP_CHECK",
                        "DNS_CHECK", "UDP_CHECK",  "GRPC_CHECK"};

checkers::Check read_any(const std::string& inside) {
  return load_text(service_text({}, inside))
      .config.checkers.virtual_servers.at(0)
      .real_servers.at(0)
      .checks.at(0);
}

}  // namespace

TEST_CASE("every check that connects says where to, and where from") {
  const std::string name = GENERATE(from_range(kConnecting));
  INFO(name);
  const auto check = read_any(block(name,
                                    "connect_ip 1.2.3.4\nconnect_port 99\nbindto "
                                    "1.2.3.5\nbind_port 88\nbind_if eth0\nfwmark 12"));
  const auto endpoint = checkers::endpoint_of(check);
  REQUIRE(endpoint);
  CHECK(endpoint->destination.to_string() == "[1.2.3.4]:99");
  CHECK(endpoint->source.to_string() == "[1.2.3.5]:88");
  CHECK(endpoint->interface == "eth0");
  CHECK(endpoint->fwmark == 12);
  CHECK(checkers::endpoint_of(read_any(block(name, "")))->destination.to_string() ==
        "[10.0.0.9]:80");
  CHECK(complaints(block(name,
                         "connect_ip x\nconnect_port 0\nbindto x\nbind_port 65536\n"
                         "bind_if averylonginterface\nfwmark -1")) ==
        Lines{"Invalid connect_ip address x - ignoring", "number '0' outside range [1, 65535]",
              "Invalid checker connect_port '0'", "Invalid bindto address x - ignoring",
              "number '65536' outside range [1, 65535]", "Invalid checker bind_port '65536'",
              "Interface name averylonginterface is too long - ignoring", "negative number '-1'",
              "Invalid fwmark connection value '-1'"});
}

TEST_CASE("a link-local address is checked through an interface only") {
  const std::string name = GENERATE(from_range(kConnecting));
  INFO(name);
  const std::string head =
      "virtual_server ::1 80 {\nprotocol TCP\nlvs_sched rr\nlvs_method NAT\nreal_server fe80::1 80 "
      "{\n";
  const auto without = load_text(head + block(name, "") + "\n}\n}\n");
  CHECK(said(without) == Lines{"Checker link local address fe80::1 requires a bind_if"});
  CHECK(without.config.checkers.virtual_servers.at(0).real_servers.at(0).checks.empty());
  CHECK(said(load_text(head + block(name, "bind_if eth0") + "\n}\n}\n")).empty());
}

TEST_CASE("each kind of check has defaults of its own") {
  struct Default {
    const char* check;
    unsigned retry;
    std::chrono::microseconds delay_before_retry;
  };
  const auto expected =
      GENERATE(Default{"TCP_CHECK {\n}", 1, 1s}, Default{"HTTP_GET {\nurl {\npath /\n}\n}", 1, 3s},
               Default{"SSL_GET {\nurl {\npath /\n}\n}", 1, 3s}, Default{"SMTP_CHECK {\n}", 1, 1s},
               Default{"DNS_CHECK {\n}", 3, 60s}, Default{"UDP_CHECK {\n}", 1, 1s},
               Default{"PING_CHECK {\n}", 1, 1s}, Default{"GRPC_CHECK {\n}", 1, 1s},
               Default{"AGENT_CHECK {\nconnect_port 9\n}", 0, 1s},
               Default{"MISC_CHECK {\nmisc_path /bin/true\n}", 0, 1s});
  INFO(expected.check);
  const auto check = read_any(expected.check);
  const auto* timing = checkers::timing_of(check);
  REQUIRE(timing != nullptr);
  CHECK(timing->retry == expected.retry);
  CHECK(timing->delay_before_retry == expected.delay_before_retry);
  CHECK(timing->warmup == 60s);
}

TEST_CASE("HTTP_GET and SSL_GET have switches") {
  const auto check = read_check<checkers::HttpCheck>(
      block("SSL_GET",
            "http_protocol 1.0c\nenable_sni\nfast_recovery on\ntls_compliant\n"
            "url {\npath /a\n}\nurl {\npath /b\ntls_compliant no\n}"));
  CHECK(check.tls);
  CHECK(check.protocol == checkers::HttpProtocol::http10_close);
  CHECK(check.enable_sni);
  CHECK(check.fast_recovery);
  CHECK(check.tls_compliant);
  CHECK(check.urls.at(0).tls_compliant);
  CHECK_FALSE(check.urls.at(1).tls_compliant);
  CHECK(check.urls.at(0).status_codes == std::vector{std::pair{200U, 299U}});

  CHECK(complaints(block("HTTP_GET",
                         "http_protocol 3\nhttp_protocol\nenable_sni maybe\n"
                         "fast_recovery maybe\ntls_compliant\nurl {\npath /\n}")) ==
        Lines{"Invalid http_protocol version 3", "Missing http_protocol version",
              "Invalid enable_sni parameter maybe", "Invalid fast_recovery parameter maybe",
              "Unknown keyword 'tls_compliant'"});
}

TEST_CASE("a regex is one word, in the quoting of scripts") {
  CHECK(read_url("regex abc").body->pattern == "abc");
  CHECK(read_url(R"(regex "a b\\d+ \"x\"")").body->pattern == R"(a b\d+ "x")");
  CHECK(read_url(R"(regex 'it is')").body->pattern == "it is");
  CHECK(read_url("").body == std::nullopt);
  const std::string head = "HTTP_GET {\nurl {\npath /\n";
  CHECK(complaints(head + "regex a b\n}\n}") == Lines{"regex missing or too many fields"});
  CHECK(complaints(head + "regex\n}\n}") == Lines{"regex missing or too many fields"});
  CHECK(complaints(head + "regex a\nregex b\n}\n}") ==
        Lines{"Duplicate regex specified - replacing a with b"});
}

TEST_CASE("a regex is compiled when it is read") {
  const std::string head = "HTTP_GET {\nurl {\npath /\n";
  const auto loaded = load_text(service_text({}, head + "regex a(b\n}\n}"));
  CHECK(said(loaded) == Lines{"Invalid regex: 'a(b' at offset 3: missing closing parenthesis"});
  const auto& checks = loaded.config.checkers.virtual_servers.at(0).real_servers.at(0).checks;
  CHECK(checks.at(0).get_if<checkers::HttpCheck>()->urls.at(0).body == std::nullopt);
  // Which patterns there are depends on the options.
  CHECK(complaints(head + "regex (?<n>a)(?<n>b)\n}\n}").size() == 1);
  CHECK(complaints(head + "regex (?<n>a)(?<n>b)\nregex_options dupnames\n}\n}").empty());
}

TEST_CASE("what belongs to a regex") {
  const auto body = read_url(
                        "regex a\nregex_no_match\nregex_options caseless multiline\n"
                        "regex_options utf\nregex_min_offset 1\nregex_max_offset 9\n"
                        "regex_stack 10 20")
                        .body.value();
  CHECK(body.no_match);
  CHECK(body.min_offset == 1);
  CHECK(body.max_offset == 9);
  CHECK(body.stack == std::pair{10U, 20U});
  CHECK(body.options == (read_url("regex a\nregex_options utf caseless multiline").body->options));
  CHECK(body.options != read_url("regex a\nregex_options utf caseless").body->options);
}

TEST_CASE("what is wrong around a regex is noted, and not taken") {
  struct Wrong {
    const char* lines;
    const char* note;
  };
  const auto wrong = GENERATE(
      Wrong{"regex a\nregex_options casless", "regex_options: unknown option 'casless' - ignoring"},
      Wrong{"regex a\nregex_min_offset x", "Invalid regex_min_offset x specified"},
      Wrong{"regex a\nregex_max_offset", "Missing or too many options for regex_max_offset"},
      Wrong{"regex a\nregex_stack 1", "regex_stack requires start and max values"},
      Wrong{"regex a\nregex_stack 1 x", "Invalid regex_stack max value x specified"},
      Wrong{"regex a\nregex_stack 2 1", "regex stack start cannot exceed max value"},
      Wrong{"regex a\nregex_min_offset 5\nregex_max_offset 4",
            "regex min offset 5 > regex_max_offset 4 - ignoring"});
  INFO(wrong.lines);
  const auto loaded = load_text(
      service_text({}, "HTTP_GET {\nurl {\npath /\n" + std::string(wrong.lines) + "\n}\n}"));
  CHECK(loaded.test_status == 0);
  CHECK_THAT(said(loaded, true), Catch::VectorContains(std::string(wrong.note)));
  const auto& checks = loaded.config.checkers.virtual_servers.at(0).real_servers.at(0).checks;
  checkers::BodyPattern plain;
  plain.pattern = "a";
  CHECK(checks.at(0).get_if<checkers::HttpCheck>()->urls.at(0).body == plain);
}

TEST_CASE("SMTP_CHECK") {
  CHECK(read_check<checkers::SmtpCheck>(block("SMTP_CHECK", "")).helo_name ==
        "smtpchecker.keepalived.org");
  CHECK(read_check<checkers::SmtpCheck>(block("SMTP_CHECK", "helo_name me")).helo_name == "me");
  CHECK(complaints(block("SMTP_CHECK", "helo_name\nhelo_name a\nhelo_name b")) ==
        Lines{"SMTP_CHECK helo name missing", "SMTP_CHECK helo name already specified"});
}

TEST_CASE("a host block of SMTP_CHECK says something about the check, and adds one of the server") {
  const auto targets = [](const std::string& lines) {
    Lines all;
    for (const auto& check : read_real_server(block("SMTP_CHECK", lines)).checks) {
      REQUIRE(check.get_if<checkers::SmtpCheck>() != nullptr);
      all.push_back(check.destination().to_string());
    }
    return all;
  };
  CHECK(targets("host {\n}") == Lines{"[10.0.0.9]:80"});
  CHECK(targets("host {\n}\nhost {\n}") == Lines{"[10.0.0.9]:80", "[10.0.0.9]:80"});
  CHECK(targets("host {\nconnect_ip 1.2.3.4\n}") == Lines{"[1.2.3.4]:80", "[10.0.0.9]:80"});
  CHECK(complaints(block("SMTP_CHECK", "host {\nconnect_ip 1.2.3.4\n}\nbindto ::1")) ==
        Lines{"bindto address ::1 does not match address family of connect_ip - skipping"});
}

TEST_CASE("DNS_CHECK asks for names that can be") {
  const std::string label(64, 'a');
  CHECK(complaints(block("DNS_CHECK", "name " + label + ".example")) ==
        Lines{"DNS_CHECK name '" + label + ".example' is no domain name - ignoring"});
}

TEST_CASE("DNS_CHECK") {
  const auto check =
      read_check<checkers::DnsCheck>(block("DNS_CHECK", "type mx\nname example.com"));
  CHECK(check.type == checkers::DnsType::mx);
  CHECK(check.name == "example.com");
  const auto root = read_check<checkers::DnsCheck>(block("DNS_CHECK", ""));
  CHECK(root.type == checkers::DnsType::soa);
  CHECK(root.name == ".");
  CHECK(
      complaints(block("DNS_CHECK", "type FOO\nname .a\nname a..b\nname x.b\nname aa\nname bb")) ==
      Lines{"Unknown DNS check type FOO - ignoring",
            "DNS_CHECK name '.a' has empty label - ignoring",
            "DNS_CHECK name 'a..b' has empty label - ignoring",
            "DNS_CHECK name 'x.b' has empty label - ignoring",
            "DNS_CHECK name already specified - ignoring"});
}

TEST_CASE("UDP_CHECK sends octets and may want some back") {
  const auto check = read_check<checkers::UdpCheck>(
      block("UDP_CHECK",
            "payload 00 1 Ab cd0f\nrequire_reply 0x xf 5\nmin_reply_length 3\n"
            "max_reply_length 65535"));
  CHECK(check.payload == Octets{0x00, 0x01, 0xab, 0xcd, 0x0f});
  CHECK(check.require_reply);
  CHECK(check.reply == Octets{0x00, 0x0f, 0x05});
  CHECK(check.reply_mask == Octets{0x0f, 0xf0, 0x00});
  CHECK(check.min_reply_length == 3);
  CHECK(check.max_reply_length == 65535);
  const auto plain = read_check<checkers::UdpCheck>(block("UDP_CHECK", "require_reply"));
  CHECK(plain.require_reply);
  CHECK(plain.reply.empty());
  CHECK(plain.max_reply_length == 255);
  CHECK(read_check<checkers::UdpCheck>(block("UDP_CHECK", "require_reply 0f")).reply_mask.empty());

  CHECK(complaints(block("UDP_CHECK",
                         "payload\npayload 0x\npayload zz\nrequire_reply g\n"
                         "min_reply_length 65536\nmax_reply_length x\n"
                         "min_reply_length 256")) ==
        Lines{"UDP_CHECK payload requires a payload", "Invalid hex string for UDP_CHECK payload",
              "Invalid hex string for UDP_CHECK payload", "Invalid hex string for UDP_CHECK reply",
              "number '65536' outside range [0, 65535]",
              "UDP_CHECK min length 65536 not valid - must be between 0 & 65535",
              "invalid number 'x'", "UDP_CHECK max length x not valid - must be between 0 & 65535",
              "UDP_CHECK min_reply length 256 > max_reply_length 255 - will always fail"});
}

TEST_CASE("MISC_CHECK runs a script as somebody") {
  const auto check = read_check<checkers::MiscCheck>(
      block("MISC_CHECK",
            "misc_path \"/bin/true 'a b' c\" ignored\nmisc_timeout 4294\n"
            "misc_dynamic\nuser daemon root"),
      kSecure);
  CHECK(check.script.argv == Lines{"/bin/true", "a b", "c"});
  CHECK(check.script.uid == 1);
  CHECK(check.script.gid == 0);
  CHECK(check.timeout == 4294s);
  CHECK(check.dynamic);
  const auto plain =
      read_check<checkers::MiscCheck>(block("MISC_CHECK", "misc_path /bin/true"), kSecure);
  CHECK(plain.script.uid == 0);
  CHECK(plain.timeout == 0s);
  CHECK_FALSE(plain.dynamic);
}

TEST_CASE("a MISC_CHECK without a script, or whose user is unknown, goes") {
  CHECK(complaints(block("MISC_CHECK", "misc_path")) ==
        Lines{"No script path has been specified for MISC_CHECKER - skipping"});
  CHECK(complaints(block("MISC_CHECK", "misc_path \"/bin/true a\"\nuser nosuchuser")) ==
        Lines{"Failed to set uid/gid for misc checker script '/bin/true' 'a' - removing"});
  CHECK(complaints(block("MISC_CHECK", "misc_path /bin/true\nuser\nmisc_timeout 4295"), kSecure) ==
        Lines{"No user specified for misc checker script '/bin/true'",
              "number '4295' outside range [0, 4294]", "Invalid misc_timeout value '4295'"});
  const auto missing =
      load_text(kSecure + service_text({}, block("MISC_CHECK", "misc_path /nonexistent/script")));
  CHECK(missing.test_status == 0);
  CHECK_THAT(said(missing, true),
             Catch::VectorContains(std::string(
                 "Disabling misc script '/nonexistent/script' since not found/accessible")));
  CHECK(missing.config.checkers.virtual_servers.at(0).real_servers.at(0).checks.empty());
}

TEST_CASE("a MISC_CHECK without enable_script_security is insecure") {
  const auto loaded = load_text(service_text({}, block("MISC_CHECK", "misc_path /bin/true")));
  CHECK(said(loaded) == Lines{"SECURITY VIOLATION - check scripts are being executed but "
                              "script_security not enabled."});
  CHECK(loaded.test_status == 6);
}

TEST_CASE("FILE_CHECK watches a track_file that stands before it") {
  const TemporaryDirectory directory;
  std::ofstream(directory.path("f")) << "0\n";
  const std::string file =
      "track_file f {\nfile " + directory.path("f") + "\nweight -3 reverse\n}\n";
  CHECK(read_check<checkers::FileCheck>(block("FILE_CHECK", "track_file f"), file) ==
        checkers::FileCheck{"f", -3, true});
  CHECK(read_check<checkers::FileCheck>(
            block("FILE_CHECK", "track_file f\nweight -2147483647 reverse"), file) ==
        checkers::FileCheck{"f", -2147483647, true});
  CHECK(read_check<checkers::FileCheck>(block("FILE_CHECK", "track_file f\nweight 7"), file) ==
        checkers::FileCheck{"f", 7, false});

  const std::string check = block("FILE_CHECK", "track_file f");
  CHECK(said(load_text(service_text({}, check) + file)) ==
        Lines{"track_file f not found", "FILE_CHECK has no track_file specified - ignoring"});
  CHECK(complaints(block("FILE_CHECK",
                         "track_file f\nweight\nweight 1 up\nweight 2147483648\n"
                         "weight -2147483648"),
                   file) ==
        Lines{"track file weight missing", "unknown track file weight option up - ignoring",
              "number '2147483648' outside integer range",
              "weight for track file must be in [-2147483647..2147483647] inclusive. Ignoring...",
              "number '-2147483648' outside range [-2147483647, 2147483647]",
              "weight for track file must be in [-2147483647..2147483647] inclusive. Ignoring..."});
}

TEST_CASE("BFD_CHECK watches a bfd_instance that stands before it") {
  const std::string session = "bfd_instance b {\nneighbor_ip 10.0.0.9\n}\n";
  CHECK(read_check<checkers::BfdCheck>(block("BFD_CHECK", "name b\nalpha"), session) ==
        checkers::BfdCheck{"b", true});
  CHECK(complaints(block("BFD_CHECK", "name b")) ==
        Lines{"([10.0.0.9]:tcp:80) BFD_CHECK - BFD b not configured"});
  CHECK(complaints(block("BFD_CHECK", ""), session) ==
        Lines{"([10.0.0.9]:tcp:80) No name has been specified for BFD_CHECKER - skipping"});
  CHECK(complaints(block("BFD_CHECK", "name b c"), session) ==
        Lines{"([10.0.0.9]:tcp:80) BFD_CHECK - No or too many names specified - skipping checker"});
  CHECK(complaints(block("BFD_CHECK", "name b\nname b"), session) ==
        Lines{"([10.0.0.9]:tcp:80) BFD_CHECK - BFD b already specified as b"});
  CHECK(complaints(block("BFD_CHECK", "name b") + "\n" + block("BFD_CHECK", "name b"), session) ==
        Lines{"([10.0.0.9]:tcp:80) BFD_CHECK - RS already monitoring b"});
}

TEST_CASE("AGENT_CHECK says where the agent is, and what it is told") {
  const auto check = read_check<checkers::AgentCheck>(
      block("AGENT_CHECK", "connect_port 99\nagent_send \"how \\\"are\\\" you?\\n\""));
  CHECK(check.endpoint.destination.to_string() == "[10.0.0.9]:99");
  CHECK(check.send == "how \"are\" you?\n");
  CHECK(complaints(block("AGENT_CHECK", "")) ==
        Lines{"AGENT_CHECK has no connect_port - ignoring"});
  CHECK(complaints(block("AGENT_CHECK", "connect_port 99\nagent_send a b")) ==
        Lines{"agent_send missing or too many fields"});
}

TEST_CASE("GRPC_CHECK says whose health is asked for, and how") {
  const auto check = read_check<checkers::GrpcCheck>(
      block("GRPC_CHECK", "service a.B\ntls\nvirtualhost g.example\nverify_server"));
  CHECK(check.service == "a.B");
  CHECK(check.tls);
  CHECK(check.virtualhost == "g.example");
  CHECK(check.demands->verify);
  CHECK(read_check<checkers::GrpcCheck>(block("GRPC_CHECK", "tls no")).tls == false);
  CHECK(complaints(block("GRPC_CHECK", "tls maybe")) == Lines{"Invalid tls parameter maybe"});
}
