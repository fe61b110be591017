"""Bring the database up to date and load the catalogue: `python -m workers.migrate`, once before anything starts."""

import sys
from pathlib import Path

import migrations
from services import catalogue, rekeying, shipped_templates
from settings import ROOT, settings
from workers.database import build_engine


def main() -> int:
    """Migrate, load, and say what changed; returns the exit code."""
    url = settings().database_url
    migrations.upgrade(url)
    engine = build_engine(url, "migrate")
    rekeyed = rekeying.bring_up_to_date(engine)
    report = catalogue.load(engine, Path(ROOT) / "catalogue")
    templates = shipped_templates.load(engine, Path(ROOT) / "catalogue" / "templates")
    engine.dispose()
    sys.stdout.write(f"indexed by new rules: {rekeyed}\ncatalogue: {report}\ntemplates: {templates}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
