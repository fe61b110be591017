"""The interface of whoever knows packages, and what is told of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Package:
    """One package as its index describes it; all of it is untrusted."""

    #: purl type.
    ecosystem: str
    #: As the index spells it.
    name: str
    summary: str = ""
    homepage: str = ""
    keywords: tuple[str, ...] = ()


class MetadataSource(Protocol):
    """Whoever knows packages by name."""

    def find(self, name: str) -> Sequence[Package]:
        """Return the packages of exactly this name, at most one an ecosystem; none where the source fails."""
