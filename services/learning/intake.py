"""Take a batch of deliveries from the stream to decisions: the whole use case of queue `learn`.

One transaction a batch; acknowledged after its commit, never before. What the infrastructure prevented is postponed;
what a message brought about is isolated (`isolation`), so that it cannot take its batch along.
"""

import datetime
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from sqlalchemy import Engine

from services import remembered
from services.learning import admission, answers, applying, deliveries, following, isolation, patience
from services.learning.applying import Applied, MovedError
from services.learning.deliveries import Delivery
from services.learning.faults import describe, is_infrastructure
from services.learning.outcomes import Outcome
from services.learning.reading import Submission, read
from services.learning.recording import AlreadyDecidedError
from services.learning.rules import LearningRules
from services.pattern_writing import SlugTakenError
from services.times import Clock

#: What came this recently needs no word that it is worked on: its acknowledgement is not due for long.
FRESH: Final = datetime.timedelta(seconds=10)
#: Transactions that give way to somebody else's change before the batch is postponed.
_MAX_RERUNS: Final = 5

#: Where nobody set others.
_RULES: Final = LearningRules()

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Handled:
    """What became of a batch."""

    outcomes: list[Outcome] = field(default_factory=list)
    #: Left to redelivery: not acknowledged.
    postponed: list[Delivery] = field(default_factory=list)
    #: Feedback on what nobody knows, which is to be looked at again.
    unplaced: list[Delivery] = field(default_factory=list)
    #: Of that, what may have overtaken its learn: to be delivered again, too.
    early: list[Delivery] = field(default_factory=list)

    def extend(self, more: "Handled") -> None:
        """Add what became of others."""
        self.outcomes.extend(more.outcomes)
        self.postponed.extend(more.postponed)
        self.early.extend(more.early)

    @property
    def changed(self) -> bool:
        """Whether the feed moved."""
        return any(outcome.changed for outcome in self.outcomes)

    @property
    def seqs(self) -> tuple[int, int] | None:
        """The first and the last change that these learns are part of, for the log."""
        found = [outcome.seq for outcome in self.outcomes if outcome.seq is not None]
        return (min(found), max(found)) if found else None

    def counted(self) -> Counter[tuple[str, str]]:
        """Count outcomes by state and code."""
        return Counter((outcome.state, outcome.code or "") for outcome in self.outcomes)


def handle(
    database: Engine,
    publish: Callable[[Sequence[tuple[str, bytes]]], None],
    clock: Clock,
    messages: Sequence[Sequence[Any]],
    rules: LearningRules = _RULES,
    *,
    progress: patience.Ask | None = None,
) -> Handled:
    """Decide a task's messages and tell NATS; may be run any number of times with the same messages.

    Without `progress` nothing else is taken to be on its way.
    """
    batch = deliveries.read(messages, clock())
    if waited := [delivery for delivery in batch if clock() - delivery.received > FRESH]:
        publish(answers.in_progress(waited))
    handled = decide(database, clock, batch, rules, is_patient=progress is not None)
    publish(_told(handled))
    if progress is not None and handled.unplaced:
        # Only now: what was decided with it is acknowledged, and counts for undecided no more.
        again = _look_again(database, clock, handled.unplaced, rules, progress)
        publish(_told(again))
        handled.extend(again)
    return handled


def _told(handled: Handled) -> answers.Messages:
    return [
        *answers.decided(handled.outcomes),
        *answers.postponed(handled.postponed),
        *answers.early(handled.early),
    ]


def decide(
    database: Engine,
    clock: Clock,
    batch: Sequence[Delivery],
    rules: LearningRules = _RULES,
    *,
    is_patient: bool = False,
) -> Handled:
    """Decide deliveries, each exactly once, however often it comes; `is_patient`: not feedback on what nobody knows."""
    try:
        submissions = [read(delivery) for delivery in batch]
        decided = transact(database, clock, submissions, rules, is_patient=is_patient)
    except Exception as error:  # noqa: BLE001  whatever one message did, the others must not wait for it
        if is_infrastructure(error):
            _log.warning("learns postponed", messages=len(batch), error=describe(error))
            return Handled(postponed=list(batch))
        _log.error("batch of learns failed, each runs alone", messages=len(batch), error=describe(error))
        return _one_by_one(database, clock, batch, error, rules, is_patient=is_patient)
    return Handled(decided.outcomes, unplaced=[submission.delivery for submission in decided.unplaced])


def _look_again(
    database: Engine, clock: Clock, unplaced: Sequence[Delivery], rules: LearningRules, progress: patience.Ask
) -> Handled:
    """Decide feedback on what nobody knew, now that it is known what may be undecided before it."""
    try:
        waits = patience.early(unplaced, progress())
    except OSError as error:
        _log.warning("feedback postponed", messages=len(unplaced), error=describe(error))
        return Handled(postponed=list(unplaced))
    waiting = {id(delivery) for delivery in waits}
    handled = Handled(early=waits)
    if rest := [delivery for delivery in unplaced if id(delivery) not in waiting]:
        handled.extend(decide(database, clock, rest, rules))
    return handled


def transact(
    database: Engine,
    clock: Clock,
    submissions: Sequence[Submission],
    rules: LearningRules = _RULES,
    *,
    is_patient: bool = False,
) -> Applied:
    """Apply submissions in one transaction, again when somebody else was there before."""
    look_first = False
    memory, gate, noted = remembered.of(database), admission.of(database), following.of(database)
    for _rerun in range(_MAX_RERUNS):
        now = clock()
        gate.tell(database, now)
        try:
            with database.begin() as connection:
                admitted = gate.admit(connection, submissions, now, rules)
                applied = applying.apply(
                    connection,
                    admitted,
                    now,
                    look_first=look_first,
                    is_patient=is_patient,
                    memory=memory,
                    policy=rules.policy,
                )
                due = noted.want(connection, applied.due, now, gate.revocations)
        except (AlreadyDecidedError, SlugTakenError, MovedError):
            look_first = True
        else:
            memory.keep(applied.patterns)
            left = {it.learn_id for it in applied.unplaced}
            gate.count(it for it in admitted if it.learn_id not in left)
            noted.keep(due)
            return applied
    raise TimeoutError("others kept changing what these learns touch")


def _one_by_one(
    database: Engine,
    clock: Clock,
    batch: Sequence[Delivery],
    cause: Exception,
    rules: LearningRules,
    *,
    is_patient: bool,
) -> Handled:
    def alone(submission: Submission) -> list[Outcome]:
        return transact(database, clock, [submission], rules, is_patient=is_patient).outcomes

    handled = Handled()
    for index, delivery in enumerate(batch):
        try:
            outcome = isolation.run_alone(database, delivery, alone, cause)
        except Exception as error:
            if not is_infrastructure(error):
                raise
            _log.warning("learns postponed", messages=len(batch) - index, error=describe(error))
            handled.postponed.extend(batch[index:])
            return handled
        if outcome is None:
            handled.postponed.append(delivery)
        else:
            handled.outcomes.append(outcome)
    return handled
