// The top of the daemon as far as it is pure: command line, pid files, log file names.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "daemon/options.hpp"
#include "daemon/presence.hpp"

using namespace understudy;

namespace {

Options parsed(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "keepalived");
  auto result = parse_options(std::move(arguments));
  REQUIRE(std::holds_alternative<Options>(result));
  return std::get<Options>(result);
}

std::string refused(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "keepalived");
  auto result = parse_options(std::move(arguments));
  REQUIRE(std::holds_alternative<UsageError>(result));
  return std::get<UsageError>(result).message;
}

/// A directory that goes away with the test.
struct Scratch {
  Scratch() {
    std::string name = "/tmp/understudy-test-XXXXXX";
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Scratch() { std::filesystem::remove_all(path); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  std::filesystem::path path;
};

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("options mean the same in their short and long form") {
  for (const auto& [brief, full] : std::vector<std::pair<std::string, std::string>>{
           {"-n", "--dont-fork"}, {"-V", "--dont-release-vrrp"}, {"-I", "--dont-release-ipvs"}}) {
    const auto a = parsed({brief});
    const auto b = parsed({full});
    CHECK(a.foreground == b.foreground);
    CHECK(a.keep_vips == b.keep_vips);
    CHECK(a.keep_services == b.keep_services);
  }
  const auto options = parsed({"-nlD", "-f", "/a b", "--vrrp_pid=/r", "-c/c", "-S", "local3"});
  CHECK(options.foreground);
  CHECK(options.log.to_console);
  CHECK(options.log.detailed);
  CHECK(options.config_file == "/a b");
  CHECK(options.vrrp_pid_file == "/r");
  CHECK(options.checkers_pid_file == "/c");
  CHECK(options.log.facility == LOG_LOCAL3);
}

TEST_CASE("-P and -C choose one subsystem") {
  CHECK(parsed({}).run_vrrp);
  CHECK(parsed({}).run_checkers);
  CHECK_FALSE(parsed({"-P"}).run_checkers);
  CHECK_FALSE(parsed({"--check"}).run_vrrp);
}

TEST_CASE("-t takes its file only with an equals sign or glued on") {
  CHECK(parsed({"-t"}).task == Task::test_config);
  CHECK(parsed({"--config-test=/x"}).test_log_file == "/x");
  CHECK(parsed({"-t/x"}).test_log_file == "/x");
  CHECK(refused({"-t", "/x"}) == "Unexpected argument(s): /x ");
}

TEST_CASE("a command line that cannot be used says why") {
  CHECK(refused({"--nonsense"}) == "Unknown option --nonsense");
  CHECK(refused({"-f"}) == "Missing option argument for -f");
  CHECK(refused({"-S", "9"}) == "Invalid log facility '9'");
  CHECK(refused({"-u", "8x"}) == "Invalid --umask option 8x");
}

TEST_CASE("options whose effect is not here are named, not ignored") {
  CHECK(parsed({"--snmp", "-a"}).without_effect ==
        std::vector<std::string>{"snmp", "address-monitoring"});
  CHECK(parsed({"-n", "-d"}).without_effect.empty());
  CHECK(parsed({"-d"}).dump_config);
}

TEST_CASE("--signum's numbers are the original's") {
  CHECK(signal_number("STOP") == 15);
  CHECK(signal_number("RELOAD") == 1);
  CHECK(signal_number("DATA") == 10);
  CHECK(signal_number("STATS") == 12);
  CHECK(signal_number("STATS_CLEAR") == 63);
  CHECK(signal_number("JSON") == 36);
  CHECK_FALSE(signal_number("stop"));
}

TEST_CASE("pid files lie where the original has them") {
  CHECK(default_pid_paths("", false).vrrp == "/run/vrrp.pid");
  CHECK(default_pid_paths("", true).parent == "/run/keepalived/keepalived.pid");
  CHECK(default_pid_paths("one", false).checkers == "/run/keepalived/checkers_one.pid");
}

TEST_CASE("a stale pid file is no obstacle, a running daemon is") {
  const Scratch scratch;
  const auto path = scratch.path / "d.pid";
  std::ofstream(path) << "1\n";
  auto mine = PidFile::take(path);
  REQUIRE(mine.has_value());
  CHECK(content(path) == std::to_string(getpid()) + "\n");
  // POSIX locks are per process: only another process can see ours.
  const pid_t other = fork();
  if (other == 0) _exit(PidFile::take(path).has_value() ? 0 : 7);
  int status = 0;
  waitpid(other, &status, 0);
  CHECK(WEXITSTATUS(status) == 7);
  CHECK(std::filesystem::exists(path));
}

TEST_CASE("a pid file is removed by its owner only, and is 0644 whatever the umask") {
  const Scratch scratch;
  const auto path = scratch.path / "d.pid";
  const mode_t before = umask(0);
  {
    auto mine = PidFile::take(path);
    REQUIRE(mine.has_value());
    struct stat info {};
    REQUIRE(stat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 07777U) == 0644);
  }
  umask(before);
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a pid file that is a symbolic link is not followed") {
  const Scratch scratch;
  const auto victim = scratch.path / "victim";
  std::ofstream(victim) << "precious";
  std::filesystem::create_symlink(victim, scratch.path / "d.pid");
  CHECK_FALSE(PidFile::take(scratch.path / "d.pid").has_value());
  CHECK(content(victim) == "precious");
}

TEST_CASE("a child of a killed daemon is waited for, another program with its pid is not") {
  const Scratch scratch;
  const auto path = scratch.path / "vrrp.pid";
  CHECK(wait_for_former_child(path, std::chrono::milliseconds(0)));
  std::ofstream(path) << "1\n";
  CHECK(wait_for_former_child(path, std::chrono::milliseconds(0)));
  const pid_t former = fork();
  if (former == 0) {
    pause();
    _exit(0);
  }
  REQUIRE(write_child_pid(path, former).has_value());
  CHECK_FALSE(wait_for_former_child(path, std::chrono::milliseconds(20)));
  kill(former, SIGKILL);
  waitpid(former, nullptr, 0);
  CHECK(wait_for_former_child(path, std::chrono::milliseconds(0)));
}
