"""The VRRP half of generated files: instances, groups, and what they track."""

from routing import address_lines, routes, rules, static_address_lines
from surroundings import SCRIPT, TRACKED, block

# What is sound only beside something else; drawn with that, or as a mistake.
PARTICULAR = ["state", "interface", "virtual_router_id", "vrf", "native_ipv6", "vmac_xmit_base",
              "use_vmac_addr", "use_vmac", "use_ipvlan", "unicast_src_ip", "unicast_ttl",
              "check_unicast_src", "old_unicast_checksum", "unicast_fault_no_peer",
              "owner_ignore_adverts", "timer_expired_backup", "nopreempt", "preempt_delay", "version",
              "advert_int", "priority", "promote_secondaries", "mcast_src_ip", "mcast_dst_ip",
              "track_src_ip", "no_virtual_ipaddress", "strict_mode", "accept", "no_accept"]
UNICAST = ["unicast_src_ip 10.0.0.1", "unicast_ttl 200", "check_unicast_src", "old_unicast_checksum",
           "unicast_fault_no_peer", "track_src_ip", "old_unicast_checksum never"]
HMAC_KEYS = ["1 hex:" + "0a" * 32, "2 a-text-that-is-long-enough-to-be-a-key", "7 hex:" + "0b" * 64]
HMAC_WRONG = ["1", "0 hex:" + "0a" * 32, "x hex:00", "1 hex:0a", "1 hex:zz", "256 " + "a" * 32, "",
              "1 file:/nonexistent", "3 short"]


