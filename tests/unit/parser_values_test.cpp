// Values: numbers, decimals, addresses, digests, scripts, near misses, caret lines.
#include <arpa/inet.h>

#include <catch2/catch.hpp>

#include "parser/values.hpp"
#include "tests/support/parser_reading.hpp"

namespace understudy::parser {
namespace {

/// The value as text, or what is wrong.
template <typename N>
std::string show(const Result<N>& result) {
  return result ? std::to_string(*result) : result.error().message;
}

std::string decimal(std::string_view text, unsigned decimals, std::uint64_t min,
                    std::uint64_t max) {
  const Decimal got = parse_decimal(text, decimals, min, max);
  std::string all = got.value ? std::to_string(*got.value) : "-";
  for (const std::string& complaint : got.complaints) all += "|" + complaint;
  return all;
}

TEST_CASE("unsigned numbers are what the original takes for one", "[values]") {
  const auto take = [](std::string_view text) { return show(parse_unsigned(text, 0, 100)); };
  CHECK(take("5") == "5");
  CHECK(take("+5") == "5");
  CHECK(take("  5") == "5");
  CHECK(take("010") == "10");
  CHECK(take("00") == "0");
  CHECK(take("") == "0");
  CHECK(take("5 ") == "invalid number '5 '");
  CHECK(take("0x5") == "invalid number '0x5'");
  CHECK(take("1e1") == "invalid number '1e1'");
  CHECK(take("+") == "invalid number '+'");
  CHECK(take("-5") == "negative number '-5'");
  CHECK(take(" -5") == "negative number ' -5'");
  CHECK(take("101") == "number '101' outside range [0, 100]");
  CHECK(take("4294967296") == "number '4294967296' outside unsigned integer range");
  CHECK(take("99999999999999999999") ==
        "number '99999999999999999999' outside unsigned integer range");
  CHECK(show(parse_unsigned("", 1, 9)) == "number '' outside range [1, 9]");
  CHECK(show(parse_unsigned("18446744073709551615", 0, UINT64_MAX)) == "18446744073709551615");
  CHECK(show(parse_unsigned("18446744073709551616", 0, UINT64_MAX)) ==
        "number '18446744073709551616' outside unsigned 64 bit range");
}

TEST_CASE("signed numbers", "[values]") {
  const auto take = [](std::string_view text) { return show(parse_signed(text, -253, 253)); };
  CHECK(take("-5") == "-5");
  CHECK(take("+5") == "5");
  CHECK(take("  -253") == "-253");
  CHECK(take("") == "0");
  CHECK(take("-") == "invalid number '-'");
  CHECK(take("-+5") == "invalid number '-+5'");
  CHECK(take("--5") == "invalid number '--5'");
  CHECK(take("254") == "number '254' outside range [-253, 253]");
  CHECK(take("2147483648") == "number '2147483648' outside integer range");
  CHECK(show(parse_signed("-2147483648", INT32_MIN, INT32_MAX)) == "-2147483648");
  CHECK(take("-2147483649") == "number '-2147483649' outside integer range");
}

TEST_CASE("decimals keep their resolution; too many places are rounded and diagnosed", "[values]") {
  const auto take = [](std::string_view text) { return decimal(text, 3, 10, 255000); };
  CHECK(take("1") == "1000");
  CHECK(take("1.5") == "1500");
  CHECK(take(".25") == "250");
  CHECK(take("5.") == "5000");
  CHECK(take("+2.5") == "2500");
  CHECK(take("1.0004") == "1000|number '1.0004' has too many decimal places");
  CHECK(take("1.0005") == "1001|number '1.0005' has too many decimal places");
  CHECK(take("1.0000") == "1000|number '1.0000' has too many decimal places");
  CHECK(take(".") == "-|number '.' outside range [0.010, 255.000]");
  CHECK(decimal(".", 3, 0, 9) == "0");
  CHECK(decimal("", 3, 0, 9) == "0");
  CHECK(take("256") == "-|number '256' outside range [0.010, 255.000]");
  CHECK(take("-1") == "-|negative number '-1'");
  CHECK(take("1.2.3") == "-|invalid number '1.2.3'");
  CHECK(take("abc") == "-|invalid number 'abc'");
  CHECK(take("1.5 ") == "-|invalid number '1.5 '");
  CHECK(take("99999999999999999999") ==
        "-|number '99999999999999999999' outside unsigned decimal range");
}

TEST_CASE("truth values are six words, compared as written", "[values]") {
  for (const char* word : {"on", "true", "yes"}) CHECK(parse_bool(word) == true);
  for (const char* word : {"off", "false", "no"}) CHECK(parse_bool(word) == false);
  for (const char* word : {"", "On", "1", "yes ", "onn", "o"}) CHECK_FALSE(parse_bool(word));
}

TEST_CASE("addresses lose their tails", "[values]") {
  CHECK(parse_plain_address("10.0.0.1/24")->to_string() == "10.0.0.1");
  CHECK(parse_plain_address("10.0.0.1-9")->to_string() == "10.0.0.1");
  CHECK(parse_plain_address("fe80::1/64")->to_string() == "fe80::1");
  CHECK_FALSE(parse_plain_address("10.0.0"));
  CHECK_FALSE(parse_plain_address(""));
}

TEST_CASE("digests and status codes", "[values]") {
  CHECK(parse_md5("9B3A0C85A887A256D6939DA88AABD8CD") == "9b3a0c85a887a256d6939da88aabd8cd");
  CHECK_FALSE(parse_md5("9b3a0c85a887a256d6939da88aabd8c"));
  CHECK_FALSE(parse_md5("9b3a0c85a887a256d6939da88aabd8cdd"));
  CHECK_FALSE(parse_md5("9b3a0c85a887a256d6939da88aabd8cg"));
  CHECK(parse_status_range("200") == std::pair(200U, 200U));
  CHECK(parse_status_range("200-299") == std::pair(200U, 299U));
  for (const char* text : {"", "99", "600", "300-200", "200-", "-200", "2000", "200-299-", "abc"}) {
    CHECK_FALSE(parse_status_range(text));
  }
}

TEST_CASE("scripts are split twice, as the original does", "[values]") {
  using Words = std::vector<std::string>;
  CHECK(*split_quoted("a \"b c\" 'd \"e' f\\ g\\n") == Words{"a", "b c", "d \"e", "f\\ g\\n"});
  CHECK(*split_quoted("a\"b c\"'d e'f \"\"") == Words{"ab cd ef", ""});
  CHECK(split_quoted("a \"b").error().message == "String 'a \"b': missing terminating \"");
  CHECK(split_quoted("a \\").error().message == "Missing escape char at end: 'a \\'");
  CHECK(*split_escaped("\\x41\\x4 \\101\\7 \\cA \\n\\t\\E\\\\\\\"\\q") ==
        Words{"A\x04", "A\x07", "\x01", "\n\t\x1b\\\"q"});
  CHECK(*split_escaped("") == Words{});
}

struct Target {
  CommandLine command;
  bool enabled = false;
};

Block<Target> target_rows() {
  Block<Target> rows;
  rows.value("notify", "Script.", command_line(), &Target::command);
  rows.value("enable", "On.", optional_boolean(), &Target::enabled);
  return rows;
}

TEST_CASE("a script keyword takes its script, user and group", "[values]") {
  const Block<Target> rows = target_rows();
  const auto quoted = read_text(rows, "notify \"/bin/x 'a b' \\x41\" nobody nogroup # c\n");
  CHECK(quoted.said().empty());
  CHECK(quoted.value.command.argv == std::vector<std::string>{"/bin/x", "a b", "A"});
  CHECK(quoted.value.command.owner == std::vector<std::string>{"nobody", "nogroup"});
  const auto plain = read_text(rows, "notify /bin/x");
  CHECK(plain.value.command.argv == std::vector<std::string>{"/bin/x"});
  CHECK(plain.value.command.owner.empty());
  const auto inner = read_text(rows, "notify '/bin/x \"a b\"'");
  CHECK(inner.value.command.argv == std::vector<std::string>{"/bin/x", "a b"});
  CHECK(read_text(rows, "notify 'x").said() ==
        "(Line 1) String 'notify 'x': missing terminating '\n"
        "notify 'x\n"
        "^~~~~~~~~");
  CHECK(read_text(rows, "notify \"\"").status() == 0);
  CHECK(read_text(rows, "notify").status() == 2);
}

TEST_CASE("codecs say what is wrong once", "[values]") {
  const Block<Target> rows = target_rows();
  CHECK(read_text(rows, "enable maybe").messages() == "(Line 1) invalid enable value 'maybe'");
  CHECK(read_text(rows, "enable").value.enabled);
}

TEST_CASE("the nearest name is near, or stuck to what follows", "[diagnostics]") {
  const std::vector<std::string_view> names{"retry", "notification_email_from", "priority",
                                            "delay_loop"};
  CHECK(nearest("rety", names) == "retry");
  CHECK(nearest("rtery", names) == "retry");
  CHECK(nearest("prioritty", names) == "priority");
  CHECK(nearest("notification_email_fromkeepalived@dd1.example.com", names) ==
        "notification_email_from");
  CHECK(nearest("bogus", names).empty());
  CHECK(nearest("x", names).empty());
}

TEST_CASE("the caret stands under its word, in tabs and wide characters too", "[diagnostics]") {
  Diagnostic d;
  d.message = "m";
  d.line = 3;
  d.column = 8;
  d.length = 3;
  d.source_line =
      "\t\xe8\xae\xbe\xc3\xa9\xff"
      "abc";
  CHECK(render(d) == "(Line 3) m\n\t\xe8\xae\xbe\xc3\xa9?abc\n\t    ^~~");
  d.source_line =
      "a\x01"
      "b";
  d.column = 40;
  CHECK(render(d) == "(Line 3) m\na?b\n   ^");
}

TEST_CASE("-t's status: 2 over 6 over 5 over 4", "[diagnostics]") {
  const auto status = [](std::vector<Severity> severities) {
    std::vector<Diagnostic> all;
    for (const Severity severity : severities) all.emplace_back().severity = severity;
    return exit_status(all);
  };
  using S = Severity;
  CHECK(status({}) == 0);
  CHECK(status({S::note}) == 0);
  CHECK(status({S::fatal}) == 4);
  CHECK(status({S::fatal, S::error}) == 5);
  CHECK(status({S::insecure, S::error}) == 6);
  CHECK(status({S::insecure, S::missing_argument}) == 2);
}

TEST_CASE("too many diagnostics are counted, and the status is not lost", "[diagnostics]") {
  std::string text(2000, '}');
  const ExpandedText expanded = ExpandedText::from_string(text, "t.conf");
  Diagnostics diagnostics(expanded);
  for (std::uint32_t i = 0; i < 2000; ++i) {
    diagnostics.add(Severity::error, {0, i, 1}, "Extra '}' found");
  }
  diagnostics.add(Severity::insecure, {}, "insecure");
  const auto all = diagnostics.take();
  CHECK(all.size() == Diagnostics::kLimit + 2);
  CHECK(all.back().message == "1000 more diagnostics are not shown");
  CHECK(exit_status(all) == 6);
}

}  // namespace
}  // namespace understudy::parser
