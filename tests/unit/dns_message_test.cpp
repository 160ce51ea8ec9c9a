// Queries and answers of DNS_CHECK as octets.
#include "checkers/dns_message.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "tests/support/hexadecimal.hpp"

namespace understudy::checkers {
namespace {

using Kind = DnsAnswer::Kind;

/// "example.com", type A, as asked with number 0x1234.
const std::string kQuestion = "076578616d706c6503636f6d0000010001";
const std::string kQuery = "123401000001000000000000" + kQuestion;
/// One A record, its name a pointer to the question's.
const std::string kRecord = "c00c000100010000003c00045db8d822";

DnsAnswer read(const std::string& datagram) {
  return read_answer(from_hexadecimal(datagram), from_hexadecimal(kQuery));
}

TEST_CASE("a query, octet for octet", "[dns]") {
  CHECK(encode_query(0x1234, "example.com", DnsType::a) == from_hexadecimal(kQuery));
  CHECK(encode_query(0x1234, "example.com.", DnsType::a) == from_hexadecimal(kQuery));
  const auto root = from_hexadecimal("0001010000010000000000000000060001");
  CHECK(encode_query(1, ".", DnsType::soa) == root);
  CHECK(encode_query(1, "", DnsType::soa) == root);
}

TEST_CASE("every type has its number in the query", "[dns]") {
  const auto number = [](DnsType type) {
    const auto query = encode_query(1, ".", type);
    return query->at(query->size() - 3);
  };
  CHECK(number(DnsType::a) == 1);
  CHECK(number(DnsType::ns) == 2);
  CHECK(number(DnsType::cname) == 5);
  CHECK(number(DnsType::soa) == 6);
  CHECK(number(DnsType::mx) == 15);
  CHECK(number(DnsType::txt) == 16);
  CHECK(number(DnsType::aaaa) == 28);
  CHECK(number(DnsType::rrsig) == 46);
  CHECK(number(DnsType::dnskey) == 48);
}

TEST_CASE("names nobody can have", "[dns]") {
  const std::string label(63, 'a');
  const auto possible = [](const std::string& name) {
    return encode_query(1, name, DnsType::a).has_value();
  };
  CHECK(possible(label));
  CHECK_FALSE(possible(label + "a"));
  CHECK_FALSE(possible("a..b"));
  CHECK_FALSE(possible(".a"));
  CHECK_FALSE(possible(".."));
  CHECK_FALSE(possible("a.."));
  const std::string long_name = label + "." + label + "." + label + ".";
  CHECK(possible(long_name + std::string(61, 'b')));
  CHECK_FALSE(possible(long_name + std::string(62, 'b')));
}

TEST_CASE("answers without complaint", "[dns]") {
  const auto datagram = GENERATE_COPY(
      // One record; none (there is no such record); authority and additional sections.
      "123485800001000100000000" + kQuestion + kRecord, "123481800001000000000000" + kQuestion,
      "123481800001000100010001" + kQuestion + kRecord + kRecord + kRecord,
      // The letters' case changed; cut off and saying so (TC).
      "123481800001000100000000074578416d506c6503634f6d0000010001" + kRecord,
      "123483800001000900000000" + kQuestion + "c00c0001");
  CAPTURE(datagram);
  CHECK(read(datagram) == DnsAnswer{Kind::good, 0});
}

TEST_CASE("complaints of the server, with or without the question", "[dns]") {
  CHECK(read("123481830001000000000000" + kQuestion) == DnsAnswer{Kind::refused, 3});
  CHECK(read("123481850001000000000000" + kQuestion) == DnsAnswer{Kind::refused, 5});
  CHECK(read("123480010000000000000000") == DnsAnswer{Kind::refused, 1});
}

TEST_CASE("datagrams that answer nothing", "[dns]") {
  const auto datagram = GENERATE_COPY(
      // Nothing; too short; another number; our own query; another operation; other questions.
      std::string(), std::string("1234818000010000000000"), "123581800001000000000000" + kQuestion,
      kQuery, "1234a8000001000000000000" + kQuestion,
      std::string("123481800001000000000000076578616d706c6503636f6d00001c0001"),
      std::string("123481800001000000000000076578616d706c6503636f6e0000010001"));
  CAPTURE(datagram);
  CHECK(read(datagram) == DnsAnswer{});
}

TEST_CASE("answers that are cut off or make no sense", "[dns]") {
  const auto datagram = GENERATE_COPY(
      // No question at all; half a question; two questions.
      std::string("123481800000000000000000"), std::string("123481800001000000000000076578616d"),
      "123481800002000000000000" + kQuestion + kQuestion,
      // A record promised; half a record; data longer than the datagram; a name without end.
      "123481800001000100000000" + kQuestion,
      "123481800001000100000000" + kQuestion + kRecord.substr(0, 20),
      "123481800001000100000000" + kQuestion + "c00c000100010000003cffff5db8d822",
      "123481800001000100000000" + kQuestion + "3f6162",
      // A label of a kind there is not; half a pointer; 65535 records in each section.
      "123481800001000100000000" + kQuestion + "800c000100010000003c0000",
      "123481800001000100000000" + kQuestion + "c0",
      "123481800001ffffffffffff" + kQuestion + kRecord);
  CAPTURE(datagram);
  CHECK(read(datagram).kind == Kind::malformed);
}

TEST_CASE("an answer cut anywhere is never good", "[dns]") {
  const auto whole = from_hexadecimal("123485800001000100000000" + kQuestion + kRecord);
  const auto query = from_hexadecimal(kQuery);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CHECK(read_answer(ByteView(whole).first(size), query).kind != Kind::good);
  }
}

TEST_CASE("a name of labels without end is given up", "[dns]") {
  std::string datagram = "123481800001000100000000" + kQuestion;
  for (int i = 0; i < 200; ++i) datagram += "0161";
  CHECK(read(datagram + "00000100010000003c0000").kind == Kind::malformed);
}

}  // namespace
}  // namespace understudy::checkers
