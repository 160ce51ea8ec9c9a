// An HTTP request as a value, and its octets in HTTP/1.
#pragma once

#include <string>
#include <vector>

#include "checkers/config.hpp"

namespace understudy::checkers {

/// A request. Its header has User-Agent, Connection as the protocol wants it, Host, the fields,
/// and Content-Length when there is a body or the method is one that has (POST, PUT, PATCH).
struct HttpRequest {
  std::string method = "GET";
  std::string path = "/";
  std::string host;
  HttpProtocol protocol = HttpProtocol::http10;
  /// Those of the names above take their place.
  std::vector<HttpField> fields;
  std::string body;
};

/// What keepalived says of itself.
inline constexpr const char* kUserAgent = "KeepAliveClient";

/// The field of that name, in letters of either case; nullptr: there is none.
[[nodiscard]] const HttpField* find_field(const HttpRequest& request, std::string_view name);

/// Whether Content-Length goes along.
[[nodiscard]] bool says_length(const HttpRequest& request);

/// The request in HTTP/1 (RFC 9112), octet for octet keepalived's if it has nothing keepalived's
/// has not.
[[nodiscard]] std::string to_text(const HttpRequest& request);

/// The value of the Authorization field for "USER:PASSWORD" (RFC 7617).
[[nodiscard]] std::string basic_credentials(std::string_view user_and_password);

}  // namespace understudy::checkers
