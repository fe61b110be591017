"""Codebases to look at: the small ones that the manifests' tests quote, and whatever lies in a directory."""

from pathlib import Path

from centralcloud_client.collect import collect
from centralcloud_patterns.evidence import Evidence
from packages.patterns.tests.samples import SAMPLES

#: This repository.
HERE = Path(__file__).resolve().parents[1]


def small() -> dict[str, dict[str, str | None]]:
    """Return the files of each small tree, by name."""
    return {name: dict(sample.files) for name, sample in SAMPLES.items()}


def write(files: dict[str, str | None], folder: Path) -> None:
    """Put the files of a tree on disk; those of which only the name is known are empty."""
    for path, text in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text or "", "utf-8")


def collected(folder: Path) -> Evidence:
    """Return the evidence of a directory."""
    return Evidence(files=dict(collect(folder).evidence.files))
