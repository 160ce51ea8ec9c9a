// A real web server for a test case: nginx on loopback with a directory and ports of its own.
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/scripted_server.hpp"
#include "tests/support/temporary_directory.hpp"

/// Runs `command` with its output in `out` and `err` (paths); returns the exit status, or -1.
inline int run_command(std::vector<std::string> command, const std::string& out = "/dev/null",
                       const std::string& err = "/dev/null") {
  const pid_t pid = fork();
  if (pid == 0) {
    std::vector<char*> argv;
    for (std::string& word : command) argv.push_back(word.data());
    argv.push_back(nullptr);
    if (freopen(out.c_str(), "w", stdout) == nullptr) _exit(126);
    if (freopen(err.c_str(), "w", stderr) == nullptr) _exit(126);
    execvp(argv[0], argv.data());
    _exit(127);
  }
  int status = 0;
  if (pid < 0 || waitpid(pid, &status, 0) != pid) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// Serves files of its directory over HTTP and HTTPS; for the host name "other", status 203.
class Nginx {
 public:
  Nginx() : plain_(free_port()), tls_(free_port()), http2_(free_port()), tls_http2_(free_port()) {
    make_certificate();
    write("nginx.conf", configuration());
    write("error.log", "");
    write("hello.txt", "hello\n");
    pid_ = fork();
    if (pid_ == 0) {
      const std::string file = directory_.path("nginx.conf");
      execlp("nginx", "nginx", "-p", directory_.path("").c_str(), "-c", file.c_str(), "-e",
             directory_.path("error.log").c_str(), nullptr);
      _exit(127);
    }
    wait_until_it_listens();
  }
  Nginx(const Nginx&) = delete;
  Nginx& operator=(const Nginx&) = delete;
  ~Nginx() {
    kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
  }

  void write(const std::string& name, const std::string& content) const {
    std::ofstream(directory_.path(name), std::ios::binary) << content;
  }
  [[nodiscard]] understudy::Endpoint plain() const { return at(plain_); }
  [[nodiscard]] understudy::Endpoint tls() const { return at(tls_); }
  /// HTTP/2 at once, and HTTP/2 or HTTP/1 by ALPN.
  [[nodiscard]] understudy::Endpoint http2() const { return at(http2_); }
  [[nodiscard]] understudy::Endpoint tls_http2() const { return at(tls_http2_); }

 private:
  static std::uint16_t free_port() { return Listener(1).port(); }
  static understudy::Endpoint at(std::uint16_t port) {
    return {*understudy::IpAddress::parse("127.0.0.1"), understudy::Port(port)};
  }

  void make_certificate() const {
    if (run_command({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj",
                     "/CN=test", "-keyout", directory_.path("key.pem"), "-out",
                     directory_.path("cert.pem")}) != 0) {
      throw std::runtime_error("openssl made no certificate");
    }
  }

  [[nodiscard]] std::string configuration() const {
    const std::string root = directory_.path("");
    std::string temporary;
    for (const char* what : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
      temporary += std::string(what) + "_temp_path " + root + "/" + what + ";\n";
    }
    return "daemon off; master_process off; pid " + root + "/pid;\nevents {}\nhttp {\n" +
           temporary + "access_log off; server_tokens off; root " + root +
           ";\nserver { listen 127.0.0.1:" + std::to_string(plain_) +
           "; }\nserver { server_name other; listen 127.0.0.1:" + std::to_string(plain_) +
           "; return 203 other; }\nserver { listen 127.0.0.1:" + std::to_string(tls_) +
           " ssl; listen 127.0.0.1:" + std::to_string(tls_http2_) +
           " ssl http2; ssl_certificate cert.pem; ssl_certificate_key key.pem; }\n" +
           "server { listen 127.0.0.1:" + std::to_string(http2_) + " http2; }\n}\n";
  }

  void wait_until_it_listens() const {
    sockaddr_storage address{};
    const auto length = tls().to_sockaddr(address);
    for (int attempt = 0; attempt < 500; ++attempt) {
      const understudy::Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0) return;
      usleep(10'000);
    }
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    throw std::runtime_error("nginx does not listen; is it installed?");
  }

  TemporaryDirectory directory_;
  std::uint16_t plain_;
  std::uint16_t tls_;
  std::uint16_t http2_;
  std::uint16_t tls_http2_;
  pid_t pid_ = -1;
};
