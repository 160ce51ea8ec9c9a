// The parent's voice: order and coalescing of notify scripts, FIFOs and their readers.
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "daemon/run/notifier.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace understudy;
using namespace std::chrono_literals;
using run::Notifier;
using run::Role;

namespace {

std::string content(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

struct Parent {
  TemporaryDirectory directory;
  Loop loop;
  Log log{[this] {
    LogOptions options;
    options.to_syslog = false;
    options.detailed = true;
    options.file = directory.path("log");
    return options;
  }()};
  Children children{loop};
  run::ScriptRunner scripts{loop, log, children};
  GlobalConfig config;
  std::unique_ptr<Notifier> notifier;

  void start() { notifier = std::make_unique<Notifier>(loop, log, scripts, config); }
  bool until(const std::function<bool()>& condition, Duration longest = 10s) {
    const TimePoint end = Clock::now() + longest;
    while (!condition() && Clock::now() < end) loop.run_once(20ms);
    return condition();
  }
  std::vector<std::string> script(const std::string& name, const std::string& text) {
    const std::string path = directory.path(name);
    std::ofstream(path) << "#!/bin/bash\n" << text << "\n";
    REQUIRE(chmod(path.c_str(), 0755) == 0);
    return {path};
  }
  /// A script that writes its arguments into "out", after `seconds`.
  ScriptCommand teller(const std::string& word, const std::string& seconds = "0") {
    auto argv = script("teller", "sleep $2; echo $1 >>" + directory.path("out"));
    argv.insert(argv.end(), {word, seconds});
    return {argv, geteuid(), getegid()};
  }
  std::string out() { return content(directory.path("out")); }
  std::string logged() { return content(directory.path("log")); }
};

NotifyFifo fifo_at(const std::string& path) {
  NotifyFifo fifo;
  fifo.path = path;
  fifo.uid = geteuid();
  fifo.gid = getegid();
  return fifo;
}

std::string read_now(int fd) {
  std::string text(1 << 20, '\0');
  const ssize_t size = read(fd, text.data(), text.size());
  return text.substr(0, size > 0 ? static_cast<std::size_t>(size) : 0);
}

}  // namespace

TEST_CASE("scripts of an object run one after another; the outdated are skipped, never the last") {
  Parent parent;
  parent.start();
  for (const char* word : {"1", "2", "3", "4"}) {
    parent.notifier->handle({"INSTANCE VI_1", {parent.teller(word, "0.3")}, "", {}}, Role::vrrp);
  }
  CHECK_FALSE(parent.notifier->idle());
  REQUIRE(parent.until([&] { return parent.notifier->idle(); }));
  CHECK(parent.out() == "1\n4\n");
  parent.notifier->handle({"INSTANCE VI_1", {parent.teller("5")}, "", {}}, Role::vrrp);
  REQUIRE(parent.until([&] { return parent.notifier->idle(); }));
  CHECK(parent.out() == "1\n4\n5\n");
}

TEST_CASE("objects do not wait for each other, nor scripts of one change") {
  Parent parent;
  parent.start();
  parent.notifier->handle(
      {"INSTANCE VI_1", {parent.teller("slow", "1"), parent.teller("same", "0.1")}, "", {}},
      Role::vrrp);
  parent.notifier->handle({"INSTANCE VI_2", {parent.teller("quick")}, "", {}}, Role::vrrp);
  REQUIRE(parent.until([&] { return parent.notifier->idle(); }));
  CHECK(parent.out() == "quick\nsame\nslow\n");
}

TEST_CASE("a script that cannot be started does not hold up the next") {
  Parent parent;
  parent.start();
  parent.notifier->handle({"a", {{{"/nonexistent"}, geteuid(), getegid()}}, "", {}}, Role::vrrp);
  parent.notifier->handle({"a", {parent.teller("next")}, "", {}}, Role::vrrp);
  REQUIRE(parent.until([&] { return parent.notifier->idle(); }));
  CHECK(parent.out() == "next\n");
}

TEST_CASE("at the end of the daemon a script that hangs does not keep the last from running") {
  Parent parent;
  parent.start();
  const ScriptCommand hanging{parent.script("hanging", "trap '' TERM; while :; do sleep 0.1; done"),
                              geteuid(), getegid()};
  parent.notifier->handle({"a", {hanging}, "", {}}, Role::vrrp);
  parent.notifier->handle({"a", {parent.teller("stop")}, "", {}}, Role::vrrp);
  SECTION("there is time") {
    parent.notifier->begin_stop();
    REQUIRE(parent.until([&] { return parent.notifier->idle(); }, 4500ms));
    CHECK(parent.out() == "stop\n");
  }
  SECTION("there is none") {
    CHECK_FALSE(parent.until([&] { return parent.notifier->idle(); }, 100ms));
    parent.notifier->give_up();
    parent.scripts.stop_all();
    REQUIRE(parent.until([&] { return parent.notifier->idle(); }));
    CHECK(parent.out().empty());
    CHECK_THAT(parent.logged(), Catch::Contains("a: notify script ") && Catch::Contains("not run"));
  }
}

TEST_CASE("every line goes to the common and to the role's FIFO, in order") {
  Parent parent;
  parent.config.notify_fifo = fifo_at(parent.directory.path("all"));
  parent.config.vrrp_notify_fifo = fifo_at(parent.directory.path("vrrp"));
  parent.config.lvs_notify_fifo = fifo_at(parent.directory.path("lvs"));
  parent.start();
  const Fd all(open(parent.directory.path("all").c_str(), O_RDONLY | O_NONBLOCK));
  const Fd vrrp(open(parent.directory.path("vrrp").c_str(), O_RDONLY | O_NONBLOCK));
  const Fd lvs(open(parent.directory.path("lvs").c_str(), O_RDONLY | O_NONBLOCK));
  parent.notifier->handle({"i", {}, "INSTANCE \"VI_1\" MASTER 100", {}}, Role::vrrp);
  parent.notifier->handle({"v", {}, "VS [192.168.8.100]:tcp:80 UP", {}}, Role::checkers);
  CHECK(read_now(all.get()) == "INSTANCE \"VI_1\" MASTER 100\nVS [192.168.8.100]:tcp:80 UP\n");
  CHECK(read_now(vrrp.get()) == "INSTANCE \"VI_1\" MASTER 100\n");
  CHECK(read_now(lvs.get()) == "VS [192.168.8.100]:tcp:80 UP\n");
  struct stat status {};
  REQUIRE(stat(parent.directory.path("all").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0644);
  parent.notifier.reset();
  CHECK_FALSE(std::filesystem::exists(parent.directory.path("all")));
}

TEST_CASE("a FIFO belongs to its user; one that was there stays") {
  if (geteuid() != 0) {
    WARN("not root: not tested");
    return;
  }
  Parent parent;
  const std::string path = parent.directory.path("fifo");
  parent.config.notify_fifo = fifo_at(path);
  parent.config.notify_fifo.uid = 65534;
  parent.config.notify_fifo.gid = 65534;
  SECTION("made") {
    parent.start();
    struct stat status {};
    REQUIRE(stat(path.c_str(), &status) == 0);
    CHECK(status.st_uid == 65534);
    CHECK(status.st_gid == 65534);
  }
  SECTION("found") {
    REQUIRE(mkfifo(path.c_str(), 0600) == 0);
    parent.start();
    parent.notifier.reset();
    CHECK(std::filesystem::exists(path));
  }
  SECTION("somebody else's") {
    REQUIRE(mkfifo(path.c_str(), 0600) == 0);
    REQUIRE(chown(path.c_str(), 12345, 12345) == 0);
    parent.start();
    CHECK_THAT(parent.logged(), Catch::Contains("is not a fifo we own - not using"));
  }
}

TEST_CASE("what is not a FIFO is not written to") {
  Parent parent;
  const std::string path = parent.directory.path("fifo");
  SECTION("a file") { std::ofstream(path) << "precious"; }
  SECTION("a link to a file") {
    std::ofstream(parent.directory.path("file")) << "precious";
    REQUIRE(symlink(parent.directory.path("file").c_str(), path.c_str()) == 0);
  }
  SECTION("a link to a FIFO") {
    REQUIRE(mkfifo(parent.directory.path("file").c_str(), 0600) == 0);
    REQUIRE(symlink(parent.directory.path("file").c_str(), path.c_str()) == 0);
  }
  parent.config.notify_fifo = fifo_at(path);
  parent.start();
  CHECK_THAT(parent.logged(), Catch::Contains("notify fifo " + path));
  parent.notifier->handle({"i", {}, "line", {}}, Role::vrrp);
  CHECK(parent.notifier->idle());
  parent.notifier.reset();
  CHECK(std::filesystem::exists(std::filesystem::symlink_status(path)));
  if (!std::filesystem::is_fifo(path)) CHECK(content(path) == "precious");
}

TEST_CASE("a reader gets the path, survives a reload and is started again when it ends") {
  Parent parent;
  const std::string path = parent.directory.path("fifo");
  parent.config.notify_fifo = fifo_at(path);
  auto argv = parent.script(
      "reader", "echo \"start $*\" >>" + parent.directory.path("out") +
                    "; while read -r line; do [ \"$line\" = die ] && exit 3; echo \"$line\" >>" +
                    parent.directory.path("out") + "; done <$2; echo end >>" +
                    parent.directory.path("out"));
  argv.insert(argv.end(), {"word", path});
  parent.config.notify_fifo.script = {argv, geteuid(), getegid()};
  parent.start();
  const std::string started = "start word " + path + "\n";
  const auto says = [&](const std::string& text) {
    return parent.until([&] { return parent.out() == text; });
  };
  const auto tell = [&](const std::string& line) {
    parent.notifier->handle({"i", {}, line, {}}, Role::vrrp);
  };
  tell("one");
  CHECK(says(started + "one\n"));
  parent.config.router_id = "other";
  parent.notifier->reconfigure(parent.config);
  tell("two");
  CHECK(says(started + "one\ntwo\n"));
  tell("die");
  tell("three");
  CHECK(says(started + "one\ntwo\n" + started + "three\n"));
  CHECK_THAT(parent.logged(), Catch::Contains("notify fifo script terminated (status 3)"));
  CHECK(parent.notifier->idle());
  CHECK(parent.notifier->reading());
  // At the end the reader still gets the last line, then the end of the file.
  tell("STOP");
  parent.notifier->give_up();
  CHECK(parent.until([&] { return !parent.notifier->reading(); }, 900ms));
  CHECK(parent.out() == started + "one\ntwo\n" + started + "three\nSTOP\nend\n");
}

TEST_CASE("a full FIFO blocks nobody and loses the oldest lines, which is said") {
  Parent parent;
  const std::string path = parent.directory.path("fifo");
  parent.config.notify_fifo = fifo_at(path);
  parent.start();
  const std::string padding(100, 'x');
  const int total = 20'000;
  for (int i = 0; i < total; ++i) {
    parent.notifier->handle({"i", {}, padding + " " + std::to_string(i), {}}, Role::vrrp);
  }
  CHECK_FALSE(parent.notifier->idle());
  CHECK_THAT(parent.logged(), Catch::Contains("is full and nobody reads it"));
  const Fd reader(open(path.c_str(), O_RDONLY | O_NONBLOCK));
  std::string text;
  REQUIRE(parent.until([&] {
    text += read_now(reader.get());
    return parent.notifier->idle();
  }));
  text += read_now(reader.get());
  // Whole lines, in order, the last one there.
  std::istringstream lines(text);
  int last = -1;
  for (std::string line; std::getline(lines, line);) {
    REQUIRE(line.substr(0, 101) == padding + " ");
    const int number = std::stoi(line.substr(101));
    REQUIRE(number > last);
    last = number;
  }
  CHECK(last == total - 1);
  CHECK_THAT(parent.logged(), Catch::Contains("is read again"));
}

TEST_CASE("a FIFO that is no longer configured goes, with its reader") {
  Parent parent;
  const std::string path = parent.directory.path("fifo");
  parent.config.notify_fifo = fifo_at(path);
  parent.config.notify_fifo.script = {parent.script("reader", "exec sleep 100"), geteuid(),
                                      getegid()};
  parent.start();
  CHECK(parent.until([&] { return parent.notifier->reading(); }));
  parent.config.notify_fifo = {};
  parent.notifier->reconfigure(parent.config);
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK(parent.until([&] { return parent.scripts.idle(); }));
}
