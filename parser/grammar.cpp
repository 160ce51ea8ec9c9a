#include "parser/grammar.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/spirit/home/x3.hpp>
#include <iterator>

#include "parser/lines.hpp"

namespace understudy::parser {
namespace {

namespace x3 = boost::spirit::x3;

/// What stands between words.
constexpr std::string_view kBlanks = " \t\f\n\r\v";

/// Takes what the grammar finds on a line, in order, and puts the tree together. The blocks that
/// are open are a vector, so nesting is bounded by memory and not by the stack.
class TreeBuilder {
 public:
  /// nullptr for `diagnostics`: nothing is said.
  TreeBuilder(const BlockNames& block_names, Diagnostics* diagnostics, Tree& tree)
      : block_names_(block_names), diagnostics_(diagnostics), tree_(tree) {
    for (const auto& [name, entries] : block_names) begin_like(name) |= sizes_like(name);
  }

  void begin_line(std::uint32_t number, const CleanLine& line);
  void word(std::string_view text, bool quoted);
  void open_brace(std::string_view brace);
  void close_brace(std::string_view brace);
  void unmatched_quote(std::string_view rest);
  void end_statement();
  void finish();
  /// Whether all that came before the line makes whole statements, whatever the line is.
  [[nodiscard]] bool complete_before(std::string_view line) const;
  /// Forgets what is complete.
  void start_anew();

 private:
  [[nodiscard]] Location locate(std::string_view text) const;
  Node& add_node(Node::Kind kind, Location at);
  void open_block(std::uint32_t node, Location brace);
  void require_block();
  [[nodiscard]] bool lacks_block(std::uint32_t node) const;
  [[nodiscard]] std::uint32_t& begin_like(std::string_view name) {
    return begins_[static_cast<unsigned char>(name[0]) % begins_.size()];
  }
  [[nodiscard]] static std::uint32_t sizes_like(std::string_view name) {
    return 1U << name.size() % 32;
  }
  /// False for nearly all that are none: every statement is asked.
  [[nodiscard]] bool may_be_block(std::string_view name) const {
    return !name.empty() &&
           (begins_[static_cast<unsigned char>(name[0]) % begins_.size()] & sizes_like(name)) != 0;
  }
  [[nodiscard]] bool in_value_block() const;
  void start_statement(std::string_view first);

