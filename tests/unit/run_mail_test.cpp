// Alert mails against servers that refuse, stall, vanish and lie, and against opensmtpd.
#include <arpa/inet.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <regex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "daemon/run/smtp_alert.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace understudy;
using namespace std::chrono_literals;
using run::SmtpAlerts;
using run::SmtpSettings;

namespace {

std::string content(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++found;
  return found;
}

/// The server's side of one connection.
class Talk {
 public:
  Talk(int fd, const std::string& record) : fd_(fd), record_(record, std::ios::app) {}
  ~Talk() { close(fd_); }
  Talk(const Talk&) = delete;
  Talk& operator=(const Talk&) = delete;
  void say(const std::string& text) const {
    [[maybe_unused]] const auto sent = send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
  }
  /// Reads a line and writes it into the record; false at the end.
  bool hear() {
    std::string line;
    char octet = 0;
    while (recv(fd_, &octet, 1, 0) == 1) {
      line += octet;
      if (octet != '\n') continue;
      last_ = line;
      record_ << line << std::flush;
      return true;
    }
    return false;
  }
  void hear_and_say(const std::string& text) {
    if (hear()) say(text);
  }
  void hear_mail() {
    while (hear() && last_ != ".\r\n") {
    }
  }
  /// An honest server up to the reply to DATA, for one recipient.
  void until_data() {
    say("220 mx\r\n");
    hear_and_say("250 mx\r\n");
    hear_and_say("250 ok\r\n");
    hear_and_say("250 ok\r\n");
    hear_and_say("354 go on\r\n");
  }
  void accept_mail() {
    until_data();
    hear_mail();
    say("250 queued\r\n");
    hear_and_say("221 bye\r\n");
  }

 private:
  int fd_;
  std::ofstream record_;
  std::string last_;
};

/// A server process that behaves as told, connection by connection; the last behaviour repeats.
class Server {
 public:
  using Behaviour = std::function<void(Talk&)>;
  Server(const std::string& record, std::vector<Behaviour> behaviours) {
    const Fd listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener.get(), generic, size) != 0 || listen(listener.get(), 100) != 0 ||
        getsockname(listener.get(), generic, &size) != 0) {
      throw std::runtime_error("no listening socket");
    }
    endpoint_ = Endpoint{*IpAddress::parse("127.0.0.1"), Port(ntohs(address.sin_port))};
    pid_ = fork();
    if (pid_ != 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGCHLD, SIG_IGN);
    for (std::size_t i = 0;; ++i) {
      const int fd = accept(listener.get(), nullptr, nullptr);
      // Sessions may run at once.
      if (fork() == 0) {
        Talk talk(fd, record);
        behaviours[std::min(i, behaviours.size() - 1)](talk);
        _exit(0);
      }
      close(fd);
    }
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  [[nodiscard]] Endpoint endpoint() const { return endpoint_; }

 private:
  Endpoint endpoint_;
  pid_t pid_ = 0;
};

struct Sender {
  TemporaryDirectory directory;
  Loop loop;
  Log log{[this] {
    LogOptions options;
    options.to_syslog = false;
    options.detailed = true;
    options.file = directory.path("log");
    return options;
  }()};
  SmtpAlerts alerts{loop, log};

  void use(const Endpoint& server, Duration timeout = 5s) {
    alerts.configure(
        {server, "node-00", "lvs@example.org", {"root@example.org"}, "node-00", timeout});
  }
  bool until_idle(Duration longest = 10s) {
    const TimePoint end = Clock::now() + longest;
    while (!alerts.idle() && Clock::now() < end) loop.run_once(20ms);
    return alerts.idle();
  }
  std::string record() { return directory.path("record"); }
  std::string logged() { return content(directory.path("log")); }
};

}  // namespace

TEST_CASE("mails of an object arrive in order, with the date of the event") {
  Sender sender;
  const Server server(sender.record(), {[](Talk& talk) { talk.accept_mail(); }});
  sender.use(server.endpoint());
  for (int i = 0; i < 20; ++i) sender.alerts.send("INSTANCE VI_1", {"s" + std::to_string(i), "b"});
  for (int i = 0; i < 5; ++i) sender.alerts.send("RS " + std::to_string(i), {"other", "b"});
  REQUIRE(sender.until_idle());
  const std::string record = content(sender.record());
  std::size_t at = 0;
  for (int i = 0; i < 20; ++i) {
    at = record.find("Subject: [node-00] s" + std::to_string(i) + "\r\n", at);
    REQUIRE(at != record.npos);
  }
  CHECK(count(record, "QUIT\r\n") == 25);
  CHECK(count(sender.logged(), "SMTP alert successfully sent.") == 25);
  CHECK(std::regex_search(
      record, std::regex("Date: [A-Z][a-z]{2}, \\d\\d [A-Z][a-z]{2} \\d{4} \\d\\d:\\d\\d:\\d\\d "
                         "[+-]\\d{4}\\r\\nFrom: lvs@example.org\\r\\n")));
}

