// Script security: what is refused, and that the log says why.
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "daemon/run/script_check.hpp"
#include "tests/support/temporary_directory.hpp"

using understudy::ScriptCommand;
using understudy::run::check_script;
using understudy::run::ScriptCheck;
using understudy::run::tested_file;

namespace {

constexpr std::uint32_t kNobody = 65534;

std::string make_script(const std::string& path, mode_t mode = 0755,
                        const std::string& text = "#!/bin/sh\nexit 0\n") {
  std::ofstream(path) << text;
  REQUIRE(chmod(path.c_str(), mode) == 0);
  return path;
}

std::string all(const ScriptCheck& check) {
  std::string text;
  for (const auto& message : check.messages) text += message + "\n";
  return text;
}

/// Ownership can only be arranged by root.
bool is_root() {
  if (geteuid() == 0) return true;
  WARN("not root: not tested");
  return false;
}

}  // namespace

TEST_CASE("a script only root can change passes without a word") {
  if (!is_root()) return;
  const TemporaryDirectory directory;
  const std::string path = make_script(directory.path("check.sh"));
  const auto check = check_script({{path, "argument"}, 0, 0}, true);
  CHECK(check.usable);
  CHECK(check.messages.empty());
  CHECK(check.program == path);
}

TEST_CASE("an unsafe component is named with its owner and the bit") {
  if (!is_root()) return;
  const TemporaryDirectory directory;
  const std::string sub = directory.path("sub");
  REQUIRE(mkdir(sub.c_str(), 0755) == 0);
  const std::string path = make_script(sub + "/check.sh");
  std::string reason;
  SECTION("owner of the script") {
    REQUIRE(chown(path.c_str(), kNobody, 0) == 0);
    reason = path + " is owned by nobody (65534), not root";
  }
  SECTION("group of the script") {
    REQUIRE(chown(path.c_str(), 0, kNobody) == 0);
    REQUIRE(chmod(path.c_str(), 0775) == 0);
    reason = path + " is writable by group nogroup (65534) (owner root (0), mode 0775, bit 0020)";
  }
  SECTION("everybody, a directory") {
    REQUIRE(chmod(sub.c_str(), 0777) == 0);
    reason = sub + " is writable by everybody (owner root (0), mode 0777, bit 0002)";
  }
  SECTION("owner of a sticky directory") {
    REQUIRE(chown(sub.c_str(), 12345, 0) == 0);
    REQUIRE(chmod(sub.c_str(), 01777) == 0);
    reason = sub + " is owned by 12345, not root";
  }
  const auto secure = check_script({{path}, 0, 0}, true);
  CHECK_FALSE(secure.usable);
  CHECK(secure.error == EPERM);
  CHECK(all(secure) ==
        "Unsafe permissions found for script '" + path + "' - disabling. " + reason + "\n");
  // Without script security it is said, and the script runs.
  const auto lax = check_script({{path}, 0, 0}, false);
  CHECK(lax.usable);
  CHECK(all(lax) == "Unsafe permissions found for script '" + path + "'. " + reason + "\n");
}

TEST_CASE("who may write matters only for what root runs") {
  if (!is_root()) return;
  const TemporaryDirectory directory;
  REQUIRE(chmod(directory.path("").c_str(), 0755) == 0);
  const std::string path = make_script(directory.path("check.sh"), 0777);
  CHECK(check_script({{path}, kNobody, kNobody}, true).usable);
  CHECK_FALSE(check_script({{path}, kNobody, 0}, true).usable);
  REQUIRE(chmod(path.c_str(), 04777) == 0);
  CHECK_FALSE(check_script({{path}, kNobody, kNobody}, true).usable);
}

