// vrrp/ah and vrrp/hmac: what proves an advert; sequences and repetition.
#include <catch2/catch.hpp>

#include "tests/support/hexadecimal.hpp"
#include "tests/support/vrrp_values.hpp"
#include "vrrp/ah.hpp"
#include "vrrp/digest.hpp"
#include "vrrp/hmac.hpp"
#include "vrrp/outgoing.hpp"
#include "vrrp/reception.hpp"

using namespace understudy;
using namespace understudy::vrrp;
using namespace std::chrono_literals;

namespace {

using Mode = HmacAuthentication::Mode;
using AntiReplay = HmacAuthentication::AntiReplay;

constexpr std::uint64_t kNow = 0x6800000080000000;
constexpr std::uint64_t kSecond = std::uint64_t{1} << 32U;

HmacKey key(std::uint8_t id) {
  HmacKey made;
  made.id = id;
  std::string octets;
  for (unsigned i = 0; i < 32; ++i) octets.push_back(static_cast<char>(i + id - 1));
  made.secret = octets;
  return made;
}

HmacAuthentication hmac() {
  HmacAuthentication made;
  made.keys = {key(1)};
  made.active_key = 1;
  made.time_window = 5s;
  return made;
}

/// Of the test vectors: VRID 51, priority 200.
InstanceConfig signing(const char* address) {
  InstanceConfig config = instance();
  config.version = 3;
  config.addresses.front().address = ip(address);
  config.family = config.addresses.front().address.family();
  config.v3_checksum_as_v2 = true;
  config.hmac = hmac();
  return config;
}

/// An advert of `config` from `source`, as examined by another router.
struct Receiver {
  InstanceConfig config;
  WireState state;

  std::string hear(const InstanceConfig& sender, const char* source, std::uint64_t sequence,
                   std::uint64_t clock = kNow) {
    AuthenticationState sending;
    sending.hmac_sequence = sequence;
    const IpAddress from = ip(source);
    OutgoingAdvert advert(sender, sending, from, Priority(200));
    const auto octets = advert.to(destination(), 1);
    REQUIRE(octets.has_value());
    return examine_octets(*octets, clock);
  }
  std::string examine_octets(const Bytes& octets, std::uint64_t clock = kNow) {
    const auto datagram = read_ipv4(octets);
    REQUIRE(datagram.has_value());
    auto outcome = examine(*datagram, config, state, clock);
    if (const auto* rejection = std::get_if<Rejection>(&outcome)) {
      state.refused(rejection->reason);
      return rejection->text;
    }
    return std::get<Reception>(outcome).notice;
  }
  [[nodiscard]] IpAddress destination() const {
    return config.is_unicast() ? ip("198.51.100.1") : config.mcast_group;
  }
};

}  // namespace

