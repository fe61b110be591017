"""The labelled trees: real repositories, each with what detection reads of it and what is true of it.

One JSON file a tree in `trees/`. How a pattern is judged is written down in docs/calibration.md.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Final

import msgspec

from bench.calibration.reducing import bounded, reduced
from centralcloud_client.collect import collect

FOLDER: Final = Path(__file__).parent / "trees"
#: A tree of Composer would else be taken for a manifest of Composer: by ourselves, scanning this repository.
_SUFFIX: Final = ".tree.json"
#: Paths kept of a tree, unless told otherwise.
MAX_PATHS: Final = 220
_MAX_READ: Final = 45
#: Files of one name whose text is kept.
_MAX_SAME: Final = 6
_MAX_TEXT: Final = 32_000


class Tree(msgspec.Struct, kw_only=True):
    """One repository: where it comes from, its evidence, and the patterns that were judged."""

    name: str
    #: Repository or package, and version.
    source: str
    #: Slugs of patterns that the repository is or uses.
    present: list[str] = []
    #: Slugs of patterns that something speaks for, wrongly.
    absent: list[str] = []
    #: Slugs of patterns that are there and that nothing spoke for when the tree was labelled.
    missed: list[str] = []
    files: dict[str, str | None]

    def truth(self, slug: str) -> bool | None:
        """Tell whether a pattern is present; None where it was not judged."""
        if slug in self.present or slug in self.missed:
            return True
        return False if slug in self.absent else None


def take(directory: Path, name: str, source: str, *, paths: int = MAX_PATHS) -> Tree:
    """Return the tree of a directory as a client would show it, reduced to facts; nothing is judged yet."""
    shown = collect(directory, codebase=name).evidence.files
    texts: dict[str, str] = {}
    same: Counter[str] = Counter()
    for path in sorted(
        (path for path, text in shown.items() if text is not None), key=lambda one: (one.count("/"), one)
    ):
        base = path.rpartition("/")[2]
        facts = reduced(path, shown[path] or "") if len(texts) < _MAX_READ and same[base] < _MAX_SAME else None
        if facts and sum(map(len, texts.values())) + len(facts) <= _MAX_TEXT:
            texts[path] = facts
            same[base] += 1
    kept = bounded(shown, frozenset(texts), paths)
    return Tree(name=name, source=source, files={path: texts.get(path) for path in kept})


def load(folder: Path = FOLDER) -> list[Tree]:
    """Return every stored tree, in the order of their names."""
    return [msgspec.json.decode(path.read_bytes(), type=Tree) for path in sorted(folder.glob(f"*{_SUFFIX}"))]


def save(tree: Tree, folder: Path = FOLDER) -> None:
    """Write a tree, its labels sorted."""
    tree.present, tree.absent, tree.missed = sorted(tree.present), sorted(tree.absent), sorted(tree.missed)
    (folder / f"{tree.name}{_SUFFIX}").write_text(
        json.dumps(msgspec.to_builtins(tree), indent=1, ensure_ascii=False) + "\n", "utf-8"
    )
