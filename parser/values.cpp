// Values that are not numbers: words, addresses, digests, scripts.
#include "parser/values.hpp"

#include <algorithm>
#include <boost/spirit/home/x3.hpp>
#include <cctype>

namespace understudy::parser {
namespace {

namespace x3 = boost::spirit::x3;

template <typename Parser, typename Attribute>
bool whole(std::string_view text, const Parser& parser, Attribute& attribute) {
  const char* first = text.data();
  return x3::parse(first, first + text.size(), parser >> x3::eoi, attribute);
}

const x3::symbols<bool>& bool_words() {
  static const x3::symbols<bool> words = [] {
    x3::symbols<bool> table;
    table.add("on", true)("true", true)("yes", true);
    table.add("off", false)("false", false)("no", false);
    return table;
  }();
  return words;
}

/// A codec of one word whose text `parse` turns into an optional.
template <typename V, typename Parse>
Codec<V> one_word(RowText syntax, RowText refusal, Parse parse) {
  Codec<V> codec;
  codec.syntax = syntax;
  codec.refusal = refusal;
  codec.read = [parse](const Binding&, std::span<const Word> words) -> std::optional<V> {
    return parse(words[0].text);
  };
  return codec;
}

}  // namespace

std::optional<bool> parse_bool(std::string_view text) {
  bool value = false;
  if (!whole(text, bool_words(), value)) return std::nullopt;
  return value;
}

std::optional<IpAddress> parse_plain_address(std::string_view text) {
  const std::size_t dash = text.find('-');
  return IpAddress::parse(text.substr(0, dash == std::string_view::npos ? text.find('/') : dash));
}

std::optional<std::string> parse_md5(std::string_view text) {
  std::string digest;
  if (!whole(text, x3::repeat(32)[x3::xdigit], digest)) return std::nullopt;
  std::transform(digest.begin(), digest.end(), digest.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return digest;
}

std::optional<std::pair<unsigned, unsigned>> parse_status_range(std::string_view text) {
  const auto code = x3::uint_parser<unsigned, 10, 3, 3>{};
  unsigned from = 0;
  unsigned to = 0;
  const auto set = [](unsigned& into) {
    return [&into](auto& context) { into = x3::_attr(context); };
  };
  x3::unused_type nothing;
  if (!whole(text, code[set(from)] >> -('-' >> code[set(to)]), nothing)) return std::nullopt;
  if (to == 0) to = from;
  if (from < 100 || to > 599 || from > to) return std::nullopt;
  return std::pair(from, to);
}

Codec<bool> boolean() { return one_word<bool>("BOOL", "invalid {0} value '{1}'", parse_bool); }

Codec<bool> optional_boolean() {
  Codec<bool> codec = boolean();
  codec.syntax = "[BOOL]";
  codec.min_words = 0;
  codec.read = [](const Binding&, std::span<const Word> words) {
    return words.empty() ? std::optional(true) : parse_bool(words[0].text);
  };
  return codec;
}

Codec<std::string> text(RowText syntax) {
  return one_word<std::string>(
      syntax, {}, [](std::string_view word) { return std::optional<std::string>(word); });
}

Codec<IpAddress> address() {
  return one_word<IpAddress>("IP", "invalid IP address '{1}'", parse_plain_address);
}

Codec<CommandLine> command_line() {
  Codec<CommandLine> codec;
  codec.syntax = "SCRIPT [USER [GROUP]]";
  codec.max_words = SIZE_MAX;
  codec.escaped = true;
  codec.read = [](const Binding& binding,
                  std::span<const Word> words) -> std::optional<CommandLine> {
    auto all = binding.quoted_words();
    if (!all || all->size() < 2) return std::nullopt;
    auto argv = split_escaped((*all)[1]);
    if (!argv) {
      binding.error_at(words[0], argv.error().message);
      return std::nullopt;
    }
    if (argv->empty()) {
      binding.report(Severity::note,
                     fmt::format("Unable to parse script '{}' - ignoring", (*all)[1]));
      return std::nullopt;
    }
    CommandLine command{*std::move(argv), {}};
    command.owner.assign(all->begin() + 2, all->end());
    return command;
  };
  return codec;
}

}  // namespace understudy::parser
