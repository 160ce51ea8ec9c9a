#include "daemon/understudy/json.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>
#include <vector>

#include "vrrp/recording_json.hpp"

namespace understudy::tool {
namespace {

using parser::Statement;
using parser::Statements;
using parser::WordType;
using vrrp::text_json;

/// Blocks that stand once where they may stand.
constexpr std::array<std::string_view, 4> kSingle{"SSL", "auth_hmac", "authentication",
                                                  "global_defs"};

Json number_json(const std::string& word) {
  Json number = Json::parse(word, nullptr, false);
  return number.is_number() && number.dump() == word ? number : text_json(word);
}

Json word_json(const Statement& statement, std::size_t index) {
  const std::string& word = statement.words[index];
  switch (statement.type(index)) {
    case WordType::number:
      return number_json(word);
    case WordType::boolean:
      return word == "on" || word == "true";
    case WordType::text:
      break;
  }
  return text_json(word);
}

Json words_json(const Statement& statement, std::size_t first) {
  Json words = Json::array();
  for (std::size_t i = first; i < statement.words.size(); ++i) {
    words.push_back(word_json(statement, i));
  }
  return words;
}

/// What follows the keyword: the word, or a list of any other number.
Json arguments_json(const Statement& statement) {
  return statement.words.size() == 2 ? word_json(statement, 1) : words_json(statement, 1);
}

Json script_json(const Statement& statement) {
  Json script{{"argv", Json::array()}};
  for (const std::string& word : statement.argv) script["argv"].push_back(text_json(word));
  if (statement.words.size() > 1) script["owner"] = words_json(statement, 1);
  return script;
}

using Group = std::vector<const Statement*>;

/// The lines of a value block; those of a second one of that name follow.
Json lines_json(const Group& blocks) {
  Json lines = Json::array();
  for (const Statement* block : blocks) {
    for (const Statement& line : block->inner->all()) lines.push_back(words_json(line, 0));
  }
  return lines;
}

bool has_lines(const Statement& block) {
  return !block.inner->empty() && block.inner->all().front().line;
}

Json block_json(const Statement& block) {
  Json content = Json::object();
  if (block.words.size() > 1) content["name"] = arguments_json(block);
  if (has_lines(block)) {
    content["lines"] = lines_json({&block});
  } else {
    content.update(to_json(*block.inner));
  }
  return content;
}

Json blocks_json(const Group& blocks) {
  const bool lines = std::ranges::any_of(
      blocks, [](const Statement* block) { return has_lines(*block) && block->words.size() == 1; });
  if (lines) return lines_json(blocks);
  const bool single = std::ranges::find(kSingle, blocks[0]->words[0]) != kSingle.end();
  if (single && blocks.size() == 1) return block_json(*blocks[0]);
  Json list = Json::array();
  for (const Statement* block : blocks) list.push_back(block_json(*block));
  return list;
}

/// All statements of one keyword.
Json group_json(const Group& statements) {
  const Statement& first = *statements[0];
  if (first.inner) return blocks_json(statements);
  if (statements.size() == 1) {
    if (!first.argv.empty()) return script_json(first);
    return first.words.size() == 1 ? Json(true) : arguments_json(first);
  }
  Json list = Json::array();
  for (const Statement* statement : statements) {
    list.push_back(statement->argv.empty() ? words_json(*statement, 1) : script_json(*statement));
  }
  return list;
}

}  // namespace

Json to_json(const Statements& statements) {
  std::vector<std::pair<std::string_view, Group>> groups;
  std::unordered_map<std::string_view, std::size_t> places;
  bool together = true;
  for (const Statement& statement : statements.all()) {
    const auto [place, added] = places.try_emplace(statement.words[0], groups.size());
    if (added) groups.push_back({statement.words[0], {}});
    together = together && place->second + 1 == groups.size();
    groups[place->second].second.push_back(&statement);
  }
  Json object = Json::object();
  for (const auto& [keyword, group] : groups) object.push_back({keyword, group_json(group)});
  if (!together) {
    Json& order = object["order"] = Json::array();
    for (const Statement& statement : statements.all()) order.push_back(statement.words[0]);
  }
  return object;
}

}  // namespace understudy::tool
