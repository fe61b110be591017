"""Questions to a scripted model, and a worker that asks them and can be killed at any step: shared by tests."""

import datetime
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict
from sqlalchemy import create_engine

from llm.model import Model
from llm.prompt import Prompt
from services.paid_calls import Caps, PaidCalls, Question
from services.paid_calls.asking import Step
from services.paid_calls.errors import NoAnswerError

KEY = "sk-of-the-tests"
ENDLESS = Caps(per_day=10_000, per_instance_per_day=10_000, per_pattern_per_day=10_000, in_flight=1_000)


class Found(BaseModel):
    """What the tests ask for."""

    model_config = ConfigDict(extra="forbid")
    name: str
    kind: Literal["framework", "library"]


VALID = {"name": "Next.js", "kind": "framework"}


def question(
    key: str = "nextjs", *, instance: str = "alpha", version: int = 1, since: datetime.datetime | None = None
) -> Question[Found]:
    return Question(
        purpose="discovery",
        subject=("framework", key),
        instance_id=instance,
        template="discovery",
        template_version=version,
        prompt=Prompt("You know software.", f"What is {key}?"),
        output=Found,
        since=since,
    )


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = datetime.datetime(2026, 3, 4, 12, 0, tzinfo=datetime.UTC)

    def __call__(self) -> datetime.datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += datetime.timedelta(seconds=seconds)


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a worker that may be killed is to ask, in order."""

    database_url: str
    server_url: str
    keys: tuple[str, ...]
    #: Where a line goes for each outcome.
    outcomes: Path
    #: Seconds that its clock is ahead of the machine's.
    ahead: float
    caps: Caps = ENDLESS
    #: Dies when it has reached this step so often.
    dies_at: Step | None = None
    times: int = 1


def work(job: Job) -> None:
    """Be a worker: ask everything once."""
    model = Model("scripted", api_key=KEY, base_url=job.server_url, timeout=20)
    ahead = datetime.timedelta(seconds=job.ahead)
    calls = PaidCalls(
        create_engine(job.database_url, pool_size=1),
        model,
        job.caps,
        lambda: datetime.datetime.now(datetime.UTC) + ahead,
        on_step=_deadly(job),
    )
    for key in job.keys:
        with job.outcomes.open("a") as file:
            file.write(f"{_outcome(calls, key)}\n")


def _deadly(job: Job) -> Callable[[Step], None]:
    reached: list[Step] = []

    def hook(step: Step) -> None:
        reached.append(step)
        if step == job.dies_at and reached.count(step) == job.times:
            os.kill(os.getpid(), signal.SIGKILL)

    return hook


def _outcome(calls: PaidCalls, key: str) -> str:
    try:
        answer = calls.ask(question(key))
    except NoAnswerError as error:
        return error.reason
    return f"answered {answer.value.name}"
