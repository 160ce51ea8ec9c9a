"""The LVS half of generated files: virtual servers, real servers, checkers."""

from surroundings import block

PARTICULAR = ["ip_family", "hashed", "ops", "sh-port", "sh-fallback", "mh-port", "mh-fallback",
              "sorry_server_inhibit", "sorry_server_lvs_method", "quorum", "hysteresis", "ha_suspend",
              "lvs_sched", "lb_algo", "protocol", "nat_mask", "lvs_method", "lb_kind", "weight"]
CHECKERS = ["TCP_CHECK", "HTTP_GET", "SSL_GET", "SMTP_CHECK", "DNS_CHECK", "MISC_CHECK", "PING_CHECK",
            "UDP_CHECK", "BFD_CHECK", "FILE_CHECK"]
REAL = "virtual_server/real_server"


class Services:
    """Virtual servers with what is in them. `named` has the names of what is tracked."""

    def __init__(self, chance, named):
        self.chance = chance
        self.named = named
        self.groups = []

    def check(self):
        chance = self.chance
        kind = chance.of(CHECKERS)
        path = f"{REAL}/{kind}"
        required = {"misc_path": "misc_path /nonexistent/check", "name": "name ",
                    "track_file": "track_file "}
        lines = []
        if kind == "MISC_CHECK" and not chance.wrong(0.05):
            lines.append(chance.words_of(path, "misc_path"))
        elif kind in ("BFD_CHECK", "FILE_CHECK"):
            # Which of several track_files is missing is more than 2.2.7 can say.
            tracked = self.named["bfd" if kind == "BFD_CHECK" else "file"]
            if not tracked and not chance.wrong(0.1):
                return []
            if not chance.wrong(0.05):
                word = "name" if kind == "BFD_CHECK" else "track_file"
                lines.append(f"{word} {chance.one_of(tracked, 0.05 if kind == 'BFD_CHECK' else 0)}")
        lines += chance.draw(path, 4, but=tuple(required) if kind not in ("DNS_CHECK",)
                             else ("misc_path", "track_file"))
        if kind in ("HTTP_GET", "SSL_GET"):
            for _ in range(0 if chance.wrong(0.03) else chance.of([1, 1, 2])):
                url = [] if chance.wrong(0.03) else ["path /"]
                lines += block("url", url + chance.draw(f"{path}/url", 3, but=("path",)))
        if kind == "SMTP_CHECK" and chance.happens(0.3):
            lines += block("host", chance.draw(f"{path}/host", 3))
        return chance.named_block(kind, [line for line in lines if line])

    def real_server(self, head):
        chance = self.chance
        lines = chance.draw(REAL, 4)
        for _ in range(chance.random.randint(0, 2)):
            lines += self.check()
        return chance.named_block(f"real_server {head}", lines)

    def group(self):
        """A virtual_server_group, which virtual servers may then name."""
        chance = self.chance
        name = f"VG_{len(self.groups)}"
        base = 10 * (len(self.groups) + 1)
        entries = chance.random.sample([f"10.4.0.{base} 80", f"10.4.1.{base}-9{base % 10} 80",
                                        f"fwmark {base}", f"10.4.2.{base}", f"10.4.3.0/28 443"], 2)
        if chance.wrong(0.1):
            entries = chance.of([[], ["x 80"], ["10.4.0.1 99999"], ["fwmark"], ["fwmark x"],
                                 ["10.4.0.9-3 80"], entries + ["fe80::1 80"], entries + entries[:1],
                                 ["10.4.0.1 80 surplus"], ["10.4.0.0/8 80"], ["fwmark 5 inet6"],
                                 ["fwmark 5 foo"]])
        self.groups.append(name)
        return chance.named_block(f"virtual_server_group {name}", entries)

    def service_head(self, number):
        """The virtual server's head, and whether its address is IPv6."""
        chance = self.chance
        if chance.wrong(0.05):
            return chance.of(["fwmark x", "x 80", f"10.3.0.{number} 99999", f"10.3.0.{number}",
                              "group nosuch", f"10.3.0.{number} x", "", "10.3.0.1/24 80"]), "4"
        kind = chance.of(["4", "4", "4", "4", "6", "mark", "group"])
        if kind == "group" and self.groups:
            return f"group {self.groups[0]}", "group"
        if kind == "mark":
            return f"fwmark {number}", "mark"
        if kind == "6":
            return f"2001:db8:3::{number} 80", "6"
        return f"10.3.0.{number} {chance.of(['80', '80', '21'])}", "4"

    def virtual_server(self, number):
        chance = self.chance
        head, kind = self.service_head(number + 1)
        port = "" if kind == "mark" else "80" if kind == "group" else head.rpartition(" ")[2]
        lines = []
        protocol = chance.of(["TCP", "TCP", "UDP", "SCTP"])
        if not chance.wrong(0.03) and kind != "mark":
            lines.append(f"protocol {protocol}")
        lines += self.scheduling(protocol)
        lines += chance.draw("virtual_server", 4, but=PARTICULAR)
        if chance.wrong(0.2):
            lines += chance.draw("virtual_server", 3)
        lines += self.sorry_server(kind, port)
        servers = 0 if chance.wrong(0.03) else chance.random.randint(1, 3)
        if servers and chance.happens(0.2):
            lines.append(f"quorum {chance.value(['1', str(servers), None, '0', '9', 'x', ''])}")
            lines += chance.of([[], ["hysteresis 0"], ["hysteresis x" if chance.wrong() else
                                                       "hysteresis 0"]])
        for server in range(servers):
            host = 1 if chance.wrong(0.05) else server + 1
            lines += self.real_server(self.real_head(kind, host, port))
        return chance.named_block(f"virtual_server {head}", lines) if kind == "4" else \
            block(f"virtual_server {head}", lines)

    def real_head(self, kind, host, port):
        chance = self.chance
        if chance.wrong(0.03):
            return chance.of(["x 80", f"10.2.0.{host} x", f"fe80::{host} 80", f"10.2.0.{host} 81",
                              f"10.2.0.{host}", f"10.2.0.{host}/24 80"])
        return (f"2001:db8:2::{host} {port}" if kind == "6" else f"10.2.0.{host} {port}").strip()

    def scheduling(self, protocol):
        chance = self.chance
        lines = []
        scheduler = chance.of(["rr", "wrr", "lc", "wlc", "sh", "mh", "dh", "sed"])
        if not chance.wrong(0.03):
            word = chance.of(["lvs_sched", "lb_algo"])
            lines.append(f"{word} {'nosuch' if chance.wrong(0.03) else scheduler}")
        if not chance.wrong(0.03):
            lines.append(chance.words_of("virtual_server", chance.of(["lvs_method", "lb_kind"])))
        if scheduler in ("sh", "mh") and chance.happens(0.5):
            lines.append(chance.of([f"{scheduler}-port", f"{scheduler}-fallback", "hashed"]
                                   if chance.wrong() else [f"{scheduler}-port"]))
        if protocol == "UDP" and chance.happens(0.3):
            lines.append("ops")
        return lines

    def sorry_server(self, kind, port):
        chance = self.chance
        if kind != "4" or not chance.happens(0.2):
            return []
        lines = [f"sorry_server 10.9.9.9 {port}" if not chance.wrong() else
                 chance.words_of("virtual_server", "sorry_server") or "sorry_server x"]
        return lines + chance.of([[], ["sorry_server_inhibit"], ["sorry_server_lvs_method DR"]])

    def ssl(self):
        chance = self.chance
        return chance.named_block("SSL", chance.draw("SSL", 3))


