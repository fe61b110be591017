"""Turn a validated answer and the facts it cites into what it contributes to one pattern.

Descriptive fields only. What the database must be asked, `reach` asks when it is written.
"""

import datetime

from centralcloud_patterns.pattern import Pattern
from services.findings.answers import DiscoveredPattern, Enrichment
from services.grounding import Facts


def contribution(
    found: DiscoveredPattern | Enrichment,
    facts: Facts,
    *,
    type_: str,
    slug: str,
    name: str,
    model: str,
    call_id: str,
    template: str,
    template_version: int,
    at: datetime.datetime,
) -> Pattern:
    """Return what an answer says about one pattern, its provenance on every field."""
    raise NotImplementedError


def alias_target(found: DiscoveredPattern, facts: Facts) -> str | None:
    """Return the slug that the name is only another name of, if it is a near name that was given."""
    raise NotImplementedError
