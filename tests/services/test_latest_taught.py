"""What was taught lately, held in memory: it follows the feed, stays bounded, and leaves the catalogue out."""

from typing import Any

from sqlalchemy import Engine, text

from services.grounding.latest import LatestTaught
from tests.services.curating import settle
from tests.services.finding_things import peopled
from tests.services.learning_messages import handle, learn, message

__all__ = ["peopled"]


def teach(database: Engine, name: str, **fields: Any) -> None:
    handle(database, message(learn(name, **({"instance_id": "i", "codebase_id": f"of {name}"} | fields))))


def slugs(database: Engine, latest: LatestTaught, *names: str, limit: int = 9) -> list[str]:
    with database.connect() as connection:
        return [slug for _type, slug in latest.mentioning(connection, names, limit)]


def test_what_is_taught_later_is_found_by_the_same_memory(peopled: Engine) -> None:
    latest = LatestTaught(9)
    assert slugs(peopled, latest, "warbler") == []
    teach(peopled, "Shop", description="Stands on Warbler.")
    assert slugs(peopled, latest, "warbler") == ["shop"]
    teach(peopled, "Bank", description="Needs a warbler too.")
    assert slugs(peopled, latest, "no such", "warbler") == ["bank", "shop"]
    assert slugs(peopled, latest, "warbler", limit=1) == ["bank"]


def test_the_oldest_go_first(peopled: Engine) -> None:
    latest = LatestTaught(2)
    for name in ("One", "Two", "Three"):
        teach(peopled, name, description="About warblers.")
    assert slugs(peopled, latest, "warbler") == ["three", "two"]
    teach(peopled, "Two", description="About warblers and swifts.", instance_id="j", codebase_id="another")
    teach(peopled, "Four", description="About warblers.")
    assert slugs(peopled, latest, "warbler") == ["four", "two"]


def test_the_catalogue_is_left_out_until_somebody_adds_to_it(peopled: Engine) -> None:
    latest = LatestTaught(9)
    assert slugs(peopled, latest, "react") == []
    # One voice alone changes nothing of what is believed, and more do when it is derived anew.
    for voice in ("a", "b", "c", "d"):
        teach(peopled, "React", indicators=["file warbler.config.js"], instance_id=voice, codebase_id=voice)
    settle(peopled)
    assert slugs(peopled, latest, "warbler") == ["react"]


def test_what_is_retired_is_dropped_and_a_new_life_of_the_feed_begins_empty(peopled: Engine) -> None:
    latest = LatestTaught(9)
    teach(peopled, "Shop", description="Stands on Warbler.")
    assert slugs(peopled, latest, "warbler") == ["shop"]
    retire = """
        WITH head AS (UPDATE feed_head SET seq = seq + 1 RETURNING seq)
        INSERT INTO feed (seq, kind, op, type, slug, at, hash, body)
        SELECT head.seq, 'pattern', 'retire', 'framework', 'shop', now(), '', '{}' FROM head
    """
    with peopled.begin() as connection:
        connection.execute(text(retire))
    assert slugs(peopled, latest, "warbler") == []
    with peopled.begin() as connection:
        connection.execute(text("UPDATE feed_head SET epoch = 'another'"))
        connection.execute(text("DELETE FROM feed WHERE op = 'retire'"))
    assert slugs(peopled, latest, "warbler") == ["shop"]
