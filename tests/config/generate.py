"""Random configuration files of all keywords that a version of the original knows, right and wrong in
many ways.

A file is made of blocks; a block of statements drawn from keywords.tsv with good and bad values; then
some of the text is damaged the way typing damages it.
"""

from chance import Chance
from routers import Routers
from services import Services
from surroundings import SECURITY, block

# They name what is of this machine, or take the rest of the test away.
NOT_DRAWN = ("net_namespace", "net_namespace_ipvs", "config_save_dir", "vrf", "nat_mask")


class Generator:
    """Makes one file from one seed."""

    def __init__(self, seed, keywords, interfaces):
        self.chance = Chance(seed, keywords, interfaces)

    def global_defs(self):
        chance = self.chance
        lines = chance.draw("global_defs", chance.of([2, 6, 12]), but=NOT_DRAWN)
        if chance.happens(0.3):
            addresses = [] if chance.wrong(0.05) else ["a@b.c", "d@e.f"]
            lines += block("notification_email", addresses)
        return block("global_defs", lines)

    def file(self):
        """A whole file."""
        chance = self.chance
        routers = Routers(chance)
        services = Services(chance, routers.named)
        lines = []
        if not chance.wrong(0.1):
            lines += SECURITY
        if chance.happens(0.7):
            lines += self.global_defs()
        lines += chance.draw("(top)", 1, but=NOT_DRAWN)
        lines += routers.tracked()
        instances = [routers.instance() for _ in range(chance.random.randint(0, 2))]
        if len(instances) == 2 and chance.happens(0.3):
            instances.insert(chance.random.randint(0, 2), routers.groups())
        lines += [line for one in instances for line in one]
        lines += routers.rare()
        lines += chance.blocks(0.05, routers.track_group)
        lines += chance.blocks(0.1, services.group)
        lines += chance.blocks(0.05, services.ssl)
        for number in range(chance.random.randint(0, 2)):
            lines += services.virtual_server(number)
        if chance.wrong(0.25):
            lines = self.damage(lines)
        return "\n".join(lines) + "\n"

    def damage(self, lines):
        """One mistake of the keyboard."""
        if not lines:
            return lines
        lines = list(lines)
        at = self.chance.random.randrange(len(lines))
        words = lines[at].split()
        kind = self.chance.random.randrange(11)
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
            lines.insert(at, self.chance.of(["}", "{", "foo {", "} }"]))
        elif kind == 9:
            lines[at] += self.chance.of([' "', " }", " {", " # {", " !"])
        elif kind == 10 and words:
            lines.insert(at, lines[at])
        return lines