TEST_CASE("a refusal is in the log with its code, and not tried again") {
  Sender sender;
  const Server server(sender.record(), {[](Talk& talk) {
                        talk.say("220 mx\r\n");
                        talk.hear_and_say("250 mx\r\n");
                        talk.hear_and_say("550-not\r\n550 you\r\n");
                        talk.hear_and_say("221 bye\r\n");
                      }});
  sender.use(server.endpoint());
  sender.alerts.send("a", {"subject", "body"});
  REQUIRE(sender.until_idle());
  CHECK_THAT(sender.logged(),
             Catch::Contains("Error processing MAIL cmd on SMTP server [127.0.0.1]:") &&
                 Catch::Contains("SMTP status code = 550 (550-not)") &&
                 Catch::Contains("SMTP alert not delivered to [127.0.0.1]:") &&
                 Catch::Contains(": [node-00] subject"));
  CHECK(content(sender.record()) == "HELO node-00\r\nMAIL FROM:<lvs@example.org>\r\nQUIT\r\n");
}

TEST_CASE("a server that fails for a moment gets the mail again, in order") {
  Sender sender;
  const Server server(sender.record(), {[](Talk& talk) {
                                          talk.say("220 mx\r\n");
                                          talk.hear_and_say("250 mx\r\n");
                                          talk.hear_and_say("451 later\r\n");
                                          talk.hear_and_say("221 bye\r\n");
                                        },
                                        [](Talk& talk) { talk.accept_mail(); }});
  sender.use(server.endpoint());
  sender.alerts.send("a", {"first", "body"});
  sender.alerts.send("a", {"second", "body"});
  REQUIRE(sender.until_idle(15s));
  const std::string record = content(sender.record());
  CHECK(record.find("[node-00] first") < record.find("[node-00] second"));
  CHECK(count(record, "Subject: ") == 2);
  CHECK_THAT(sender.logged(), !Catch::Contains("not delivered"));
}

TEST_CASE("at the end of the daemon each mail gets one last attempt") {
  Sender sender;
  std::string reason;
  SECTION("nobody listens") {
    Endpoint nobody;
    {
      const Server gone(sender.record(), {[](Talk&) {}});
      nobody = gone.endpoint();
    }
    sender.use(nobody);
    reason = "SMTP connection ERROR to " + nobody.to_string() + ". (Connection refused)";
    sender.alerts.begin_stop();
    sender.alerts.send("a", {"subject", "body"});
    REQUIRE(sender.until_idle());
  }
  const auto against = [&](const Server::Behaviour& behaviour, Duration timeout) {
    const Server server(sender.record(), {behaviour});
    sender.use(server.endpoint(), timeout);
    sender.alerts.begin_stop();
    sender.alerts.send("a", {"subject", "body"});
    REQUIRE(sender.until_idle());
  };
  SECTION("a server that stalls") {
    against([](Talk&) { std::this_thread::sleep_for(10s); }, 300ms);
    reason = "Timeout reading data to remote SMTP server";
  }
  SECTION("a server that says an octet now and then") {
    against(
        [](Talk& talk) {
          for (int i = 0; i < 100; ++i) {
            talk.say("2");
            std::this_thread::sleep_for(50ms);
          }
        },
        200ms);
    reason = "Timeout reading data to remote SMTP server";
  }
  SECTION("a server that hangs up amid the mail") {
    against(
        [](Talk& talk) {
          talk.until_data();
          talk.hear();
        },
        5s);
    reason = "SMTP server";
  }
  SECTION("a server that answers before it is asked") {
    against([](Talk& talk) { talk.say("220 a\r\n250 b\r\n250 c\r\n250 d\r\n354 e\r\n250 f\r\n"); },
            5s);
    reason = "Error processing HELO cmd on SMTP server";
  }
  SECTION("not an SMTP server") {
    against([](Talk& talk) { talk.say("SSH-2.0-OpenSSH_9.2\r\n"); }, 5s);
    reason = "SMTP status code = 0 (SSH-2.0-OpenSSH_9.2)";
  }
  CHECK_THAT(sender.logged(), Catch::Contains(reason) &&
                                  Catch::Contains("SMTP alert not delivered") &&
                                  !Catch::Contains("successfully"));
}

TEST_CASE("a server that has the mail may be as rude as it likes") {
  Sender sender;
  const Server server(sender.record(), {[](Talk& talk) {
                        talk.until_data();
                        talk.hear_mail();
                        talk.say("250 queued\r\n");
                      }});
  sender.use(server.endpoint());
  sender.alerts.send("a", {"subject", ".\n..\nlast"});
  REQUIRE(sender.until_idle());
  CHECK_THAT(sender.logged(), Catch::Contains("SMTP alert successfully sent."));
  CHECK_THAT(content(sender.record()), Catch::Contains("\r\n\r\n..\r\n...\r\nlast\r\n\r\n.\r\n"));
}

