"""What a generated file owes to its seed: which keywords, which values, and how many mistakes."""

import random

from surroundings import block, read_rows
from values import WRONG, choices


class Keywords:
    """The rows a version of the original knows, by the path they stand in."""

    def __init__(self, version, left_out=()):
        self.version = version
        self.rows = {}
        for row in read_rows(version):
            if row.known and row.keyword not in left_out:
                self.rows.setdefault(row.path, []).append(row)

    def has(self, keyword):
        return any(row.keyword == keyword for rows in self.rows.values() for row in rows)

    def of(self, path, kinds=("keyword",)):
        return [row for row in self.rows.get(path, []) if row.kind in kinds]


class Chance:
    """Draws for one file. Most files have one mistake at most, so that a status is one detail's; some
    are careless."""

    def __init__(self, seed, keywords, interfaces):
        self.random = random.Random(seed)
        self.keywords = keywords
        self.interfaces = interfaces
        self.mistakes = self.random.choice([0, 0, 1, 1, 1, 2, 1000])

    def of(self, values):
        return self.random.choice(values)

    def happens(self, chance):
        return self.random.random() < chance

    def wrong(self, chance=0.1):
        """Whether to be wrong here."""
        if self.mistakes == 0 or not self.happens(chance):
            return False
        self.mistakes -= 1
        return True

    def value(self, values):
        """One of a list, of the right ones unless a mistake is due; None where there is none."""
        if WRONG not in values:
            return self.of(values)
        at = values.index(WRONG)
        right = values[:at]
        wrong = values[at + 1:]
        if wrong and self.wrong():
            return self.of(wrong)
        return self.of(right) if right else None

    def words(self, row):
        """The row's keyword with a value; nothing where only a wrong one would be possible."""
        value = self.value(choices(row, self.keywords.version))
        return None if value is None else f"{row.keyword} {value}".rstrip()

    def draw(self, path, most, but=(), kinds=("keyword",)):
        """Up to `most` statements of the keywords of a block, in any order, seldom one twice."""
        rows = [row for row in self.keywords.of(path, kinds) if row.keyword not in but]
        number = self.random.randint(0, min(most, len(rows)))
        lines = [self.words(row) for row in self.random.sample(rows, number)]
        lines = [line for line in lines if line is not None]
        if lines and self.wrong(0.05):
            lines.append(self.of(lines))
        return lines

    def words_of(self, path, keyword):
        """A statement of that keyword; None where none would be right."""
        row = next(row for row in self.keywords.of(path) if row.keyword == keyword)
        return self.words(row)

    def options(self, path, most, but=()):
        """Words for an entry's line."""
        return self.draw(path, most, but, ("option",))

    def blocks(self, chance, make):
        """What `make` makes, or nothing."""
        return make() if self.happens(chance) else []

    def named_block(self, head, lines):
        """A block; seldom without its name, or with too many."""
        if self.wrong(0.02):
            head = self.of([head.split()[0], head + " surplus"])
        return block(head, lines)

    def interface(self):
        return "nosuchif0" if self.wrong(0.05) else self.of(self.interfaces)

    def one_of(self, names, chance=0.05):
        """A name that is there, or one that is not."""
        return "nosuch" if not names or self.wrong(chance) else self.of(names)