  const BlockNames& block_names_;
  /// Of names with a first octet: a bit for each size.
  std::array<std::uint32_t, 64> begins_{};
  Diagnostics* diagnostics_;
  Tree& tree_;
  std::vector<std::uint32_t> open_;
  std::uint32_t line_number_ = 0;
  const CleanLine* line_ = nullptr;
  /// The statement being read on this line.
  bool in_statement_ = false;
  /// The last statement, while a '{' may still follow it.
  std::optional<std::uint32_t> awaiting_;
};

Location TreeBuilder::locate(std::string_view text) const {
  const auto offset = static_cast<std::size_t>(text.data() - line_->text.data());
  return {line_number_, line_->column(offset), static_cast<std::uint32_t>(text.size())};
}

Node& TreeBuilder::add_node(Node::Kind kind, Location at) {
  Node& node = tree_.nodes.emplace_back();
  node.kind = kind;
  node.at = at;
  node.first_word = static_cast<std::uint32_t>(tree_.words.size());
  node.end = static_cast<std::uint32_t>(tree_.nodes.size());
  return node;
}

void TreeBuilder::begin_line(std::uint32_t number, const CleanLine& line) {
  line_number_ = number;
  line_ = &line;
  if (line.owned) tree_.storage.push_back(line.owned);
  if (line.unterminated_quote) {
    tree_.unbalanced_quotes = true;
    if (diagnostics_ == nullptr) return;
    diagnostics_->add(Severity::error, locate(line.text),
                      fmt::format("Unterminated quote '{}'", line.text));
  }
}

/// Lines of a value block begin with any word: a name may be that of a block.
bool TreeBuilder::in_value_block() const {
  if (open_.empty() || tree_.nodes[open_.back()].word_count == 0) return false;
  const auto found = block_names_.find(tree_.words[tree_.nodes[open_.back()].first_word].text);
  return found != block_names_.end() && found->second;
}

/// Whether a statement that no '{' follows must have a block.
bool TreeBuilder::lacks_block(std::uint32_t node) const {
  if (tree_.nodes[node].word_count == 0) return false;
  const std::string_view name = tree_.words[tree_.nodes[node].first_word].text;
  return may_be_block(name) && block_names_.contains(name) && !in_value_block();
}

/// The statement before must have had a block, and what comes now is no '{'.
void TreeBuilder::require_block() {
  if (!awaiting_) return;
  const std::uint32_t index = *awaiting_;
  awaiting_.reset();
  if (!lacks_block(index)) return;
  tree_.unbalanced_braces = true;
  const Location at = tree_.nodes[index].at;
  if (diagnostics_ != nullptr) {
    const std::string_view keyword = tree_.words[tree_.nodes[index].first_word].text;
    const std::string message =
        block_names_.at(keyword) ? fmt::format("'{{' missing from beginning of block {}", keyword)
                                 : std::string("Missing '{' at beginning of configuration block");
    diagnostics_->add(Severity::error, at, message, "expected '{' after this");
  }
  open_block(index, at);
}

bool TreeBuilder::complete_before(std::string_view line) const {
  if (tree_.nodes.empty() || !open_.empty()) return false;
  const std::size_t first = line.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return false;
  return !awaiting_ || (line[first] != '{' && !lacks_block(*awaiting_));
}

void TreeBuilder::start_anew() {
  awaiting_.reset();
  tree_.clear();
}

void TreeBuilder::start_statement(std::string_view first) {
  require_block();
  add_node(Node::Kind::statement, locate(first)).raw = first;
  in_statement_ = true;
}

void TreeBuilder::word(std::string_view text, bool quoted) {
  // A quoted word's location includes its quotes.
  const std::string_view whole = quoted ? std::string_view(text.data() - 1, text.size() + 2) : text;
  if (!in_statement_) start_statement(whole);
  Node& node = tree_.nodes.back();
  const Location at = locate(whole);
  tree_.words.push_back({text, at, quoted});
  ++node.word_count;
  node.at.length = at.column + at.length - node.at.column;
  node.raw = {node.raw.data(),
              static_cast<std::size_t>(whole.data() + whole.size() - node.raw.data())};
}

void TreeBuilder::end_statement() {
  if (!in_statement_) return;
  in_statement_ = false;
  awaiting_ = static_cast<std::uint32_t>(tree_.nodes.size() - 1);
}

void TreeBuilder::unmatched_quote(std::string_view rest) {
  if (!in_statement_) start_statement(rest);
  Node& node = tree_.nodes.back();
  node.unmatched_quote = true;
  node.raw = {node.raw.data(),
              static_cast<std::size_t>(rest.data() + rest.size() - node.raw.data())};
}

void TreeBuilder::open_block(std::uint32_t node, Location brace) {
  tree_.nodes[node].has_block = true;
  tree_.nodes[node].open = brace;
  open_.push_back(node);
}

void TreeBuilder::open_brace(std::string_view brace) {
  end_statement();
  const Location at = locate(brace);
  if (awaiting_) {
    open_block(*awaiting_, at);
    awaiting_.reset();
    return;
  }
  add_node(Node::Kind::statement, at).raw = brace;
  open_block(static_cast<std::uint32_t>(tree_.nodes.size() - 1), at);
}

void TreeBuilder::close_brace(std::string_view brace) {
  end_statement();
  require_block();
  const Location at = locate(brace);
  if (open_.empty()) {
    tree_.unbalanced_braces = true;
    if (diagnostics_ != nullptr) diagnostics_->add(Severity::error, at, "Extra '}' found");
    add_node(Node::Kind::stray_close, at);
    return;
  }
  Node& node = tree_.nodes[open_.back()];
  open_.pop_back();
  node.closed = true;
  node.close = at;
  node.end = static_cast<std::uint32_t>(tree_.nodes.size());
}

void TreeBuilder::finish() {
  require_block();
  if (open_.empty()) return;
  for (const std::uint32_t index : open_) {
    tree_.nodes[index].end = static_cast<std::uint32_t>(tree_.nodes.size());
  }
  tree_.unbalanced_braces = true;
  if (diagnostics_ == nullptr) return;
  const Node& inner = tree_.nodes[open_.back()];
  const std::string opened =
      inner.word_count == 0 ? "{" : std::string(tree_.words[inner.first_word].text);
  diagnostics_->add(Severity::error, {},
                    fmt::format("There are {} missing '}}'s or extra '{{'s", open_.size()),
                    fmt::format("the block of '{}' in line {} is not closed", opened,
                                diagnostics_->text().lines().at(inner.open.line).number));
}

struct BuilderTag;

template <typename Context>
TreeBuilder& builder(Context& context) {
  return x3::get<BuilderTag>(context);
}

template <typename Range>
std::string_view view(const Range& range) {
  return {&*range.begin(), static_cast<std::size_t>(range.size())};
}

const auto on_quoted = [](auto& context) {
  const auto& range = x3::_attr(context);
  // An empty range still has a place: between its quotes.
  builder(context).word({&*range.begin(), static_cast<std::size_t>(range.size())}, true);
};
const auto on_word = [](auto& context) { builder(context).word(view(x3::_attr(context)), false); };
const auto on_open = [](auto& context) { builder(context).open_brace(view(x3::_attr(context))); };
const auto on_close = [](auto& context) { builder(context).close_brace(view(x3::_attr(context))); };
const auto on_unmatched = [](auto& context) {
  builder(context).unmatched_quote(view(x3::_attr(context)));
};

/// What a plain word is made of, as a table: every octet of a configuration is looked up.
constexpr auto kPlain = [] {
  std::array<bool, 256> table{};
  for (bool& plain : table) plain = true;
  for (const char c : kBlanks) table[static_cast<unsigned char>(c)] = false;
  for (const unsigned char c : {'"', '{', '}'}) table[c] = false;
  return table;
}();

struct PlainOctet : x3::char_parser<PlainOctet> {
  using attribute_type = char;
  static constexpr bool has_attribute = true;
  template <typename Char, typename Context>
  [[nodiscard]] bool test(Char c, const Context& /*context*/) const {
    return kPlain[static_cast<unsigned char>(c)];
  }
};

// The grammar of a line. Every octet begins one of the alternatives, so it always matches all.
const auto blanks = x3::omit[+x3::char_(std::string(kBlanks))];
const auto quoted_text = x3::raw[*(x3::char_ - '"')];
const auto quoted_word = x3::omit['"' >> &(quoted_text >> '"')] >> quoted_text[on_quoted] >> '"';
const auto plain_word = x3::raw[+PlainOctet{}][on_word];
const auto brace_open = x3::raw[x3::char_('{')][on_open];
const auto brace_close = x3::raw[x3::char_('}')][on_close];
const auto dangling = x3::raw['"' >> *x3::char_][on_unmatched];
const auto line_grammar =
    *(plain_word | blanks | brace_open | brace_close | quoted_word | dangling);

CleanLine clean(const ExpandedText::Line& line) {
  const std::string_view rest = line.text.substr(line.skip);
  CleanLine cleaned = line.clean ? expanded_line(rest) : clean_line(rest);
  cleaned.begin += line.skip;
  return cleaned;
}

void read_line(TreeBuilder& builder, std::uint32_t number, const CleanLine& line) {
  const auto with_builder = x3::with<BuilderTag>(std::ref(builder))[line_grammar];
  builder.begin_line(number, line);
  auto first = line.text.begin();
  x3::parse(first, line.text.end(), with_builder);
  builder.end_statement();
}

}  // namespace

Tree build_tree(const ExpandedText& text, const BlockNames& block_names, Diagnostics& diagnostics) {
  Tree tree;
  TreeBuilder builder(block_names, &diagnostics, tree);
  std::uint32_t number = 0;
  for (const ExpandedText::Line& line : text.lines()) read_line(builder, number++, clean(line));
  builder.finish();
  return tree;
}

Balance for_each_unit(const ExpandedText& text, const BlockNames& block_names,
                      Diagnostics& diagnostics,
                      const std::function<void(const Tree&, LineRange)>& take) {
  Balance balance;
  Tree tree;
  TreeBuilder builder(block_names, &diagnostics, tree);
  std::uint32_t first = 0;
  std::uint32_t number = 0;
  const auto take_unit = [&] {
    balance.unbalanced_braces |= tree.unbalanced_braces;
    balance.unbalanced_quotes |= tree.unbalanced_quotes;
    take(tree, {first, number});
    first = number;
  };
  for (const ExpandedText::Line& line : text.lines()) {
    const CleanLine cleaned = clean(line);
    if (builder.complete_before(cleaned.text)) {
      take_unit();
      builder.start_anew();
    }
    read_line(builder, number++, cleaned);
  }
  builder.finish();
  if (first != number) take_unit();
  return balance;
}

void read_tree(const ExpandedText& text, LineRange lines, const BlockNames& block_names,
               Tree& tree) {
  tree.clear();
  TreeBuilder builder(block_names, nullptr, tree);
  for (auto line = text.lines().from(lines.first); line.index() < lines.end; ++line) {
    read_line(builder, line.index(), clean(*line));
  }
  builder.finish();
}

}  // namespace understudy::parser
