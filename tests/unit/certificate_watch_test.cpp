// What is said of a certificate's end, and when.
#include "checkers/certificate_watch.hpp"

#include <catch2/catch.hpp>

namespace understudy::checkers {
namespace {

using namespace std::chrono_literals;
using Word = CertificateWatch::Word;

constexpr std::chrono::sys_seconds kEnd(1795000000s);  // 2026-11-18 11:06:40 UTC
constexpr auto kDay = 24h;

TEST_CASE("the end of a certificate is told once", "[tls]") {
  CertificateWatch watch;
  const auto said = watch.look(kEnd, kEnd - 100 * kDay, 14);
  REQUIRE(said);
  CHECK_FALSE(said->warning);
  CHECK(said->text == "valid until 2026-11-18 11:06:40 UTC");
  CHECK_FALSE(watch.look(kEnd, kEnd - 100 * kDay + 10s, 14));
  CHECK_FALSE(watch.look(kEnd, kEnd - 20 * kDay, 14));
  // Another one: told again.
  CHECK(watch.look(kEnd + kDay, kEnd - 20 * kDay, 14) ==
        Word{false, "valid until 2026-11-19 11:06:40 UTC"});
}

TEST_CASE("the end of a certificate is warned of once a day", "[tls]") {
  CertificateWatch watch;
  (void)watch.look(kEnd, kEnd - 100 * kDay, 14);
  CHECK_FALSE(watch.look(kEnd, kEnd - 14 * kDay - 1s, 14));
  CHECK(watch.look(kEnd, kEnd - 14 * kDay, 14) ==
        Word{true, "expires in 14 days, on 2026-11-18 11:06:40 UTC"});
  CHECK_FALSE(watch.look(kEnd, kEnd - 13 * kDay - 1s, 14));
  CHECK(watch.look(kEnd, kEnd - 12 * kDay - 1h, 14) ==
        Word{true, "expires in 12 days, on 2026-11-18 11:06:40 UTC"});
  CHECK(watch.look(kEnd, kEnd - 1 * kDay, 14) ==
        Word{true, "expires in 1 day, on 2026-11-18 11:06:40 UTC"});
  CHECK(watch.look(kEnd, kEnd, 14) == Word{true, "expired on 2026-11-18 11:06:40 UTC"});
  CHECK_FALSE(watch.look(kEnd, kEnd + 1h, 14));
  CHECK(watch.look(kEnd, kEnd + kDay, 14) == Word{true, "expired on 2026-11-18 11:06:40 UTC"});
  // A new one ends the warnings.
  CHECK(watch.look(kEnd + 365 * kDay, kEnd + kDay, 14) ==
        Word{false, "valid until 2027-11-18 11:06:40 UTC"});
  CHECK_FALSE(watch.look(kEnd + 365 * kDay, kEnd + 3 * kDay, 14));
}

TEST_CASE("a certificate that is about to end when it is first seen", "[tls]") {
  CertificateWatch watch;
  CHECK(watch.look(kEnd, kEnd - 1h, 14) ==
        Word{true, "expires in 0 days, on 2026-11-18 11:06:40 UTC"});
  CHECK_FALSE(watch.look(kEnd, kEnd - 1h, 14));
}

}  // namespace
}  // namespace understudy::checkers
