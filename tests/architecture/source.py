"""The repository's own files and their imports, as the tests of this folder look at them."""

import ast
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
_ROOMS_OF_PACKAGES: Final = (ROOT / "packages" / "client" / "src", ROOT / "packages" / "patterns" / "src")


@cache
def tracked() -> tuple[str, ...]:
    """Return the paths of all files that are or would be committed, without those deleted."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return tuple(sorted(path for path in set(listed.split("\0")) if path and (ROOT / path).is_file()))


def python_files() -> list[Path]:
    """Return all Python files, tests included."""
    return [ROOT / path for path in tracked() if path.endswith(".py")]


def project() -> dict[str, Any]:
    """Return pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def top_level() -> set[str]:
    """Return every top-level package and module that can be imported, of the checkout and of the two packages."""
    found = set()
    for path in python_files():
        base = next((base for base in (*_ROOMS_OF_PACKAGES, ROOT) if path.is_relative_to(base)), ROOT)
        found.add(path.relative_to(base).parts[0].removesuffix(".py"))
    return found - {"tests", "packages"}


def imported(path: Path) -> Iterator[str]:
    """Yield the dotted names that a file imports, inside functions too; `from a import b` yields `a` and `a.b`."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"), str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: imports are absolute"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_of(path: Path) -> str:
    """Return the top-level package or module a file belongs to."""
    base = next((base for base in (*_ROOMS_OF_PACKAGES, ROOT) if path.is_relative_to(base)), ROOT)
    return path.relative_to(base).parts[0].removesuffix(".py")
