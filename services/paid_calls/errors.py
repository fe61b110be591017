"""Why there is no answer: not yet, or not at all.

NoAnswer
├── NotNow   ask again when it is due
└── GaveUp   asking again soon will end the same way
"""

import datetime


class NoAnswerError(Exception):
    """A question that brought no answer."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        #: One word.
        self.reason = reason
        #: One sentence.
        self.message = message


class NotNow(NoAnswerError):  # noqa: N818  an outcome, not a fault
    """Ask again at `due`; reason: cap, stopped, busy, postponed or circuit_open."""

    def __init__(self, due: datetime.datetime, reason: str, message: str = "") -> None:
        super().__init__(reason, message or reason)
        self.due = due


class GaveUp(NoAnswerError):  # noqa: N818  an outcome, not a fault
    """The model refused, could not be read twice, is misconfigured, or its server failed again and again.

    Reason: refused, unreadable, misconfigured or postponed.
    """
