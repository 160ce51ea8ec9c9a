"""Random configuration files of the keywords this program does, right and wrong in many ways.

A file is made of blocks; a block of statements drawn from a table of keywords with good and bad
values; then some of the text is damaged the way typing damages it.
"""

import random

# In a list of values: the ones before it are right, the ones after it are wrong.
WRONG = None


def number(low, high):
    """Values in and around a range."""
    return [str(low), str(high), str((low + high) // 2), f"+{high}", f"0{max(low, 0)}", WRONG,
            str(low - 1), str(high + 1), "abc", "", "0x10", "5x", "1.5.2", "99999999999"]


SECONDS = ["1", "2", "0.5", "3.25", "10", "5.", ".5", WRONG, "x", "-1", "1.23456789"]
WHOLE_SECONDS = ["1", "5", "30", WRONG, "0", "x", "-3", "5000000000"]
BOOL = ["", "on", "off", "yes", "no", "true", "false", WRONG, "maybe", "1"]
ADDRESS = ["10.0.0.1", "10.1.2.3", WRONG, "10.0.0", "abc", "10.0.0.256"]
PORT = ["80", "443", "8080", WRONG, "99999", "x", "0"]
NAME = ["a", "name-1", '"quoted name"', "x.y.z"]
# Scripts that exist nowhere: what exists depends on the machine.
SCRIPT = ["/nonexistent/notify.sh", '"/nonexistent/notify.sh a b"', "/nonexistent/x root"]

GLOBAL = {
    "router_id": NAME,
    "notification_email_from": ["a@b.c", "root@localhost"],
    "smtp_server": ["127.0.0.1", "10.0.0.1 25", "10.0.0.1 2525", WRONG, "10.0.0.1 99999"],
    "smtp_helo_name": NAME,
    "smtp_connect_timeout": WHOLE_SECONDS,
    "smtp_alert": BOOL,
    "smtp_alert_vrrp": BOOL,
    "smtp_alert_checker": BOOL,
    "no_email_faults": [""],
    "default_interface": ["eth0", "ens3"],
    "checker_log_all_failures": BOOL,
    "lvs_flush": [""],
    "lvs_flush_on_stop": ["", "VS", WRONG, "XX"],
    "vrrp_mcast_group4": ["224.0.0.18", "224.0.38.12", WRONG, "10.0.0.1", "x", "ff02::1"],
    "vrrp_garp_master_delay": number(0, 4294),
    "vrrp_garp_master_repeat": number(1, 100) + ["0"],
    "vrrp_garp_master_refresh": number(0, 100),
    "vrrp_garp_master_refresh_repeat": number(1, 100) + ["0"],
    "vrrp_garp_lower_prio_delay": number(0, 4294),
    "vrrp_garp_lower_prio_repeat": number(0, 100),
    "vrrp_garp_interval": ["0.001", "1", WRONG, "0", "x", "0.0000001"],
    "vrrp_gna_interval": ["0.001", "1", WRONG, "0", "x"],
    "vrrp_lower_prio_no_advert": BOOL,
    "vrrp_higher_prio_send_advert": BOOL,
    "vrrp_version": ["2", "3", WRONG, "4", "x"],
    "vrrp_notify_priority_changes": BOOL,
    "vrrp_priority": number(-20, 19),
    "checker_priority": number(-20, 19),
    "vrrp_no_swap": ["", "x"],
    "checker_no_swap": [""],
    "vrrp_rt_priority": ["1", "50", "99", WRONG, "100", "x"],
    "checker_rt_priority": ["1", "50", WRONG, "0", "100", "x"],
    "vrrp_rlimit_rttime": number(1, 1000000),
    "checker_rlimit_rttime": number(1, 1000000),
    "process_names": [""],
    "vrrp_process_name": ["short", WRONG, "a-name-that-is-too-long"],
    "script_user": ["root", "root root", WRONG, "nosuchuser_", "root nosuchgroup_"],
    "enable_script_security": [""],
    "notify_fifo": ["/tmp/nonexistent_fifo", "/tmp/nonexistent_fifo root"],
    "vrrp_notify_fifo": ["/tmp/nonexistent_fifo_v"],
    "lvs_notify_fifo": ["/tmp/nonexistent_fifo_l"],
}

TRACK_SCRIPT = {
    "interval": ["1", "2", WRONG, "0", "x", "5000"],
    "timeout": ["1", "2", WRONG, "0", "x"],
    "weight": ["5", "-5", "0", "253", "-253", "10 reverse", WRONG, "254", "x", "10 sideways"],
    "rise": number(1, 10),
    "fall": number(1, 10),
    "user": ["root", "root root", WRONG, "nosuchuser_"],
    "init_fail": [""],
}

INSTANCE = {
    "state": ["MASTER", "BACKUP", WRONG, "SLAVER", "master"],
    "priority": number(1, 255),
    "advert_int": ["1", "2", "255", WRONG, "0.5", "0", "256", "x", "1.234"],
    "version": ["2", "3", WRONG, "4"],
    "mcast_src_ip": ADDRESS,
    "mcast_dst_ip": ["224.0.0.18", "224.0.38.12", WRONG, "10.0.0.1", "x"],
    "nopreempt": [""],
    "preempt": [""],
    "preempt_delay": ["0", "5", "1000", "0.5", WRONG, "1001", "x"],
    "accept": [""],
    "no_accept": [""],
    "strict_mode": BOOL,
    "skip_check_adv_addr": BOOL,
    "lower_prio_no_advert": BOOL,
    "higher_prio_send_advert": BOOL,
    "dont_track_primary": [""],
    "garp_master_delay": number(0, 4294),
    "garp_master_repeat": number(1, 100) + ["0"],
    "garp_master_refresh": number(0, 100),
    "garp_master_refresh_repeat": number(1, 100) + ["0"],
    "garp_lower_prio_delay": number(0, 4294),
    "garp_lower_prio_repeat": number(0, 100),
    "notify_master": SCRIPT,
    "notify_backup": SCRIPT,
    "notify_fault": SCRIPT,
    "notify_stop": SCRIPT,
    "notify": SCRIPT,
    "notify_priority_changes": BOOL,
    "smtp_alert": BOOL,
}

VIRTUAL_SERVER = {
    "delay_loop": SECONDS,
    "lvs_sched": ["rr", "wrr", "wlc", "sh", "mh", WRONG, "roundrobin"],
    "lb_algo": ["rr", "lc"],
    "lvs_method": ["NAT", "DR", "TUN", "TUN type ipip", WRONG, "nat", "NAT x"],
    "lb_kind": ["NAT", "DR"],
    "persistence_timeout": ["", "50", WRONG, "0", "x", "2678401"],
    "persistence_granularity": ["255.255.255.0", "24", WRONG, "x"],
    "persistence_engine": ["sip", WRONG, "a_name_that_is_too_long"],
    "protocol": ["TCP", "UDP", "tcp", WRONG, "XXX"],
    "retry": number(1, 10),
    "delay_before_retry": SECONDS,
    "warmup": SECONDS,
    "connect_timeout": SECONDS,
    "alpha": [""],
    "omega": [""],
    "ha_suspend": [""],
    "inhibit_on_failure": [""],
    "quorum": number(1, 3),
    "hysteresis": number(0, 3),
    "quorum_up": SCRIPT,
    "quorum_down": SCRIPT,
    "smtp_alert": BOOL,
    "virtualhost": NAME,
    "sorry_server": ["10.9.9.9 80", "10.9.9.9", WRONG, "x 80", "10.9.9.9 99999", "fe80::1 80"],
    "sorry_server_inhibit": [""],
    "ip_family": ["inet", WRONG, "inet6", "x"],
    "ops": [""],
    "sh-port": [""],
    "weight": number(1, 100),
}

REAL_SERVER = {
    "weight": number(0, 100),
    "lvs_method": ["NAT", "DR", "TUN", WRONG, "XX"],
    "uthreshold": number(0, 100),
    "lthreshold": number(0, 100),
    "inhibit_on_failure": BOOL,
    "notify_up": SCRIPT,
    "notify_down": SCRIPT,
    "alpha": BOOL,
    "retry": number(1, 10),
    "delay_before_retry": SECONDS,
    "warmup": SECONDS,
    "connect_timeout": SECONDS,
    "delay_loop": SECONDS,
    "smtp_alert": BOOL,
    "virtualhost": NAME,
}

CHECK = {
    "connect_ip": ADDRESS,
    "connect_port": PORT,
    "bindto": ADDRESS,
    "bind_port": PORT,
    "bind_if": ["eth0", WRONG, "a_name_that_is_too_long"],
    "connect_timeout": SECONDS,
    "fwmark": number(0, 100),
    "retry": number(0, 10),
    "delay_before_retry": SECONDS,
    "warmup": SECONDS,
    "delay_loop": SECONDS,
    "alpha": BOOL,
    "log_all_failures": BOOL,
}

URL = {
    "digest": ["9b3a0c85a887a256d6939da88aabd8cd", WRONG, "9b3a", "zz" * 16],
    "status_code": ["200", "200-299", "200 301-302", WRONG, "99", "300-200", "x"],
    "virtualhost": NAME,
}

ADDRESS_OPTIONS = ["", "", "scope link", "scope global", "scope 200", "label eth0:1",
                   "brd 10.0.0.255", "peer 10.1.1.1", "no_track", "home", WRONG,
                   "scope nowhere1", "label a_label_that_is_too_long", "brd +", "brd x", "peer x",
                   "foo", "scope", "dev"]
REAL_SERVER_HEADS = ["10.2.0.{0} 80", "10.2.0.{0}", WRONG, "10.2.0.{0} 81", "x 80", "10.2.0.{0} x",
                     "fe80::{0} 80"]
VIRTUAL_SERVER_HEADS = ["10.3.0.{0} 80", "10.3.0.{0} 21", WRONG, "fwmark {0}", "10.3.0.{0}",
                        "fwmark x", "x 80", "10.3.0.{0} 99999"]
SECURITY = ["enable_script_security", "script_user root"]


class Generator:
    """Makes one file from one seed. Half of the files have one mistake at most, so that a status is
    one detail's; the others are careless."""

    def __init__(self, seed, interfaces):
        self.random = random.Random(seed)
        self.interfaces = interfaces
        self.mistakes = self.random.choice([0, 1, 1, 1000])

    def wrong(self, chance=0.1):
        """Whether to be wrong here."""
        if self.mistakes == 0 or self.random.random() >= chance:
            return False
        self.mistakes -= 1
        return True

    def value(self, values):
        """One of a list, of the right ones unless a mistake is due."""
        if WRONG not in values:
            return self.random.choice(values)
        at = values.index(WRONG)
        return self.random.choice(values[at + 1:] if self.wrong() else values[:at])

    def draw(self, table, most):
        """Up to `most` statements from a table, each keyword at most once."""
        names = self.random.sample(list(table), self.random.randint(0, min(most, len(table))))
        return [f"{name} {self.value(table[name])}".rstrip() for name in names]

    def block(self, head, statements):
        return [f"{head} {{"] + ["    " + line for line in statements] + ["}"]

    def interface(self):
        return "nosuchif0" if self.wrong(0.05) else self.random.choice(self.interfaces)

    def script(self):
        """One that is there is a matter of script security."""
        return "/usr/bin/true" if self.wrong(0.2) else "/nonexistent/check.sh"

    def global_defs(self):
        statements = self.draw(GLOBAL, 6)
        if self.random.random() < 0.5:
            addresses = [] if self.wrong(0.05) else ["a@b.c", "d@e.f"]
            statements += self.block("notification_email", addresses)
        if self.random.random() < 0.3:
            statements += SECURITY
        return self.block("global_defs", statements)

    def track_script(self, name):
        statements = [] if self.wrong(0.05) else [f'script "{self.script()} -x"']
        return self.block(f"vrrp_script {name}", statements + self.draw(TRACK_SCRIPT, 3))

    def addresses(self, count):
        """Lines with different addresses."""
        lines = []
        for host in self.random.sample(range(1, 250), count):
            length = self.value(["", "/24", "/16", WRONG, "/33", "/x"])
            device = f" dev {self.interface()}" if self.random.random() < 0.3 else ""
            option = self.value(ADDRESS_OPTIONS)
            if "peer" in option:
                length = ""
            lines.append(f"192.168.1.{host}{length}{device} {option}".rstrip())
        if self.wrong(0.05):
            lines.append(lines[0])
        return lines

    def instance(self, index, scripts):
        statements = []
        if not self.wrong(0.03):
            statements.append(f"interface {self.interface()}")
        if not self.wrong(0.03):
            statements.append(f"virtual_router_id {50 + (0 if self.wrong(0.05) else index)}")
        statements += self.draw(INSTANCE, 4)
        if self.random.random() < 0.4:
            password = self.value(["1111", "12345678", WRONG, "123456789"])
            kind = self.value(["PASS", WRONG, "AH", "MD5"])
            statements += self.block("authentication",
                                     [f"auth_type {kind}", f"auth_pass {password}"])
        if not self.wrong(0.03):
            statements += self.block("virtual_ipaddress", self.addresses(3))
        if self.random.random() < 0.2:
            statements += self.block("virtual_ipaddress_excluded", self.addresses(2))
        if scripts and self.random.random() < 0.7:
            reference = "nosuch" if self.wrong(0.05) else self.random.choice(scripts)
            weight = self.value(["", " weight 5", WRONG, " weight -300", " weight", " foo"])
            statements += self.block("track_script", [reference + weight])
        if len(self.interfaces) > 1 and self.random.random() < 0.2:
            statements += self.block("track_interface", [self.interface() + " weight 5"])
        return self.block(f"vrrp_instance VI_{index}", statements)

    def check(self):
        kind = self.random.choice(["TCP_CHECK", "TCP_CHECK", "HTTP_GET", "SSL_GET"])
        statements = self.draw(CHECK, 4)
        if kind != "TCP_CHECK":
            url = [] if self.wrong(0.05) else ["path /"]
            if not self.wrong(0.05):
                statements += self.block("url", url + self.draw(URL, 2))
        return self.block(kind, statements)

    def real_server(self, index):
        statements = self.draw(REAL_SERVER, 4)
        for _ in range(self.random.randint(0, 2)):
            statements += self.check()
        head = self.value(REAL_SERVER_HEADS).format(index)
        return self.block(f"real_server {head}", statements)

    def virtual_server(self, index):
        statements = []
        for base in ["protocol TCP", "lvs_sched rr", "lvs_method NAT"]:
            if not self.wrong(0.03):
                statements.append(base)
        statements += self.draw(VIRTUAL_SERVER, 4)
        servers = 0 if self.wrong(0.03) else self.random.randint(1, 3)
        for server in range(servers):
            statements += self.real_server(1 if self.wrong(0.05) else server + 1)
        head = self.value(VIRTUAL_SERVER_HEADS).format(index + 1)
        return self.block(f"virtual_server {head}", statements)

    def file(self):
        lines = []
        if self.random.random() < 0.8:
            lines += self.global_defs()
        scripts = [f"check_{i}" for i in range(self.random.randint(0, 2))]
        for name in scripts:
            lines += self.track_script(name)
        for index in range(self.random.randint(0, 2)):
            lines += self.instance(index, scripts)
        for index in range(self.random.randint(0, 2)):
            lines += self.virtual_server(index)
        if self.wrong(0.3):
            lines = self.damage(lines)
        return "\n".join(lines) + "\n"

    def damage(self, lines):
        """One mistake of the keyboard."""
        if not lines:
            return lines
        lines = list(lines)
        at = self.random.randrange(len(lines))
        words = lines[at].split()
        kind = self.random.randrange(11)
        if kind == 0 and len(words) > 1 and words[-1] != "{":
            lines[at] = " ".join(words[:-1])
        elif kind == 1 and words and words[-1] != "{" and words != ["}"]:
            lines[at] += " surplus"
        elif kind == 2 and words and words[0] != "}":
            lines[at] = lines[at].replace(words[0], words[0] + "x", 1)
        elif kind == 3:
            lines.insert(at, "    unknown_keyword 5")
        elif kind == 4:
            lines.insert(at, "    # a comment { with } braces")
        elif kind == 5:
            lines.insert(at, "")
        elif kind == 6 and words == ["}"]:
            lines.insert(at, "    ! another comment")
        elif kind == 7:
            del lines[at]
        elif kind == 8:
            lines.insert(at, self.random.choice(["}", "{", "foo {", "} }"]))
        elif kind == 9:
            lines[at] += self.random.choice([' "', " }", " {", " # {", " !"])
        elif kind == 10 and words:
            lines.insert(at, lines[at])
        return lines
