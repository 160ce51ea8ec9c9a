#include "parser/schema.hpp"

namespace understudy::parser {
namespace {

using Path = std::vector<std::string_view>;

void visit_below(const BlockInfo& block, Path& path,
                 const std::function<void(const Path&, const RowInfo&)>& visit) {
  for (const RowInfo* row : block.infos()) {
    visit(path, *row);
    if (!row->children) continue;
    path.push_back(row->name);
    visit_below(*row->children, path, visit);
    path.pop_back();
  }
}

/// Rows that stand at the front of a statement: not the options inside entries.
void collect_blocks(const BlockInfo& block, BlockNames& blocks, BlockNames& others) {
  for (const RowInfo* row : block.infos()) {
    const bool braces = row->kind == Kind::block || row->kind == Kind::entries;
    BlockNames& names = braces ? blocks : others;
    names.emplace(row->name, row->kind == Kind::entries);
    for (const std::string_view alias : row->aliases)
      names.emplace(alias, row->kind == Kind::entries);
    if (row->kind == Kind::block && row->children) collect_blocks(*row->children, blocks, others);
  }
}

}  // namespace

void for_each_row(
    const BlockInfo& block,
    const std::function<void(const std::vector<std::string_view>& path, const RowInfo&)>& visit) {
  Path path;
  visit_below(block, path, visit);
}

BlockNames block_names(const BlockInfo& block) {
  BlockNames blocks;
  BlockNames others;
  collect_blocks(block, blocks, others);
  for (const auto& [name, entries] : others) blocks.erase(name);
  return blocks;
}

}  // namespace understudy::parser
