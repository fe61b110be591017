"""Whoever shows a codebase leaves an observation behind, with its name on it, by whichever way it asked."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from centralcloud_client import CentralPatternsClient
from centralcloud_client.collect import collect
from stack.system import System
from tests.end_to_end.patience import until
from tests.end_to_end.trees import ROOT


@pytest.mark.parametrize("on_server", [False, True])
def test_a_detection_is_recorded_once(system: System, tmp_path: Path, *, on_server: bool) -> None:
    engine = create_engine(system.addresses.database_url)
    codebase, instance = collect(ROOT).evidence.codebase_id, f"observer-{on_server}"

    def recorded() -> list[Any]:
        with engine.connect() as connection:
            query = text("SELECT items, xmin::text FROM observations WHERE codebase_id = :c AND instance_id = :i")
            return [tuple(row) for row in connection.execute(query, {"c": codebase, "i": instance})]

    with CentralPatternsClient(system.addresses.nats_url, instance_id=instance, state_dir=tmp_path) as client:
        result = client.detect(str(ROOT) if on_server else ROOT, on_server=on_server)
        until(recorded, 20, "no observation was recorded")
        first = recorded()
        client.detect(str(ROOT) if on_server else ROOT, on_server=on_server)
        client.detect(ROOT / "packages")
    [(items, _version)] = first
    assert {f"pattern:{match.type}/{match.slug}" for match in result.matches} <= set(items)
    assert recorded() == first
    engine.dispose()
