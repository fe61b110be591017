"""Proposed indicators and trends: what the index shows of patterns that are known already."""

import datetime
from typing import Final

from sqlalchemy import Connection

from centralcloud_patterns.mining.seen import Kind
from centralcloud_patterns.mining.telling import proposals
from centralcloud_patterns.mining.trends import trends
from models import audit
from models import proposals as rows_of
from services.mining.done import Done
from services.mining.index import Index, pair_of
from services.mining.rules import Rules

_DIGITS: Final = 4


def propose_indicators(connection: Connection, index: Index, rules: Rules, now: datetime.datetime) -> Done:
    """Replace the proposed indicators by the facts that tell patterns now, with measured precision and recall.

    What an operator declined is left out.
    """
    facts = index.sets(Kind.FACT, rules.proposals.codebases)
    known = rows_of.claimed(connection, facts.keys())
    declined = audit.declined(connection)
    rows = []
    for it in proposals(index.sets(Kind.PATTERN), facts, rules.proposals, known):
        type_, slug = pair_of(it.pattern)
        instances = index.instances(it.bits)
        if instances >= rules.instances and (type_, slug, it.fact) not in declined:
            rows.append(
                {
                    "type": type_,
                    "slug": slug,
                    "fact": it.fact,
                    "codebases": it.codebases,
                    "instances": instances,
                    "precision": round(it.precision, _DIGITS),
                    "recall": round(it.recall, _DIGITS),
                }
            )
    return Done(len(facts), rows_of.replace_indicators(connection, rows), {"proposed": len(rows)})


def follow_trends(connection: Connection, index: Index, rules: Rules, now: datetime.datetime) -> Done:
    """Replace the trends by how what was seen lately differs from what was seen before."""
    year, week, _day = (now - datetime.timedelta(weeks=rules.weeks)).isocalendar()
    first = f"{year}-W{week:02}"
    lately = before = 0
    for key, bits in index.sets(Kind.WEEK).items():
        if key > first:
            lately |= bits
        else:
            before |= bits
    patterns = index.sets(Kind.PATTERN)
    rows = []
    for it in trends(patterns, lately, before & ~lately, rules.trends):
        type_, slug = pair_of(it.pattern)
        direction = "rising" if it.score > 0 else "fading"
        shares = {"lately": round(it.lately, _DIGITS), "before": round(it.before, _DIGITS)}
        rows.append({"type": type_, "slug": slug, "direction": direction, **shares, "score": it.score})
    return Done(len(patterns), rows_of.replace_trends(connection, rows), {"trends": len(rows)})
