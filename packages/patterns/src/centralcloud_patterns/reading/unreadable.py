"""The one error of the readers."""


class Unreadable(ValueError):  # noqa: N818 - a state of the text, not a fault of ours
    """A text that can't be read, in one sentence; `partial` holds what could be saved of it."""

    def __init__(self, message: str, partial: object = None) -> None:
        super().__init__(message)
        self.partial = partial
