"""Questions to a scripted model, and a process that asks them: what the tests of paid calls share.

Run as `python -m tests.services.asking DATABASE_URL SERVER_URL …` it is a worker that can be killed at any step.
"""

import argparse
import datetime
import os
import signal
import sys
from collections.abc import Callable
from typing import Literal

from pydantic import BaseModel, ConfigDict
from sqlalchemy import create_engine

from llm.model import Model
from llm.prompt import Prompt
from services.paid_calls import Answered, Caps, GaveUp, NotNow, PaidCalls, Question
from services.paid_calls.asking import Step

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


def _killed_at(step: str, times: int) -> Callable[[Step], None]:
    """Return a hook that kills this process when a step has been reached so often."""
    seen: list[str] = []

    def hook(reached: Step) -> None:
        seen.append(reached)
        if seen.count(step) == times and reached == step:
            os.kill(os.getpid(), signal.SIGKILL)

    return hook


def main() -> None:
    """Ask each key once, with a line for each outcome."""
    parser = argparse.ArgumentParser()
    parser.add_argument("database_url")
    parser.add_argument("server_url")
    parser.add_argument("keys", nargs="+")
    parser.add_argument("--kill-at", default="")
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--later", type=float, default=0.0, help="seconds that the clock is ahead")
    parser.add_argument("--per-day", type=int, default=10_000)
    options = parser.parse_args()
    later = datetime.timedelta(seconds=options.later)
    caps = Caps(
        per_day=options.per_day, per_instance_per_day=10_000, per_pattern_per_day=10_000, in_flight=ENDLESS.in_flight
    )
    model = Model("scripted", api_key=KEY, base_url=options.server_url, timeout=20)
    calls = PaidCalls(
        create_engine(options.database_url, pool_size=1),
        model,
        caps,
        lambda: datetime.datetime.now(datetime.UTC) + later,
        on_step=_killed_at(options.kill_at, options.times),
    )
    for key in options.keys:
        sys.stdout.write(f"{_outcome(calls, key)}\n")
        sys.stdout.flush()


def _outcome(calls: PaidCalls, key: str) -> str:
    try:
        answer: Answered[Found] = calls.ask(question(key))
    except (NotNow, GaveUp) as error:
        return error.reason
    return f"answered {answer.value.name}"


if __name__ == "__main__":
    main()
