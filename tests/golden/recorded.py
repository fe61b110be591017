"""Recorded discoveries: what was asked, what was known, what a good model answered, and trees that use the thing.

One YAML file a technology in `cases/`. Keys: asked, type, slug (where it is not the name's own), index (what package
indexes say, in their own JSON, by ecosystem), learns (what instances taught that mentions it), answer, and trees, each
with files and, where more than the thing itself is in it, holds.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from centralcloud_patterns.slugs import slugify
from services.package_metadata.formats import FORMATS

CASES = Path(__file__).resolve().parent / "cases"
CATALOGUE = Path(__file__).resolve().parents[2] / "catalogue"


@dataclass(frozen=True)
class Tree:
    """Manifests of a codebase, and which of the recorded technologies it uses."""

    files: dict[str, str | None]
    holds: frozenset[str]


@dataclass(frozen=True)
class Recorded:
    """One technology."""

    #: Its slug in the catalogue, and as a discovery makes it.
    slug: str
    found_as: str
    type: str
    asked: str
    answer: dict[str, Any]
    trees: tuple[Tree, ...]
    learns: tuple[dict[str, Any], ...] = ()
    index: dict[str, Any] = field(default_factory=dict)

    def pages(self) -> dict[str, Any]:
        """Return the documents of the indexes by their paths."""
        found: dict[str, Any] = {}
        for ecosystem, document in self.index.items():
            spelled = slugify(self.asked) if ecosystem != "nuget" else self.asked.lower()
            found[f"/{ecosystem}{FORMATS[ecosystem].path(spelled)}"] = document
        return found


def load() -> list[Recorded]:
    """Read all cases, by slug."""
    return [_recorded(path.stem, yaml.safe_load(path.read_text("utf-8"))) for path in sorted(CASES.glob("*.yaml"))]


def _recorded(stem: str, told: dict[str, Any]) -> Recorded:
    slug = told.get("slug", stem)
    trees = tuple(Tree(tree["files"], frozenset(tree.get("holds", [slug]))) for tree in told["trees"])
    answer = {"exists": True, "reason": None, "alias_of": None, **told["answer"]}
    return Recorded(
        slug=slug,
        found_as=slugify(told["asked"]),
        type=told["type"],
        asked=told["asked"],
        answer=answer,
        trees=trees,
        learns=tuple(told.get("learns", ())),
        index=told.get("index", {}),
    )


def catalogue_without(slugs: set[str], folder: Path) -> Path:
    """Write the catalogue that ships to a folder, some patterns left out, whatever their type."""
    for path in sorted(CATALOGUE.glob("*.yaml")):
        entries = [
            entry for entry in yaml.load(path.read_bytes(), yaml.CSafeLoader) or [] if entry["slug"] not in slugs
        ]
        (folder / path.name).write_text(yaml.dump(entries, Dumper=yaml.CSafeDumper, sort_keys=False), "utf-8")
    return folder
