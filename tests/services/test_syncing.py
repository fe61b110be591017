"""`sync.request` from Postgres: each thing once at its last change, in pages, at a cost that is the page's alone."""

import hashlib
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from centralcloud_client import wire
from services.syncing import sync_page


def change(database: Engine, *slugs: str, type_: str = "framework", op: str = "upsert") -> None:
    """Write one change of each pattern, as a transaction of its own would."""
    for slug in slugs:
        body = wire.encode({"type": type_, "slug": slug}).decode()
        told = {
            "type": type_,
            "slug": slug,
            "op": op,
            "retired": op == "retire",
            "body": body,
            "hash": hashlib.sha256(body.encode()).hexdigest(),
        }
        with database.begin() as connection:
            seq = connection.execute(text("UPDATE feed_head SET seq = seq + 1 RETURNING seq")).scalar_one()
            connection.execute(_PATTERN, told | {"seq": seq})
            connection.execute(_FEED, told | {"seq": seq})


_PATTERN = text("""
INSERT INTO patterns (type, slug, name, state, confidence, languages, revision, seq, retired, source, document, words)
VALUES (:type, :slug, :slug, 'active', 0.9, '{}', 1, :seq, :retired, 'learn', :body, :slug)
ON CONFLICT (type, slug) DO UPDATE SET seq = :seq, retired = :retired, revision = patterns.revision + 1
""")
_FEED = text("""
INSERT INTO feed (seq, kind, op, type, slug, at, hash, body)
VALUES (:seq, 'pattern', :op, :type, :slug, now(), :hash, :body)
""")


def page(database: Engine, since: int, *, limit: int = 100, types: tuple[str, ...] = ()) -> dict[str, Any]:
    reply = sync_page(database, since=since, epoch=None, types=types, limit=limit)
    read: dict[str, Any] = wire.decode(wire.encode(reply), dict)
    return read


def seqs(reply: dict[str, Any]) -> list[int]:
    return [change["seq"] for change in reply["changes"]]


def test_each_thing_shows_once_at_its_last_change(database: Engine) -> None:
    change(database, "a", "b", "a", "c")
    assert seqs(page(database, 0)) == [2, 3, 4]
    assert seqs(page(database, 2)) == [3, 4]


def test_who_begins_hears_of_what_lives_who_goes_on_of_retirements_too(database: Engine) -> None:
    change(database, "a", "b")
    change(database, "a", op="retire")
    assert seqs(page(database, 0)) == [2]
    later = page(database, 1)
    assert [(it["seq"], it["op"]) for it in later["changes"]] == [(2, "upsert"), (3, "retire")]
    # The head is covered, though the last change is none of a live pattern.
    assert (page(database, 0)["next"], page(database, 0)["complete"]) == (3, True)


def test_what_changes_while_an_instance_pages_comes_on_a_later_page(database: Engine) -> None:
    change(database, "a", "b", "c", "d")
    first = page(database, 0, limit=2)
    assert (seqs(first), first["next"], first["complete"]) == ([1, 2], 2, False)
    # One that was told, one that was not yet, and a new one.
    change(database, "a", "c", "e")
    second = page(database, first["next"], limit=2)
    assert (seqs(second), second["next"], second["complete"]) == ([4, 5], 5, False)
    third = page(database, second["next"], limit=2)
    assert (seqs(third), third["next"], third["head"], third["complete"]) == ([6, 7], 7, 7, True)


def test_types_leave_holes_and_reach_the_head(database: Engine) -> None:
    change(database, "a")
    change(database, "b", type_="code")
    change(database, "c")
    assert seqs(page(database, 0, types=("code",))) == [2]
    assert page(database, 0, types=("code",))["next"] == 3
    assert seqs(page(database, 0, types=("code", "framework"))) == [1, 2, 3]


def test_ahead_of_the_head_or_in_another_epoch_all_begins_anew(database: Engine) -> None:
    change(database, "a")
    for since, epoch in ((2, None), (1, "another")):
        with pytest.raises(wire.WireError, match="resync_required"):
            sync_page(database, since=since, epoch=epoch, types=(), limit=1)
    assert sync_page(database, since=0, epoch="another", types=(), limit=1).complete


def test_a_page_does_not_read_all_patterns(database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(text("UPDATE feed_head SET seq = 5000"))
        numbers = "FROM generate_series(1, 5000) AS g"
        connection.execute(
            text(
                "INSERT INTO patterns (type, slug, name, state, confidence, languages, revision, seq, source, document,"
                " words) SELECT 'framework', 's' || g, 'n', 'active', 0.9, '{}', 1, g, 'learn', '{}', 'w' " + numbers
            )
        )
        connection.execute(
            text(
                "INSERT INTO feed (seq, kind, op, type, slug, at, hash, body)"
                " SELECT g, 'pattern', 'upsert', 'framework', 's' || g, now(), 'h', '{}' " + numbers
            )
        )
        connection.execute(text("ANALYZE patterns, feed"))
    asked: list[tuple[str, Any]] = []
    event.listen(database, "before_cursor_execute", lambda *told: asked.append((told[2], told[3])))
    assert seqs(page(database, 4000, limit=5)) == list(range(4001, 4006))
    statement, values = asked[-1]
    with database.connect() as connection:
        plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {statement}", values).scalars())
    assert "Index" in plan
    assert "Seq Scan on patterns" not in plan
