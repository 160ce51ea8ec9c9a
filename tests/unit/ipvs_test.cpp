// IPVS: values to bytes and back, the difference of two tables, the words of a refusal.
#include <linux/ip_vs.h>
#include <netlink/attr.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstring>

#include "ipvs/codec.hpp"
#include "ipvs/failure.hpp"
#include "ipvs/reconcile.hpp"

namespace understudy::ipvs {
namespace {

Endpoint endpoint(const char* address, std::uint16_t port) {
  return {*IpAddress::parse(address), Port(port)};
}

ServiceKey web() { return {Protocol::tcp, endpoint("10.0.0.1", 80), 0, Family::ipv4}; }

Service service(const ServiceKey& key = web()) {
  Service result;
  result.key = key;
  result.scheduler = "rr";
  result.netmask = key.family == Family::ipv6 ? 128 : 0xffffffff;
  return result;
}

Destination destination(const char* address, std::uint32_t weight = 1) {
  Destination result;
  result.endpoint = endpoint(address, 80);
  result.method = ForwardingMethod::direct;
  result.weight = weight;
  return result;
}

Entry entry(const Service& of, const std::vector<Destination>& destinations) {
  return {of, Destinations(destinations)};
}

Table table(const std::vector<Entry>& entries) {
  Table result;
  for (const auto& one : entries) result.emplace(one.service.key, one);
  return result;
}

bool nobody(const ServiceKey&) { return false; }

std::vector<Change> changes_of(const Table& desired, const Table& actual,
                               const std::function<bool(const ServiceKey&)>& owned) {
  std::vector<Change> changes;
  reconcile(desired, actual, owned, [&](const Change& change) { changes.push_back(change); });
  return changes;
}

/// The kernel answers with the attributes it was given, plus what it keeps itself.
Service there_and_back(const Service& sent) {
  const auto decoded = decode_service(encode(AddService{sent}).attributes);
  REQUIRE(decoded.has_value());
  return *decoded;
}

}  // namespace

TEST_CASE("a service is named as in ipvsadm") {
  CHECK(web().to_string() == "TCP 10.0.0.1:80");
  CHECK((ServiceKey{Protocol::udp, endpoint("fd00::1", 53), 0, Family::ipv6}.to_string()) ==
        "UDP [fd00::1]:53");
  CHECK((ServiceKey{Protocol::none, {}, 7, Family::ipv4}.to_string()) == "FWM 7");
  CHECK((ServiceKey{Protocol::none, {}, 7, Family::ipv6}.to_string()) == "FWM 7 inet6");
}

TEST_CASE("services survive the way to attributes and back") {
  auto plain = service();
  CHECK(there_and_back(plain) == plain);

  auto persistent = service();
  persistent.persistence_timeout = 50;
  persistent.netmask = 0x00ffffff;
  persistent.persistence_engine = "sip";
  persistent.scheduler = "sh";
  persistent.flags = IP_VS_SVC_F_SCHED_SH_PORT | IP_VS_SVC_F_SCHED_SH_FALLBACK;
  CHECK(there_and_back(persistent) == persistent);

  auto marked = service({Protocol::none, {}, 42, Family::ipv6});
  marked.persistence_timeout = 360;
  marked.netmask = 64;
  CHECK(there_and_back(marked) == marked);

  const auto six = service({Protocol::sctp, endpoint("fd00::1", 9), 0, Family::ipv6});
  CHECK(there_and_back(six) == six);
}

TEST_CASE("an IPv6 service gets a prefix length, whatever the configuration left out") {
  auto six = service({Protocol::tcp, endpoint("fd00::1", 80), 0, Family::ipv6});
  six.persistence_timeout = 10;
  six.netmask = 0xffffffff;
  // The kernel refuses anything but 1..128 here.
  CHECK(there_and_back(six).netmask == 128);
}

TEST_CASE("what the kernel keeps for itself is not ours") {
  auto hashed = service();
  hashed.flags = IP_VS_SVC_F_HASHED;
  CHECK(there_and_back(hashed).flags == 0);
  auto unused = service();
  unused.netmask = 0xffff;
  CHECK(there_and_back(unused) == service());
}

TEST_CASE("destinations survive the way to attributes and back") {
  auto four = destination("10.0.0.2", 7);
  four.upper_threshold = 100;
  four.lower_threshold = 50;
  auto six = destination("fd00::2", 0);
  six.method = ForwardingMethod::tunnel;
  for (const auto& sent : {four, six}) {
    const auto request = encode(AddDestination{web(), sent});
    CHECK(request.command == IPVS_CMD_NEW_DEST);
    const auto decoded = decode_destination(request.attributes, Family::ipv4);
    REQUIRE(decoded.has_value());
    CHECK(*decoded == sent);
  }
}

TEST_CASE("tunnels survive the way to attributes and back") {
  auto wrapped = destination("10.0.0.2");
  wrapped.method = ForwardingMethod::tunnel;
  for (const Tunnel& tunnel : {Tunnel{}, Tunnel{TunnelType::gue, TunnelChecksum::none, Port(6080)},
                               Tunnel{TunnelType::gue, TunnelChecksum::whole, Port(6080)},
                               Tunnel{TunnelType::gue, TunnelChecksum::remote, Port(65535)},
                               Tunnel{TunnelType::gre, TunnelChecksum::none, {}},
                               Tunnel{TunnelType::gre, TunnelChecksum::whole, {}}}) {
    wrapped.tunnel = tunnel;
    const auto decoded =
        decode_destination(encode(EditDestination{web(), wrapped}).attributes, Family::ipv4);
    REQUIRE(decoded.has_value());
    CHECK(*decoded == wrapped);
  }
}

TEST_CASE("an old kernel hears nothing of tunnel types unless it must") {
  auto wrapped = destination("10.0.0.2");
  wrapped.method = ForwardingMethod::tunnel;
  auto direct = destination("10.0.0.2");
  CHECK(encode(AddDestination{web(), wrapped}).attributes.size() ==
        encode(AddDestination{web(), direct}).attributes.size());
}

TEST_CASE("a method other than the tunnel has no tunnel, whatever the kernel says") {
  auto wrapped = destination("10.0.0.2");
  wrapped.method = ForwardingMethod::tunnel;
  wrapped.tunnel = {TunnelType::gre, TunnelChecksum::whole, {}};
  auto attributes = encode(AddDestination{web(), wrapped}).attributes;
  // The method follows the service (48), the nest (4), family (8), address (20), port (8).
  attributes.at(92) = static_cast<std::uint8_t>(ForwardingMethod::direct);
  const auto decoded = decode_destination(attributes, Family::ipv4);
  REQUIRE(decoded.has_value());
  CHECK(decoded->method == ForwardingMethod::direct);
  CHECK(decoded->tunnel == Tunnel{});
}

namespace {

void append_number(Bytes& to, std::uint8_t type, std::uint32_t value) {
  const Bytes header{8, 0, type, 0};
  to.insert(to.end(), header.begin(), header.end());
  const auto* octets = reinterpret_cast<const std::uint8_t*>(&value);
  to.insert(to.end(), octets, octets + sizeof value);
}

}  // namespace

TEST_CASE("the connections of a destination are read from its message") {
  auto attributes = encode(AddDestination{web(), destination("10.0.0.2")}).attributes;
  const std::size_t before = attributes.size();
  append_number(attributes, IPVS_DEST_ATTR_ACTIVE_CONNS, 12);
  append_number(attributes, IPVS_DEST_ATTR_INACT_CONNS, 34);
  append_number(attributes, IPVS_DEST_ATTR_PERSIST_CONNS, 5);
  // They are inside the destination's nest, which begins after the service.
  attributes.at(48) = static_cast<std::uint8_t>(attributes.at(48) + attributes.size() - before);
  const auto usage = decode_usage(attributes, Family::ipv4);
  REQUIRE(usage.has_value());
  CHECK(*usage == Usage{endpoint("10.0.0.2", 80), 12, 34, 5});
}

TEST_CASE("timeouts: those not given are left alone") {
  const Timeouts all{900, 120, 300};
  CHECK(encode_set_timeouts(all).command == IPVS_CMD_SET_CONFIG);
  const auto decoded = decode_timeouts(encode_set_timeouts(all).attributes);
  REQUIRE(decoded.has_value());
  CHECK(*decoded == all);
  CHECK(encode_set_timeouts({0, 0, 7}).attributes.size() == 8);
  CHECK_FALSE(decode_timeouts(encode_set_timeouts({0, 0, 7}).attributes).has_value());
  CHECK_FALSE(decode_timeouts({}).has_value());
}

TEST_CASE("destinations are found by their endpoint, and none is there twice") {
  const Destinations some(
      std::vector{destination("10.0.0.9"), destination("10.0.0.2", 5), destination("10.0.0.2", 7)});
  CHECK(some.size() == 2);
  REQUIRE(some.find(endpoint("10.0.0.2", 80)) != nullptr);
  CHECK(some.find(endpoint("10.0.0.2", 80))->weight == 5);
  CHECK(some.find(endpoint("10.0.0.3", 80)) == nullptr);
  auto more = some;
  more.put(destination("10.0.0.3", 1));
  more.put(destination("10.0.0.2", 8));
  CHECK(more == Destinations(std::vector{destination("10.0.0.2", 8), destination("10.0.0.3"),
                                         destination("10.0.0.9")}));
}

TEST_CASE("each change is its own command") {
  CHECK(encode(AddService{service()}).command == IPVS_CMD_NEW_SERVICE);
  CHECK(encode(EditService{service()}).command == IPVS_CMD_SET_SERVICE);
  CHECK(encode(DeleteService{web()}).command == IPVS_CMD_DEL_SERVICE);
  CHECK(encode(EditDestination{web(), destination("10.0.0.2")}).command == IPVS_CMD_SET_DEST);
  CHECK(encode(DeleteDestination{web(), endpoint("10.0.0.2", 80)}).command == IPVS_CMD_DEL_DEST);
  CHECK(encode_list_destinations(web()).command == IPVS_CMD_GET_DEST);
  CHECK(encode_list_services().attributes.empty());
}

TEST_CASE("the bytes of a deletion are those of linux/ip_vs.h") {
  // A nest of AF, PROTOCOL, ADDR (always 16 octets) and PORT (network order), each padded to 4.
  const Bytes expected{48, 0, 1, 0x80,                            //
                       6,  0, 1, 0,    2,  0,  0, 0,              //
                       6,  0, 2, 0,    6,  0,  0, 0,              //
                       20, 0, 3, 0,    10, 0,  0, 1,              //
                       0,  0, 0, 0,    0,  0,  0, 0, 0, 0, 0, 0,  //
                       6,  0, 4, 0,    0,  80, 0, 0};
  auto attributes = encode(DeleteService{web()}).attributes;
  REQUIRE(attributes.size() == expected.size());
  // NLA_F_NESTED may be set or not, the kernel does not mind.
  attributes[3] = 0x80;
  CHECK(attributes == expected);
}

TEST_CASE("cut or damaged replies are refused, never read beyond their end") {
  const auto good = encode(AddService{service()}).attributes;
  for (std::size_t length = 0; length < good.size(); ++length) {
    // Its own allocation, so that the address sanitizer sees a step too far.
    const Bytes cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length));
    const auto decoded = decode_service(cut);
    CHECK_FALSE(decoded.has_value());
  }
  const auto place = encode(AddDestination{web(), destination("10.0.0.2")}).attributes;
  for (std::size_t i = 0; i < place.size(); ++i) {
    for (const std::uint8_t damage : Bytes{0x00, 0x01, 0x7f, 0xff}) {
      Bytes damaged = place;
      damaged[i] = damage;
      const auto decoded = decode_destination(damaged, Family::ipv4);
      if (decoded) CHECK_FALSE(decoded->endpoint.address.empty());
    }
  }
}

