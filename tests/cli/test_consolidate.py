"""`centralcloud consolidate`: what it would do and why, then that it is done, and that old names still answer."""

import uuid

from celery import Celery
from kombu import Exchange, Queue
from sqlalchemy import Engine, text

from services.consolidation import single_flight
from stack.system import System
from tasks import names
from tests.cli.command import Command
from tests.end_to_end.patience import until
from tests.services.mining_observations import index_all, see

BASE = f"twice{uuid.uuid4().hex[:8]}"
FIRST, SECOND = f"{BASE}-kit", f"{BASE}-kits"


def teach(run: Command, rows: Engine) -> None:
    """Teach one thing under two names, and let three instances see both in one codebase each."""
    for name, instances in ((FIRST, "abc"), (SECOND, "d")):
        for who in instances:
            arguments = ("-i", f"dependency npm:{BASE}", "-i", f"file {name}.toml", "--instance", f"{BASE}-{who}")
            run("learn", "framework", name, *arguments)
    for who in "abc":
        seen = [f"pattern:framework/{FIRST}", f"pattern:framework/{SECOND}"]
        see(rows, f"{BASE}-{who}", seen, instance=f"{BASE}-{who}")
    index_all(rows)


def test_what_is_told_twice_is_shown_then_merged(run: Command, rows: Engine, system: System) -> None:
    teach(run, rows)
    shown = run("consolidate", "--dry-run", "--json").json
    [mine] = [it for it in shown["mergers"] if BASE in it["gone"]]
    assert (mine["survivor"], mine["gone"]) == (FIRST, SECOND)
    assert "together in 3 codebases (100%) of 3 instances" in mine["why"]
    said = run("consolidate", "--dry-run").out
    assert "would become part" in said
    assert "nothing was changed" in said
    assert run("query", "framework", SECOND, "--json").json["patterns"][0]["slug"] == SECOND

    assert "became part" in run("consolidate").out
    until(
        lambda: run("query", "framework", SECOND, "--json").json["patterns"][0]["slug"] == FIRST,
        20,
        "the old name does not answer",
    )
    assert [it for it in run("consolidate", "--json").json["mergers"] if BASE in it["gone"]] == []
    assert "consolidation" in {it["job"] for it in run("stats", "--json").json["runs"]}
    with rows.connect() as connection:
        scheduled = connection.execute(text("SELECT count(*) FROM runs WHERE job = 'consolidation'")).scalar_one()
    assert scheduled >= 2


def test_the_worker_does_it_when_beat_says_so(rows: Engine, system: System) -> None:
    def done() -> int:
        with rows.connect() as connection:
            query = "SELECT count(*) FROM runs WHERE job = 'consolidation' AND state = 'done'"
            return int(connection.execute(text(query)).scalar_one())

    before = done()
    with Celery("test", broker=system.addresses.redis_url, set_as_current=False) as app:
        app.conf.task_queues = [Queue("consolidate", Exchange("consolidate", type="direct"), "consolidate")]
        app.send_task(names.CONSOLIDATE, queue="consolidate", expires=60)
    until(lambda: done() > before, 60, "no run was recorded")


def test_while_a_worker_does_it_says_so(run: Command, rows: Engine) -> None:
    with single_flight.alone(rows) as mine:
        assert mine
        assert "at this moment" in run("consolidate", expect=3).error


def test_where_nothing_runs_it_is_one_line(nowhere: Command) -> None:
    for arguments in (("consolidate",), ("consolidate", "--dry-run")):
        assert nowhere(*arguments, expect=5).error.startswith("centralcloud: ")
