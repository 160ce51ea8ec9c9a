#include "tests/support/vrrp_values.hpp"

#include <fmt/format.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace understudy::vrrp {
namespace {

struct Describe {
  std::string operator()(const SendAdvert& action) const {
    return fmt::format("advert {}", action.priority.value());
  }
  std::string operator()(const AddAddresses& /*action*/) const { return "add"; }
  std::string operator()(const RemoveAddresses& /*action*/) const { return "remove"; }
  std::string operator()(const RestoreAddress& action) const {
    return "restore " + action.address.to_string();
  }
  std::string operator()(const Announce& action) const {
    std::string text = fmt::format("announce {}", action.repeat);
    for (const IpAddress& address : action.only) text += " " + address.to_string();
    return text;
  }
  std::string operator()(const AnnounceInterfaces& /*action*/) const {
    return "announce interfaces";
  }
  std::string operator()(const CancelAnnouncements& /*action*/) const { return "cancel"; }
  std::string operator()(const Notify& action) const {
    static constexpr std::array kNews{"", " priority", " lesser", " deleted", " reminder"};
    return fmt::format("notify {} {}{}{}", name(action.state), action.priority.value(),
                       action.mail ? " mail" : "", kNews.at(static_cast<unsigned>(action.news)));
  }
  std::string operator()(const LogLine& action) const { return "log: " + action.text; }
};

}  // namespace

IpAddress ip(const char* text) {
  const auto address = IpAddress::parse(text);
  if (!address) throw std::invalid_argument(text);
  return *address;
}

InstanceConfig instance() {
  InstanceConfig config;
  config.name = "VI_1";
  config.interface = "eth0";
  config.vrid = VirtualRouterId(51);
  config.priority = Priority(100);
  config.mcast_group = ip("224.0.0.18");
  VirtualAddress address;
  address.address = ip("10.0.0.100");
  config.addresses.push_back(address);
  return config;
}

std::shared_ptr<const InstanceConfig> shared(InstanceConfig config) {
  return std::make_shared<const InstanceConfig>(std::move(config));
}

AdvertReceived advert(unsigned priority, const char* source) {
  AdvertReceived event;
  event.source = ip(source);
  event.advert.vrid = VirtualRouterId(51);
  event.advert.priority = Priority(static_cast<std::uint8_t>(priority));
  event.advert.addresses.push_back(ip("10.0.0.100"));
  return event;
}

const char* name(RouterState state) {
  switch (state) {
    case RouterState::init:
      return "INIT";
    case RouterState::backup:
      return "BACKUP";
    case RouterState::master:
      return "MASTER";
    case RouterState::fault:
      return "FAULT";
    case RouterState::stop:
      return "STOP";
  }
  return "?";
}

std::string describe(const Action& action) { return std::visit(Describe{}, action); }

std::string deeds(const Actions& actions) {
  std::string text;
  for (const Action& action : actions) {
    if (std::holds_alternative<LogLine>(action)) continue;
    text += (text.empty() ? "" : "; ") + describe(action);
  }
  return text;
}

std::vector<std::string> lines(const Actions& actions) {
  std::vector<std::string> texts;
  for (const Action& action : actions) {
    if (const auto* line = std::get_if<LogLine>(&action)) texts.push_back(line->text);
  }
  return texts;
}

}  // namespace understudy::vrrp
