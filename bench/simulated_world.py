"""A hidden world to learn about: technologies, codebases that use some, and instances that look, some in bad faith.

Evidence is noisy: what is there may not show, and what shows may not be there. How likely a technology is where an
indicator fires follows from the model, and is what weights are compared with.
"""

import random
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from zlib import crc32

TECHNOLOGIES: Final = 300
CODEBASES: Final = 2_000
INSTANCES: Final = 50
MALICIOUS: Final = 5
#: Instances that look at one codebase.
EYES: Final = 3
#: Technologies that are used in a quarter of all codebases or more.
POPULAR: Final = 40
#: Of them, those that bring a package along that nobody teaches of.
RUNTIMES: Final = 5
#: How often an honest instance is wrong about what it sees.
MISTAKEN: Final = 0.005


@dataclass(frozen=True, slots=True)
class Sign:
    """One indicator of a technology: where it shows, and how telling that is."""

    #: P(it shows | the technology is there), and P(it shows | it is not).
    shows: float
    spurious: float


@dataclass(frozen=True, slots=True)
class Technology:
    """One thing to be found out."""

    number: int
    share: float
    package: Sign
    file: Sign

    @property
    def slug(self) -> str:
        """Its name in the world."""
        return f"tech-{self.number:03}"

    def likelihood(self, sign: Sign) -> float:
        """Return P(technology | sign), what its weight should become."""
        true, false = self.share * sign.shows, (1 - self.share) * sign.spurious
        return true / (true + false)


@dataclass(frozen=True, slots=True)
class Codebase:
    """One tree, what it truly uses, and who looks at it."""

    number: int
    uses: frozenset[int]
    packages: frozenset[int]
    files: frozenset[int]
    eyes: tuple[int, ...]

    @property
    def evidence(self) -> dict[str, str | None]:
        """Return what an instance shows of it."""
        names = [f"tech-{it:03}" for it in sorted(self.packages)]
        # Nobody teaches of these: they are found out to be unknown packages, and what would tell a technology.
        names += [f"tech-{it:03}-runtime" for it in sorted(self.packages) if it < RUNTIMES]
        listed = ", ".join(f'"{name}": "1"' for name in names)
        named: dict[str, str | None] = {f"tech-{it:03}.config.js": None for it in sorted(self.files)}
        return {"package.json": f'{{"name": "c{self.number}", "dependencies": {{{listed}}}}}', **named}


class World:
    """Everything that is true, from one seed."""

    def __init__(self, seed: int, codebases: int = CODEBASES) -> None:
        chance = random.Random(seed)
        self.technologies = [_technology(number, chance) for number in range(TECHNOLOGIES)]
        self.codebases = [self._codebase(number, chance) for number in range(codebases)]

    def _codebase(self, number: int, chance: random.Random) -> Codebase:
        uses = {it.number for it in self.technologies if chance.random() < it.share}
        seen: tuple[set[int], set[int]] = (set(), set())
        for it in self.technologies:
            for found, sign in zip(seen, (it.package, it.file), strict=True):
                if chance.random() < (sign.shows if it.number in uses else sign.spurious):
                    found.add(it.number)
        eyes = tuple(chance.sample(range(INSTANCES), EYES))
        return Codebase(number, frozenset(uses), frozenset(seen[0]), frozenset(seen[1]), eyes)

    @cached_property
    def of_instance(self) -> list[list[Codebase]]:
        """Return the codebases that each instance looks at."""
        return [[it for it in self.codebases if number in it.eyes] for number in range(INSTANCES)]

    def verdict(self, instance: int, codebase: Codebase, technology: int) -> bool:
        """Return what an instance says of a technology in a codebase."""
        # By a hash: the same whoever asks when, and asked millions of times.
        wrong = crc32(f"{instance} {codebase.number} {technology}".encode()) % 10_000 < MISTAKEN * 10_000
        return (technology in codebase.uses) != (wrong or is_malicious(instance))


def is_malicious(instance: int) -> bool:
    """Tell who means harm: every tenth instance."""
    return instance % (INSTANCES // MALICIOUS) == 0


def _technology(number: int, chance: random.Random) -> Technology:
    share = chance.uniform(0.25, 0.4) if number < POPULAR else chance.uniform(0.012, 0.05)
    return Technology(number, share, *(_sign(share, shows, chance) for shows in (0.95, 0.85)))


def _sign(share: float, shows: float, chance: random.Random) -> Sign:
    telling = chance.uniform(0.6, 0.97)
    return Sign(shows, share * shows * (1 - telling) / telling / (1 - share))
