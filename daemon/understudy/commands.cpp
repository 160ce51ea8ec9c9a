// Every subcommand with its options.
#include <array>

#include "daemon/understudy/command.hpp"

namespace understudy::tool {
namespace {

// clang-format off
constexpr std::array kConfigOptions{
    Option{'f', "use-file", "FILE", "Configuration file; default /etc/keepalived/keepalived.conf"},
    Option{0, "format", "conf|json", "What to print; default conf"},
    Option{'i', "config-id", "ID", "Read the lines that begin with @ID; default: the node name"},
};

constexpr std::array kCheckOptions{
    Option{0, "format", "text|json", "How to print; default text"},
    Option{'i', "config-id", "ID", "Read the lines of FILE that begin with @ID; default: the node name"},
    Option{0, "peer-id", "ID", "The same for PEER-FILE"},
    Option{0, "strict", "", "Status 5 also for what is only odd"},
};

constexpr std::array kReplayOptions{
    Option{0, "json", "", "Print one JSON object a line"},
    Option{0, "changes", "", "Only events after which something is in another state"},
    Option{0, "instance", "NAME", "Only events that concern this vrrp_instance"},
};

constexpr std::array kCommands{
    Command{"check", "FILE [PEER-FILE]", 1, 2, "Print what is wrong, odd, or different at the peer", kCheckOptions, run_check},
    Command{"config", "", 0, 0, "Print the configuration as understood, defaults included", kConfigOptions, run_config},
    Command{"replay", "FILE", 1, 1, "Step through a recording of keepalived, with the states after each event", kReplayOptions, run_replay},
    Command{"explain", "[KEYWORD [BLOCK]]", 0, 2, "Print what a keyword means; without one, list the blocks", {}, run_explain},
};
// clang-format on

}  // namespace

std::span<const Command> commands() { return kCommands; }

}  // namespace understudy::tool
