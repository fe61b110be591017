"""What a call to a model can end in, other than an answer.

    ModelError
    ├── Postponed      not now: 429, 5xx, a timeout, a broken connection
    ├── Refused        the model will not answer this
    ├── Unreadable     it answered, but not in the shape that was asked for
    ├── NotUnderstood  the server does not know a way of asking; the next call uses another
    └── Misconfigured  wrong key, model or address: the same call would fail again

`paid` says whether the server may have charged for the call; where that is unknown it is True.
"""

from typing import ClassVar


class ModelError(Exception):
    """A call that brought no answer."""

    #: The word for it in the ledger.
    code: ClassVar[str] = "failed"

    def __init__(self, message: str, *, paid: bool, prompt_tokens: int = 0, completion_tokens: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.paid = paid
        self.prompt_tokens = prompt_tokens
        self.completion_tokens = completion_tokens


class Postponed(ModelError):  # noqa: N818  an outcome, not a fault of ours
    """The server cannot answer now; ask again after `seconds`, where it said so."""

    code = "postponed"

    def __init__(self, seconds: float | None, reason: str, *, paid: bool) -> None:
        super().__init__(reason, paid=paid)
        self.seconds = seconds


class Refused(ModelError):  # noqa: N818  an outcome, not a fault of ours
    """The model declined, or a filter did."""

    code = "refused"


class Unreadable(ModelError):  # noqa: N818  an outcome, not a fault of ours
    """The output does not validate: `raw` is what came, `errors` says where it is wrong."""

    code = "unreadable"

    def __init__(self, raw: str, errors: str, *, prompt_tokens: int = 0, completion_tokens: int = 0) -> None:
        super().__init__(errors, paid=True, prompt_tokens=prompt_tokens, completion_tokens=completion_tokens)
        self.raw = raw
        self.errors = errors


class NotUnderstood(ModelError):  # noqa: N818  an outcome, not a fault of ours
    """The server rejected a parameter that it does not know; the next call does without."""

    code = "not_understood"


class Misconfigured(ModelError):  # noqa: N818  an outcome, not a fault of ours
    """The key, the model's name or the address is wrong."""

    code = "misconfigured"
