// Statements printed as text and read back by the reader: every word must come back.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <random>

#include "parser/passes.hpp"
#include "parser/source.hpp"
#include "parser/statement.hpp"

using namespace understudy;
using namespace understudy::parser;

namespace {

/// What one of each kind of row takes in.
struct Values {
  std::vector<std::vector<std::string>> plain;
  std::vector<CommandLine> scripts;
  std::vector<std::string> expressions;
  std::vector<std::vector<std::string>> lines;
  std::vector<std::string> names;
  bool operator==(const Values&) const = default;
};

std::vector<std::string> texts(std::span<const Word> words) {
  std::vector<std::string> all;
  for (const Word& word : words) all.emplace_back(word.text);
  return all;
}

Block<Values> value_rows() {
  Block<Values> rows;
  rows.statement("plain", "Words.", [](Values& values, const Binding& binding) {
    values.plain.push_back(texts(binding.arguments()));
  });
  rows.value("script", "A script.", command_line(),
             [](Values& values, CommandLine line) { values.scripts.push_back(std::move(line)); });
  rows.statement("expression", "A regular expression.", [](Values& values, const Binding& binding) {
    const auto words = split_escaped(binding.node().raw);
    REQUIRE(words.has_value());
    REQUIRE(words->size() == 2);
    values.expressions.push_back((*words)[1]);
  });
  rows.entries("lines", "A value block.", "WORDS", [](Values& values, const Binding& line) {
    values.lines.push_back(texts(line.words()));
  });
  rows.block("named", "A block.", Block<Values>(),
             [](Values& values, const Binding& binding) {
               values.names.emplace_back(binding.argument());
               return static_cast<Values*>(nullptr);
             })
      .takes("NAME", 1, 1);
  return rows;
}

Statements statements_of(const Values& values) {
  Statements all;
  for (const auto& words : values.plain) {
    Statement& statement = all.add("plain");
    statement.words.insert(statement.words.end(), words.begin(), words.end());
  }
  for (const CommandLine& line : values.scripts) all.script("script", line.argv, line.owner);
  for (const std::string& word : values.expressions) all.escaped("expression", word);
  Statements& lines = all.block("lines");
  for (const auto& words : values.lines) lines.entry(words);
  for (const std::string& name : values.names) all.block("named", name);
  return all;
}

struct ReadBack {
  Values values;
  std::vector<Diagnostic> diagnostics;
};

/// The way a file goes: substitutions and includes, lines, tree, rows.
ReadBack read_back(const std::string& printed) {
  const std::string path = "/tmp/parser_statement_test." + std::to_string(getpid());
  std::FILE* file = std::fopen(path.c_str(), "we");
  REQUIRE(file != nullptr);
  REQUIRE(std::fwrite(printed.data(), 1, printed.size(), file) == printed.size());
  REQUIRE(std::fclose(file) == 0);
  std::vector<Diagnostic> problems;
  const Source source = read_source({path, "node"}, problems);
  std::remove(path.c_str());
  Diagnostics diagnostics(source.text);
  diagnostics.adopt(std::move(problems));
  const auto rows = value_rows();
  const Tree tree = build_tree(source.text, block_names(rows), diagnostics);
  ReadBack result;
  bind_all(rows, result.values, tree, diagnostics);
  result.diagnostics = diagnostics.take();
  return result;
}

void check_round_trip(const Values& values) {
  const std::string printed = print_statements(statements_of(values));
  CAPTURE(printed);
  const ReadBack back = read_back(printed);
  for (const Diagnostic& diagnostic : back.diagnostics) FAIL_CHECK(render(diagnostic));
  CHECK(back.values.plain == values.plain);
  CHECK(back.values.scripts == values.scripts);
  CHECK(back.values.expressions == values.expressions);
  CHECK(back.values.lines == values.lines);
  CHECK(back.values.names == values.names);
}

/// Words made of pieces that mean something somewhere.
class RandomWords {
 public:
  explicit RandomWords(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t limit) { return random_() % limit; }

  /// Any octets but the null octet, which no configuration can have.
  std::string any() {
    static const std::vector<std::string> pieces{
        " ",           "\t",       "\"",      "'",        "\\",   "#",  "!",     "{",
        "}",           "$",        "${_PWD}", "$NAME",    "$X=1", "@",  "@node", "@^",
        "~SEQ(V,1,2)", "~LST",     "include", "\n",       "\r",   "\f", "\v",    "\x01",
        "\x7f",        "\xc3\xa9", "\xff",    "\xe2\x82", "a",    "B",  "7",     "\\n",
        "\\x41",       "\\042",    "-",       "=",        "|"};
    std::string word;
    for (std::size_t i = below(6); i > 0; --i) {
      word += below(3) == 0 ? std::string(1, static_cast<char>(1 + below(255)))
                            : pieces[below(pieces.size())];
    }
    return word;
  }

  /// A word that a line of a configuration can give: no newline, no double quote, no variable of
  /// the language, and no final backslash where quotes are needed.
  std::string ordinary() {
    for (;;) {
      const std::string word = any();
      const bool blank = word.find_first_of(" \t\f\v\r{}") != std::string::npos;
      if (word.find_first_of("\"\n") != std::string::npos) continue;
      if (word.find("${") != std::string::npos || word.find("$_") != std::string::npos) continue;
      if (word.ends_with('\\') && (blank || word.find_first_of("@$~i") == 0)) continue;
      return word;
    }
  }

  template <typename Make>
  auto list(std::size_t least, std::size_t most, Make make) {
    std::vector<decltype(make())> all;
    for (std::size_t i = least + below(most - least + 1); i > 0; --i) all.push_back(make());
    return all;
  }

 private:
  std::mt19937 random_;
};

}  // namespace

TEST_CASE("every word printed is read back") {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    INFO("seed " << seed);
    RandomWords random(seed);
    const auto ordinary = [&] { return random.ordinary(); };
    const auto any = [&] { return random.any(); };
    Values values;
    values.plain = random.list(1, 3, [&] { return random.list(0, 3, ordinary); });
    values.scripts = random.list(1, 3, [&] {
      return CommandLine{random.list(1, 4, any),
                         random.list(0, 2, [&] { return std::string(1 + random.below(8), 'u'); })};
    });
    values.expressions = random.list(1, 3, any);
    values.lines = random.list(1, 3, [&] { return random.list(1, 3, ordinary); });
    values.names = random.list(1, 2, ordinary);
    check_round_trip(values);
  }
}

TEST_CASE("statements print as an operator would write them") {
  Statements all;
  Statements& instance = all.block("vrrp_instance", "VI 1");
  instance.add("priority", 100);
  instance.flag("nopreempt", true);
  instance.boolean("accept", false);
  instance.seconds("advert_int", std::chrono::milliseconds(1500));
  instance.script("notify_master", {"/bin/sh", "-c", "echo \"it's\" >> $LOG"}, {"root", "adm"});
  instance.escaped("regex", R"(^a\.b"c)");
  Statements& addresses = instance.block("virtual_ipaddress");
  addresses.entry({"10.0.0.1/24", "dev", "eth0"});
  addresses.entry({"@home"});
  CHECK(print_statements(all) == R"(vrrp_instance "VI 1" {
    priority 100
    nopreempt
    accept off
    advert_int 1.5
    notify_master "/bin/sh -c 'echo \042it\'s\042 >> $LOG'" root adm
    regex "^a\\.b\042c"
    virtual_ipaddress {
        10.0.0.1/24 dev eth0
        "@home"
    }
}
)");
}
