// understudy explain and the command line of understudy: what they print.
#include <catch2/catch.hpp>

#include "daemon/config_rows.hpp"
#include "daemon/understudy/explain.hpp"
#include "daemon/understudy/usage.hpp"
#include "parser/directives.hpp"

using namespace understudy;
using namespace understudy::tool;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

struct Door {
  unsigned width = 80;
};
struct House {
  Door door;
};

parser::Block<Door> door_rows() {
  parser::Block<Door> door;
  door.value("width|breadth", "Width in cm.", parser::number<unsigned>(60, 200), &Door::width)
      .by_default("80")
      .from("2.4.1");
  door.value("weite", "Width in cm.", parser::number<unsigned>(), &Door::width).deprecated("width");
  door.flag("glass", "One can look through.", [](Door&, bool) {}).pending();
  return door;
}

parser::Block<House> house_rows() {
  parser::Block<House> rows;
  const auto open = [](House& house, const parser::Binding&) { return &house.door; };
  rows.block("front", "Faces the street.", door_rows(), open);
  rows.block("back", "Faces the garden.", door_rows(), open).takes("NAME", 1, 1);
  return rows;
}

}  // namespace

TEST_CASE("explain prints an entry with every place it is true of") {
  const auto found = explain(house_rows(), "width", "");
  CHECK(found.found);
  CHECK(found.text == R"(width NUMBER
    in front
    in back
    Width in cm.
    Range 60..200.
    Default 80.
    Also written breadth.
    Since keepalived 2.4.1.
)");
  CHECK(explain(house_rows(), "breadth", "").text == found.text);
  CHECK_THAT(explain(house_rows(), "width", "back").text, !Contains("in front"));
  CHECK_THAT(explain(house_rows(), "weite", "").text, Contains("Deprecated: use width."));
  CHECK_THAT(explain(house_rows(), "glass", "").text, Contains("without effect in this version."));
  CHECK(explain(house_rows(), "back", "").text == R"(back NAME { ... }
    in top level
    Faces the garden.
    Keywords in it:
        width weite glass
)");
}

TEST_CASE("explain names what is most like an unknown keyword, or where a known one stands") {
  const auto unknown = explain(house_rows(), "widht", "");
  CHECK_FALSE(unknown.found);
  CHECK(unknown.text == "There is no keyword 'widht'.\nDid you mean width?\n");
  CHECK(explain(house_rows(), "xyzzyxyz", "").text == "There is no keyword 'xyzzyxyz'.\n");
  const auto elsewhere = explain(house_rows(), "width", "roof");
  CHECK_FALSE(elsewhere.found);
  CHECK_THAT(elsewhere.text, StartsWith("There is no 'width' in 'roof'.\nwidth NUMBER\n"));
}

TEST_CASE("explain knows every keyword, alias and directive") {
  const auto rows = config_rows();
  for_each_row(rows, [&](const auto& path, const parser::RowInfo& row) {
    INFO(row.name);
    const auto found = explain(rows, row.name, path.empty() ? "" : path.back());
    REQUIRE(found.found);
    CHECK_THAT(found.text, Contains(std::string(row.doc)));
    for (const auto& alias : row.aliases) CHECK(explain(rows, alias, "").found);
  });
  for (const auto& directive : parser::directives()) {
    INFO(directive.name);
    CHECK_THAT(explain(rows, directive.name, "").text,
               StartsWith(std::string(directive.shape)) && Contains(std::string(directive.doc)));
  }
  CHECK_THAT(explain(rows, "_RANDOM", "").text, StartsWith("${_RANDOM [MIN [MAX]]}"));
  CHECK_THAT(list_blocks(rows), Contains("virtual_server / real_server / TCP_CHECK\n"));
}

TEST_CASE("a subcommand's words are taken apart by its options") {
  const Command* config = find_command("config");
  REQUIRE(config != nullptr);
  const auto parsed = parse_arguments(*config, {"-f", "a.conf", "--format=json", "-inode"});
  REQUIRE(std::holds_alternative<Arguments>(parsed));
  const auto& arguments = std::get<Arguments>(parsed);
  CHECK(arguments.get("use-file") == "a.conf");
  CHECK(arguments.get("format") == "json");
  CHECK(arguments.get("config-id") == "node");
  CHECK(arguments.get("nothing", "else") == "else");

  const auto problem = [&](std::vector<std::string> words) {
    const auto result = parse_arguments(*config, std::move(words));
    REQUIRE(std::holds_alternative<std::string>(result));
    return std::get<std::string>(result);
  };
  CHECK(problem({"--format", "xml"}) == "--format must be one of conf, json, not 'xml'");
  CHECK(problem({"--fromat"}) == "unknown or ambiguous option --fromat");
  CHECK(problem({"-f"}) == "-f needs an argument");
  CHECK(problem({"file"}) == "unexpected argument 'file'");
}

TEST_CASE("every subcommand is in --help, and a wrong one is answered with the nearest") {
  for (const Command& command : commands()) {
    CHECK_THAT(usage(), Contains(fmt::format("  {} ", command.name)));
    const std::string own = usage(command);
    CHECK_THAT(own, StartsWith(fmt::format("Usage: understudy {} ", command.name)));
    for (const Option& option : command.options) {
      CHECK_THAT(own, Contains(fmt::format("--{}", option.name)));
    }
    CHECK(std::holds_alternative<Arguments>(parse_arguments(command, {"--help"})));
  }
  CHECK(find_command("confg") == nullptr);
  CHECK(unknown_command("confg") ==
        "understudy: unknown subcommand 'confg'\ndid you mean 'config'?");
}