TEST_CASE("what is not delivered when there is no more time is in the log") {
  Sender sender;
  const Server server(sender.record(), {[](Talk&) { std::this_thread::sleep_for(20s); }});
  sender.use(server.endpoint());
  for (int i = 0; i < 7; ++i)
    sender.alerts.send("o" + std::to_string(i), {"s" + std::to_string(i), ""});
  sender.alerts.send("o0", {"after s0", ""});
  CHECK_FALSE(sender.until_idle(200ms));
  sender.alerts.give_up();
  CHECK(sender.alerts.idle());
  CHECK(count(sender.logged(), "SMTP alert not delivered to") == 8);
  CHECK_THAT(sender.logged(), Catch::Contains(": [node-00] after s0"));
}

TEST_CASE("without a server or a recipient no mail is queued") {
  Sender sender;
  sender.alerts.send("a", {"subject", "body"});
  CHECK(sender.alerts.idle());
  sender.alerts.configure({{*IpAddress::parse("127.0.0.1"), Port(1)}, "", "", {}, "", 1s});
  sender.alerts.send("a", {"subject", "body"});
  CHECK(sender.alerts.idle());
}

namespace {

constexpr int kUntested = 77;

/// opensmtpd with a queue and a control socket of its own, delivering to a maildir.
class Opensmtpd {
 public:
  Opensmtpd(const TemporaryDirectory& directory, std::uint16_t port) {
    const std::string box = directory.path("box");
    mkdir(box.c_str(), 0700);
    chmod(directory.path("").c_str(), 0755);
    if (chown(box.c_str(), 65534, 65534) != 0) return;
    const std::string config = directory.path("smtpd.conf");
    std::ofstream(config) << "listen on 127.0.0.1 port " << port << " hostname mx.example.org\n"
                          << "action \"here\" maildir \"" << box << "\" user nobody\n"
                          << "match from any for any action \"here\"\n";
    pid_ = fork();
    if (pid_ != 0) return;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (unshare(CLONE_NEWNS) != 0 ||
        mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("none", "/run", "tmpfs", 0, nullptr) != 0 ||
        mount("none", "/var/spool", "tmpfs", 0, nullptr) != 0 ||
        mkdir("/var/spool/smtpd", 0711) != 0 || chmod("/var/spool/smtpd", 0711) != 0) {
      _exit(kUntested);
    }
    const Fd log(open(directory.path("smtpd.log").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    dup2(log.get(), STDERR_FILENO);
    execl("/usr/sbin/smtpd", "smtpd", "-d", "-f", config.c_str(), nullptr);
    _exit(kUntested);
  }
  Opensmtpd(const Opensmtpd&) = delete;
  Opensmtpd& operator=(const Opensmtpd&) = delete;
  ~Opensmtpd() {
    if (pid_ <= 0) return;
    kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
  }
  /// Waits until it listens; false if it cannot run here.
  bool ready(const Endpoint& endpoint) {
    for (int i = 0; i < 500 && pid_ > 0; ++i) {
      const Fd probe(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      sockaddr_storage storage{};
      const socklen_t size = endpoint.to_sockaddr(storage);
      if (connect(probe.get(), reinterpret_cast<sockaddr*>(&storage), size) == 0) return true;
      if (waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = 0;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }

 private:
  pid_t pid_ = 0;
};

}  // namespace

TEST_CASE("opensmtpd delivers what we send") {
  Sender sender;
  const Endpoint endpoint{*IpAddress::parse("127.0.0.1"),
                          Port(static_cast<std::uint16_t>(20000 + getpid() % 20000))};
  if (geteuid() != 0 || !std::filesystem::exists("/usr/sbin/smtpd")) {
    WARN("not root, or no opensmtpd: not tested");
    return;
  }
  Opensmtpd server(sender.directory, endpoint.port.value());
  REQUIRE(server.ready(endpoint));
  sender.use(endpoint);
  sender.alerts.send("INSTANCE VI_1", {"VRRP Instance VI_1 - Entering MASTER state",
                                       "=> VRRP Instance is now owning VRRP VIPs <=\n.\n.end"});
  REQUIRE(sender.until_idle());
  const std::string box = sender.directory.path("box/new");
  std::string mail;
  for (int i = 0; i < 500 && mail.empty(); ++i) {
    if (std::filesystem::exists(box)) {
      for (const auto& entry : std::filesystem::directory_iterator(box))
        mail = content(entry.path());
    }
    std::this_thread::sleep_for(10ms);
  }
  CHECK_THAT(mail,
             Catch::Contains("\nFrom: lvs@example.org\n"
                             "Subject: [node-00] VRRP Instance VI_1 - Entering MASTER state\n"
                             "X-Mailer: Keepalived\n"
                             "To: root@example.org\n") &&
                 Catch::Contains("\n\n=> VRRP Instance is now owning VRRP VIPs <=\n.\n.end\n\n"));
}
