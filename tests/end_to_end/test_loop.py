"""The loop on real input: codebases go in and knowledge comes out; what one instance learns the others have a moment
later, through an outage of NATS too, where the cache answers, marked stale, and learns wait on disk."""

import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from centralcloud_client import CentralPatternsClient
from centralcloud_client.errors import UnreachableError
from centralcloud_client.results import QueryResult
from stack.system import System
from tests.end_to_end.patience import until
from tests.end_to_end.trees import ROOT, trees

_HERE = {"celery", "sqlalchemy", "nats", "postgresql", "pytest", "docker-compose"}


@pytest.fixture
def first(system: System, tmp_path: Path) -> Iterator[CentralPatternsClient]:
    with instance(system, tmp_path, "a") as client:
        yield client


@pytest.fixture
def second(system: System, tmp_path: Path) -> Iterator[CentralPatternsClient]:
    with instance(system, tmp_path, "b") as client:
        assert client.wait_synced(20)
        yield client


def instance(system: System, folder: Path, name: str) -> CentralPatternsClient:
    return CentralPatternsClient(system.addresses.nats_url, instance_id=f"loop-{name}", state_dir=folder / name)


def places(result: QueryResult) -> dict[str, set[str]]:
    """The files that each slug was found by."""
    found: dict[str, set[str]] = {}
    for match in result.matches:
        found.setdefault(match.slug, set()).update(reason.file for reason in match.evidence if reason.file)
    return found


def test_this_repository_shows_what_it_is_made_of(first: CentralPatternsClient) -> None:
    result = first.detect(ROOT)
    found = places(result)
    assert found.keys() >= _HERE
    assert found.keys() & {"redis", "valkey"}
    assert "pyproject.toml" in found["celery"] & found["sqlalchemy"] & found["pytest"]
    assert "docker-compose.yml" in found["docker-compose"]
    assert all((ROOT / file).is_file() for slug in _HERE for file in found[slug])
    assert all(match.confidence >= 0.5 for match in result.matches)
    assert result.languages["python"] > 0.5
    # The server, which may read this folder, sees the same.
    assert places(first.detect(str(ROOT), on_server=True)).keys() >= _HERE


def test_other_codebases_show_their_frameworks_with_evidence(first: CentralPatternsClient, tmp_path: Path) -> None:
    for folder, wanted in trees(tmp_path / "trees"):
        found = places(first.detect(folder))
        assert found.keys() >= wanted, folder.name
        assert all(found[slug] for slug in wanted), f"{folder.name}: a match without a file"


def test_what_one_instance_learns_from_a_codebase_the_other_answers_from_its_cache(
    first: CentralPatternsClient, second: CentralPatternsClient, tmp_path: Path
) -> None:
    name = f"homegrown-{uuid.uuid4().hex[:8]}"
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "package.json").write_text(f'{{"dependencies":{{"{name}":"^2.0.0"}}}}')
    before = first.detect(tmp_path / "shop")
    assert [unknown.purl for unknown in before.unknown] == [f"pkg:npm/{name}"]

    first.learn_new_pattern("framework", {"name": name, "indicators": [f"package.json has {name}"]})
    seconds = until(lambda: known(second, name), 5, "the second instance did not hear of it")
    assert seconds < 1.0
    answer = second.query_framework_pattern(name)
    assert (answer.source, answer.stale, answer.patterns[0].support.instances) == ("local", False, 1)

    after = second.detect(tmp_path / "shop")
    assert (after.matches[0].slug, after.matches[0].version) == (name, "2.0.0")
    assert after.matches[0].evidence[0].file == "package.json"
    assert not after.unknown


def test_an_outage_of_nats_is_bridged_by_cache_and_spool(
    system: System, first: CentralPatternsClient, second: CentralPatternsClient, tmp_path: Path
) -> None:
    before, during = (f"{when}-{uuid.uuid4().hex[:8]}" for when in ("before", "during"))
    first.learn_new_pattern("framework", {"name": before, "indicators": [f"package.json has {before}"]})
    until(lambda: known(second, before), 5, "the second instance did not hear of it")

    system.hold("nats", by_force=True)
    try:
        until(lambda: not second.status().connected, 5, "the loss was not noticed")
        time.sleep(0.2)
        answer = second.query_framework_pattern(before)
        assert (answer.found, answer.source, answer.stale) == (True, "local", True)
        assert 0.2 <= answer.age_seconds < 10
        with pytest.raises(UnreachableError):
            second.query_framework_pattern(during)
        learn_id = first.learn_new_pattern("framework", {"name": during, "indicators": [f"package.json has {during}"]})
        assert first.learn_status(learn_id).state == "spooled"
        assert first.status().spooled == 1
    finally:
        system.start_again("nats")

    until(lambda: known(second, during), 30, "the spooled learn did not arrive")
    assert first.status().spooled == 0
    assert not second.query_framework_pattern(before).stale
    until(lambda: first.learn_status(learn_id).state == "applied", 10, "its outcome is not known")
    assert counted(system, learn_id, during) == (1, 1, 1)

    with instance(system, tmp_path, "late") as late:
        assert late.wait_synced(20)
        assert late.query_framework_pattern(during).source == "local"
        assert late.status().patterns == second.status().patterns == live_patterns(system)


def known(client: CentralPatternsClient, name: str) -> bool:
    try:
        answer = client.query_framework_pattern(name, wait_ms=0)
    except UnreachableError:
        return False
    return answer.found and answer.source == "local" and not answer.stale


def counted(system: System, learn_id: str, slug: str) -> tuple[int, ...]:
    """Rows of the learn, instances that support its pattern, and its revision."""
    statement = text(
        "SELECT (SELECT count(*) FROM learns WHERE learn_id = :learn_id),"
        " CAST(CAST(document AS json) -> 'support' ->> 'instances' AS integer), revision"
        " FROM patterns WHERE slug = :slug"
    )
    engine = create_engine(system.addresses.database_url)
    with engine.connect() as connection:
        row = connection.execute(statement, {"learn_id": learn_id, "slug": slug}).one()
    engine.dispose()
    return tuple(row)


def live_patterns(system: System) -> int:
    engine = create_engine(system.addresses.database_url)
    with engine.connect() as connection:
        count: int = connection.execute(text("SELECT count(*) FROM patterns WHERE NOT retired")).scalar_one()
    engine.dispose()
    return count
