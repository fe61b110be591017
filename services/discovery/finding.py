"""Find out from facts and a model what a name stands for; writes nothing but the ledger of paid calls.

Loaded by the discover worker alone. What becomes of a finding is `running`'s.
"""

import datetime
from contextlib import nullcontext
from dataclasses import dataclass

from centralcloud_patterns.pattern import Pattern
from services import findings, grounding
from services.discovery.means import TURN, Means
from services.discovery.outcomes import Claimed
from services.discovery.reasons import DISABLED, NO_SUCH_THING
from services.findings import BuiltPrompt, DiscoveredPattern
from services.grounding import Facts
from services.learning.identity import new_slug
from services.paid_calls import Answered, GaveUp, NotNow, PaidCalls, Question


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """A pattern, a slug that the name is an alias of, a time to try again, or only why there is nothing."""

    pattern: Pattern | None = None
    found_by: str = ""
    alias_of: str | None = None
    due: datetime.datetime | None = None
    reason: str = ""
    message: str = ""


def find(means: Means, claimed: Claimed) -> Finding:
    """Gather facts, and ask the model about them where there is one; holds no connection meanwhile."""
    # Package indexes take their time, and nobody is to wait for them.
    turn = TURN if means.metadata is None else nullcontext()
    with turn, means.database.connect() as connection:
        facts = grounding.gather(connection, claimed.type, claimed.name, claimed.key, means.metadata)
        built = findings.discovery_prompt(connection, claimed.type, claimed.name, facts) if means.paid_calls else None
    if means.paid_calls is None or built is None:
        return _from_facts(claimed, facts, means.clock())
    try:
        answered = _ask(means.paid_calls, claimed, built)
    except NotNow as later:
        return Finding(due=later.due, reason=later.reason, message=later.message)
    except GaveUp as end:
        return Finding(reason=end.reason, message=end.message)
    return _from_answer(means, claimed, facts, built, answered)


def _ask(paid_calls: PaidCalls, claimed: Claimed, built: BuiltPrompt) -> Answered[DiscoveredPattern]:
    return paid_calls.ask(
        Question(
            purpose="discovery",
            subject=(claimed.type, claimed.key),
            instance_id=claimed.instance_id,
            template=built.template,
            template_version=built.version,
            prompt=built.prompt,
            output=DiscoveredPattern,
            since=claimed.opened_at,
        )
    )


def _from_facts(claimed: Claimed, facts: Facts, at: datetime.datetime) -> Finding:
    candidate = grounding.deterministic_candidate(facts, claimed.type, claimed.name, at)
    if candidate is None:
        return Finding(reason=DISABLED, message="no model may be asked, and no package of that name was seen")
    return Finding(pattern=candidate, found_by="facts")


def _from_answer(
    means: Means, claimed: Claimed, facts: Facts, built: BuiltPrompt, answered: Answered[DiscoveredPattern]
) -> Finding:
    said = answered.value
    if not said.exists:
        return Finding(reason=NO_SUCH_THING, message=said.reason or "the model knows no such thing")
    target = findings.alias_target(said, facts)
    if target is not None:
        return Finding(alias_of=target)
    pattern = findings.contribution(
        said,
        facts,
        type_=claimed.type,
        slug=new_slug(claimed.name),
        name=claimed.name,
        model=answered.model,
        call_id=answered.call_id,
        template=built.template,
        template_version=built.version,
        at=means.clock(),
    )
    return Finding(pattern=pattern, found_by="model")
