#include "daemon/findings.hpp"

namespace understudy {

namespace {

void write_text(ByteWriter& out, const std::string& text) {
  out.u32(static_cast<std::uint32_t>(text.size()));
  out.bytes({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

std::string read_text(ByteReader& in) {
  const ByteView octets = in.bytes(in.u32());
  return {octets.begin(), octets.end()};
}

void write_address(ByteWriter& out, const IpAddress& address) {
  out.u8(static_cast<std::uint8_t>(address.bytes().size()));
  out.bytes(address.bytes());
}

IpAddress read_address(ByteReader& in) { return IpAddress(in.bytes(in.u8())); }

void write_facts(ByteWriter& out, const InterfaceFacts& facts) {
  out.u8(static_cast<std::uint8_t>(facts.kind));
  out.u8(facts.loopback);
  out.u8(facts.ethernet);
  out.u8(facts.multicast);
  out.u32(facts.mtu);
  out.u8(facts.vrf);
  write_text(out, facts.base);
  write_address(out, facts.ipv4);
  write_address(out, facts.ipv6);
}

InterfaceFacts read_facts(ByteReader& in) {
  InterfaceFacts facts;
  facts.kind = static_cast<InterfaceFacts::Kind>(in.u8());
  facts.loopback = in.u8() != 0;
  facts.ethernet = in.u8() != 0;
  facts.multicast = in.u8() != 0;
  facts.mtu = in.u32();
  facts.vrf = in.u8() != 0;
  facts.base = read_text(in);
  facts.ipv4 = read_address(in);
  facts.ipv6 = read_address(in);
  return facts;
}

void write_key_file(ByteWriter& out, const vrrp::KeyFile& file) {
  write_text(out, file.problem);
  out.u8(file.open_to_others);
  out.u8(file.too_large);
  write_text(out, file.content);
}

vrrp::KeyFile read_key_file(ByteReader& in) {
  vrrp::KeyFile file;
  file.problem = read_text(in);
  file.open_to_others = in.u8() != 0;
  file.too_large = in.u8() != 0;
  file.content = read_text(in);
  return file;
}

}  // namespace

void write_findings(ByteWriter& out, const Findings& findings) {
  write_address(out, findings.mail_server.address);
  out.u16(findings.mail_server.port.value());
  const auto& user = findings.script_user;
  out.u8(user.has_value());
  out.u32(user ? user->uid : 0);
  out.u32(user ? user->gid : 0);
  out.u32(static_cast<std::uint32_t>(findings.interfaces.size()));
  for (const auto& [name, facts] : findings.interfaces) {
    write_text(out, name);
    write_facts(out, facts);
  }
  out.u32(static_cast<std::uint32_t>(findings.key_files.size()));
  for (const auto& [path, file] : findings.key_files) {
    write_text(out, path);
    write_key_file(out, file);
  }
}

std::optional<Findings> read_findings(ByteReader& in) {
  Findings findings;
  findings.mail_server.address = read_address(in);
  findings.mail_server.port = Port(in.u16());
  const bool has_user = in.u8() != 0;
  const std::uint32_t uid = in.u32();
  const std::uint32_t gid = in.u32();
  if (has_user) findings.script_user = Credentials{uid, gid};
  for (std::uint32_t count = in.u32(); count > 0 && in.ok(); --count) {
    std::string name = read_text(in);
    findings.interfaces.emplace(std::move(name), read_facts(in));
  }
  for (std::uint32_t count = in.u32(); count > 0 && in.ok(); --count) {
    std::string path = read_text(in);
    findings.key_files.emplace(std::move(path), read_key_file(in));
  }
  if (!in.ok()) return std::nullopt;
  return findings;
}

}  // namespace understudy
