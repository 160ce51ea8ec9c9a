// vrrp/recorder: a recording on a disk that is there, full, or not to be trusted.
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/temporary_directory.hpp"
#include "tests/support/vrrp_values.hpp"
#include "vrrp/recorder.hpp"
#include "vrrp/recording.hpp"

using namespace understudy;
using namespace understudy::vrrp;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

/// A log that goes to a file.
struct LogFile {
  explicit LogFile(const std::string& path) : path_(path), log(options(path)) {}
  [[nodiscard]] unsigned count(const std::string& text) const {
    unsigned found = 0;
    for (const auto& line : lines_of(path_)) found += line.find(text) != std::string::npos ? 1 : 0;
    return found;
  }

 private:
  static LogOptions options(const std::string& path) {
    LogOptions options;
    options.to_syslog = false;
    options.file = path;
    return options;
  }
  std::string path_;

 public:
  Log log;
};

std::string describe_names(const VrrpConfig& config) {
  std::string text;
  for (const auto& one : config.instances) text += one.name + " " + *one.password + "\n";
  return text;
}

}  // namespace

TEST_CASE("a recording is there when the recorder ends, in order and without secrets") {
  const TemporaryDirectory directory;
  LogFile log(directory.path("log"));
  const std::string path = directory.path("recording");
  for (int run = 0; run < 2; ++run) {
    Recorder recorder(log.log, path, describe_names);
    Begin begin;
    VrrpConfig config;
    config.instances.push_back(instance());
    config.instances[0].password = "hidden";
    begin.config = std::make_shared<const VrrpConfig>(config);
    recorder.record(begin, kEpoch);
    for (int i = 0; i < 1000; ++i) recorder.record(FileRead{"file", i}, kEpoch + i * 1ms);
  }
  const auto lines = lines_of(path);
  REQUIRE(lines.size() == 2 * 1002);
  CHECK(std::holds_alternative<RecordingStart>(*decode_recording_line(lines[0])));
  CHECK(std::holds_alternative<RecordingStart>(*decode_recording_line(lines[1002])));
  const auto begin = std::get<RecordedInput>(*decode_recording_line(lines[1]));
  CHECK(begin.configuration.starts_with("VI_1 p"));
  CHECK(begin.configuration.find("hidden") == std::string::npos);
  for (int i = 0; i < 1000; ++i) {
    const auto one =
        std::get<RecordedInput>(*decode_recording_line(lines[static_cast<std::size_t>(i) + 2]));
    CHECK(std::get<FileRead>(one.input).value == i);
  }
  struct stat found {};
  REQUIRE(stat(path.c_str(), &found) == 0);
  CHECK((found.st_mode & 07777) == 0600);
}

TEST_CASE("a full disk ends the recording with one line") {
  const TemporaryDirectory directory;
  LogFile log(directory.path("log"));
  // What is written there is refused with ENOSPC; but it is no regular file.
  Recorder refused(log.log, "/dev/full", describe_names);
  refused.record(DelayPassed{}, kEpoch);
  CHECK(log.count("Cannot record: /dev/full is not a regular file of ours") == 1);

  // A limit on the size of files does the same to one that is.
  const std::string path = directory.path("recording");
  REQUIRE(std::signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  const rlimit small{4096, before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  Recorder recorder(log.log, path, describe_names);
  for (int i = 0; i < 200; ++i) recorder.record(FileRead{"file", i}, kEpoch);
  // The thread that writes meets the limit some time; what is recorded then is told of it.
  const auto until = Clock::now() + 20s;
  while (log.count("ends: File too large") == 0 && Clock::now() < until) {
    recorder.record(FileRead{"file", 1}, kEpoch);
    std::this_thread::sleep_for(1ms);
  }
  for (int i = 0; i < 10; ++i) recorder.record(FileRead{"file", i}, kEpoch);
  REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
  CHECK(log.count("ends: File too large") == 1);
}

TEST_CASE("nothing is written through a link, or into what is not ours") {
  const TemporaryDirectory directory;
  LogFile log(directory.path("log"));
  const std::string target = directory.path("target");
  std::ofstream(target) << "kept\n";
  const std::string link = directory.path("link");
  REQUIRE(symlink(target.c_str(), link.c_str()) == 0);
  {
    Recorder recorder(log.log, link, describe_names);
    recorder.record(DelayPassed{}, kEpoch);
  }
  CHECK(log.count("Cannot record: ") == 1);
  const std::string pipe = directory.path("pipe");
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  {
    Recorder recorder(log.log, pipe, describe_names);
    recorder.record(DelayPassed{}, kEpoch);
  }
  CHECK(log.count("Cannot record: ") == 2);
  CHECK(lines_of(target) == std::vector<std::string>{"kept"});
}

TEST_CASE("the loop does not wait for a slow writer: what does not fit ends the recording") {
  const TemporaryDirectory directory;
  LogFile log(directory.path("log"));
  const auto go = std::make_shared<std::atomic<bool>>(false);
  Recorder recorder(log.log, directory.path("recording"), [go](const VrrpConfig&) {
    while (!*go) std::this_thread::sleep_for(1ms);
    return std::string();
  });
  Begin begin;
  begin.config = std::make_shared<const VrrpConfig>();
  recorder.record(begin, kEpoch);
  const auto started = Clock::now();
  for (int i = 0; i < 20000; ++i) recorder.record(FileRead{"file", i}, kEpoch);
  CHECK(Clock::now() - started < 2s);
  CHECK(log.count("ends: the disk is too slow") == 1);
  *go = true;
}
