// Files that hold a number, and processes that are counted.
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"
#include "daemon/run/file_watch.hpp"
#include "daemon/run/process_events.hpp"
#include "daemon/run/process_watch.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace understudy;
using namespace understudy::run;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

/// Serves the loop until `done`, for some seconds at most.
template <typename Done>
bool wait_until(Loop& loop, Done done) {
  const TimePoint end = Clock::now() + 10s;
  while (!done() && Clock::now() < end) loop.run_once(20ms);
  return done();
}

void write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::trunc) << text;
}

struct Files {
  explicit Files(const std::string& where) : directory(where) {}
  std::string path(const std::string& name) const { return directory + "/" + name; }
  bool becomes(const std::string& name, std::int64_t value) {
    return wait_until(loop, [&] { return values[name] == value; });
  }
  std::string directory;
  Loop loop;
  Log log{LogOptions{}};
  std::map<std::string, std::int64_t> values;
  FileWatch watch{loop, log,
                  [this](const std::string& name, std::int64_t value) { values[name] = value; }};
};

/// A child process that does nothing, under a name.
class Sleeper {
 public:
  explicit Sleeper(const char* name) : pid_(fork()) {
    if (pid_ != 0) return;
    prctl(PR_SET_NAME, name);
    while (true) pause();
  }
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;
  ~Sleeper() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

 private:
  pid_t pid_;
};

}  // namespace

TEST_CASE("the number in a file is what strtol makes of it") {
  CHECK(number_in("12abc").value() == 12);
  CHECK(number_in(" -7\n").value() == -7);
  CHECK(number_in("0x10").value() == 16);
  CHECK(number_in("garbage").value() == 0);
  CHECK(number_in("").value() == 0);
  CHECK(number_in("2147483648").value() == 2147483648);
  CHECK(number_in("99999999999").error().message == "Invalid number 99999999999");
  CHECK(number_in("99999999999999999999").has_error());
}

TEST_CASE("a file is followed as it is written, replaced, deleted, and comes back") {
  const TemporaryDirectory directory;
  Files files(directory.path(""));
  write(files.path("a"), "3\n");
  files.watch.configure({{"a", files.path("a")}, {"b", files.path("b")}});
  CHECK(files.values["a"] == 3);
  CHECK_FALSE(files.values.contains("b"));
  write(files.path("a"), "4\n");
  CHECK(files.becomes("a", 4));
  write(files.path("new"), "5\n");
  std::filesystem::rename(files.path("new"), files.path("a"));
  CHECK(files.becomes("a", 5));
  std::filesystem::rename(files.path("a"), files.path("b"));
  CHECK(files.becomes("a", 0));
  CHECK(files.becomes("b", 5));
  // A number out of range changes nothing.
  write(files.path("b"), "99999999999\n");
  write(files.path("a"), "1\n");
  CHECK(files.becomes("a", 1));
  CHECK(files.values["b"] == 5);
  std::filesystem::remove(files.path("b"));
  CHECK(files.becomes("b", 0));
}

TEST_CASE("a directory that vanishes takes its files with it, and is found again") {
  const TemporaryDirectory directory;
  const std::string inner = directory.path("") + "/inner";
  Files files(inner);
  std::filesystem::create_directory(inner);
  write(files.path("a"), "3\n");
  files.watch.configure({{"a", files.path("a")}});
  std::filesystem::remove_all(inner);
  CHECK(files.becomes("a", 0));
  std::filesystem::create_directory(inner);
  write(files.path("a"), "7\n");
  CHECK(files.becomes("a", 7));
  write(files.path("a"), "8\n");
  CHECK(files.becomes("a", 8));
}