class Routers:
    """The names given so far, for what refers to them."""

    def __init__(self, chance):
        self.chance = chance
        self.instances = []
        self.named = {kind: [] for kind in ("script", "file", "process", "bfd")}

    def tracked(self):
        """vrrp_script, track_file, vrrp_track_process, bfd_instance."""
        chance = self.chance
        lines = []
        for kind, head, path, base in (
                ("script", "vrrp_script", "vrrp_script", f"script {self.script()}"),
                ("file", chance.of(["track_file", "vrrp_track_file"]), "track_file",
                 f"file {TRACKED}"),
                ("process", "vrrp_track_process", "vrrp_track_process", "process sshd"),
                ("bfd", "bfd_instance", "bfd_instance", None)):
            for number in range(chance.of([0, 0, 1, 2]) if kind != "process" else chance.of([0, 0, 1])):
                name = f"{kind}_{0 if chance.wrong(0.04) else number}"
                if kind == "bfd":
                    base = f"neighbor_ip 10.0.9.{1 if chance.wrong(0.04) else number + 1}"
                statements = [] if chance.wrong(0.05) and kind != "bfd" else [base]
                statements += chance.draw(path, 3, but=(base.split()[0], "neighbour_ip"))
                chance.random.shuffle(statements)
                lines += chance.named_block(f"{head} {name}", statements) if kind != "bfd" else \
                    block(f"{head} {name}", statements)
                self.named[kind].append(name)
        return lines

    def script(self):
        """One that is there, most of the time."""
        return '"/nonexistent/check.sh -x"' if self.chance.wrong(0.1) else SCRIPT

    def tracking(self, path):
        """The track_ blocks of an instance or a group."""
        chance = self.chance
        lines = []
        for kind, names in self.named.items():
            if names and chance.happens(0.4) and not (kind == "file" and len(names) > 1):
                entries = [self.track_line(chance.one_of(names, 0.04 if kind != "file" else 0))
                           for _ in range(2 if chance.wrong(0.05) else 1)]
                lines += block(f"track_{kind}", entries)
        if chance.happens(0.2):
            entries = [self.track_line("eth2" if not chance.wrong() else chance.interface())]
            lines += block("track_interface", entries)
        return lines

    def track_line(self, name):
        return name + self.chance.value(["", "", " weight 5", " weight -7", " weight 0",
                                         " weight 3 reverse", None, " weight -300", " weight", " foo",
                                         " weight 254", " weight x", " weight 5 noreverse"])

    def instance(self):
        chance = self.chance
        number = len(self.instances)
        name = f"VI_{number}"
        six = chance.happens(0.15)
        statements = []
        if not chance.wrong(0.03):
            statements.append(f"interface {chance.of(['eth0', 'eth1', chance.interface()])}")
        if not chance.wrong(0.03):
            statements.append(f"virtual_router_id {50 + (0 if chance.wrong(0.05) else number)}")
        version = 3 if six else chance.of([2, 2, 3])
        statements += self.election(version, six) + chance.draw("vrrp_instance", 4, but=PARTICULAR)
        if chance.wrong(0.2):
            statements += chance.draw("vrrp_instance", 3)
        statements += self.security() + self.sending(six)
        chance.random.shuffle(statements)
        statements += self.addresses(six)
        statements += self.tracking("vrrp_instance")
        for keyword, make in (("virtual_routes", routes), ("virtual_rules", rules)):
            path = f"vrrp_instance/{keyword}"
            statements += chance.blocks(0.15, lambda: block(keyword, make(chance, path)))
        self.instances.append(name)
        allowed = version == 2 and not six
        blocks = self.authentication() if chance.happens(0.4) and (allowed or chance.wrong()) else []
        return chance.named_block(f"vrrp_instance {'VI_0' if chance.wrong(0.03) else name}",
                                  statements + blocks)

    def election(self, version, six):
        """Version, state, priority, interval, preemption."""
        chance = self.chance
        lines = []
        if version == 3 and not (six and chance.happens(0.5)):
            lines.append("version 3")
        elif chance.happens(0.2):
            lines.append(f"version {chance.value(['2', None, '3', '4', 'x'])}")
        if chance.happens(0.5):
            lines.append(f"advert_int {chance.value(ADVERTS[version])}")
        kind = chance.of(["none", "master", "backup", "nopreempt"])
        if kind == "master":
            lines.append("state MASTER")
        elif kind != "none":
            lines.append(f"state {chance.value(['BACKUP', None, 'SLAVER', 'master', ''])}")
        if kind == "nopreempt":
            lines += chance.of([["nopreempt"], ["nopreempt", "timer_expired_backup 50"]]
                               if self.chance.keywords.has("timer_expired_backup") else [["nopreempt"]])
        elif kind != "master" and chance.happens(0.2):
            value = chance.value(["0", "5", "1000", "0.5", None, "1001", "x", ""])
            lines.append(f"preempt_delay {value}")
        if chance.happens(0.6):
            lines.append("priority " + chance.value(["1", "100", "254", "+7", "010", None, "0", "255",
                                                     "256", "x", "", "-1"]))
        return lines

    def security(self):
        """What strict mode cares about."""
        chance = self.chance
        lines = []
        if chance.happens(0.1):
            lines.append("strict_mode " + chance.of(["on", "off", "true"]))
        if chance.happens(0.15):
            lines.append(chance.of(["accept", "no_accept"]))
        return lines

    def sending(self, six):
        """Multicast or unicast, from which interface and address."""
        chance = self.chance
        lines = []
        if chance.happens(0.2):
            peers = [f"2001:db8:1::{n}" if six else f"10.0.0.{n}" for n in (7, 8)]
            peers[1] += chance.value(["", " min_ttl 5", " min_ttl 5 max_ttl 9", " max_ttl 255", None,
                                      " min_ttl", " min_ttl 256", " foo", " min_ttl 9 max_ttl 5"])
            if chance.wrong(0.05):
                peers.append(chance.of(["x", "fe80::1", peers[0], "10.0.0.1"]))
            lines += ["\n    ".join(block("unicast_peer", peers))]
            lines += chance.random.sample([] if six else UNICAST, 0 if six else chance.random.randint(0, 2))
        elif chance.happens(0.2) and not six:
            lines.append(chance.of(["mcast_src_ip 10.0.0.1", "mcast_dst_ip 224.0.0.20"]))
        elif chance.wrong(0.05):
            lines.append(chance.of(UNICAST + ["mcast_src_ip fe80::1", "mcast_dst_ip 10.0.0.1"]))
        if chance.happens(0.12):
            keyword = chance.of(["use_vmac", "use_ipvlan"] if not six else ["use_vmac"])
            line = chance.words_of("vrrp_instance", keyword)
            lines += [line] + ([chance.of(["vmac_xmit_base", "use_vmac_addr", "promote_secondaries"])]
                               if keyword == "use_vmac" and chance.happens(0.4) else [])
        return [line for line in lines if line]

    def addresses(self, six):
        chance = self.chance
        lines = []
        if not chance.wrong(0.03):
            entries = address_lines(chance, "vrrp_instance/virtual_ipaddress",
                                    chance.random.randint(1, 3), 6 if six else 4)
            lines += block("virtual_ipaddress", (["fe80::7"] if six else []) + entries)
        if chance.happens(0.2):
            lines += block("virtual_ipaddress_excluded",
                           address_lines(chance, "vrrp_instance/virtual_ipaddress_excluded", 2,
                                         chance.of([4, 6])))
        return lines

    def authentication(self):
        chance = self.chance
        if chance.keywords.has("auth_hmac") and chance.happens(0.4):
            keys = [f"key {chance.value([*HMAC_KEYS, None, *HMAC_WRONG])}" for _ in range(1)]
            lines = [*keys, f"active_key {keys[0].split()[1] if len(keys[0].split()) > 1 else 1}"]
            lines += chance.draw("vrrp_instance/auth_hmac", 2, but=("key", "active_key"))
            return block("auth_hmac", lines)
        lines = []
        if not chance.wrong(0.05):
            lines.append("auth_type " + chance.value(["PASS", "PASS", "AH", None, "MD5", ""]))
        if not chance.wrong(0.05):
            lines.append("auth_pass " + chance.value(["1111", "12345678", '"a b"', None, "123456789",
                                                      ""]))
        return block("authentication", lines)

    def groups(self):
        """vrrp_sync_group, of instances that may stand before or after it."""
        chance = self.chance
        members = [f"VI_{number}" for number in range(2)]
        if chance.wrong(0.1):
            members = chance.of([members[:1], members + ["nosuch"], [], members + members[:1]])
        lines = block("group", members) if not chance.wrong(0.03) else []
        lines += chance.draw("vrrp_sync_group", 3, but=("global_tracking",))
        lines += self.tracking("vrrp_sync_group") if chance.happens(0.3) else []
        return chance.named_block("vrrp_sync_group G_0", lines)

    def rare(self):
        """The smaller blocks of the top level."""
        chance = self.chance
        lines = []
        lines += chance.blocks(0.1, lambda: block("static_ipaddress", static_address_lines(chance)))
        lines += chance.blocks(0.1, lambda: block("static_routes", routes(chance, "static_routes")))
        lines += chance.blocks(0.1, lambda: block("static_rules", rules(chance, "static_rules")))
        lines += chance.blocks(0.06, self.garp_group)
        lines += chance.blocks(0.06, lambda: block("linkbeat_interfaces", [
            chance.interface() + chance.value(["", " MII", " ETHTOOL", " IOCTL", None, " foo",
                                               " MII ETHTOOL"])]))
        lines += chance.blocks(0.06, lambda: block("interface_up_down_delays", [
            chance.interface() + chance.value([" 5", " 5 6", " 0.5 1.5", None, "", " x", " 5 x",
                                               " -1", " 5000000"])]))
        return lines

    def garp_group(self):
        chance = self.chance
        lines = chance.draw("garp_group", 2, but=("interface",))
        if not chance.wrong(0.1):
            lines.append("garp_interval 0.5")
        lines += [f"interface {chance.interface()}"] if chance.happens(0.5) else \
            block("interfaces", ["eth0", "eth1"])
        return chance.named_block("garp_group", lines) if not chance.wrong(0.1) else \
            block("garp_group", [])

    def track_group(self):
        """A group of instances, and something static that follows it."""
        chance = self.chance
        members = [chance.one_of(self.instances)] if not chance.wrong(0.05) else []
        lines = chance.named_block("track_group tg", block("group", members))
        follower = chance.one_of(["tg"])
        return lines + chance.of([
            block("static_ipaddress", [f"10.9.9.9/24 dev eth1 track_group {follower}"]),
            block("static_routes", [f"10.9.8.0/24 dev eth1 track_group {follower}"]),
            block("static_rules", [f"from 10.9.7.0/24 table 5 priority 5 dev eth1 track_group "
                                   f"{follower}"])])


ADVERTS = {2: ["1", "2", "255", None, "0.5", "0", "256", "x", "1.234", "", "-1"],
           3: ["1", "0.5", "0.01", "40.95", "2.25", None, "41", "0", "0.001", "x", "1.234", "0.005"]}
