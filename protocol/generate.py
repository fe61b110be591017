"""Write the published contract: `python -m protocol.generate`.

Owns the list of generated files and their formatting; `documents` builds them in memory, so that a test can tell
whether the committed ones are up to date.
"""

import json
from pathlib import Path
from typing import Any, Final

from protocol.asyncapi import asyncapi
from protocol.pairs import names, pairs
from protocol.schemas import schemas

ROOT: Final = Path(__file__).resolve().parent
GOLDEN: Final = ROOT / "golden"


def documents() -> dict[Path, str]:
    """Return the text of every generated file by its path."""
    found: dict[Path, Any] = {ROOT / "schemas" / f"{name}.json": schema for name, schema in schemas().items()}
    found[ROOT / "asyncapi.json"] = asyncapi()
    found |= {GOLDEN / f"{topic}.json": list(entries) for topic, entries in pairs().items()}
    found[GOLDEN / "names.json"] = names.vectors()
    return {path: json.dumps(content, ensure_ascii=False, indent=1) + "\n" for path, content in found.items()}


def stale() -> list[Path]:
    """Return the files that a run would change, and those that nothing generates any more."""
    wanted = documents()
    present = {*(ROOT / "schemas").glob("*.json"), *GOLDEN.glob("*.json"), *ROOT.glob("*.json")}
    changed = {path for path, text in wanted.items() if not path.exists() or path.read_text("utf-8") != text}
    return sorted(changed | (present - wanted.keys()))


def main() -> None:
    """Write what changed and remove what is no longer generated."""
    wanted = documents()
    for path in stale():
        if path in wanted:
            path.parent.mkdir(exist_ok=True)
            path.write_text(wanted[path], "utf-8")
        else:
            path.unlink()
        print(path.relative_to(ROOT.parent))


if __name__ == "__main__":
    main()
