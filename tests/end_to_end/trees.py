"""Codebases to scan: small ones written here, and labelled ones where a folder of them lies beside the checkout."""

import gzip
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parents[2]
_LABELLED = Path(os.environ.get("LABELLED_CASES", ROOT.parent / "shared" / "detection-cases")) / "stack.jsonl.gz"
#: Cases of that file that are small and clear.
_CHOSEN = {"f315f6a4f0": {"react-router", "vite"}, "e706b8b4f5": {"python", "uv", "postgresql"}}

SHOP: Mapping[str, str] = {
    "package.json": '{"name":"shop","dependencies":{"next":"^15.1.0","react":"^19.0.0"},"packageManager":"pnpm@9.1.0"}',
    "next.config.mjs": "export default {}\n",
    "src/app/page.tsx": "export default () => null\n",
}
TRACKER: Mapping[str, str] = {
    "mix.exs": (
        "defmodule Tracker.MixProject do\n  use Mix.Project\n"
        '  def project, do: [app: :tracker, version: "0.1.0", deps: deps()]\n'
        '  defp deps do\n    [{:phoenix, "~> 1.7"}, {:ecto_sql, "~> 3.11"}, {:postgrex, ">= 0.0.0"}]\n  end\nend\n'
    ),
    "lib/tracker.ex": "defmodule Tracker do\nend\n",
}


def trees(folder: Path) -> Iterator[tuple[Path, set[str]]]:
    """Yield each tree, written below `folder`, with the slugs it must show."""
    yield _written(folder / "shop", SHOP), {"nextjs", "react"}
    yield _written(folder / "tracker", TRACKER), {"phoenix", "ecto", "elixir"}
    if _LABELLED.is_file():
        with gzip.open(_LABELLED) as lines:
            for line in lines:
                case = msgspec.json.decode(line)
                if (wanted := _CHOSEN.get(case["case"])) is not None:
                    yield _written(folder / case["case"], case["files"]), wanted


def _written(folder: Path, files: Mapping[str, str | None]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text or "", encoding="utf-8")
    return folder
