#include "vrrp/routing_rows.hpp"

#include <memory>

namespace understudy::vrrp {

namespace {

using namespace parser;

/// A value block whose lines `read` turns into what `keep` takes; `options` are their words.
template <typename T, typename Reader, typename Value, typename Section>
Row<T>& add_block(Block<T>& rows, parser::RowText name, parser::RowText doc, parser::RowText syntax,
                  Block<Reader> options,
                  std::optional<Value> (*read)(const Block<Reader>&, const Binding&, VrrpDraft&),
                  Section section, std::vector<Value>& (*list)(T&)) {
  auto shared = std::make_shared<const Block<Reader>>(std::move(options));
  auto& row = rows.entries(name, doc, syntax, [=](T& object, const Binding& line) {
    auto value = read(*shared, line, section(object));
    if (value) list(object).push_back(*std::move(value));
  });
  row.children = shared;
  return row.when_extra(kExtraParameters).adds_up();
}

constexpr const char* kRouteSyntax = "[TYPE] IP[/LENGTH] [OPTION ...]";
constexpr const char* kRuleSyntax = "[SELECTOR ...] ACTION [OPTION ...]";

}  // namespace

IprouteNames& iproute_names(VrrpDraft& section) {
  auto& names = section.routing.names;
  if (!names) names.emplace(section.global->iproute_usr_dir, section.global->iproute_etc_dir);
  return *names;
}

void add_route_rows(Block<InstanceDraft>& rows) {
  const auto section = [](InstanceDraft& draft) -> VrrpDraft& { return *draft.section; };
  add_block<InstanceDraft, RouteReader, Route>(
      rows, "virtual_routes", "Routes the master has.", kRouteSyntax, route_options(false),
      read_route, section, [](InstanceDraft & draft) -> auto& { return draft.routes; });
  add_block<InstanceDraft, RuleReader, Rule>(
      rows, "virtual_rules", "Routing rules the master has.", kRuleSyntax, rule_options(false),
      read_rule, section, [](InstanceDraft & draft) -> auto& { return draft.rules; });
}

void add_static_rows(Block<VrrpDraft>& rows) {
  const auto section = [](VrrpDraft& draft) -> VrrpDraft& { return draft; };
  add_static_address_rows(rows);
  add_block<VrrpDraft, RouteReader, Route>(
      rows, "static_routes", "Routes that are always there.", kRouteSyntax, route_options(true),
      read_route, section, [](VrrpDraft & draft) -> auto& { return draft.routing.routes; })
      .reported_by(Stage::vrrp);
  add_block<VrrpDraft, RuleReader, Rule>(
      rows, "static_rules", "Routing rules that are always there.", kRuleSyntax, rule_options(true),
      read_rule, section, [](VrrpDraft & draft) -> auto& { return draft.routing.rules; })
      .reported_by(Stage::vrrp);
}

}  // namespace understudy::vrrp