TEST_CASE("every link on the way is followed and looked at") {
  if (!is_root()) return;
  const TemporaryDirectory directory;
  const std::string safe = directory.path("safe");
  const std::string open = directory.path("open");
  REQUIRE(mkdir(safe.c_str(), 0755) == 0);
  REQUIRE(mkdir(open.c_str(), 0777) == 0);
  REQUIRE(chmod(open.c_str(), 0777) == 0);
  make_script(safe + "/real.sh");
  SECTION("a link to a safe place") {
    REQUIRE(symlink("../safe/./real.sh", (safe + "/link.sh").c_str()) == 0);
    const auto check = check_script({{safe + "/link.sh"}, 0, 0}, true);
    CHECK(check.usable);
    CHECK(check.program == safe + "/real.sh");
  }
  SECTION("a link in an open directory to a safe place") {
    REQUIRE(symlink((safe + "/real.sh").c_str(), (open + "/link.sh").c_str()) == 0);
    const auto check = check_script({{open + "/link.sh"}, 0, 0}, true);
    CHECK_FALSE(check.usable);
    CHECK_THAT(all(check), Catch::Contains(open + " is writable by everybody"));
  }
  SECTION("a safe link through an open directory") {
    REQUIRE(symlink((open + "/../safe/real.sh").c_str(), (safe + "/link.sh").c_str()) == 0);
    const auto check = check_script({{safe + "/link.sh"}, 0, 0}, true);
    CHECK_FALSE(check.usable);
    CHECK_THAT(all(check), Catch::Contains(open + " is writable by everybody"));
  }
  SECTION("a link somebody else owns") {
    const std::string link = safe + "/link.sh";
    REQUIRE(symlink((safe + "/real.sh").c_str(), link.c_str()) == 0);
    REQUIRE(lchown(link.c_str(), kNobody, kNobody) == 0);
    const auto check = check_script({{link}, 0, 0}, true);
    CHECK_FALSE(check.usable);
    CHECK_THAT(all(check), Catch::Contains(link + " is owned by nobody"));
  }
  SECTION("links in a circle") {
    REQUIRE(symlink((safe + "/b").c_str(), (safe + "/a").c_str()) == 0);
    REQUIRE(symlink((safe + "/a").c_str(), (safe + "/b").c_str()) == 0);
    const auto check = check_script({{safe + "/a"}, 0, 0}, true);
    CHECK_FALSE(check.usable);
    CHECK(check.error == ELOOP);
  }
}

TEST_CASE("what cannot be executed is said in keepalived's words") {
  if (!is_root()) return;
  const TemporaryDirectory directory;
  REQUIRE(chmod(directory.path("").c_str(), 0755) == 0);
  const std::string path = directory.path("x.sh");
  SECTION("missing") {
    const auto check = check_script({{path}, 0, 0}, false);
    CHECK_FALSE(check.usable);
    CHECK(all(check) ==
          "Script " + path + " cannot be accessed - No such file or directory (" + path + ")\n");
  }
  SECTION("no permission") {
    make_script(path, 0700);
    const auto check = check_script({{path}, kNobody, kNobody}, false);
    CHECK_FALSE(check.usable);
    CHECK(all(check) == "WARNING - script '" + path +
                            "' is not executable for uid:gid 65534:65534 - disabling. " + path +
                            " has mode 0700\n");
  }
  SECTION("not executable, even for root") {
    make_script(path, 0644);
    CHECK_THAT(all(check_script({{path}, 0, 0}, false)),
               Catch::Contains("is not executable for uid:gid 0:0 - disabling"));
  }
  SECTION("a directory the user may not pass") {
    make_script(path);
    REQUIRE(chmod(directory.path("").c_str(), 0700) == 0);
    CHECK(all(check_script({{path}, kNobody, kNobody}, false)) ==
          "Script " + path + " cannot be accessed - Permission denied (" + directory.path("") +
              ")\n");
  }
  SECTION("a directory") {
    REQUIRE(mkdir(path.c_str(), 0755) == 0);
    CHECK(all(check_script({{path}, 0, 0}, false)) ==
          "Wrong file type found in script path '" + path + "'.\n");
  }
  SECTION("no interpreter") {
    make_script(path, 0755, "exit 0\n");
    const auto check = check_script({{path}, 0, 0}, true);
    CHECK(check.usable);
    CHECK(all(check) == "Please add a #! shebang to script " + path + "\n");
  }
  SECTION("nothing") { CHECK_FALSE(check_script({{}, 0, 0}, false).usable); }
}

TEST_CASE("a bare name is searched in PATH, with a warning") {
  const auto check = check_script({{"true"}, geteuid(), getegid()}, false);
  CHECK(check.usable);
  CHECK_THAT(all(check), Catch::Contains("WARNING - script `true` resolved by path search to `/"));
  CHECK(std::filesystem::exists(check.program));
  const auto missing = check_script({{"no-such-program-anywhere"}, 0, 0}, false);
  CHECK_FALSE(missing.usable);
  CHECK(all(missing) == "Cannot find script no-such-program-anywhere in path - disabling\n");
}

TEST_CASE("a word that begins with < asks for a file") {
  CHECK(tested_file({{"</etc/x"}, 0, 0}) == "/etc/x");
  CHECK(tested_file({{"< /etc/x"}, 0, 0}) == "/etc/x");
  CHECK(tested_file({{"<", "/etc/x"}, 0, 0}) == "/etc/x");
  CHECK(tested_file({{"/bin/true"}, 0, 0}).empty());
  CHECK(check_script({{"</nonexistent"}, 0, 0}, true).usable);
}
