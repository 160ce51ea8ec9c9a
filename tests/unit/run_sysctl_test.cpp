// Settings of the kernel that are changed and put back.
#include <array>
#include <catch2/catch.hpp>
#include <cerrno>
#include <fstream>
#include <string>

#include "daemon/run/sysctl.hpp"
#include "tests/support/network_namespace.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace understudy;
using namespace understudy::run;

namespace {

const std::string kIgnore = "net/ipv4/conf/eth0/arp_ignore";
const std::string kFilter = "net/ipv4/conf/eth0/arp_filter";

struct Place {
  TemporaryDirectory directory;
  HandoverPage page = std::move(*HandoverPage::open(directory.path("page"), 64));
  Log log{[this] {
    LogOptions options;
    options.to_syslog = false;
    options.file = directory.path("log");
    return options;
  }()};
  [[nodiscard]] std::string logged() const {
    std::ifstream file(directory.path("log"));
    return {std::istreambuf_iterator<char>(file), {}};
  }
  [[nodiscard]] std::size_t records() const {
    std::size_t count = 0;
    page.for_each_key([&](std::string_view) { ++count; });
    return count;
  }
};

int value_of(const std::string& path) { return *read_sysctl(path); }

}  // namespace

TEST_CASE("a setting comes back when the last that needed it is gone") {
  NEEDS_NAMESPACES();
  const NamespacePair network;
  network.inside('a', [] {
    Place place;
    Sysctls sysctls(place.log, place.page);
    REQUIRE(write_sysctl(kIgnore, 2).has_value());
    CHECK(sysctls.hold(kIgnore, 1, "vrrp.1"));
    CHECK(sysctls.hold(kIgnore, 1, "vrrp.2"));
    CHECK(sysctls.hold(kIgnore, 1, "vrrp.2"));
    CHECK(value_of(kIgnore) == 1);
    CHECK(place.records() == 1);
    sysctls.release(kIgnore, "vrrp.2");
    sysctls.release(kIgnore, "nobody");
    CHECK(value_of(kIgnore) == 1);
    sysctls.release_all("vrrp.1");
    CHECK(value_of(kIgnore) == 2);
    CHECK(place.records() == 0);
    // What is right already is not ours to change back.
    CHECK(sysctls.hold(kIgnore, 2, "vrrp.1"));
    REQUIRE(write_sysctl(kIgnore, 0).has_value());
    sysctls.restore_all();
    CHECK(value_of(kIgnore) == 0);
    CHECK(place.logged().empty());
  });
}

TEST_CASE("a successor puts back what was there before its predecessor") {
  NEEDS_NAMESPACES();
  const NamespacePair network;
  network.inside('a', [] {
    Place place;
    REQUIRE(write_sysctl(kIgnore, 3).has_value());
    {
      Sysctls first(place.log, place.page);
      CHECK(first.hold(kIgnore, 1, "vrrp.1"));
      CHECK(first.hold(kFilter, 1, "vrrp.1"));
    }
    Sysctls second(place.log, place.page);
    CHECK(second.hold(kIgnore, 1, "vrrp.1"));
    CHECK(value_of(kFilter) == 1);
    second.sweep();
    CHECK(value_of(kFilter) == 0);
    CHECK(value_of(kIgnore) == 1);
    {
      // Killed again.
      Sysctls third(place.log, place.page);
      CHECK(third.hold(kIgnore, 1, "vrrp.1"));
      third.restore_all();
    }
    CHECK(value_of(kIgnore) == 3);
    CHECK(place.records() == 0);
  });
}

TEST_CASE("what others have changed since is left to them, and an interface takes all along") {
  NEEDS_NAMESPACES();
  const NamespacePair network;
  network.inside('a', [] {
    Place place;
    Sysctls sysctls(place.log, place.page);
    CHECK(sysctls.hold(kIgnore, 1, "vrrp.1"));
    REQUIRE(write_sysctl(kIgnore, 2).has_value());
    sysctls.release(kIgnore, "vrrp.1");
    CHECK(value_of(kIgnore) == 2);
    REQUIRE(write_sysctl(kIgnore, 0).has_value());
    CHECK(sysctls.hold(kIgnore, 1, "vrrp.1"));
    sysctls.forget_interface("eth0");
    CHECK(place.records() == 0);
    sysctls.restore_all();
    CHECK(value_of(kIgnore) == 1);
  });
}

TEST_CASE("a refused setting is named once and stops nothing") {
  NEEDS_NAMESPACES();
  const NamespacePair network;
  network.inside('a', [] {
    Place place;
    Sysctls sysctls(place.log, place.page, [](const std::string& path, int) -> Result<void> {
      return Error::from_errno(EROFS, path);
    });
    CHECK_FALSE(sysctls.hold(kIgnore, 1, "vrrp.1"));
    CHECK_FALSE(sysctls.hold("net/ipv4/conf/lo/arp_ignore", 1, "vrrp.1"));
    CHECK_FALSE(sysctls.hold("net/ipv4/conf/none/arp_filter", 1, "vrrp.1"));
    CHECK(place.records() == 0);
    sysctls.restore_all();
    const std::string logged = place.logged();
    CHECK(logged.find("Cannot set sysctl net.ipv4.conf.eth0.arp_ignore to 1: Read-only file "
                      "system") != std::string::npos);
    CHECK(logged.find("conf.lo") == std::string::npos);
    CHECK(logged.find("No such file or directory") != std::string::npos);
  });
}
