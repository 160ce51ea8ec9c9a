// HTTP_GET { }, SSL_GET { } and their url { }.
#include <fmt/format.h>

#include <limits>
#include <utility>

#include "checkers/keywords.hpp"
#include "checkers/regex_options.hpp"

namespace understudy::checkers {

namespace {

using namespace parser;
using Urls = Block<UrlDraft>;
using Rows = Block<HttpDraft>;

constexpr unsigned kUnlimited = 0xffffffff;
constexpr std::size_t kDigestLength = 32;

void take_digest(UrlDraft& draft, const Binding& binding) {
  const std::string word(binding.argument());
  if (!draft.digest.empty()) {
    binding.error(fmt::format("Digest '{}' is a duplicate", word));
    return;
  }
  if (word.size() != kDigestLength) {
    binding.error(fmt::format("digest '{}' character length should be {} rather than {}", word,
                              kDigestLength, word.size()));
    return;
  }
  const auto digest = parse_md5(word);
  if (digest) {
    draft.digest = *digest;
    return;
  }
  const std::size_t wrong = word.find_last_not_of("0123456789abcdefABCDEF");
  const std::size_t pair = wrong == std::string::npos ? 0 : wrong / 2 * 2;
  binding.error(fmt::format("Unable to interpret hex digit in '{}' at offset {}/{}",
                            word.substr(0, pair + 2), pair, pair + 1));
}

void take_status_codes(UrlDraft& draft, const Binding& binding) {
  for (const Word& word : binding.arguments()) {
    const auto range = parse_status_range(word.text);
    if (range) {
      draft.status_codes.push_back(*range);
    } else {
      binding.error_at(word, fmt::format("Invalid HTTP_GET status code '{}'", word.text));
    }
  }
}

/// A complaint about what the original ignores without a word.
void note(const Binding& binding, std::string message, std::string hint = {}) {
  binding.report(Severity::note, std::move(message), std::move(hint));
}

/// regex PATTERN: quoted and escaped as scripts are.
void take_pattern(UrlDraft& draft, const Binding& binding) {
  const auto words = split_escaped(binding.node().raw);
  if (!words) {
    binding.error(words.error().message);
    return;
  }
  if (words->size() != 2) {
    binding.error("regex missing or too many fields",
                  "expected one word; quote it if it has blanks");
    return;
  }
  if (draft.has_pattern) {
    binding.error(fmt::format("Duplicate regex specified - replacing {} with {}",
                              draft.body.pattern, binding.argument()));
  }
  draft.has_pattern = true;
  draft.body.pattern = (*words)[1];
}

void take_options(UrlDraft& draft, const Binding& binding) {
  for (const Word& word : binding.arguments()) {
    const auto bit = regex_option(word.text);
    if (bit) {
      draft.body.options |= *bit;
      continue;
    }
    const auto near = nearest(word.text, regex_option_names());
    binding.report_at(Severity::note, word.at,
                      fmt::format("regex_options: unknown option '{}' - ignoring", word.text),
                      near.empty() ? std::string() : fmt::format("did you mean '{}'?", near));
  }
}

/// A number of octets; nullopt: it is none, which is noted.
std::optional<std::uint32_t> read_octets(const Binding& binding, std::size_t argument,
                                         std::string_view what) {
  const auto text = binding.argument(argument);
  const auto value = parse_unsigned(text, 0, kUnlimited);
  if (value) return static_cast<std::uint32_t>(*value);
  note(binding, fmt::format("Invalid {} {} specified", what, text), value.error().message);
  return std::nullopt;
}

std::optional<std::uint32_t> read_offset(const Binding& binding) {
  if (binding.arguments().size() == 1) return read_octets(binding, 0, binding.keyword());
  note(binding, fmt::format("Missing or too many options for {}", binding.keyword()));
  return std::nullopt;
}

void take_stack(UrlDraft& draft, const Binding& binding) {
  if (binding.arguments().size() != 2) {
    return note(binding, "regex_stack requires start and max values");
  }
  const auto start = read_octets(binding, 0, "regex_stack start value");
  const auto most = read_octets(binding, 1, "regex_stack max value");
  if (!start || !most) return;
  if (*start > *most) return note(binding, "regex stack start cannot exceed max value");
  draft.body.stack = std::pair(*start, *most);
}

void add_pattern(Urls& rows) {
  rows.statement("regex", "Pattern (PCRE2) of the body, or of the header with the body.",
                 take_pattern)
      .takes("PATTERN", 0, SIZE_MAX);
  rows.flag("regex_no_match", "Neither the body nor the header may match.",
            [](UrlDraft& draft, bool) { draft.body.no_match = true; });
  rows.statement("regex_options", "How the pattern is meant: pcre2api(3).", take_options)
      .takes("WORD ...", 0, SIZE_MAX)
      .accepts(fmt::format("{}", fmt::join(regex_option_names(), ", ")))
      .adds_up();
  rows.statement(
          "regex_min_offset",
          "Octet where a match may start at the earliest, of the body or of header and body.",
          [](UrlDraft& draft, const Binding& binding) {
            if (const auto offset = read_offset(binding)) draft.body.min_offset = *offset;
          })
      .takes("NUMBER", 0, SIZE_MAX)
      .accepts("0..4294967295")
      .by_default("0");
  rows.statement("regex_max_offset",
                 "Octet where a match may start at the latest, of the body or of header and body.",
                 [](UrlDraft& draft, const Binding& binding) {
                   if (const auto offset = read_offset(binding)) draft.body.max_offset = *offset;
                 })
      .takes("NUMBER", 0, SIZE_MAX)
      .accepts("0..4294967295");
  rows.statement("regex_stack", "First and largest size of the matcher's stack, in octets.",
                 take_stack)
      .takes("START MAX", 0, SIZE_MAX);
}

Urls url_rows(bool tls) {
  Urls rows;
  rows.value(
      "path", "What to ask for. Required.", text("PATH"),
      [](UrlDraft& draft, std::string path, const Binding& binding) {
        if (draft.path) {
          binding.error(fmt::format("Duplicate path - overwriting {} with {}", *draft.path, path));
        }
        draft.path = std::move(path);
      });
  rows.statement("digest", "MD5 of the body, as genhash prints it.", take_digest)
      .takes("32 HEX DIGITS", 1, 1);
  rows.statement("status_code", "Accepted status codes.", take_status_codes)
      .takes("CODE|CODE-CODE ...", 0, SIZE_MAX)
      .accepts("100..599")
      .adds_up()
      .by_default("200-299");
  rows.value("virtualhost", "Host header.", text(),
             replaceable(&UrlDraft::virtualhost, "url virtualhost"))
      .by_default("the check's")
      .when_missing("Missing HTTP_GET virtualhost name");
  add_pattern(rows);
  add_request_rows(rows);
  if (tls) {
    rows.value("tls_compliant", "Say close_notify before closing, as TLS wants it.",
               optional_boolean(), &UrlDraft::tls_compliant)
        .by_default("the check's")
        .invalid("Invalid tls_compliant option {1}")
        .from("2.4.0");
  }
  return rows;
}

/// Lets nothing stand that cannot be asked or matched.
void check_pattern(UrlDraft& url, const Binding& binding) {
  BodyPattern& body = url.body;
  if (!url.has_pattern) {
    if (body != BodyPattern{}) {
      binding.report_at(Severity::note, binding.closing(),
                        "regex parameters specified without regex");
    }
    return;
  }
  if (const auto wrong = check_regex(body.pattern, body.options)) {
    binding.report_at(Severity::error, binding.closing(),
                      fmt::format("Invalid regex: '{}' at offset {}: {}", body.pattern,
                                  wrong->offset, wrong->message));
    url.has_pattern = false;
    return;
  }
  if (body.max_offset && body.min_offset > *body.max_offset) {
    binding.report_at(Severity::note, binding.closing(),
                      fmt::format("regex min offset {} > regex_max_offset {} - ignoring",
                                  body.min_offset, *body.max_offset));
    body.min_offset = 0;
    body.max_offset.reset();
  }
}

void close_url(HttpDraft& check, UrlDraft& url, const Binding& binding) {
  if (url.path) return check_pattern(url, binding);
  binding.report_at(Severity::error, binding.closing(),
                    "HTTP/SSL_GET checker url has no path - ignoring");
  check.urls.pop_back();
}

void take_protocol(HttpDraft& draft, const Binding& binding) {
  const auto word = binding.argument();
  if (word == "1.0") {
    draft.protocol = HttpProtocol::http10;
  } else if (word == "1.1") {
    draft.protocol = HttpProtocol::http11;
  } else if (word == "1.0C" || word == "1.0c") {
    draft.protocol = HttpProtocol::http10_close;
  } else if (word == "2") {
    draft.protocol = HttpProtocol::http2;
  } else {
    binding.error(fmt::format("Invalid http_protocol version {}", word),
                  "expected 1.0, 1.0C, 1.1 or 2");
  }
}

void add_switches(Rows& rows, bool tls) {
  rows.statement("http_protocol",
                 "Version of the request; C: with \"Connection: close\"; 2 is new here.",
                 take_protocol)
      .takes("1.0|1.0C|1.1|2", 1, 1)
      .by_default("1.0")
      .when_missing("Missing http_protocol version");
  rows.value("enable_sni", "Send the host name in the TLS handshake.", optional_boolean(),
             &HttpDraft::enable_sni)
      .by_default("off")
      .invalid("Invalid enable_sni parameter {1}");
  rows.value("fast_recovery",
             "While the server is not up and no URL is known to fail, ask the next at once.",
             optional_boolean(), &HttpDraft::fast_recovery)
      .by_default("off")
      .invalid("Invalid fast_recovery parameter {1}");
  if (!tls) return;
  add_certificate_rows(rows);
  rows.value("tls_compliant", "Say close_notify before closing, as TLS wants it.",
             optional_boolean(), &HttpDraft::tls_compliant)
      .by_default("off")
      .invalid("Invalid tls_compliant option {1}")
      .from("2.4.0");
}

Rows http_rows(bool tls) {
  Rows rows;
  rows.merge(common_check_rows(true), &HttpDraft::common);
  rows.value("nb_get_retry", "Old name of retry.", number<unsigned>(0, kUnlimited),
             [](HttpDraft& draft, unsigned value) { draft.common.timing.edit().retry = value; })
      .invalid("Invalid nb_get_retry value '{1}'")
      .deprecated("retry", "{0} is deprecated - please use 'retry'");
  rows.value("virtualhost", "Host header.", text(),
             replaceable(&HttpDraft::virtualhost, "virtualhost"))
      .by_default("the real server's")
      .when_missing("HTTP_GET virtualhost name missing");
  add_switches(rows, tls);
  add_request_rows(rows);
  rows.block(
          "url", "A page to ask for; at least one.", url_rows(tls),
          [](HttpDraft& draft, const Binding&) { return &draft.urls.emplace_back(); }, close_url)
      .adds_up();
  return rows;
}

void close_http(RealServerDraft& server, HttpDraft& check, const Binding& binding) {
  if (!check.urls.empty()) return close_check(server, check, binding);
  binding.report_at(Severity::error, binding.closing(),
                    "HTTP/SSL_GET checker has no urls specified - ignoring");
  server.checks.pop_back();
}

auto open_http(bool tls) {
  return [tls](RealServerDraft& server, const Binding& binding) {
    auto* check = open_check<HttpDraft>(server, binding);
    check->tls = tls;
    return check;
  };
}

}  // namespace

void add_http_rows(Block<RealServerDraft>& rows) {
  rows.block("HTTP_GET", "Pages are there.", http_rows(false), open_http(false), close_http)
      .adds_up();
  rows.block("SSL_GET", "Pages are there, over TLS.", http_rows(true), open_http(true), close_http)
      .adds_up();
}

}  // namespace understudy::checkers
