// The rows: the worked example of schema.hpp, and every flag a row can have.
#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "parser/print.hpp"
#include "parser/schema.hpp"
#include "tests/support/parser_reading.hpp"

namespace understudy::parser {
namespace {

enum class Side : std::uint8_t { front, back };

struct Door {
  std::string name;
  unsigned width = 80;
  bool locked = false;
  std::chrono::microseconds delay{};
  std::vector<IpAddress> bells;
  std::optional<Side> side;
};

struct House {
  std::vector<Door> doors;
  Port port;
  std::string owner;
};

Block<Door> door_rows() {
  Block<Door> rows;
  rows.value("width|breadth", "Width in cm.", number<unsigned>(60, 200), &Door::width)
      .by_default("80")
      .invalid("({2}) width '{1}' must be in [60, 200] - ignoring");
  rows.flag("locked", "Nobody gets in.", &Door::locked);
  rows.value("side", "Where it is.", choice<Side>({{"FRONT", Side::front}, {"BACK", Side::back}}),
             &Door::side)
      .once("({2}) side already given - ignoring");
  rows.value("wait", "Pause.", decimal_seconds(0, 10'000'000), &Door::delay).deprecated("delay");
  rows.value("delay", "Pause.", decimal_seconds(0, 10'000'000), &Door::delay);
  rows.words("bells", "Who rings.", address(), &Door::bells);
  rows.gone("hinge", "hinge is no longer supported");
  return rows;
}

Block<House> house_rows() {
  Block<House> rows;
  rows.block(
          "door", "A way in.", door_rows(),
          [](House& house, const Binding& binding) -> Door* {
            house.doors.emplace_back().name = binding.argument();
            return &house.doors.back();
          },
          [](House&, Door& door, const Binding& binding) {
            if (door.bells.empty()) {
              binding.report_at(Severity::error, binding.closing(), "(" + door.name + ") no bells");
            }
          })
      .takes("NAME", 1, 1)
      .when_missing("door name missing")
      .reported_by(Stage::vrrp);
  rows.value("port", "Where it listens.", number<std::uint16_t>(1, 65535), &House::port);
  rows.value("owner", "Whose it is.", text(), &House::owner)
      .when_extra("{0} has extra words", Extra::refused);
  return rows;
}

Reading<House> house(const std::string& text) {
  static const Block<House> rows = house_rows();
  return read_text(rows, text);
}

TEST_CASE("rows fill what their targets are", "[schema]") {
  const auto reading = house(
      "port 8080\n"
      "owner \"Ada L\"\n"
      "door front {\n"
      "  breadth 120   # an alias\n"
      "  locked\n"
      "  side FRONT\n"
      "  delay 0.25\n"
      "  bells { 10.0.0.1 10.0.0.2\n fe80::1 }\n"
      "}\n");
  CHECK(reading.said() == "");
  CHECK(reading.status() == 0);
  CHECK(reading.value.port == Port(8080));
  CHECK(reading.value.owner == "Ada L");
  REQUIRE(reading.value.doors.size() == 1);
  const Door& door = reading.value.doors[0];
  CHECK(door.name == "front");
  CHECK(door.width == 120);
  CHECK(door.locked);
  CHECK(door.side == Side::front);
  CHECK(door.delay == std::chrono::milliseconds(250));
  REQUIRE(door.bells.size() == 3);
  CHECK(door.bells[2].to_string() == "fe80::1");
}

TEST_CASE("an unknown keyword names the nearest one and its block is skipped", "[schema]") {
  const auto reading = house(
      "door front {\n"
      "\twidht 70\n"
      "  knob {\n width 60\n }\n"
      "  bells { 10.0.0.1 }\n"
      "}\n");
  CHECK(reading.said() ==
        "(t.conf: Line 2) Unknown keyword 'widht'\n"
        "\twidht 70\n"
        "\t^~~~~\n"
        "did you mean 'width'?\n"
        "(t.conf: Line 3) Unknown keyword 'knob'\n"
        "  knob {\n"
        "  ^~~~");
  CHECK(reading.status() == 5);
  CHECK(reading.value.doors.at(0).width == 80);
}

TEST_CASE("the parent's keywords are reported without the file and before the children's",
          "[schema]") {
  const auto reading = house("door front {\n nope\n bells { 10.0.0.1 }\n}\nprot 80\nport 0\n");
  CHECK(reading.said() ==
        "(Line 5) Unknown keyword 'prot'\n"
        "prot 80\n"
        "^~~~\n"
        "did you mean 'port'?\n"
        "(Line 6) number '0' outside range [1, 65535]\n"
        "port 0\n"
        "     ^\n"
        "(t.conf: Line 2) Unknown keyword 'nope'\n"
        " nope\n"
        " ^~~~");
}

TEST_CASE("a number's own complaint is followed by the row's", "[schema]") {
  const auto reading = house("door front {\n width 300\n bells { 10.0.0.1 }\n}\n");
  CHECK(reading.said() ==
        "(t.conf: Line 2) number '300' outside range [60, 200]\n"
        " width 300\n"
        "       ^~~\n"
        "(t.conf: Line 2) (front) width '300' must be in [60, 200] - ignoring\n"
        " width 300\n"
        "       ^~~\n"
        "expected 60..200");
}

TEST_CASE("a choice lists what it takes, or the near miss", "[schema]") {
  CHECK(house("door a { side LEFT\n bells { ::1 } }").said() ==
        "(t.conf: Line 1) unknown side 'LEFT'\n"
        "door a { side LEFT\n"
        "              ^~~~\n"
        "expected one of FRONT, BACK");
  CHECK(house("door a { side FROND\n bells { ::1 } }").said() ==
        "(t.conf: Line 1) unknown side 'FROND'\n"
        "door a { side FROND\n"
        "              ^~~~~\n"
        "did you mean 'FRONT'?");
}

TEST_CASE("a missing argument means status 2, and what follows is read on", "[schema]") {
  const auto reading =
      house("door a {\n width\n nope\n bells { ::1 }\n}\ndoor b {\n nope\n bells { ::1 }\n}\n");
  CHECK(reading.said() ==
        "(t.conf: Line 2) *** Configuration line starting `width` is missing a parameter after "
        "keyword `width` at word position 2\n"
        " width\n"
        " ^~~~~\n"
        "expected: width NUMBER, 60..200\n"
        "(t.conf: Line 3) Unknown keyword 'nope'\n"
        " nope\n"
        " ^~~~\n"
        "(t.conf: Line 7) Unknown keyword 'nope'\n"
        " nope\n"
        " ^~~~");
  CHECK(reading.status() == 2);
  CHECK(reading.value.doors.size() == 2);
}

TEST_CASE("when_missing makes it an ordinary complaint and skips the block", "[schema]") {
  const auto reading = house("door {\n width 70\n}\nport 80\n");
  CHECK(reading.messages() == "(t.conf: Line 1) door name missing");
  CHECK(reading.status() == 5);
  CHECK(reading.value.doors.empty());
  CHECK(reading.value.port == Port(80));
}

TEST_CASE("extra words are ignored, or refused where the row says so", "[schema]") {
  const auto reading = house("port 80 81\nowner a b\n");
  CHECK(reading.said() ==
        "(Line 2) owner has extra words\n"
        "owner a b\n"
        "        ^\n"
        "expected: owner STRING");
  CHECK(reading.value.port == Port(80));
  CHECK(reading.value.owner.empty());
}

TEST_CASE("once keeps the first, deprecated works and is diagnosed, gone does nothing",
          "[schema]") {
  const auto reading =
      house("door a {\n side FRONT\n side BACK\n wait 2\n hinge x y\n bells { ::1 }\n}\n");
  CHECK(reading.said() ==
        "(t.conf: Line 3) (a) side already given - ignoring\n"
        " side BACK\n"
        " ^~~~\n"
        "(t.conf: Line 4) wait is deprecated - please use 'delay'\n"
        " wait 2\n"
        " ^~~~\n"
        "use 'delay'\n"
        "(t.conf: Line 5) hinge is no longer supported\n"
        " hinge x y\n"
        " ^~~~~");
  CHECK(reading.value.doors.at(0).side == Side::front);
  CHECK(reading.value.doors.at(0).delay == std::chrono::seconds(2));
}

TEST_CASE("a block's close speaks of its closing brace", "[schema]") {
  CHECK(house("door a {\n}\n").said() == "(t.conf: Line 2) (a) no bells\n}\n^");
}

TEST_CASE("a refused value of a list names itself", "[schema]") {
  const auto reading = house("door a {\n bells {\n  ::1\n  10.0.0.300\n }\n}\n");
  CHECK(reading.said() ==
        "(t.conf: Line 4) invalid IP address '10.0.0.300'\n"
        "  10.0.0.300\n"
        "  ^~~~~~~~~~");
  CHECK(reading.value.doors.at(0).bells.size() == 1);
}

struct Route {
  IpAddress to;
  std::string device;
  unsigned metric = 0;
  bool onlink = false;
};

struct Table {
  std::vector<Route> routes;
};

Block<Table> table_rows() {
  Block<Route> options;
  options.value("dev|oif", "Interface.", text(), &Route::device)
      .when_missing("{0} needs an interface");
  options.value("metric", "Preference.", number<unsigned>(), &Route::metric);
  options.flag("onlink", "Reachable.", &Route::onlink);
  options.unknown_message = "unknown route option '{0}'";
  Block<Table> rows;
  rows.entries(
      "routes", "Routes.", "IP [OPTIONS]", std::move(options),
      [](Table&, const Binding& entry, Route& route) -> std::size_t {
        const auto to = parse_plain_address(entry.keyword());
        if (!to) {
          entry.error_at(entry.words()[0], "no address");
          return 0;
        }
        route.to = *to;
        return 1;
      },
      [](Table& table, Route&& route, const Binding&) {
        table.routes.push_back(std::move(route));
      });
  return rows;
}

TEST_CASE("an entry's options are rows too", "[schema]") {
  const auto reading = read_text(table_rows(),
                                 "routes {\n"
                                 "  10.0.0.1 dev eth0 onlink metric 7\n"
                                 "  rubbish\n"
                                 "  10.0.0.2 vai 10.0.0.3 metric x dev\n"
                                 "}\n");
  REQUIRE(reading.value.routes.size() == 2);
  CHECK(reading.value.routes[0].device == "eth0");
  CHECK(reading.value.routes[0].metric == 7);
  CHECK(reading.value.routes[0].onlink);
  CHECK(reading.messages() ==
        "(Line 3) no address\n"
        "(Line 4) unknown route option 'vai'\n"
        "(Line 4) unknown route option '10.0.0.3'\n"
        "(Line 4) invalid number 'x'\n"
        "(Line 4) dev needs an interface");
}

TEST_CASE("every row can be listed with its path", "[schema]") {
  std::vector<std::string> listed;
  const Block<House> rows = house_rows();
  for_each_row(rows, [&](const std::vector<std::string_view>& path, const RowInfo& row) {
    std::string line;
    for (const std::string_view part : path) line += std::string(part) + "/";
    listed.push_back(
        fmt::format("{}{} {} {} {}", line, row.name, row.syntax, row.range, row.fallback));
  });
  CHECK(listed == std::vector<std::string>{"door NAME  ", "door/width NUMBER 60..200 80",
                                           "door/locked   ", "door/side FRONT|BACK  ",
                                           "door/wait SECONDS 0..10 ", "door/delay SECONDS 0..10 ",
                                           "door/bells IP  ", "door/hinge   ",
                                           "port NUMBER 1..65535 ", "owner STRING  "});
}

TEST_CASE("block names are those that are never anything else", "[schema]") {
  const Block<House> rows = house_rows();
  const BlockNames names = block_names(rows);
  CHECK(names.size() == 2);
  CHECK(names.at("door") == false);
  CHECK(names.at("bells") == true);
}

struct Knobs {
  int first = 0;
  int last = 0;
  int old = 0;
};

TEST_CASE("the manual is made of the rows", "[schema]") {
  Block<Knobs> inner;
  inner.flag("on-top", ".starts with a dot", [](Knobs&, bool) {});
  Block<Knobs> rows;
  rows.value("first", "The first\\second.", number<int>(-1, 9), &Knobs::first)
      .once("twice")
      .by_default("0")
      .from("2.4.1");
  rows.value("last|ultimate", "The last.", number<int>(-1, 9), &Knobs::last).replaced("twice");
  rows.value("old", "Older.", number<int>(-1, 9), &Knobs::old).deprecated("last");
  rows.block("inner", "More.", std::move(inner)).adds_up();
  rows.flag("quiet", "Nothing \xe2\x80\xa6", [](Knobs&, bool) {}).pending();
  rows.words("list", "Many.", address(), [](Knobs&, IpAddress) {});
  CHECK(print_manual(rows) ==
        ".TP\n\\fBfirst\\fR \\fINUMBER\\fR\nThe first\\esecond.\nRange \\-1..9.\nDefault 0.\n"
        "May be given once; the first counts.\nSince keepalived 2.4.1.\n"
        ".TP\n\\fBlast\\fR \\fINUMBER\\fR\nThe last.\nRange \\-1..9.\n"
        "May be given once; the last counts.\nAlso written ultimate.\n"
        ".TP\n\\fBold\\fR \\fINUMBER\\fR\nOlder.\nRange \\-1..9.\n"
        "Deprecated: use last.\n"
        ".TP\n\\fBinner\\fR { ... }\nMore.\nMay be given several times.\n"
        ".TP\n\\fBquiet\\fR\nNothing \\[u2026]\nUnderstood, and without effect in this version.\n"
        ".TP\n\\fBlist\\fR { \\fIIP\\fR ... }\nMany.\n"
        ".SS inner\n"
        ".TP\n\\fBon\\-top\\fR\n\\&.starts with a dot\n");
}

TEST_CASE("replaced takes the second and says so", "[schema]") {
  Block<Knobs> rows;
  rows.value("last", "The last.", number<int>(-1, 9), &Knobs::last).replaced("{0} {1} again");
  const auto reading = read_text(rows, "last 1\nlast 2\n");
  CHECK(reading.messages() == "(Line 2) last 2 again");
  CHECK(reading.value.last == 2);
}

}  // namespace
}  // namespace understudy::parser
