"""Whoever shows a codebase leaves an observation behind, with its name on it, by whichever way it asked."""

from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from sqlalchemy import create_engine, text

from centralcloud_client import CentralPatternsClient
from centralcloud_client.collect import collect
from stack.system import System
from tasks import names
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


def test_the_worker_mines_what_was_observed(system: System, tmp_path: Path) -> None:
    engine = create_engine(system.addresses.database_url)

    def jobs() -> set[tuple[str, str]]:
        with engine.connect() as connection:
            query = text("SELECT job, state FROM runs WHERE id > :last")
            return {tuple(row) for row in connection.execute(query, {"last": last})}

    def count(table: str) -> int:
        with engine.connect() as connection:
            return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())

    with CentralPatternsClient(system.addresses.nats_url, instance_id="miner", state_dir=tmp_path) as client:
        client.detect(ROOT / "packages" / "client")
    until(lambda: count("observations"), 20, "no observation was recorded")
    with engine.connect() as connection:
        last = connection.execute(text("SELECT coalesce(max(id), 0) FROM runs")).scalar_one()
    app = Celery("test", set_as_current=False)
    app.config_from_object("celeryconfig")
    app.conf.update(broker_url=system.addresses.redis_url)

    app.send_task(names.MINE, queue="consolidate", expires=60)
    until(lambda: count("mined_codebases") > 0 and len(jobs()) == 7, 90, "nothing was mined")
    assert {state for _job, state in jobs()} == {"done"}
    app.close()
    engine.dispose()
