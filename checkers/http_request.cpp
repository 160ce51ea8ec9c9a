#include "checkers/http_request.hpp"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <array>

#include "daemon/base/crypto.hpp"

namespace understudy::checkers {
namespace {

bool same_name(std::string_view one, std::string_view other) {
  return one.size() == other.size() && strncasecmp(one.data(), other.data(), one.size()) == 0;
}

/// The fields whose place in the request is fixed.
constexpr std::array kFixed{std::string_view("User-Agent"), std::string_view("Connection"),
                            std::string_view("Host"), std::string_view("Content-Length")};

void append(std::string& text, const HttpRequest& request, std::string_view name,
            std::string_view value) {
  const HttpField* given = find_field(request, name);
  if (given == nullptr && value.empty()) return;
  fmt::format_to(std::back_inserter(text), "{}: {}\r\n", given == nullptr ? name : given->name,
                 given == nullptr ? value : given->value);
}

}  // namespace

const HttpField* find_field(const HttpRequest& request, std::string_view name) {
  const auto found = std::ranges::find_if(
      request.fields, [name](const HttpField& field) { return same_name(field.name, name); });
  return found == request.fields.end() ? nullptr : &*found;
}

bool says_length(const HttpRequest& request) {
  return !request.body.empty() || request.method == "POST" || request.method == "PUT" ||
         request.method == "PATCH";
}

std::string to_text(const HttpRequest& request) {
  const bool closes = request.protocol != HttpProtocol::http10;
  std::string text = fmt::format("{} {} HTTP/1.{}\r\n", request.method, request.path,
                                 request.protocol == HttpProtocol::http11 ? 1 : 0);
  append(text, request, "User-Agent", kUserAgent);
  append(text, request, "Connection", closes ? "close" : "");
  append(text, request, "Host", request.host);
  for (const auto& field : request.fields) {
    const auto fixed = [&](std::string_view name) { return same_name(name, field.name); };
    if (std::ranges::any_of(kFixed, fixed)) continue;
    fmt::format_to(std::back_inserter(text), "{}: {}\r\n", field.name, field.value);
  }
  append(text, request, "Content-Length",
         says_length(request) ? fmt::format("{}", request.body.size()) : std::string());
  return text + "\r\n" + request.body;
}

std::string basic_credentials(std::string_view user_and_password) {
  // Four characters for three octets, and the zero EVP_EncodeBlock() writes.
  std::string text(4 * ((user_and_password.size() + 2) / 3) + 1, '\0');
  const int length =
      crypto().EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                               reinterpret_cast<const unsigned char*>(user_and_password.data()),
                               static_cast<int>(user_and_password.size()));
  text.resize(static_cast<std::size_t>(length));
  return "Basic " + text;
}

}  // namespace understudy::checkers
