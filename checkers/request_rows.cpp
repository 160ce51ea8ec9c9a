// What HTTP_GET and SSL_GET may ask for beyond keepalived's: other requests, and a certificate that
// is good.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "checkers/demand_rows.hpp"
#include "checkers/keywords.hpp"

namespace understudy::checkers {

namespace {

using namespace parser;

/// Ten years: longer than any certificate lives.
constexpr unsigned kMostDays = 3650;
/// What a token may have besides letters and digits.
constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";

/// A token (RFC 9110): what methods and the names of header fields are made of.
bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char letter) {
    return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
           (letter >= 'A' && letter <= 'Z') || kMarks.find(letter) != std::string_view::npos;
  });
}

bool is_field_value(std::string_view text) {
  return std::ranges::none_of(text, [](char letter) {
    return static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f;
  });
}

/// The one word of the statement, quoted and escaped as patterns are; nullopt: reported.
std::optional<std::string> escaped_word(const Binding& binding) {
  auto words = split_escaped(binding.node().raw);
  if (!words) {
    binding.error(words.error().message);
    return std::nullopt;
  }
  if (words->size() == 2) return std::move((*words)[1]);
  binding.error(fmt::format("{} takes one word", binding.keyword()), "quote it if it has blanks");
  return std::nullopt;
}

void take_field(std::vector<HttpField>& fields, const Binding& binding) {
  const auto text = escaped_word(binding);
  if (!text) return;
  const std::size_t colon = std::min(text->find(':'), text->size());
  const std::size_t start = std::min(text->find_first_not_of(' ', colon + 1), text->size());
  HttpField field{text->substr(0, colon), text->substr(start)};
  if (colon < text->size() && is_token(field.name) && is_field_value(field.value)) {
    fields.push_back(std::move(field));
  } else {
    binding.error(fmt::format("Invalid request_header '{}'", *text), "expected \"NAME: VALUE\"");
  }
}

template <typename T, typename Fields>
void add_header_row(Block<T>& rows, const std::string& doc, Fields fields) {
  rows.statement("request_header", doc,
                 [fields](T& draft, const Binding& binding) { take_field(fields(draft), binding); })
      .takes("\"NAME: VALUE\"", 0, SIZE_MAX)
      .adds_up()
      .ours();
}

void take_credentials(HttpDraft& draft, const Binding& binding) {
  const auto user = binding.argument();
  if (user.find(':') != std::string_view::npos) {
    binding.error("A user of basic_auth has no colon in its name");
    return;
  }
  draft.request.edit().credentials = fmt::format("{}:{}", user, binding.argument(1));
}

}  // namespace

void add_request_rows(Block<HttpDraft>& rows) {
  add_header_row(
      rows, "Further header field of every request.",
      [](HttpDraft & draft) -> auto& { return draft.request.edit().fields; });
  rows.statement("basic_auth", "User and password every request shows.", take_credentials)
      .takes("USER PASSWORD", 2, 2)
      .ours();
  rows.value("basic_auth_file", "File whose first line is USER:PASSWORD, read at each request.",
             text("PATH"),
             [](HttpDraft& draft, std::string path) {
               draft.request.edit().credentials_file = std::move(path);
             })
      .ours();
}

void add_request_rows(Block<UrlDraft>& rows) {
  rows.value("request_method", "What is done with the path: HEAD, POST ....", text("METHOD"),
             [](UrlDraft& draft, std::string method, const Binding& binding) {
               if (!is_token(method)) {
                 binding.error(fmt::format("Invalid request_method '{}'", method));
               } else {
                 draft.request.edit().method = std::move(method);
               }
             })
      .by_default("GET")
      .ours();
  add_header_row(
      rows, "Further header field of the request.",
      [](UrlDraft & draft) -> auto& { return draft.request.edit().fields; });
  rows.statement("request_body", "What is sent along.",
                 [](UrlDraft& draft, const Binding& binding) {
                   if (auto body = escaped_word(binding))
                     draft.request.edit().body = std::move(*body);
                 })
      .takes("TEXT", 0, SIZE_MAX)
      .ours();
}

void add_certificate_rows(Block<HttpDraft>& rows) {
  add_verification_rows<HttpDraft>(
      rows, [](HttpDraft& draft) -> TlsDemands& { return draft.demands.edit(); });
  rows.value("expiry_warning",
             "Log when the certificate ends, and warn once a day from so many days before.",
             number<unsigned>(1, kMostDays),
             [](HttpDraft& draft, unsigned days) { draft.demands.edit().expiry_days = days; })
      .by_default("never")
      .ours();
}

}  // namespace understudy::checkers