TEST_CASE("an unknown address family is refused") {
  auto request = encode(AddDestination{web(), destination("10.0.0.2")});
  // After the service (48 octets), the nest's and the attribute's header.
  request.attributes.at(56) = 99;
  CHECK_FALSE(decode_destination(request.attributes, Family::ipv4).has_value());
}

TEST_CASE("a table that is right is not touched") {
  const auto same = table({entry(service(), {destination("10.0.0.2"), destination("10.0.0.3")})});
  CHECK(changes_of(same, same, nobody).empty());
}

TEST_CASE("services of others stay, ours that are no longer wanted go first") {
  const auto others = service({Protocol::tcp, endpoint("10.0.0.9", 25), 0, Family::ipv4});
  const auto old = service({Protocol::udp, endpoint("10.0.0.8", 53), 0, Family::ipv4});
  const auto actual = table({entry(others, {destination("10.0.0.2")}), entry(old, {})});
  const auto desired = table({entry(service(), {destination("10.0.0.2")})});
  const auto changes =
      changes_of(desired, actual, [&](const ServiceKey& key) { return key == old.key; });
  const std::vector<Change> expected{DeleteService{old.key}, AddService{service()},
                                     AddDestination{web(), destination("10.0.0.2")}};
  CHECK(changes == expected);
}

