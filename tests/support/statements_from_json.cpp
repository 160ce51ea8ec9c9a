#include "tests/support/statements_from_json.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>

namespace understudy::test {
namespace {

using parser::Kind;
using parser::RowInfo;
using parser::Statement;
using parser::Statements;
using tool::Json;

bool has_keyword(const parser::BlockInfo& rows, std::string_view keyword) {
  return std::ranges::any_of(rows.infos(),
                             [&](const RowInfo* row) { return row->name == keyword; });
}

const RowInfo& row_of(const parser::BlockInfo& rows, const std::string& keyword) {
  for (const RowInfo* row : rows.infos()) {
    if (row->name == keyword) return *row;
    if (std::ranges::find(row->aliases, keyword) != row->aliases.end()) return *row;
  }
  throw std::runtime_error("no keyword " + keyword);
}

std::string octets(const std::string& digits) {
  std::string text;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    text += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  }
  return text;
}

std::string word_of(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "on" : "off";
  if (value.is_object()) return octets(value.at("hex").get<std::string>());
  return value.dump();
}

std::vector<std::string> words_of(const Json& value) {
  if (!value.is_array()) return {word_of(value)};
  std::vector<std::string> words;
  for (const Json& word : value) words.push_back(word_of(word));
  return words;
}

void add_value(Statements& out, const RowInfo& row, const std::string& keyword, const Json& value) {
  if (value.is_object() && value.contains("argv")) {
    const auto owner =
        value.contains("owner") ? words_of(value["owner"]) : std::vector<std::string>();
    out.script(keyword, words_of(value["argv"]), owner);
    return;
  }
  Statement& statement = out.add(keyword);
  if (row.kind == Kind::flag) return;
  const auto words = words_of(value);
  statement.words.insert(statement.words.end(), words.begin(), words.end());
  statement.escapes = keyword == "regex";
}

void add_block(Statements& out, const RowInfo& row, const std::string& keyword, const Json& block) {
  Json content = block;
  Statement& statement = out.add(keyword);
  if (content.contains("name") && !has_keyword(*row.children, "name")) {
    const auto words = words_of(content["name"]);
    statement.words.insert(statement.words.end(), words.begin(), words.end());
    content.erase("name");
  }
  statement.inner = statements_from_json(content, *row.children);
}

/// The list of statements a member stands for.
std::vector<Json> several(const RowInfo& row, const Json& value) {
  if (!value.is_array() || value.empty()) return {value};
  const bool named = value[0].is_object() && value[0].contains("lines");
  if (row.kind == Kind::entries && !named) return {value};
  const bool many = row.kind != Kind::value || std::ranges::all_of(value, [](const Json& one) {
                      return one.is_array() || (one.is_object() && one.contains("argv"));
                    });
  return many ? value.get<std::vector<Json>>() : std::vector<Json>{value};
}

void add(Statements& out, const RowInfo& row, const std::string& keyword, const Json& value) {
  if (row.kind == Kind::block) {
    add_block(out, row, keyword, value);
  } else if (row.kind == Kind::entries) {
    const bool named = value.is_object() && value.contains("lines");
    Statement& block = out.add(keyword);
    for (std::string& word : words_of(named ? value["name"] : Json::array())) {
      block.words.push_back(std::move(word));
    }
    block.inner.emplace();
    for (const Json& line : named ? value["lines"] : value) block.inner->entry(words_of(line));
  } else {
    add_value(out, row, keyword, value);
  }
}

}  // namespace

Statements statements_from_json(const Json& object, const parser::BlockInfo& rows) {
  Statements out;
  if (!object.contains("order")) {
    for (const auto& [keyword, value] : object.items()) {
      const RowInfo& row = row_of(rows, keyword);
      for (const Json& one : several(row, value)) add(out, row, keyword, one);
    }
    return out;
  }
  std::map<std::string, std::size_t> taken;
  for (const Json& name : object["order"]) {
    const auto keyword = name.get<std::string>();
    const RowInfo& row = row_of(rows, keyword);
    add(out, row, keyword, several(row, object[keyword]).at(taken[keyword]++));
  }
  return out;
}

}  // namespace understudy::test
