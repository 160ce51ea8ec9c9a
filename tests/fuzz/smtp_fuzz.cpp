// Any octets as an SMTP server, in pieces of any size, and any octets as the text of a mail.
//
// The first octet is the size of the pieces, the second says where the mail's text ends and the
// server's begins. Whatever comes: a mail counts as delivered only after all of it was said, what
// is said are whole lines, and no text gets out of its place into the header or ends the mail
// early.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/run/smtp_dialogue.hpp"

using namespace understudy::run;

namespace {

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "fuzz target: %s\n", what);
  std::abort();
}

const std::vector<std::string> kRecipients{"a@example.org", "B <b@example.org>"};

/// Date, From, Subject, X-Mailer, To, its second recipient, and nothing else.
void header_must_be_whole(std::string_view content) {
  const auto end = content.find("\r\n\r\n");
  require(end != content.npos, "a header has no end");
  const std::string_view header = content.substr(0, end + 2);
  constexpr std::size_t kHeaderLines = 6;
  require(std::count(header.begin(), header.end(), '\n') == kHeaderLines, "a header line too many");
  require(std::count(header.begin(), header.end(), '\r') == kHeaderLines, "a stray CR in a header");
}

/// `said` is the whole mail and its end mark, once.
void mail_must_end_once(std::string_view said) {
  require(said.ends_with("\r\n.\r\n"), "a mail without its end");
  require(said.find("\r\n.\r\n") == said.size() - 5, "a mail that ends early");
  for (std::size_t at = 0; at < said.size(); ++at) {
    const bool cr_before = at > 0 && said[at - 1] == '\r';
    require(said[at] != '\n' || cr_before, "a bare LF");
    require(said[at] != '\r' || (at + 1 < said.size() && said[at + 1] == '\n'), "a bare CR");
  }
}

void must_be_a_command(std::string_view said) {
  require(said.ends_with("\r\n"), "a command without its end");
  require(said.find_first_of("\r\n") == said.size() - 2, "two commands at once");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t piece = data[0] + std::size_t{1};
  const std::string_view rest(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::string_view text = rest.substr(0, std::min<std::size_t>(data[1], rest.size()));
  std::string_view server = rest.substr(text.size());

  const std::string subject(text.substr(0, text.size() / 2));
  const std::string body(text.substr(text.size() / 2));
  const std::string content = alert_content("date", "from", kRecipients, subject, body);
  header_must_be_whole(content);
  require(envelope_address(text).find_first_of("\r\n") == std::string::npos, "two lines in a path");

  SmtpDialogue dialogue({"host", "from@example.org", kRecipients, content});
  bool mail_said = false;
  while (!server.empty()) {
    const bool over = dialogue.ended();
    dialogue.receive(server.substr(0, piece));
    server.remove_prefix(std::min(piece, server.size()));
    const std::string said = dialogue.take_output();
    require(!over || said.empty(), "something said after the end");
    require(!dialogue.delivered() || mail_said, "a mail delivered that was not said");
    if (said.empty()) continue;
    if (dialogue.stage() == SmtpStage::body) {
      mail_must_end_once(said);
      mail_said = true;
    } else {
      must_be_a_command(said);
    }
  }
  require(dialogue.refusals().size() <= kRecipients.size() + 1, "too many refusals");
  return 0;
}
