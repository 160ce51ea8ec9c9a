// lvs_method NAT | DR | TUN [type ipip|gue|gre] [port N] [nocsum|csum|remcsum].
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "checkers/keywords.hpp"

namespace understudy::checkers {

namespace {

using namespace parser;
using Rows = Block<TunnelDraft>;

/// Makes sense of the word after an option; `read` gives nothing for a wrong one.
template <typename Read>
auto option(std::string complaint, Read read) {
  return [complaint = std::move(complaint), read](TunnelDraft& draft, const Binding& binding) {
    if (read(draft.tunnel, binding)) return;
    binding.error(fmt::format(fmt::runtime(complaint), binding.argument()));
    draft.refused = true;
  };
}

bool read_type(Tunnel& tunnel, const Binding& binding) {
  constexpr std::array kTypes{std::pair{"ipip", TunnelType::ipip},
                              std::pair{"gue", TunnelType::gue}, std::pair{"gre", TunnelType::gre}};
  const auto* found = std::ranges::find_if(
      kTypes, [&](const auto& type) { return binding.argument() == type.first; });
  if (found == kTypes.end()) return false;
  tunnel.type = found->second;
  return true;
}

bool read_port(Tunnel& tunnel, const Binding& binding) {
  const auto number = parse_unsigned(binding.argument(), 1, 65535);
  if (!number) {
    binding.error(number.error().message);
    return false;
  }
  tunnel.port = Port(static_cast<std::uint16_t>(*number));
  return true;
}

/// What is wrong with these together; empty: nothing.
std::string_view contradiction(const Tunnel& tunnel) {
  if ((tunnel.type == TunnelType::gue) != (tunnel.port != Port(0))) {
    return "gue tunnels require port, otherwise cannot have port.";
  }
  if (tunnel.type == TunnelType::ipip && tunnel.checksum != TunnelChecksum::none) {
    return "ipip tunnels do not support checksum option.";
  }
  if (tunnel.type == TunnelType::gre && tunnel.checksum == TunnelChecksum::remote) {
    return "gre tunnels do not support remote checksum option.";
  }
  return {};
}

/// nullopt: a word is wrong, or they do not go together; which has been reported.
std::optional<Tunnel> read_tunnel(const Binding& binding, const Rows& options) {
  TunnelDraft draft;
  Seen seen;
  const auto words = binding.words();
  for (std::size_t at = 2; at < words.size();) {
    const auto* row = options.find(words[at].text);
    const std::size_t wanted = row == nullptr ? 1 : 1 + row->max_words;
    const auto own = words.subspan(at, std::min(wanted, words.size() - at));
    const Binding narrowed = binding.narrowed(own);
    if (row == nullptr) {
      report_unknown(options, narrowed);
      return std::nullopt;
    }
    if (!admit(*row, seen, narrowed)) return std::nullopt;
    row->apply(draft, narrowed);
    if (draft.refused) return std::nullopt;
    at += own.size();
  }
  const auto wrong = contradiction(draft.tunnel);
  if (wrong.empty()) return draft.tunnel;
  binding.error(std::string(wrong));
  return std::nullopt;
}

}  // namespace

std::shared_ptr<const Rows> tunnel_rows(std::string_view who) {
  auto rows = std::make_shared<Rows>();
  rows->unknown_message = fmt::format("Invalid tunnel option {{0}} for {} server.", who);
  rows->statement("type", "What packets are wrapped in.",
                  option(fmt::format("Unknown tunnel type {{}} for {} server.", who), read_type))
      .takes("ipip|gue|gre", 1, 1)
      .by_default("ipip")
      .when_missing(fmt::format("Missing tunnel type for {} server.", who));
  rows->statement(
          "port", "UDP port of the other end; gue needs it, others cannot have it.",
          option(fmt::format("Invalid gue tunnel port {{}} for {} server.", who), read_port))
      .takes("PORT", 1, 1)
      .accepts("1..65535")
      .when_missing(fmt::format("Missing port for {} server gue tunnel.", who));
  const auto checksum = [](TunnelChecksum value) {
    return [value](TunnelDraft& draft, bool) { draft.tunnel.checksum = value; };
  };
  rows->flag("nocsum", "No checksum: the default.", checksum(TunnelChecksum::none));
  rows->flag("csum", "A checksum over the whole packet; gue and gre.",
             checksum(TunnelChecksum::whole));
  rows->flag("remcsum", "The checksum is left to the other end; gue.",
             checksum(TunnelChecksum::remote));
  return rows;
}

void read_method(const Binding& binding, std::string_view who, const Rows& options,
                 MethodTarget target) {
  const auto word = binding.argument();
  if (word == "NAT") {
    *target.method = ForwardingMethod::nat;
  } else if (word == "DR") {
    *target.method = ForwardingMethod::direct_routing;
  } else if (word == "TUN") {
    *target.method = ForwardingMethod::tunnel;
  } else {
    binding.error(fmt::format("PARSER : unknown [{}] routing method for {} server.", word, who),
                  "expected NAT, DR or TUN");
    return;
  }
  const auto tunnel = read_tunnel(binding, options);
  if (!tunnel) return;
  *target.tunnel = *tunnel;
}

}  // namespace understudy::checkers
