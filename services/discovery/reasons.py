"""Why a name is not found out, in the words that askers and operators read, and the pause that each reason brings."""

import datetime
from typing import Final

#: By its form it is none: costs nothing, leaves no row.
NOT_A_NAME: Final = "not_a_name"
#: No model may be asked, and what is known makes no candidate.
DISABLED: Final = "discovery_disabled"
#: The model knows no such thing.
NO_SUCH_THING: Final = "no_such_thing"
#: As much is to be found out as may wait, of all or of the one who asks.
TOO_MANY: Final = "too_many"
#: Something of ours failed.
FAILED: Final = "failed"

_MINUTE: Final = datetime.timedelta(minutes=1)
_HOUR: Final = datetime.timedelta(hours=1)
_DAY: Final = datetime.timedelta(days=1)
#: First pause and longest one; each failure in a row doubles it. What is known elsewhere or nowhere stays so for long;
#: what failed by accident is worth another try soon.
_PAUSES: Final = {
    DISABLED: (10 * _MINUTE, _DAY),
    NO_SUCH_THING: (7 * _DAY, 60 * _DAY),
    "refused": (_DAY, 60 * _DAY),
    "unreadable": (30 * _MINUTE, 14 * _DAY),
    "misconfigured": (5 * _MINUTE, 6 * _HOUR),
    "postponed": (_HOUR, 7 * _DAY),
    TOO_MANY: (_HOUR, _HOUR),
    FAILED: (_MINUTE, 2 * _DAY),
}
_OTHERS: Final = (_DAY, 30 * _DAY)
_MOST_DOUBLINGS: Final = 20


def known_as(type_: str) -> str:
    """Return the reason for a name that is known, as another type of thing."""
    return f"known_as_{type_}"


def pause(reason: str, failures: int) -> datetime.timedelta:
    """Return how long a failure is remembered; `failures` in a row, this one counted."""
    first, longest = _PAUSES.get(reason, _OTHERS)
    return min(longest, first * (1 << min(failures - 1, _MOST_DOUBLINGS)))
