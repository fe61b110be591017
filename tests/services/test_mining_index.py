"""The index is what counting all observations gives, whatever came in which order, and whoever left again."""

import datetime
import random

import pytest
from sqlalchemy import Engine, text

from centralcloud_patterns.mining.agreed import agreed
from centralcloud_patterns.mining.seen import Kind
from models import mined, observations
from services.mining import indexing
from services.mining.index import Index
from tests.services.learning_messages import NOW, rows
from tests.services.mining_observations import index_all, see


def counted(database: Engine) -> dict[str, set[str]]:
    """Return the codebases of each item, read from bits, which counts and items of codebases must agree with."""
    with database.connect() as connection:
        names = {row.number: row for row in connection.execute(mined.MinedCodebaseRow.__table__.select())}
        items = {row.id: row for row in connection.execute(mined.MinedItemRow.__table__.select())}
        sets = mined.sets(connection, items)
    found = {}
    for item_id, row in items.items():
        bits = sets.get(item_id, 0)
        have = {it.codebase_id for number, it in names.items() if bits >> number & 1}
        assert len(have) == row.codebases == bits.bit_count()
        assert have == {it.codebase_id for it in names.values() if item_id in it.items}
        if have:
            found[f"{row.kind}:{row.key}"] = have
    return found


def expected(database: Engine) -> dict[str, set[str]]:
    """Count all that stands, in the plainest way."""
    query = "SELECT codebase_id, instance_id, items, observed_at FROM observations WHERE replaced_at IS NULL"
    sights: dict[str, list[tuple[datetime.datetime, str, set[str]]]] = {}
    for codebase, instance, items, at in rows(database, query):
        sights.setdefault(codebase, []).append((at, instance, set(items)))
    found: dict[str, set[str]] = {}
    for codebase, seen in sights.items():
        seen.sort(key=lambda sight: sight[:2])
        marks = {f"instance:{instance}" for _at, instance, _items in seen}
        marks |= {at.strftime("week:%G-W%V") for at, _instance, _items in seen}
        for it in agreed([items for _at, _instance, items in seen]) | marks:
            found.setdefault(it, set()).add(codebase)
    return found


@pytest.mark.parametrize("seed", range(3))
def test_the_index_is_what_counting_everything_gives(database: Engine, seed: int) -> None:
    with database.begin() as connection:
        # Numbers that lie on both sides of where one part ends.
        connection.execute(text("SELECT setval('mined_codebases_number_seq', :last)"), {"last": mined.PART - 20})
    chance = random.Random(seed)
    for turn in range(12):
        for _ in range(20):
            items = {f"pattern:framework/p{chance.randrange(8)}", f"unknown:pkg:npm/u{chance.randrange(30)}"}
            at = NOW + datetime.timedelta(days=turn)
            see(database, f"c{chance.randrange(40)}", items, instance=chance.choice("abc"), now=at)
        if turn % 4 == 3:
            with database.begin() as connection:
                observations.forget(connection, chance.choice("abc"), NOW + datetime.timedelta(days=turn - 2))
        index_all(database)
        assert counted(database) == expected(database)
        assert index_all(database) == 0
    kept = counted(database)
    with database.begin() as connection:
        mined.drop_unused(connection)
    assert counted(database) == kept
    with database.begin() as connection:
        mined.clear(connection)
        known = {codebase for (codebase,) in rows(database, "SELECT DISTINCT codebase_id FROM observations")}
        observations.announce(connection, known)
    index_all(database)
    assert counted(database) == kept


def test_news_that_come_while_a_step_runs_are_the_next_steps(database: Engine) -> None:
    see(database, "c1", {"pattern:framework/a"})
    with database.begin() as connection:
        assert indexing.index_news(connection).changed == 1
        see(database, "c1", {"pattern:framework/b"})
    assert counted(database)["pattern:framework/a"] == {"c1"}
    index_all(database)
    assert "pattern:framework/a" not in counted(database)
    assert counted(database)["pattern:framework/b"] == {"c1"}


def test_an_instance_alone_does_not_change_what_others_saw(database: Engine) -> None:
    see(database, "c1", {"pattern:framework/a"}, instance="first")
    see(database, "c1", {"pattern:framework/b"}, instance="other", now=NOW + datetime.timedelta(hours=1))
    index_all(database)
    assert "pattern:framework/b" not in counted(database)
    see(database, "c1", {"pattern:framework/b"}, instance="third", now=NOW + datetime.timedelta(hours=2))
    index_all(database)
    assert "pattern:framework/a" not in counted(database)
    with database.connect() as connection:
        index = Index.of(connection)
        assert index.total == 1
        assert index.instances(index.sets(Kind.PATTERN)["framework/b"]) == 3
