// Checks that send something and read the answer: SMTP_CHECK { }, DNS_CHECK { } and UDP_CHECK { }.
#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <array>
#include <utility>

#include "checkers/dns_message.hpp"
#include "checkers/dns_type.hpp"
#include "checkers/keywords.hpp"

namespace understudy::checkers {

namespace {

using namespace parser;

// --- SMTP_CHECK ---

void take_helo_name(SmtpDraft& draft, std::string name, const Binding& binding) {
  if (!draft.helo_name.empty()) binding.error("SMTP_CHECK helo name already specified");
  draft.helo_name = std::move(name);
}

SmtpDraft* open_host(SmtpDraft& draft, const Binding& binding) {
  if (draft.hosts == 0) {
    binding.report_at(Severity::note, binding.here(),
                      "The SMTP_CHECK host block is deprecated. Please define additional "
                      "checkers.",
                      "what it says counts for the whole check");
  }
  ++draft.hosts;
  return &draft;
}

Block<SmtpDraft> smtp_rows() {
  Block<SmtpDraft> rows;
  rows.value("helo_name", "What to call this machine.", text("NAME"), take_helo_name)
      .by_default(SmtpCheck{}.helo_name)
      .when_missing("SMTP_CHECK helo name missing");
  rows.merge(common_check_rows(true), &SmtpDraft::common);
  Block<SmtpDraft> host;
  host.merge(common_check_rows(true), &SmtpDraft::common);
  rows.block("host", "A further check, of the server itself.", std::move(host), open_host)
      .adds_up();
  return rows;
}

/// connect_ip and bindto of different families are noticed when both are given only.
SmtpDraft* open_smtp(RealServerDraft& server, const Binding& binding) {
  auto* check = open_check<SmtpDraft>(server, binding);
  check->common.server = {};
  return check;
}

// --- DNS_CHECK ---

void take_type(DnsDraft& draft, const Binding& binding) {
  const auto type = dns_type(binding.argument());
  if (type) {
    draft.type = *type;
    return;
  }
  binding.error(fmt::format("Unknown DNS check type {} - ignoring", binding.argument()),
                fmt::format("expected one of {}", fmt::join(dns_type_names(), ", ")));
}

/// As the original sees it: a first label of one character counts as an empty one.
bool has_empty_label(std::string_view name) {
  if (name.size() > 1 && name[0] == '.') return true;
  return name.substr(1).starts_with('.') || name.find("..") != std::string_view::npos;
}

void take_name(DnsDraft& draft, const Binding& binding) {
  const std::string name(binding.argument());
  if (draft.name) {
    binding.error("DNS_CHECK name already specified - ignoring");
  } else if (!name.empty() && has_empty_label(name)) {
    binding.error(fmt::format("DNS_CHECK name '{}' has empty label - ignoring", name),
                  "a first label of one character counts as an empty one");
  } else if (!encode_query(0, name, draft.type)) {
    binding.error(fmt::format("DNS_CHECK name '{}' is no domain name - ignoring", name),
                  "a label has at most 63 octets, the whole name 253");
  } else {
    draft.name = name;
  }
}

Block<DnsDraft> dns_rows() {
  Block<DnsDraft> rows;
  rows.merge(common_check_rows(true), &DnsDraft::common);
  rows.statement("type", "Type of the record to ask for, in any case.", take_type)
      .takes(fmt::format("{}", fmt::join(dns_type_names(), "|")), 1, 1)
      .by_default("SOA");
  rows.statement("name", "Domain to ask for.", take_name).takes("DOMAIN", 1, 1).by_default(".");
  return rows;
}

// --- UDP_CHECK ---

/// Octets in hexadecimal; `mask` has the bits of what is 'x'. nullopt: it is no such thing.
struct Pattern {
  std::vector<std::uint8_t> data;
  std::vector<std::uint8_t> mask;
};

/// A digit, or -1; 'x' is 16.
int hex_digit(char c) {
  constexpr std::string_view kDigits = "0123456789abcdefx";
  const char small = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  const auto found = kDigits.find(small);
  return found == std::string_view::npos ? -1 : static_cast<int>(found);
}

/// One word: octets of two digits each, the last may have one.
bool append_octets(std::string_view word, bool wildcards, Pattern& pattern) {
  constexpr int kAnything = 16;
  for (std::size_t at = 0; at < word.size(); at += 2) {
    unsigned value = 0;
    unsigned mask = 0;
    for (const char c : word.substr(at, 2)) {
      const int digit = hex_digit(c);
      if (digit < 0 || (digit == kAnything && !wildcards)) return false;
      value = value << 4U | (digit == kAnything ? 0U : static_cast<unsigned>(digit));
      mask = mask << 4U | (digit == kAnything ? 0xfU : 0U);
    }
    pattern.data.push_back(static_cast<std::uint8_t>(value));
    pattern.mask.push_back(static_cast<std::uint8_t>(mask));
  }
  return true;
}

std::optional<Pattern> read_octets(const Binding& binding, bool wildcards) {
  Pattern pattern;
  for (const Word& word : binding.arguments()) {
    // A word may have blanks when it is quoted.
    for (std::string_view rest = word.text; !rest.empty();) {
      const std::size_t end = std::min(rest.find_first_of(" \t"), rest.size());
      if (!append_octets(rest.substr(0, end), wildcards, pattern)) return std::nullopt;
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  if (pattern.data.empty()) return std::nullopt;
  const bool exact = std::ranges::all_of(pattern.mask, [](std::uint8_t bits) { return bits == 0; });
  if (exact) pattern.mask.clear();
  return pattern;
}

void take_payload(UdpDraft& draft, const Binding& binding) {
  auto pattern = read_octets(binding, false);
  if (pattern) {
    draft.check.payload = std::move(pattern->data);
  } else {
    binding.error("Invalid hex string for UDP_CHECK payload", "expected hexadecimal digits");
  }
}

void take_reply(UdpDraft& draft, const Binding& binding) {
  draft.check.require_reply = true;
  if (binding.arguments().empty()) return;
  auto pattern = read_octets(binding, true);
  if (pattern) {
    draft.check.reply = std::move(pattern->data);
    draft.check.reply_mask = std::move(pattern->mask);
  } else {
    binding.error("Invalid hex string for UDP_CHECK reply",
                  "expected hexadecimal digits, x for any");
  }
}

Block<UdpDraft> udp_rows() {
  constexpr unsigned kLongest = 65535;
  Block<UdpDraft> rows;
  rows.merge(common_check_rows(true), &UdpDraft::common);
  rows.statement("payload", "What to send.", take_payload)
      .takes("HEX ...", 1, SIZE_MAX)
      .by_default("32 octets of text")
      .when_missing("UDP_CHECK payload requires a payload");
  rows.statement("require_reply", "There must be an answer, which starts so; x is any digit.",
                 take_reply)
      .takes("[HEX ...]", 0, SIZE_MAX)
      .by_default("no answer is needed");
  const auto length = [](std::uint16_t UdpCheck::*member) {
    return [member](UdpDraft& draft, unsigned value) {
      draft.check.*member = static_cast<std::uint16_t>(value);
    };
  };
  rows.value("min_reply_length", "Octets the answer has at least.", number<unsigned>(0, kLongest),
             length(&UdpCheck::min_reply_length))
      .by_default("0")
      .invalid("UDP_CHECK min length {1} not valid - must be between 0 & 65535");
  rows.value("max_reply_length", "Octets the answer has at most.", number<unsigned>(0, kLongest),
             length(&UdpCheck::max_reply_length))
      .by_default("255")
      .invalid("UDP_CHECK max length {1} not valid - must be between 0 & 65535");
  return rows;
}

void close_udp(RealServerDraft& server, UdpDraft& draft, const Binding& binding) {
  if (!reachable(server, draft.common, binding)) {
    server.checks.pop_back();
    return;
  }
  const auto& check = draft.check;
  if (check.min_reply_length <= check.max_reply_length) return;
  binding.report_at(
      Severity::error, binding.closing(),
      fmt::format("UDP_CHECK min_reply length {} > max_reply_length {} - will always fail",
                  check.min_reply_length, check.max_reply_length));
}

}  // namespace

void add_message_check_rows(Block<RealServerDraft>& rows) {
  rows.block("SMTP_CHECK", "A mail server greets.", smtp_rows(), open_smtp, close_check<SmtpDraft>)
      .adds_up();
  rows.block("DNS_CHECK", "A name server answers.", dns_rows(), open_check<DnsDraft>,
             close_check<DnsDraft>)
      .adds_up();
  rows.block("UDP_CHECK", "A datagram is not refused, or is answered.", udp_rows(),
             open_check<UdpDraft>, close_udp)
      .adds_up();
}

}  // namespace understudy::checkers
