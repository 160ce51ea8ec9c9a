// The language of definitions, "@id" lines, sequences and lists, case by case: what a text becomes.
// Unless a case says otherwise the original (2.4.3) makes the same of it.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>
#include <vector>

#include "parser/grammar.hpp"
#include "parser/print.hpp"
#include "parser/source.hpp"
#include "tests/support/text_files.hpp"

namespace understudy::parser {
namespace {

using test::read_text;
using test::read_text_file;
using test::TextFiles;

struct Case {
  /// What the case shows.
  const char* why;
  const char* text;
  /// The lines it becomes, with '|' between them.
  const char* becomes;
};

void all_become(const std::vector<Case>& cases, const std::string& config_id = {}) {
  for (const Case& one : cases) {
    INFO(one.why << "\n" << one.text);
    const auto got = read_text(one.text, config_id);
    CHECK(got.texts() == one.becomes);
    CHECK(got.said().empty());
  }
}

TEST_CASE("where a definition is replaced", "[language]") {
  all_become({
      {"a word of its own", "$A=1\n$A x", "1 x"},
      {"inside a word, in braces", "$A=1\nb${A}c", "b1c"},
      {"at the end of a word", "$A=1\nb$A", "b1"},
      {"in front of ',' and ')'", "$A=1\n$A,b $A)c", "1,b 1)c"},
      {"in front of nothing else", "$A=1\nx$A;b x$A\"q\" x$A-c x$AB", "x$A;b x$A\"q\" x$A-c x$AB"},
      {"inside quotes, by the same rule", "$A=1\nq \"$A \" \"${A}\" \"$A\"",
       "q \"1 \" \"1\" \"$A\""},
      {"not defined: left alone", "x$UNDEF \"${UNDEF}\" $1 $", "x$UNDEF \"${UNDEF}\" $1 $"},
      {"an empty value", "$A=\nb${A}c$A d", "bc d"},
      {"a value of several words", "$A=a  b c\nx $A y", "x a  b c y"},
      {"the latest definition counts", "$A=1\n$A\n$A=2\n$A", "1|2"},
      {"values are replaced when they are used", "$A=x${B}\n$B=1\n$A\n$B=2\n$A", "x1|x2"},
      {"what is made of two pieces is a name", "$D=$\n$A=1\n${D}A x", "1 x"},
      {"a name begins with no digit", "$9=5\nx$9", "$9=5|x$9"},
      {"a blank before '=': no definition", "$A = 5\nx", "$A = 5|x"},
      {"blanks around the value do not count", "$A=   b   # comment\n[$A]${A}.", "[$A]b."},
      {"words after a plain name: not it", "$A=1\n\"${A x}\"", "\"${A x}\""},
      {"definitions anywhere", "a {\n $A=1\n b $A\n}\n c $A", "a {|b 1|}|c 1"},
  });
  // 2.4.3 leaves a '}' behind.
  all_become({{"a blank before the '}'", "$A=1\nx${A }b", "x1b"}});
}

TEST_CASE("a definition of several lines", "[language]") {
  all_become({
      {"is its lines", "$M= \\\na \\\n  b c \\\nd\n$M\ne", "a|b c|d|e"},
      {"begins on its first line", "$M=a \\\nb\n$M", "a|b"},
      {"has text in front", "$M=a \\\nb\nx $M", "x a|b"},
      {"ends at an empty line", "$M=a \\\n\nb\n$M", "b|a"},
      {"does not at a blank one, a comment, a lone '\\'",
       "$M=a \\\n  \n # no\n\\\nb \\\n# no \\\nc\n$M", "a|b|c"},
      {"is nothing", "$M= \\\n\n$M\nx${M}y", "xy"},
      {"uses others", "$N=n1 \\\nn2 $V\n$M=m1 \\\n$N \\\nm2\n$V=1\n$M\n$V=2\n$M",
       "m1|n1|n2 1|m2|m1|n1|n2 2|m2"},
      {"begins with another", "$N=n1 \\\nn2\n$M=$N \\\nm2\n$M", "n1|n2|m2"},
      {"is used by a value", "$M=a \\\nb\n$Q=$M\n$Q", "a|b"},
      {"defines", "$M= \\\n$I=1 \\\n$L \\\n$I=2 \\\n$L\n$L=x $I\n$M", "x 1|x 2"},
      {"keeps its escaped signs", "$M=a\\#b \\\nc\\!d\n$M", "a#b|c!d"},
      {"keeps quotes", "$M=a \"b # c\" \\\nd # e \\\n$M", "a \"b # c\"|d"},
      {"is defined anew inside itself", "$M=a \\\n$M=b \\\nc\n$M\n$M", "a|c|b"},
  });
  const auto inside = read_text("$M=a \\\nb\n$M c\nx${M}y");
  CHECK(inside.texts() == "$M c|x${M}y");
  CHECK(inside.said() ==
        "(Line 3) $M has several lines: not replaced in front of other text\n"
        "(Line 4) $M has several lines: not replaced in front of other text\n");
  CHECK(exit_status(inside.problems) == 0);
}

TEST_CASE("what a value begins with makes its line what it is", "[language]") {
  // 2.4.3 takes these lines as they are, although the manual promises the first.
  all_become(
      {
          {"an \"@id\"", "$IF=@main\n$IF priority 240\n$IF=@other\n$IF priority 9", "priority 240"},
          {"a sequence", "$A=~SEQ(i,1,3) x$i\n$A", "x1|x2|x3"},
          {"a sequence with more behind it", "$A=~SEQ(i,1,2)\n$A x${i}y", "x1y|x2y"},
          {"a definition", "$E=$Y=5\n$E\nh$Y", "h5"},
          {"an include that is none", "$I=include\n$I", "include"},
          {"a comment", "$C=${_HASH}\n$C a b\n$C=\n$C c", "c"},
          {"each in turn", "$A=@main $B\n$B=~SEQ(i,1,2) $C\n$C=$D\n$D=$Y=$i\n$A\nx$Y", "x2"},
      },
      "main");
}

TEST_CASE("predefined names", "[language]") {
  // Outside quotes 2.4.3 takes the sign for a comment, against its manual.
  all_become({{"comment signs", "state x${_HASH}y \"${_BANG} # z\"", "state x#y \"! # z\""},
              {"an escaped sign in a value", "$S=p\\#q\nstate $S", "state p#q"},
              {"they may be defined anew", "$_PWD=over\np$_PWD", "pover"},
              {"a random number", "${_RANDOM 5 5} ${_RANDOM  7  7}", "5 7"},
              {"words they do not take", "\"${_PWD x}\"", "\"${_PWD x}\""}});
  all_become({{"the -i option", "${_INSTANCE}-$_INSTANCE", "node-1-node-1"}}, "node-1");
  ::setenv("UNDERSTUDY_TEST", "value # 1", 1);
  ::unsetenv("UNDERSTUDY_NONE");
  all_become({{"the environment", "a ${_ENV UNDERSTUDY_TEST}b", "a value # 1b"},
              {"what is not there is empty", "a${_ENV UNDERSTUDY_NONE}b", "ab"}});

  const TextFiles files;
  files.write("sub/x", "in ${_PWD}\n$D\n");
  const auto got =
      read_text_file(files.write("m.conf", "$D=use $_PWD\nat ${_PWD}\ninclude sub/x\n$D"));
  const std::string here = std::filesystem::canonical(files.path(""));
  CHECK(got.texts() == "at " + here + "|in " + here + "/sub|use " + here + "/sub|use " + here);
}

TEST_CASE("predefined names used wrongly", "[language]") {
  const auto got = read_text(
      "a${_RANDOM 3 2}\n\"${_RANDOM 5 a}\"\n\"${_RANDOM 5 6 7}\"\n\"${_ENV A B}\"\n\"${_ENV}\"\n");
  CHECK(got.texts() == "a3|\"${_RANDOM 5 a}\"|\"${_RANDOM 5 6 7}\"|\"${_ENV A B}\"|\"${_ENV}\"");
  // 2.4.3 dies of the last.
  CHECK(got.said() ==
        "(Line 1) ${_RANDOM}: min 3 exceeds max 2, using 3\n"
        "(Line 2) Definition _RANDOM requires numeric parameters only.\n"
        "(Line 3) Definition _RANDOM requires between 0 and 2 parameters, 3 specified.\n"
        "(Line 4) Definition _ENV requires between 1 and 1 parameters, 2 specified.\n"
        "(Line 5) Definition _ENV requires between 1 and 1 parameters, 0 specified.\n");
  CHECK(exit_status(got.problems) == 5);
}

TEST_CASE("random_seed makes random numbers the same every time", "[language]") {
  // 2.4.3 forgets the seed before it counts; these are its numbers for srandom(5).
  const std::string text =
      "global_defs {\n random_seed 5\n}\n${_RANDOM} ${_RANDOM} ${_RANDOM 1 6} ${_RANDOM 100} x";
  ::srandom(5);
  std::string expected;
  const auto next = [&](long low, long high) {
    expected += std::to_string(::random() % (high - low + 1) + low) + " ";
  };
  next(0, 32767);
  next(0, 32767);
  next(1, 6);
  next(100, 32767);
  CHECK(read_text(text).texts() == "global_defs {| random_seed 5|}|" + expected + "x");
  const auto elsewhere = read_text("x {\n random_seed 5\n}\n${_RANDOM 0 4000000000}");
  const auto lines = elsewhere.source.text.lines();
  const auto number = std::stoul(std::string(lines.at(lines.size() - 1).text));
  CHECK(number <= 4'000'000'000);
  CHECK(read_text("${_RANDOM 0 99999999999999999999}").problems.empty());
}

TEST_CASE("lines for one configuration id", "[language]") {
  all_become({{"ours, and not others'", "@main a\n@other b\n@^main c\n@^other d", "a|d"},
              {"with nothing behind it", "@main\n@main  \n@^other\n@\n@^\nx", "x"},
              {"a definition", "@main $A=1\n@other $A=2\n$A", "1"},
              {"in a definition", "$M=x { \\\n@main a \\\n@other b \\\n}\n$M", "x {|a|}"},
              {"in front of a sequence, and in it",
               "@main ~SEQ(i,1,2) @main a$i\n@other ~SEQ(i,1,2) b", "a1|a2"},
              {"more than one", "@main @^other @main a\n@main @other b", "a"}},
             "main");
  // 2.4.3 reads the lines of the definition as if they were not part of it.
  all_become({{"a definition of several lines that is another's",
               "@other $A= \\\nx \\\ny\n@main $A=z\n$A", "z"}},
             "main");
  all_become({{"no id", "@main a\n@^main b", "b"}});
}

TEST_CASE("a sequence repeats the rest of its line", "[language]") {
  all_become({
      {"from, to", "~SEQ(i,1,3) a$i", "a1|a2|a3"},
      {"from 1", "~SEQ(i,3) a$i", "a1|a2|a3"},
      {"from -1", "~SEQ(i,-2) a$i", "a-1|a-2"},
      {"to 0", "~SEQ(i,0) a$i", "a1|a0"},
      {"down", "~SEQ(i,5,3) a$i", "a5|a4|a3"},
      {"by steps", "~SEQ(i,1,2,6) a$i", "a1|a3|a5"},
      {"by steps down", "~SEQ(i,6,-2,1) a$i", "a6|a4|a2"},
      {"once", "~SEQ(i,4,4) a$i", "a4"},
      {"nothing is 0", "~SEQ(i,,2) a$i", "a0|a1|a2"},
      {"in hexadecimal", "~SEQx(i,9,11) a${i}:", "a9:|aa:|ab:"},
      {"hexadecimal and octal numbers", "~SEQ(i,0x10,0x11) a$i\n~SEQ(i,07,010) b$i",
       "a16|a17|b7|b8"},
      {"blanks", "~SEQ ( i , 1 , 2 )   a$i", "a1|a2"},
      {"no blank", "~SEQ(i,1,2)a$i", "a1|a2"},
      {"numbers from definitions", "$Z=2\n~SEQ(i,1,$Z) a$i\n~SEQ(i,${Z},3) b$i", "a1|a2|b2|b3"},
      {"inside each other", "~SEQ(i,1,2) ~SEQx(j,10,11) a${i}${j}", "a1a|a1b|a2a|a2b"},
      {"one depends on the other", "~SEQ(i,1,3) ~SEQ(j,1,$i) a$i$j",
       "a$i1|a$i1|a$i2|a$i1|a$i2|a$i3"},
      {"of a definition of several lines", "$M=x$i { \\\n}\n~SEQ(i,1,2) $M", "x1 {|}|x2 {|}"},
      {"with blocks", "~SEQ(i,1,2) a$i { b$i }", "a1 { b1 }|a2 { b2 }"},
      {"of definitions", "~SEQ(i,1,2) $d=$i\nv$d", "v2"},
      {"in a definition", "$M=~SEQ(i,1,2) a$i \\\nb\n$M", "a1|a2|b"},
      {"of nothing", "~SEQ(i,1,3)\nx", "x"},
  });
}

TEST_CASE("a list does it with its values", "[language]") {
  all_become({
      {"words", "~LST(v,a,b) x$v", "xa|xb"},
      {"blanks", "~LST ( v , a , b )x$v", "xa|xb"},
      {"no value", "~LST(v,) x${v}y", "xy"},
      {"sets", "~LST({x,y},{1,2},{3},4,{,5}) ${x}-${y}", "1-2|3-|4-|-5"},
      {"sets of one", "~LST({x},1,{2}) a$x", "a1|a2"},
      {"values that are definitions, when they are used",
       "~LST(x,$Q,b) a$x\n$Q=1\n~LST(x,$Q,b) a$x", "a$Q|ab|a1|ab"},
      {"with lists and sequences inside", "~LST(x,1,2) ~LST(y,3,4) ~SEQx(z,9,10) ${x}${y}$z",
       "139|13a|149|14a|239|23a|249|24a"},
      {"the manual's", "~LST({IP, IP1}, {10,1},{20,4}) ~SEQ(N,168,2,170) 192.${N}.${IP}.$IP1",
       "192.168.10.1|192.170.10.1|192.168.20.4|192.170.20.4"},
  });
}

TEST_CASE("a sequence or list that cannot be read", "[language]") {
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"~SEQ(i,6,2,1) x", "a step of 2 does not lead from 6 to 1"},
      {"~SEQ(i,1,0,3) x", "a step of 0 does not lead from 1 to 3"},
      {"~SEQ(i) x", "expected a name, then [START,] [STEP,] END"},
      {"~SEQ() x", "expected a name, then [START,] [STEP,] END"},
      {"~SEQ(i,1,2,3,4) x", "expected a name, then [START,] [STEP,] END"},
      {"~SEQ x", "expected '('"},
      {"~SEQX(i,1,2) x", "expected '('"},
      {"~SEQx(i,-1,1) x", "~SEQx is only valid for positive numbers"},
      {"~SEQ(i,1,2", "~SEQ missing terminating ')'"},
      {"~SEQ(i,a,b) x", "'a' is not a number that can be counted to"},
      {"~SEQ(i,1,99999999999999999999) x",
       "'99999999999999999999' is not a number that can be counted to"},
      {"~LST(v) x", "expected (NAME, VALUE, ...) or ({NAME, NAME}, {VALUE, VALUE}, ...)"},
      {"~LST(v,a b) x", "expected (NAME, VALUE, ...) or ({NAME, NAME}, {VALUE, VALUE}, ...)"},
      {"~LST(v,a", "expected (NAME, VALUE, ...) or ({NAME, NAME}, {VALUE, VALUE}, ...)"},
      {"~LST({x,y},{1,2,3}) x", "too many values: 3 for 2 names"},
  };
  for (const auto& [text, hint] : bad) {
    const auto got = read_text(text + "\nq");
    CHECK(got.texts() == "q");
    REQUIRE(got.problems.size() == 1);
    CHECK(got.said() ==
          "(Line 1) Invalid " + text.substr(0, 4) + " specification '" + text + "'\n");
    CHECK(got.problems[0].hint == hint);
    CHECK(exit_status(got.problems) == 5);
  }
}

TEST_CASE("includes by definitions and in sequences stand where they are used", "[language]") {
  const TextFiles files;
  files.write("sub/1", "one$i\n");
  files.write("sub/2", "two$i\ninclude 1");
  files.write("bare", "$V= \\\nv \\\n");
  const auto got = read_text_file(files.write(
      "m.conf",
      "$F=sub/1\ninclude $F\n~SEQ(i,1,2) include sub/$i\n$M=a \\\ninclude sub/1 \\\nb\n$M\n"
      "@x include sub/1\n@^x include sub/1\ninclude bare\nc\n$V"));
  CHECK(got.texts() == "one$i|one1|two2|one2|a|one2|b|one2|c|v");
  CHECK(got.said().empty());
}

TEST_CASE("include_check counts for the plain includes after it", "[language]") {
  const TextFiles files;
  const auto status = [&](const std::string& text) {
    const auto got = read_text_file(files.write("m.conf", text));
    CHECK(got.said().find("none") != std::string::npos);
    return exit_status(got.problems);
  };
  CHECK(status("include none\nglobal_defs {\n include_check match\n}\n") == 0);
  CHECK(status("global_defs {\n include_check match\n}\ninclude none\n") == 6);
  CHECK(status("global_defs {\n include_check match\ninclude none\n}\n") == 6);
  CHECK(status("global_defs { include_check\n}\ninclude none*\n") == 6);
  CHECK(status("global_defs { include_check } include none\ninclude none\n") == 6);
  CHECK(status("global_defs {\ninclude_check\ninclude_check -match\n}\ninclude none\n") == 0);
  CHECK(status("global_defs {\ninclude_check read\n}\ninclude none\n") == 0);
  CHECK(status("global_defs {\ninclude_check readable +match\n}\ninclude none\n") == 6);
  CHECK(status("global_defs {\ninclude_check foo\n}\ninclude none\n") == 0);
  CHECK(status("vrrp_instance A {\ninclude_check\n}\ninclude none\n") == 0);
  CHECK(status("include_check\ninclude none\n") == 0);
  CHECK(status("$C=include_check\nglobal_defs\n{\n$C match\n}\ninclude none\n") == 6);
  CHECK(status("global_defs {\ninclude_check brace_match\n}\ninclude {m.conf,none}\n") == 6);

  // What an included file sets holds in it, and in what it includes.
  files.write("sets", "global_defs {\n include_check match\n}\ninclude none-in\n");
  const auto got = read_text_file(files.write("m.conf", "include sets\ninclude none-out\n"));
  REQUIRE(got.problems.size() == 2);
  CHECK(got.problems[0].severity == Severity::insecure);
  CHECK(got.problems[1].severity == Severity::note);
}

TEST_CASE("${NAME} that breaks a line is noted when it is not defined", "[language]") {
  const auto got = read_text("$PRIORITY=5\npriority ${PRIORTY}\nscript \"x ${SHELL}\"\n");
  CHECK(got.said() == "(Line 2) ${PRIORTY} is not defined\n");
  CHECK(got.problems[0].hint == "did you mean ${PRIORITY}?");
  CHECK(exit_status(got.problems) == 0);
}

TEST_CASE("what is expanded keeps its meaning through a child's bytes", "[language]") {
  const auto got =
      read_text("$M=a${_HASH}b { \\\nc \"d # e\" \\\n}\n~SEQ(i,1,3) $M\nx # y\n@a z\n", "a");
  const Bytes octets = got.source.text.to_bytes();
  const auto again = ExpandedText::from_bytes(octets);
  REQUIRE(again.has_value());
  const auto tree = [](const ExpandedText& text) {
    Diagnostics diagnostics(text);
    return print_tree(build_tree(text, {}, diagnostics));
  };
  CHECK(tree(*again) == tree(got.source.text));
  CHECK(tree(*again).starts_with("a\\#b {\n    c \"d # e\"\n}"));
}

}  // namespace
}  // namespace understudy::parser
