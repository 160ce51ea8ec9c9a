// vrrp/timing: the arithmetic of RFC 3768 and RFC 5798 section 6.1.
#include <catch2/catch.hpp>

#include "vrrp/timing.hpp"

using namespace understudy;
using namespace understudy::vrrp;
using namespace std::chrono_literals;

TEST_CASE("version 2: the skew is a share of one second whatever the interval") {
  CHECK(skew_time(2, Priority(100), 1s) == 609375us);
  CHECK(skew_time(2, Priority(100), 10s) == 609375us);
  CHECK(skew_time(2, Priority(255), 1s) == 3906250ns);
  CHECK(master_down_interval(2, Priority(100), 1s) == 3609375us);
  CHECK(master_down_interval(2, Priority(1), 4s) == 12s + 996093750ns);
}

TEST_CASE("version 3: the skew is a share of the master's interval") {
  CHECK(skew_time(3, Priority(100), 1s) == 609375us);
  CHECK(skew_time(3, Priority(100), 10ms) == 6093750ns);
  CHECK(master_down_interval(3, Priority(254), 250ms) == 750ms + 1953125ns);
}

TEST_CASE("down_timer_adverts: more or fewer adverts may be missed") {
  CHECK(master_down_interval(2, Priority(100), 1s, 1) == 1609375us);
  CHECK(master_down_interval(3, Priority(100), 100ms, 10) == 1060937500ns);
}