TEST_CASE("HMAC-MD5 and HMAC-SHA256 give the digests of RFC 2202 and RFC 4231") {
  const std::string text = "what do ya want for nothing?";
  const ByteView data(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  const auto md5 = hmac_md5_96("Jefe", data);
  REQUIRE(md5.has_value());
  CHECK(Bytes(md5->begin(), md5->end()) == from_hexadecimal("750c783e6ab0b503eaa86e31"));
  const auto sha256 = hmac_sha256_128("Jefe", data);
  REQUIRE(sha256.has_value());
  CHECK(Bytes(sha256->begin(), sha256->end()) ==
        from_hexadecimal("5bdcc146bf60754e6a042426089575c7"));
}

TEST_CASE("auth_hmac's test vectors") {
  AuthenticationState state;
  state.hmac_sequence = 0x6800000080000000;
  SECTION("IPv4, checksum without pseudo header") {
    const InstanceConfig config = signing("192.0.2.100");
    const IpAddress source = ip("198.51.100.10");
    OutgoingAdvert advert(config, state, source, Priority(200));
    const auto packet = advert.to(ip("224.0.0.18"), 1);
    REQUIRE(packet.has_value());
    CHECK(Bytes(packet->begin() + 20, packet->end()) ==
          from_hexadecimal("3133c80100644402c0000264 010100006800000080000000"
                           "1b84bc4e8e43892dc6d98448f8ee2265"));
  }
  SECTION("IPv6; the checksum covers the trailer too") {
    const InstanceConfig config = signing("fe80::100");
    const IpAddress source = ip("fe80::10");
    OutgoingAdvert advert(config, state, source, Priority(200));
    const auto packet = advert.to(ip("fe80::20"), 1);
    REQUIRE(packet.has_value());
    const Bytes expected = from_hexadecimal(
        "3133c8010064a2e9fe800000000000000000000000000100 010100006800000080000000"
        "c8c56146ebfd66ee10ec4d8186461b78");
    CHECK(*packet == expected);
  }
}

TEST_CASE("the wall clock as a sequence") {
  const auto second = std::chrono::system_clock::time_point(0x68000000s);
  CHECK(hmac_clock(second) == 0x6800000000000000);
  CHECK(hmac_clock(second + 500ms) == kNow);
}

TEST_CASE("sequences grow with the clock, and without it") {
  HmacAuthentication config = hmac();
  CHECK(next_hmac_sequence(config, 0, kNow) == kNow);
  CHECK(next_hmac_sequence(config, kNow - 1, kNow) == kNow);
  CHECK(next_hmac_sequence(config, kNow, kNow) == kNow + 1);
  CHECK(next_hmac_sequence(config, kNow + 0xffff, kNow) == kNow + 0x10000);
  // The clock was set back: within the window go on, beyond it start again.
  CHECK(next_hmac_sequence(config, kNow + 5 * kSecond, kNow) == kNow + 5 * kSecond + 1);
  CHECK(next_hmac_sequence(config, kNow + 6 * kSecond, kNow) == kNow);
  config.anti_replay = AntiReplay::monotonic;
  CHECK(next_hmac_sequence(config, kNow + 6 * kSecond, kNow) == kNow + 6 * kSecond + 1);
  // Across the wrap of the number.
  CHECK(next_hmac_sequence(config, ~std::uint64_t{0}, 5) == 5);
  // A clock beyond the middle of the range is no reason to start at 1.
  CHECK(next_hmac_sequence(config, 0, std::uint64_t{1} << 63U) == std::uint64_t{1} << 63U);
}

TEST_CASE("a trailer that fails is refused under its reason, in enforce and in permissive mode") {
  Receiver receiver{signing("192.0.2.100"), {}};
  const InstanceConfig good = receiver.config;
  const char* const source = "198.51.100.10";
  const auto mode = GENERATE(Mode::enforce, Mode::permissive, Mode::receive_only);
  receiver.config.hmac.edit().mode = mode;

  REQUIRE(receiver.hear(good, source, kNow).empty());
  CHECK(receiver.hear(good, source, kNow) ==
        "(VI_1) replayed authentication trailer from 198.51.100.10");
  CHECK(receiver.hear(good, source, kNow - 1) ==
        "(VI_1) replayed authentication trailer from 198.51.100.10");
  CHECK(receiver.hear(good, source, kNow - 6 * kSecond) ==
        "(VI_1) stale authentication trailer from 198.51.100.10, clock skew 6 sec exceeds window "
        "5 sec");
  CHECK(receiver.hear(good, source, kNow + 6 * kSecond) ==
        "(VI_1) stale authentication trailer from 198.51.100.10, clock skew -6 sec exceeds window "
        "5 sec");
  InstanceConfig other = good;
  other.hmac.edit().keys.front().secret = std::string(32, 'x');
  CHECK(receiver.hear(other, source, kNow + 1) ==
        "(VI_1) invalid authentication HMAC from 198.51.100.10");
  other = good;
  other.hmac.edit().keys = {key(2)};
  other.hmac.edit().active_key = 2;
  CHECK(receiver.hear(other, source, kNow + 1) ==
        "(VI_1) unknown authentication key id 2 from 198.51.100.10");
  // Neither has moved the mark.
  CHECK(receiver.hear(good, source, kNow + 1).empty());
  CHECK(receiver.state.rejections->hmac_replay == 2);
  CHECK(receiver.state.rejections->hmac_stale == 2);
  CHECK(receiver.state.rejections->hmac_invalid == 1);
  CHECK(receiver.state.rejections->hmac_unknown_key == 1);

  AuthenticationState state;
  state.hmac_sequence = kNow + 2;
  const IpAddress from = ip(source);
  OutgoingAdvert advert(good, state, from, Priority(200));
  Bytes octets = *advert.to(ip("224.0.0.18"), 1);
  octets[octets.size() - kHmacTrailerSize + 3] = 1;
  CHECK(receiver.examine_octets(octets) ==
        "(VI_1) malformed authentication trailer from 198.51.100.10");
  CHECK(receiver.state.rejections->hmac_malformed == 1);
}

TEST_CASE("adverts without a trailer are accepted while routers are changed over") {
  Receiver receiver{signing("192.0.2.100"), {}};
  InstanceConfig silent = receiver.config;
  silent.hmac = HmacAuthentication();
  CHECK(receiver.hear(silent, "198.51.100.10", 0) ==
        "(VI_1) missing authentication trailer from 198.51.100.10");
  CHECK(receiver.state.rejections->hmac_missing == 1);
  for (const Mode mode : {Mode::permissive, Mode::receive_only}) {
    receiver.config.hmac.edit().mode = mode;
    CHECK(receiver.hear(silent, "198.51.100.10", 0).empty());
  }
  // A router told to receive only sends none.
  CHECK_FALSE(signs(*receiver.config.hmac));
  CHECK(signs(hmac()));
  CHECK_FALSE(signs(HmacAuthentication()));
  // One that knows nothing of trailers takes it for too long an advert, as the original does.
  Receiver plain{silent, {}};
  CHECK(plain.hear(signing("192.0.2.100"), "198.51.100.10", kNow) ==
        "(VI_1) vrrp packet from 198.51.100.10 too long, length 60 and expect 32");
}

TEST_CASE("keys are changed one router at a time") {
  Receiver receiver{signing("192.0.2.100"), {}};
  InstanceConfig sender = receiver.config;
  receiver.config.hmac.edit().keys.push_back(key(7));
  CHECK(receiver.hear(sender, "198.51.100.10", kNow).empty());
  sender.hmac.edit().keys.push_back(key(7));
  sender.hmac.edit().active_key = 7;
  CHECK(receiver.hear(sender, "198.51.100.10", kNow + 1).empty());
  receiver.config.hmac.edit().keys.erase(receiver.config.hmac.edit().keys.begin());
  CHECK(receiver.hear(sender, "198.51.100.10", kNow + 2).empty());
}

TEST_CASE("repetition is noticed per sender: four of them by multicast, each peer by unicast") {
  Receiver receiver{signing("192.0.2.100"), {}};
  const InstanceConfig sender = receiver.config;
  const std::vector<const char*> sources{"198.51.100.10", "198.51.100.11", "198.51.100.12",
                                         "198.51.100.13", "198.51.100.14"};
  SECTION("multicast: the least recently used one of five is forgotten") {
    for (const char* source : sources) CHECK(receiver.hear(sender, source, kNow).empty());
    CHECK(receiver.state.senders.all().size() == Senders::kPlaces);
    CHECK_FALSE(receiver.hear(sender, sources[1], kNow).empty());
    CHECK(receiver.hear(sender, sources[0], kNow).empty());
    // 11 was used last but one: 12 went.
    CHECK_FALSE(receiver.hear(sender, sources[1], kNow).empty());
    CHECK(receiver.state.senders.find(ip("198.51.100.12")) == nullptr);
  }
  SECTION("unicast") {
    for (const char* source : sources) {
      UnicastPeer peer;
      peer.address = ip(source);
      receiver.config.unicast.edit().peers.push_back(peer);
    }
    for (const char* source : sources) CHECK(receiver.hear(sender, source, kNow).empty());
    for (const char* source : sources) CHECK_FALSE(receiver.hear(sender, source, kNow).empty());
    CHECK(receiver.hear(sender, "198.51.100.99", kNow) ==
          "(VI_1) unicast source address 198.51.100.99 not a unicast peer");
  }
}

TEST_CASE("a mark that left the window is forgotten in time mode, never in monotonic mode") {
  Receiver receiver{signing("192.0.2.100"), {}};
  const InstanceConfig sender = receiver.config;
  REQUIRE(receiver.hear(sender, "198.51.100.10", kNow + 5 * kSecond).empty() == false);
  // Both clocks are set back.
  const std::uint64_t back = kNow - kSecond;
  CHECK(receiver.hear(sender, "198.51.100.10", back, back).empty());
  receiver.config.hmac.edit().anti_replay = AntiReplay::monotonic;
  CHECK(receiver.hear(sender, "198.51.100.10", back - 100 * kSecond, back - 100 * kSecond) ==
        "(VI_1) replayed authentication trailer from 198.51.100.10");
  CHECK(receiver.hear(sender, "198.51.100.10", back + 100 * kSecond, back).empty());
}

TEST_CASE("a clock that is half a window off is remarked on once") {
  Receiver receiver{signing("192.0.2.100"), {}};
  const InstanceConfig sender = receiver.config;
  CHECK(receiver.hear(sender, "198.51.100.10", kNow - 3 * kSecond) ==
        "(VI_1) authentication clock skew 3 sec from 198.51.100.10 approaching window 5 sec");
  CHECK(receiver.hear(sender, "198.51.100.10", kNow - 3 * kSecond + 1).empty());
}

TEST_CASE("what a predecessor remembered goes on to be refused") {
  Receiver before{signing("192.0.2.100"), {}};
  const InstanceConfig sender = before.config;
  REQUIRE(before.hear(sender, "198.51.100.10", kNow).empty());
  Receiver after{before.config, {}};
  std::size_t place = 0;
  for (const Sender& one : before.state.senders.all()) after.state.senders.restore(place++, one);
  CHECK(after.hear(sender, "198.51.100.10", kNow) ==
        "(VI_1) replayed authentication trailer from 198.51.100.10");
}

TEST_CASE("AH: sequences go on from the last one heard, and stop at the end of their range") {
  CHECK(next_ah_sequence(0) == 1);
  CHECK(next_ah_sequence(0xfffffffd) == 0xfffffffe);
  CHECK(next_ah_sequence(0xfffffffe) == 0xfffffffe);

  InstanceConfig config = instance();
  config.authentication = Authentication::ah;
  config.password = "x1er44q";
  const IpAddress source = ip("10.0.0.2");
  WireState a;
  WireState b;
  const auto send = [&] {
    take_sequences(config, a.authentication, 0);
    OutgoingAdvert advert(config, a.authentication, source, Priority(100));
    return *advert.to(config.mcast_group, 1);
  };
  Receiver receiver{config, {}};
  const Bytes first = send();
  const Bytes second = send();
  CHECK(receiver.examine_octets(second).empty());
  CHECK(receiver.state.authentication.ah_sequence == 2);
  CHECK(receiver.examine_octets(second) ==
        "(VI_1) IPSEC-AH : sequence number 2 already processed. Packet dropped. Local(2)");
  CHECK(receiver.examine_octets(first) ==
        "(VI_1) IPSEC-AH : sequence number 1 already processed. Packet dropped. Local(2)");
  take_sequences(config, receiver.state.authentication, 0);
  CHECK(receiver.state.authentication.ah_sequence == 3);
  CHECK(receiver.state.rejections->authentication_failure == 2);
}

TEST_CASE("AH: what is covered and what is not") {
  InstanceConfig config = instance();
  config.authentication = Authentication::ah;
  config.password = "x1er44q";
  const IpAddress source = ip("10.0.0.2");
  AuthenticationState state;
  state.ah_sequence = 7;
  OutgoingAdvert advert(config, state, source, Priority(100));
  const Bytes good = *advert.to(config.mcast_group, 1);
  const auto hear = [&](std::size_t offset) {
    Receiver receiver{config, {}};
    Bytes octets = good;
    octets[offset] ^= 1;
    return receiver.examine_octets(octets);
  };
  const std::string bad =
      "(VI_1) IPSEC-AH : invalid IPSEC HMAC-MD5 value. Due to fields mutation or bad password !";
  CHECK(hear(1).empty());   // type of service
  CHECK(hear(6).empty());   // fragment
  CHECK(hear(10).empty());  // header checksum
  CHECK(hear(4) == bad);    // identification
  CHECK(hear(12) == bad);   // source
  CHECK(hear(28) == bad);   // sequence
  CHECK(hear(32) == bad);   // the digest itself
  CHECK(hear(46) == bad);   // priority
  config.password = "other";
  CHECK(hear(1) == bad);
  config.authentication = Authentication::none;
  CHECK(hear(1) == "(VI_1) Received AH header but auth type not AH from 10.0.0.2");
}
