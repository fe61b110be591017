"""What each failure of the openai library means for whoever asked: later, never, differently, or mend the settings."""

import datetime
import email.utils
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from llm.bounding import bounded
from llm.errors import Misconfigured, ModelError, NotUnderstood, Postponed, Refused

if TYPE_CHECKING:
    import openai

#: Seconds; a server that asks for more is asked again then.
LONGEST_PAUSE: Final = 86_400.0
#: An account without money is not filled within a minute.
_QUOTA_PAUSE: Final = 3_600.0
#: Nothing was sent yet: the transport's own errors, by the names they have in all its versions.
_NEVER_SENT: Final = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout"})
_NEVER_TO_BE_SENT: Final = frozenset({"InvalidURL", "LocalProtocolError", "UnsupportedProtocol"})
_LATER: Final = frozenset({408, 409, 425, 429})
#: The request itself was not liked.
_REJECTED: Final = frozenset({400, 413, 415, 422})


def of_connection(error: "openai.APIConnectionError") -> ModelError:
    """Return what a failed connection means."""
    cause = error.__cause__
    name = type(cause).__name__
    text = f"{name}: {cause}" if cause is not None and str(cause) else name
    if name in _NEVER_TO_BE_SENT:
        return Misconfigured(bounded(text), paid=False)
    return Postponed(None, f"no connection to the model's server: {bounded(text)}", paid=name not in _NEVER_SENT)


def of_status(error: "openai.APIStatusError") -> ModelError:
    """Return what a reply with an error status means; NotUnderstood is for the caller to tell from Refused."""
    status, message = error.status_code, bounded(error.message)
    if status in _LATER or status >= 500:
        out_of_money = error.code == "insufficient_quota"
        seconds = _QUOTA_PAUSE if out_of_money else retry_after(error.response.headers)
        # Only what was turned away at the door is surely free.
        return Postponed(seconds, message, paid=status not in _LATER)
    if status in _REJECTED:
        return Refused(message, paid=False)
    return Misconfigured(message, paid=False)


def of_complaint(error: "openai.APIStatusError") -> NotUnderstood:
    """Return that a server did not know a parameter."""
    return NotUnderstood(bounded(error.message), paid=False)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds a server asks to wait, told in seconds or as a date; None where it says nothing readable."""
    told = headers.get("retry-after", "").strip()
    try:
        seconds = float(told)
    except ValueError:
        seconds = _until(told, headers.get("date", ""))
    if math.isnan(seconds) or seconds < 0:
        return None
    return min(seconds, LONGEST_PAUSE)


def _until(date: str, now: str) -> float:
    """Return the seconds until a date by the server's own clock, by ours where it does not tell; NaN: unreadable."""
    due = _read_date(date)
    if due is None:
        return math.nan
    return max(0.0, (due - (_read_date(now) or datetime.datetime.now(datetime.UTC))).total_seconds())


def _read_date(text: str) -> datetime.datetime | None:
    try:
        read = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    return read if read.tzinfo else read.replace(tzinfo=datetime.UTC)
