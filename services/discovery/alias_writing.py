"""Make a name an alias of a pattern: one revision on the feed, in the caller's transaction.

Whether it is the same thing was decided before; here it is only seen to that nobody else has taken the name meanwhile.
"""

import datetime
from typing import Final

from sqlalchemy import Connection

from centralcloud_client.naming import normalise
from centralcloud_patterns.merging import DERIVED, KNOWN_AS, merge, ruled
from centralcloud_patterns.pattern import Pattern, Provenance
from models import pattern_writes, patterns
from services import pattern_writing
from services.learning import identity
from services.pattern_writing import Draft
from services.times import rfc3339

#: Characters of an alias; longer names are forwarded without becoming one.
_LONGEST: Final = 64


def add(connection: Connection, type_: str, slug: str, name: str, at: datetime.datetime) -> bool:
    """Let the pattern answer to the name from now on; say whether it does, by this or by what was there before.

    False when the pattern is gone, or has as many learned aliases as it may.
    """
    pair = (type_, normalise(name))
    identity.reserve(connection, [pair])
    taken = [row for row in pattern_writes.named(connection, [pair]) if not row.retired]
    if taken:
        return True
    ids = [row.id for row in patterns.by_slugs(connection, {(type_, slug)}) if not row.retired]
    for stored in pattern_writing.lock(connection, ids):
        if stored.retired or len(name) > _LONGEST:
            return False
        known = stored.pattern
        own = Provenance(source=DERIVED, field=KNOWN_AS, at=rfc3339(at), items=(*ruled(known, KNOWN_AS), name))
        said = Pattern(type=known.type, slug=known.slug, name=known.name, aliases=(name,), provenance=(own,))
        together = merge(known, said)
        if name not in together.aliases:
            return False
        draft = Draft(pattern=together, standing=stored.standing, source=stored.source, stored=stored)
        pattern_writing.write(connection, [draft], at)
        return True
    return False
