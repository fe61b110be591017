"""Names that one file gives to dependencies and others use: Gradle's version catalogues.

Kept until the whole evidence is read, because files come in any order.
"""

from collections.abc import Iterator

from msgspec import Struct

from centralcloud_patterns.paths import ancestors

MAX_KEPT = 20_000


class Named(Struct, frozen=True):
    """What an accessor stands for."""

    ecosystem: str
    name: str
    version: str
    plugin: bool


class Use(Struct, frozen=True):
    """One place where an accessor is used."""

    path: str
    directory: str
    accessor: str
    scope: str
    line: int


class Accessors:
    """Accessors given and used in one body of evidence."""

    def __init__(self) -> None:
        self._named: dict[tuple[str, str], list[Named]] = {}
        self._uses: list[Use] = []

    def give(self, directory: str, alias: str, named: Named) -> None:
        """Record what an alias stands for, for the files of this directory and below."""
        accessor = alias.replace("-", ".").replace("_", ".").lower()
        if len(self._named) < MAX_KEPT:
            self._named.setdefault((directory, accessor), []).append(named)

    def use(self, use: Use) -> None:
        """Record that a file uses an accessor."""
        if len(self._uses) < MAX_KEPT:
            self._uses.append(use)

    def resolved(self) -> Iterator[tuple[Use, Named]]:
        """Yield each use with what it stands for; the nearest directory that names it counts."""
        for use in self._uses:
            accessor = use.accessor.replace("_", ".").lower()
            for directory in ancestors(use.directory):
                if found := self._named.get((directory, accessor)):
                    yield from ((use, named) for named in found)
                    break
