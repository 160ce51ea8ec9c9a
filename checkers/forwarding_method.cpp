// lvs_method NAT | DR | TUN [type ipip|gue|gre] [port N] [nocsum|csum|remcsum].
#include <fmt/format.h>

#include "checkers/keywords.hpp"
#include "daemon/global/ignored.hpp"

namespace understudy::checkers {

namespace {

using namespace parser;

enum class TunnelType : std::uint8_t { ipip, gue, gre };
enum class TunnelChecksum : std::uint8_t { none, whole, remote };

/// What stands after TUN. Checked, so that a file means the same here and elsewhere; only plain IP
/// in IP is done.
class TunnelOptions {
 public:
  TunnelOptions(const Binding& binding, std::string_view who) : binding_(binding), who_(who) {}

  [[nodiscard]] bool read() {
    const auto words = binding_.arguments();
    std::size_t index = 1;
    while (index < words.size()) {
      const auto used = option(index);
      if (used == 0) return false;
      index += used;
    }
    return consistent();
  }
  [[nodiscard]] bool plain() const { return type_ == TunnelType::ipip; }

 private:
  /// How many words the option at `index` takes; 0: it is wrong.
  std::size_t option(std::size_t index) {
    const auto words = binding_.arguments();
    const auto word = words[index].text;
    const bool last = index + 1 == words.size();
    if (word == "type") {
      if (last) return complain(index, fmt::format("Missing tunnel type for {} server.", who_));
      return type(index + 1) ? 2 : 0;
    }
    if (word == "port") {
      if (last) return complain(index, fmt::format("Missing port for {} server gue tunnel.", who_));
      return port(index + 1) ? 2 : 0;
    }
    if (word == "nocsum") {
      checksum_ = TunnelChecksum::none;
    } else if (word == "csum") {
      checksum_ = TunnelChecksum::whole;
    } else if (word == "remcsum") {
      checksum_ = TunnelChecksum::remote;
    } else {
      return complain(index, fmt::format("Invalid tunnel option {} for {} server.", word, who_));
    }
    return 1;
  }

  bool type(std::size_t index) {
    const auto word = binding_.arguments()[index].text;
    if (word == "ipip") {
      type_ = TunnelType::ipip;
    } else if (word == "gue") {
      type_ = TunnelType::gue;
    } else if (word == "gre") {
      type_ = TunnelType::gre;
    } else {
      complain(index, fmt::format("Unknown tunnel type {} for {} server.", word, who_));
      return false;
    }
    return true;
  }

  bool port(std::size_t index) {
    const auto& word = binding_.arguments()[index];
    const auto number = parse_unsigned(word.text, 1, 65535);
    if (!number) {
      binding_.error_at(word, number.error().message);
      complain(index, fmt::format("Invalid gue tunnel port {} for {} server.", word.text, who_));
      return false;
    }
    has_port_ = true;
    return true;
  }

  [[nodiscard]] bool consistent() const {
    if ((type_ == TunnelType::gue) != has_port_) {
      binding_.error("gue tunnels require port, otherwise cannot have port.");
    } else if (type_ == TunnelType::ipip && checksum_ != TunnelChecksum::none) {
      binding_.error("ipip tunnels do not support checksum option.");
    } else if (type_ == TunnelType::gre && checksum_ == TunnelChecksum::remote) {
      binding_.error("gre tunnels do not support remote checksum option.");
    } else {
      return true;
    }
    return false;
  }

  std::size_t complain(std::size_t index, std::string message) const {
    binding_.error_at(binding_.arguments()[index], std::move(message));
    return 0;
  }

  const Binding& binding_;
  std::string_view who_;
  TunnelType type_ = TunnelType::ipip;
  TunnelChecksum checksum_ = TunnelChecksum::none;
  bool has_port_ = false;
};

}  // namespace

std::optional<ForwardingMethod> read_method(const Binding& binding, std::string_view who) {
  std::optional<ForwardingMethod> method;
  const auto word = binding.argument();
  if (word == "NAT") method = ForwardingMethod::nat;
  if (word == "DR") method = ForwardingMethod::direct_routing;
  if (word == "TUN") method = ForwardingMethod::tunnel;
  if (!method) {
    binding.error(fmt::format("PARSER : unknown [{}] routing method for {} server.", word, who),
                  "expected NAT, DR or TUN");
    return std::nullopt;
  }
  TunnelOptions options(binding, who);
  if (options.read() && !options.plain()) {
    binding.report(Severity::note,
                   "gue and gre tunnels are not supported in this version yet: using ipip");
  }
  return method;
}

}  // namespace understudy::checkers
