// The keywords by which a check over TLS has its server's certificate verified.
#pragma once

#include <string>
#include <utility>

#include "checkers/draft.hpp"
#include "parser/schema.hpp"

namespace understudy::checkers {

/// verify_server and verify_name of a T; `of(T&)` gives where they go.
template <typename T>
void add_verification_rows(parser::Block<T>& rows, TlsDemands& (*of)(T&)) {
  rows.value("verify_server",
             "The server's certificate must be good: of an authority of the SSL block's ca (else "
             "of one this system believes), of the name, and of today.",
             parser::optional_boolean(), [of](T& draft, bool value) { of(draft).verify = value; })
      .by_default("off")
      .invalid("Invalid verify_server parameter {1}")
      .ours();
  rows.value("verify_name", "Name or address the certificate must be of.", parser::text("NAME"),
             [of](T& draft, std::string name) { of(draft).name = std::move(name); })
      .by_default("the Host header's, else the address")
      .ours();
}

}  // namespace understudy::checkers
