#include "tests/fuzz/config_words.hpp"

#include <fmt/format.h>

#include <cctype>

#include "daemon/config_rows.hpp"

namespace understudy::fuzz {
namespace {

template <typename T>
const T& one_of(const std::vector<T>& all, std::mt19937& random) {
  return all[random() % all.size()];
}

/// Values that some keyword or other takes.
const std::vector<std::string>& common_values() {
  static const std::vector<std::string> values = {"0",
                                                  "1",
                                                  "-1",
                                                  "5",
                                                  "100",
                                                  "255",
                                                  "256",
                                                  "65535",
                                                  "4294967295",
                                                  "99999999999",
                                                  "0.5",
                                                  "1.25",
                                                  ".",
                                                  "",
                                                  "x",
                                                  "on",
                                                  "off",
                                                  "true",
                                                  "no",
                                                  "\"a b\"",
                                                  "\"",
                                                  "'x y'",
                                                  "eth0",
                                                  "lo",
                                                  "10.0.0.1",
                                                  "10.0.0.1/24",
                                                  "10.0.0.1-9",
                                                  "10.0.0.0/33",
                                                  "fe80::1",
                                                  "::1/128",
                                                  "fe80::1%eth0",
                                                  "80",
                                                  "tcp:80",
                                                  "VI_1",
                                                  "VI_2",
                                                  "G1",
                                                  "root",
                                                  "nobody nogroup",
                                                  "/bin/true",
                                                  "\"/bin/true a 'b c'\"",
                                                  "dev eth0",
                                                  "via 10.0.0.2",
                                                  "weight 10",
                                                  "weight -254",
                                                  "scope link",
                                                  "label eth0:1",
                                                  "track",
                                                  "0x10",
                                                  "abcdef0123456789",
                                                  "MASTER",
                                                  "DR",
                                                  "rr",
                                                  "2",
                                                  "3",
                                                  "{",
                                                  "}",
                                                  "#",
                                                  "\\#",
                                                  "${A}",
                                                  "$B"};
  return values;
}

/// The words of a description that could be values: numbers, and names in capitals or small
/// letters.
std::vector<std::string> words_of(const std::string& description) {
  std::vector<std::string> words;
  bool in_word = false;
  for (const char c : description) {
    const bool part = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' ||
                      c == '.' || c == '/';
    if (part && !in_word) words.emplace_back();
    if (part) words.back() += c;
    in_word = part;
  }
  return words;
}

std::string indented_close(std::size_t blocks) {
  std::string text;
  for (std::size_t i = 0; i < blocks; ++i) text += "}\n";
  return text;
}

}  // namespace

ConfigWords::ConfigWords() {
  const auto rows = config_rows();
  parser::for_each_row(
      rows, [&](const std::vector<std::string_view>& path, const parser::RowInfo& row) {
        Keyword keyword;
        keyword.blocks.assign(path.begin(), path.end());
        keyword.name = row.name;
        keyword.has_block = row.kind == parser::Kind::block || row.kind == parser::Kind::entries;
        keyword.words = std::min<std::size_t>(row.max_words, 3);
        keyword.values = words_of(fmt::format("{} {} {}", row.range, row.syntax, row.fallback));
        all_.push_back(std::move(keyword));
      });
}

std::vector<std::string> ConfigWords::keywords() const {
  std::vector<std::string> names;
  for (const Keyword& keyword : all_) names.push_back(keyword.name);
  return names;
}

std::string ConfigWords::statement(std::mt19937& random) const {
  const Keyword& keyword = one_of(all_, random);
  std::string text;
  const bool inside = random() % 3 != 0;
  const auto value = [&] {
    const bool own = !keyword.values.empty() && random() % 2 == 0;
    return " " + one_of(own ? keyword.values : common_values(), random);
  };
  if (inside) {
    for (const std::string& block : keyword.blocks) {
      text += block + " " + one_of(common_values(), random) + " " +
              one_of(common_values(), random) + " {\n";
    }
  }
  text += keyword.name;
  // Now and then a word too few, or too many.
  const std::size_t words = keyword.words + random() % 8;
  for (std::size_t i = 6; i < words || (i == 6 && keyword.words > 0 && random() % 8 != 0); ++i) {
    text += value();
  }
  if (keyword.has_block && random() % 8 != 0) {
    text += " {\n";
    for (std::size_t i = random() % 3; i > 0; --i) text += value() + value() + "\n";
    text += "}";
  }
  text += "\n";
  if (inside && random() % 16 != 0) text += indented_close(keyword.blocks.size());
  return text;
}

std::string ConfigWords::directive(std::mt19937& random) {
  static const std::vector<std::string> directives = {
      "$A=1\n",
      "$B=${A}x $A\n",
      "$A=$B\n",
      "$C= \\\na $A { \\\n@x b ${i} \\\n} \\\n\n",
      "$C\n",
      "$D=~SEQ(i,1,3) q$i\n",
      "$D\n",
      "~SEQ(i,1,3) $C\n",
      "~SEQ(i,3,-1,1) ~SEQx(j,0,$A) a$i ${j}\n",
      "~LST({x,y},{1,2},{3}) ~LST(i,a,b) p${x}${y} $i\n",
      "~LST(i,$A,$B) $C\n",
      "@x a\n",
      "@^x b\n",
      "@x $A=2\n",
      "${_RANDOM 1 9}${_HASH}\n",
      "x ${_PWD} ${_INSTANCE} ${_ENV HOME}\n",
      "$E=@x\n",
      "$E f\n",
      "$F=$G=1\n",
      "$F $C\n",
      "global_defs {\nrandom_seed 7\ninclude_check +match\n}\n",
      "\"${A} # ! $B \" \\# \\! \\\n",
      "$C ${C} $C\n",
      "~SEQ(i,1,999999) ~SEQ(j,1,999999) $k=$i\n"};
  return one_of(directives, random);
}

}  // namespace understudy::fuzz
