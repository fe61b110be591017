"""Workers killed while they ask: at most one extra paid call a crash, and never more than the day's cap."""

import datetime
import multiprocessing
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import Engine, text

from services.paid_calls.asking import Step
from tests.llm import replies
from tests.llm.replies import Reply
from tests.llm.scripted_server import ScriptedServer
from tests.services.asking import ENDLESS, VALID, Job, work

_SECONDS: Final = 60.0
#: Beyond every lease, within the day.
_LATER: Final = 1_000.0
#: Processes fork from one that has loaded everything: real ones, that start in no time.
_FORKS: Final = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["openai", "tests.services.asking"])


@pytest.fixture
def job(database: Engine, server: ScriptedServer, tmp_path: Path) -> Job:
    url = database.url.render_as_string(hide_password=False)
    # By the workers' clock it is noon when the test begins: no day ends meanwhile.
    now = datetime.datetime.now(datetime.UTC)
    noon = now.replace(hour=12, minute=0, second=0, microsecond=0)
    ahead = (noon - now).total_seconds()
    return Job(database_url=url, server_url=server.url, keys=("nextjs",), outcomes=tmp_path / "outcomes", ahead=ahead)


def start(job: Job) -> ForkServerProcess:
    process = _FORKS.Process(target=work, args=(job,), daemon=True)
    process.start()
    return process


def run(job: Job) -> list[str]:
    """Run a worker to its end, and return the outcomes of what it asked."""
    job.outcomes.unlink(missing_ok=True)
    process = start(job)
    process.join(_SECONDS)
    assert process.exitcode == (-9 if job.dies_at else 0)
    return job.outcomes.read_text().splitlines() if job.outcomes.exists() else []


def paid(database: Engine) -> int:
    with database.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM llm_calls WHERE paid")).scalar_one())


#: Requests before the crash, and altogether.
_AT: Final[dict[Step, tuple[int, int]]] = {
    "reserved": (0, 1),
    "sent": (0, 1),
    "answered": (1, 2),
    "recorded": (1, 1),
}


@pytest.mark.parametrize("step", list(_AT))
def test_a_crash_at_any_step_costs_one_extra_call_at_most(
    job: Job, server: ScriptedServer, database: Engine, step: Step
) -> None:
    before, altogether = _AT[step]
    assert run(replace(job, dies_at=step)) == []
    assert len(server.asked) == before
    # Nobody asks while the dead one may still be at it; where its answer is known, it is there at once.
    assert run(job) == ["answered Next.js" if step == "recorded" else "busy"]
    assert len(server.asked) == before
    assert run(replace(job, ahead=job.ahead + _LATER)) == ["answered Next.js"]
    assert run(replace(job, ahead=job.ahead + _LATER)) == ["answered Next.js"]
    assert len(server.asked) == altogether
    # A reservation that was not used is used again; one that was sent counts as spent, whether it left or not.
    assert paid(database) == (1 if step in ("reserved", "recorded") else 2)


@pytest.mark.parametrize("step", list(_AT))
def test_a_crash_while_an_answer_is_mended_costs_no_more(job: Job, server: ScriptedServer, step: Step) -> None:
    server.then(replies.said("no JSON"))
    run(replace(job, dies_at=step, times=2))
    assert run(replace(job, ahead=job.ahead + _LATER)) == ["answered Next.js"]
    first, *others = server.asked
    assert "no JSON" not in first.text
    # What was paid for and could not be read is not asked anew: all others ask to mend it.
    assert all("no JSON" in asked.text for asked in others)
    assert len(others) == _AT[step][1]


def test_a_crash_while_the_model_thinks_costs_that_call_alone(job: Job, server: ScriptedServer) -> None:
    server.then(replies.answer(VALID).after(30))
    worker = start(job)
    server.wait_asked(1)
    worker.kill()
    worker.join(_SECONDS)
    assert run(job) == ["busy"]
    assert run(replace(job, ahead=job.ahead + _LATER)) == ["answered Next.js"]
    assert len(server.asked) == 2


def _moody(seed: int) -> Iterator[Reply]:
    """Say what a server in a bad week says."""
    chance = random.Random(seed)
    while True:
        mood = chance.random()
        reply = (
            replies.said("no JSON")
            if mood < 0.1
            else replies.failure(500)
            if mood < 0.15
            else replies.closed()
            if mood < 0.2
            else replies.answer(VALID)
        )
        yield reply.after(chance.uniform(0.0, 0.1))


def test_the_days_cap_holds_with_workers_killed_at_random(job: Job, server: ScriptedServer, database: Engine) -> None:
    cap, kills, keys = 40, 40, tuple(f"key-{number}" for number in range(60))
    chance, moods = random.Random(7), _moody(7)
    server.script = lambda _asked: next(moods)
    job = replace(job, caps=replace(ENDLESS, per_day=cap))

    def another() -> ForkServerProcess:
        return start(replace(job, keys=tuple(chance.sample(keys, len(keys)))))

    workers, killed = [another() for _ in range(4)], 0
    deadline = time.monotonic() + 100
    while killed < kills and time.monotonic() < deadline:
        time.sleep(chance.uniform(0.0, 0.15))
        chosen = chance.randrange(len(workers))
        killed += workers[chosen].is_alive()
        workers[chosen].kill()
        workers[chosen].join(_SECONDS)
        workers[chosen] = another()
        assert len(server.asked) <= cap
    for worker in workers:
        worker.kill()
        worker.join(_SECONDS)
    # What the dead left behind is settled, and the rest of the budget spent.
    outcomes = run(replace(job, keys=keys * 2, ahead=job.ahead + _LATER))
    assert killed == kills
    assert cap - killed - 4 <= len(server.asked) <= cap
    assert paid(database) == cap
    assert outcomes[-1] in ("cap", "answered Next.js")
    assert "cap" in outcomes
