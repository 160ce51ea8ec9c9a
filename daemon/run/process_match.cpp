#include "daemon/run/process_match.hpp"

namespace understudy::run {

bool matches(const WatchedProcess& watched, std::string_view comm, std::string_view command_line) {
  if (!watched.full_command) return comm == watched.command;
  const std::size_t end = command_line.find('\0');
  if (command_line.substr(0, end) != watched.command) return false;
  if (watched.match == WatchedProcess::Match::any) return true;
  const std::string_view arguments =
      end == std::string_view::npos ? std::string_view() : command_line.substr(end + 1);
  std::string wanted;
  for (const std::string& parameter : watched.parameters) {
    wanted += parameter;
    wanted += '\0';
  }
  if (watched.match == WatchedProcess::Match::exact) return arguments == wanted;
  if (watched.match == WatchedProcess::Match::initial && !wanted.empty()) wanted.pop_back();
  return arguments.starts_with(wanted);
}

std::string_view name_in_stat(std::string_view stat) {
  // "PID (NAME) STATE …", where NAME may hold parentheses.
  const std::size_t open = stat.find('(');
  const std::size_t close = stat.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return {};
  if (close + 2 >= stat.size() || stat[close + 2] == 'Z') return {};
  return stat.substr(open + 1, close - open - 1);
}

}  // namespace understudy::run