TEST_CASE("initial numbers are written where a file is missing, or over it") {
  const TemporaryDirectory directory;
  Log log{LogOptions{}};
  const auto path = [&](const char* name) { return directory.path("") + "/" + name; };
  const auto content = [&](const char* name) {
    std::string text;
    std::getline(std::ifstream(path(name)), text);
    return text;
  };
  write(path("kept"), "1\n");
  write(path("overwritten"), "100\n");
  write(path("target"), "5\n");
  std::filesystem::create_symlink(path("target"), path("link"));
  write_initial_files({{"new", path("new"), 7, false},
                       {"kept", path("kept"), 7, false},
                       {"overwritten", path("overwritten"), 7, true},
                       {"link", path("link"), 7, true}},
                      log);
  CHECK(content("new") == "7");
  CHECK(std::filesystem::status(path("new")).permissions() ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  CHECK(content("kept") == "1");
  CHECK(content("overwritten") == "7");
  CHECK(content("target") == "5");
}

TEST_CASE("how arguments match") {
  WatchedProcess watched{"p", "sshd", {}, WatchedProcess::Match::any, false};
  CHECK(matches(watched, "sshd", ""));
  CHECK_FALSE(matches(watched, "ssh", "sshd\0"s));
  watched.full_command = true;
  CHECK(matches(watched, "x", "sshd\0-D\0"s));
  watched.match = WatchedProcess::Match::exact;
  CHECK(matches(watched, "x", "sshd\0"s));
  CHECK_FALSE(matches(watched, "x", "sshd\0-D\0"s));
  watched.parameters = {"-p", "22"};
  CHECK(matches(watched, "x",
                "sshd\0-p\0"
                "22\0"s));
  CHECK_FALSE(matches(watched, "x",
                      "sshd\0-p\0"
                      "22\0-D\0"s));
  watched.match = WatchedProcess::Match::partial;
  CHECK(matches(watched, "x",
                "sshd\0-p\0"
                "22\0-D\0"s));
  CHECK_FALSE(matches(watched, "x",
                      "sshd\0-p\0"
                      "2222\0"s));
  watched.match = WatchedProcess::Match::initial;
  CHECK(matches(watched, "x",
                "sshd\0-p\0"
                "2222\0"s));
  CHECK_FALSE(matches(watched, "x",
                      "sshd\0-p\0"
                      "2\0"s));
}

TEST_CASE("a zombie is no process, and names may hold parentheses") {
  CHECK(name_in_stat("12 (a) b) S 1 2") == "a) b");
  CHECK(name_in_stat("12 (a) Z 1 2").empty());
  CHECK(name_in_stat("12").empty());
}

TEST_CASE("what the connector sends: processes, not threads, and nothing else") {
  const auto datagram = [](std::uint32_t what, std::vector<std::uint32_t> ids) {
    std::vector<std::uint32_t> words{0, 0, 0, 0, 1, 1, 0, 0, 0, what, 0, 0, 0};
    words.insert(words.end(), ids.begin(), ids.end());
    Bytes bytes(words.size() * 4);
    std::memcpy(bytes.data(), words.data(), bytes.size());
    return bytes;
  };
  const auto decoded = [&](std::uint32_t what, std::vector<std::uint32_t> ids) {
    return decode_process_event(datagram(what, std::move(ids)));
  };
  using What = ProcessEvent::What;
  CHECK((decoded(1, {5, 5, 9, 9}).value() == ProcessEvent{What::forked, 9, 5}));
  CHECK((decoded(2, {9, 9}).value() == ProcessEvent{What::executed, 9, 0}));
  CHECK((decoded(0x200, {9, 9}).value() == ProcessEvent{What::renamed, 9, 0}));
  CHECK((decoded(0x80000000, {9, 9}).value() == ProcessEvent{What::exited, 9, 0}));
  CHECK(decoded(1, {5, 5, 9, 5}).has_error());
  CHECK(decoded(0, {0, 0}).has_error());
  CHECK(decoded(1, {5, 5}).has_error());
  CHECK(decode_process_event({}).has_error());
}

TEST_CASE("processes are counted as they come and go") {
  Loop loop;
  Log log{LogOptions{}};
  std::map<std::string, unsigned> counts;
  ProcessWatch watch(loop, log, -1,
                     [&](const std::string& name, unsigned count) { counts[name] = count; });
  const auto become = [&](unsigned count) {
    return wait_until(loop, [&] { return counts.contains("s") && counts["s"] == count; });
  };
  const std::string command = "us-" + std::to_string(getpid());
  watch.configure({{"s", command, {}, WatchedProcess::Match::any, false}}, {});
  CHECK(become(0));
  {
    const Sleeper first(command.c_str());
    CHECK(become(1));
    const Sleeper second(command.c_str());
    CHECK(become(2));
  }
  CHECK(become(0));
}
