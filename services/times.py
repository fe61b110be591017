"""Times as the protocol writes them: RFC 3339 in UTC."""

import datetime
from collections.abc import Callable

Clock = Callable[[], datetime.datetime]


def rfc3339(moment: datetime.datetime) -> str:
    """Return a time in UTC with microseconds and a Z."""
    return moment.astimezone(datetime.UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
