// Any octets as the mail server of SMTP_CHECK, in pieces of the size the first octet says.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "checkers/smtp_session.hpp"

using understudy::ByteView;
using understudy::checkers::SmtpSession;

namespace {

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "fuzz target: %s\n", what);
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = data[0] + std::size_t{1};
  ByteView server(data + 1, size - 1);
  SmtpSession session("director.example.org");
  std::string said = session.take_output();
  require(said.empty(), "the client spoke first");
  while (!server.empty()) {
    const auto before = session.result();
    session.receive(server.first(std::min(piece, server.size())));
    server = server.subspan(std::min(piece, server.size()));
    if (before != SmtpSession::Result::open) {
      require(session.result() == before, "an answer that changed");
      require(session.take_output().empty(), "something said after the end");
    }
    said += session.take_output();
  }
  const std::string helo = "HELO director.example.org\r\n";
  require(said.empty() || said == helo || said == helo + "QUIT\r\n", "something else was said");
  if (session.result() == SmtpSession::Result::good) {
    require(said == helo + "QUIT\r\n", "a good server that was not asked");
  }
  if (session.result() == SmtpSession::Result::bad_greeting) {
    require(said.empty(), "something said to who did not greet");
  }
  session.end();
  require(session.over(), "a session without end");
  return 0;
}