TEST_CASE("within a service: edits, additions, and deletions last") {
  const auto actual =
      table({entry(service(), {destination("10.0.0.2", 1), destination("10.0.0.9")})});
  auto wanted = service();
  wanted.scheduler = "wlc";
  const auto desired =
      table({entry(wanted, {destination("10.0.0.2", 5), destination("10.0.0.3")})});
  const std::vector<Change> expected{EditService{wanted},
                                     EditDestination{web(), destination("10.0.0.2", 5)},
                                     AddDestination{web(), destination("10.0.0.3")},
                                     DeleteDestination{web(), endpoint("10.0.0.9", 80)}};
  CHECK(changes_of(desired, actual, nobody) == expected);
}

TEST_CASE("putting back what is missing changes nothing else") {
  const auto desired = entry(service(), {destination("10.0.0.2", 5), destination("10.0.0.3")});
  const Destinations actual(std::vector{destination("10.0.0.2", 0), destination("10.0.0.9")});
  std::vector<Change> changes;
  complete(desired, actual, [&](const Change& change) { changes.push_back(change); });
  CHECK(changes == std::vector<Change>{AddDestination{web(), destination("10.0.0.3")}});
}

TEST_CASE("a refusal is said in keepalived's words") {
  CHECK(failure_line(AddService{service()}, EEXIST) ==
        "IPVS cmd IP_VS_SO_SET_ADD(1154) error: Service already exists(17) (10.0.0.1:tcp:80)");
  CHECK(failure_line(EditDestination{web(), destination("10.0.0.2")}, ENOENT) ==
        "IPVS cmd IP_VS_SO_SET_EDITDEST(1161) error: No such destination(2) "
        "(10.0.0.1:tcp:80 -> 10.0.0.2:80)");
  CHECK(failure_line(DeleteService{{Protocol::none, {}, 5, Family::ipv6}}, ESRCH) ==
        "IPVS cmd IP_VS_SO_SET_DEL(1156) error: No such service(3) (Fwm 5 inet6)");
}

}  // namespace understudy::ipvs
