"""Return a pattern to an earlier revision: what was taught and ruled since does not count, what comes later does.

Derived like everything else: an instance that was revoked in the meantime does not come back with the revision.
"""

from typing import Final

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection

from centralcloud_patterns.measures import without_measures
from centralcloud_patterns.merging import NOT_BETWEEN, OPERATOR, described, is_curated, ruled, unlearned
from centralcloud_patterns.merging.claims import WORDS
from centralcloud_patterns.merging.rulings import RULINGS
from centralcloud_patterns.pattern import Pattern
from models import revisions
from models.base import AnyRow
from services.curation import ruling, sources
from services.curation.ruling import Deed, Operator, RulingError
from services.pattern_writing import MINED, Stored

#: Revisions that are looked through.
_MOST: Final = 1_000
_decoder: Final = msgspec.json.Decoder(Pattern)


def rollback(operator: Operator, type_: str, slug: str, revision: int, reason: str) -> Stored:
    """Return a pattern to a revision that is still kept; this makes a new revision."""

    def work(connection: Connection, deed: Deed) -> Stored:
        stored = ruling.locked(connection, type_, slug)
        row, then = _kept(connection, stored, revision)
        stretch = f"{row.seq}-{stored.seq}"
        changed = ruling.ruled_so(_as_it_was(stored, then), NOT_BETWEEN, (*ruled(then, NOT_BETWEEN), stretch), deed)
        return ruling.write(connection, stored, changed, deed, "rollback", detail={"to": revision})

    return operator.do(work, reason)


def _kept(connection: Connection, stored: Stored, revision: int) -> tuple[AnyRow, Pattern]:
    if revision >= stored.revision:
        raise RulingError(f"the pattern is at revision {stored.revision}")
    for row in revisions.history(connection, stored.pattern.type.value, stored.pattern.slug, _MOST):
        if row.op == "upsert":
            then = _decoder.decode(row.body)
            if then.revision == revision:
                return row, described(without_measures(then))
    raise RulingError(f"revision {revision} is not kept any more")


def _as_it_was(stored: Stored, then: Pattern) -> Pattern:
    """Return what is known without learns as it was then; the catalogue's word is today's."""
    now = stored.pattern
    if stored.source == MINED:
        return sources.mined(then)
    if not is_curated(now):
        return unlearned(then)
    kept = [it for it in now.provenance if it.field not in RULINGS and (it.field is None or it.source != OPERATOR)]
    undone = {it.field for it in now.provenance if it.source == OPERATOR and it.field in WORDS}
    back = [it for it in then.provenance if it.field in RULINGS or (it.field is not None and it.source == OPERATOR)]
    words = undone | {it.field for it in back if it.field in WORDS}
    said = {word: getattr(then, word) for word in words if word}
    return replace(now, provenance=(*kept, *back), **said)
