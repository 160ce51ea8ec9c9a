// genhash(1): against nginx, and side by side with keepalived's own where that is installed.
#include "checkers/genhash.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/nginx.hpp"

namespace understudy::checkers {
namespace {

using Words = std::vector<std::string>;

struct Run {
  int status = -1;
  std::string out;
  std::string err;
};

std::string content_of(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

/// Runs ours in a process of its own.
Run genhash(const Words& arguments) {
  const TemporaryDirectory directory;
  const pid_t pid = fork();
  if (pid == 0) {
    if (freopen(directory.path("out").c_str(), "w", stdout) == nullptr ||
        freopen(directory.path("err").c_str(), "w", stderr) == nullptr) {
      _exit(126);
    }
    const int status = run_genhash("genhash", arguments);
    std::fflush(nullptr);
    _exit(status);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, content_of(directory.path("out")),
          content_of(directory.path("err"))};
}

/// Runs keepalived's.
Run original(const Words& arguments) {
  const TemporaryDirectory directory;
  Words command{"/usr/bin/genhash"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const int status = run_command(command, directory.path("out"), directory.path("err"));
  return {status, content_of(directory.path("out")), content_of(directory.path("err"))};
}

bool original_is_installed() {
  std::error_code error;
  const auto target = std::filesystem::canonical("/usr/bin/genhash", error);
  return !error && target == "/usr/sbin/keepalived" &&
         run_command({"dpkg", "-S", target.string()}) == 0;
}

/// Without what differs from run to run, and the program's path.
std::string without_times(std::string text) {
  text = std::regex_replace(text, std::regex("= [0-9]+ usecs"), "= N usecs");
  return std::regex_replace(text, std::regex("/usr/bin/genhash"), "genhash");
}

Words at(const Endpoint& server, Words more) {
  Words words{"-s", server.address.to_string(), "-p", std::to_string(server.port.value())};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST_CASE("the digest of a page, plain and over TLS", "[genhash]") {
  const Nginx nginx;
  const std::string digest = "b1946ac92492d2347c6235b4d2611184\n";
  for (const Words& arguments :
       {at(nginx.plain(), {"-u", "/hello.txt"}),
        at(nginx.plain(), {"--url=/hello.txt", "-P", "1.1"}),
        at(nginx.plain(), {"-u", "/hello.txt", "-P1.0c", "-t", "3", "-V", "www"}),
        at(nginx.tls(), {"-S", "-u", "/hello.txt"}),
        at(nginx.tls(), {"--use-ssl", "-I", "-V", "www", "-u", "/hello.txt"})}) {
    CAPTURE(arguments);
    const Run run = genhash(arguments);
    CHECK(run.status == 0);
    CHECK(run.out == digest);
    CHECK(run.err.empty());
  }
}

TEST_CASE("a page larger than any buffer", "[genhash]") {
  const Nginx nginx;
  nginx.write("large", std::string(3'000'000, 'x'));
  for (const Words& arguments :
       {at(nginx.plain(), {"-u", "/large"}), at(nginx.tls(), {"-S", "-u", "/large"})}) {
    CHECK(genhash(arguments).out == "8e32e22642bddc89698e25a4e9bf528b\n");
  }
}

TEST_CASE("servers that cannot be asked: words on stdout, status 0", "[genhash]") {
  const Endpoint closed = closed_port();
  const Run run = genhash(at(closed, {"-u", "/"}));
  CHECK(run.status == 0);
  CHECK(run.out == "Connection failed\n");
  ScriptedServer silent([](int connection) { ScriptedServer::read_request(connection); });
  const Run nothing = genhash(at(silent.endpoint(), {"-u", "/"}));
  CHECK(nothing.status == 0);
  CHECK(nothing.out.empty());
  CHECK(nothing.err == "no data received from remote webserver\n");
}

TEST_CASE("wrong arguments: words and usage on stderr, status 1", "[genhash]") {
  const auto& [arguments, words] = GENERATE(table<Words, std::string>({
      {Words{}, ""},
      {{"-h"}, ""},
      {{"-s", "127.0.0.1", "-p", "80"}, ""},
      {{"-s", "localhost", "-p", "80", "-u", "/"}, "server should be an IP, not localhost\n"},
      {{"-s", "127.0.0.1", "-p", "0", "-u", "/"}, "invalid port number '0'\n"},
      {{"-s", "127.0.0.1", "-p", "80x", "-u", "/"}, "invalid port number '80x'\n"},
      {{"-s", "127.0.0.1", "-p", "80", "-u", "/", "-m", "-1"}, "invalid fwmark '-1'\n"},
      {{"-s", "127.0.0.1", "-p", "80", "-u", "/", "-t", "x"}, "invalid timeout 'x'\n"},
      {{"-s", "127.0.0.1", "-p", "80", "-u", "/", "-P", "2"},
       "invalid HTTP protocol version '2'\n"},
      {{"-s", "127.0.0.1", "-p", "80", "-u", "/", "a", "b"}, "Unexpected argument(s): a b\n"},
      {{"-x", "-p", "80"}, "Unknown option -x\n"},
      {{"--bogus", "-p", "80"}, "Unknown option --bogus\n"},
      {{"-p", "80", "-u"}, "Missing parameter for option -u\n"},
      {{"-p", "80", "--url"}, "Missing parameter for option --url\n"},
  }));
  CAPTURE(arguments);
  const Run run = genhash(arguments);
  CHECK(run.status == 1);
  CHECK(run.out.empty());
  CHECK(run.err.rfind(words + "Usage: genhash COMMAND [OPTIONS]\n", 0) == 0);
}

TEST_CASE("the same output as keepalived's genhash", "[genhash][oracle]") {
  if (!original_is_installed()) {
    WARN("keepalived's genhash is not installed: not compared");
    return;
  }
  const Nginx nginx;
  const std::vector<Words> runs = {
      at(nginx.plain(), {"-u", "/hello.txt"}),
      at(nginx.plain(), {"-u", "/nothing-here"}),
      at(nginx.plain(), {"-u", "/", "-V", "other"}),
      at(nginx.plain(), {"-v", "-u", "/hello.txt"}),
      at(nginx.tls(), {"-v", "-S", "-u", "/hello.txt"}),
      at(nginx.plain(), {"-S", "-u", "/hello.txt"}),
      at(closed_port(), {"-u", "/"}),
      {"-h", "-v"},
      {"-s", "x", "-p", "1", "-u", "/"},
      {"-p", "70000", "-u", "/"},
  };
  for (const Words& arguments : runs) {
    CAPTURE(arguments);
    Run ours;
    Run theirs;
    // nginx tells the second in its header: again if it changed in between.
    for (int attempt = 0; attempt < 5; ++attempt) {
      ours = genhash(arguments);
      theirs = original(arguments);
      if (without_times(ours.out) == without_times(theirs.out)) break;
    }
    CHECK(ours.status == theirs.status);
    CHECK(without_times(ours.out) == without_times(theirs.out));
    CHECK(without_times(ours.err) == without_times(theirs.err));
  }
}

}  // namespace
}  // namespace understudy::checkers
