"""What a call of the client may raise.

    CentralCloudError
    ├── RefusedError        the centre, or the client before sending, said no: code, path, retryable
    ├── UnreachableError    nobody answered and the cache cannot help
    │   └── NoAnswerError   … connected, but no answer came before the deadline, twice
    ├── StateError          the state folder cannot be used
    ├── AddressError        a server's address that is none
    └── ClientClosedError   the client was closed

Nothing of NATS or SQLite leaks through.
"""

from centralcloud_client.messages.replies import ErrorCode


class CentralCloudError(Exception):
    """The root of all errors of the client."""


class RefusedError(CentralCloudError):
    """A request that cannot be taken: `code` says why, `path` where in it, `retryable` whether waiting helps."""

    def __init__(self, code: ErrorCode, message: str, path: str | None = None, *, retryable: bool = False) -> None:
        super().__init__(f"{code}: {message}" + (f" (at {path})" if path else ""))
        self.code: ErrorCode = code
        self.message = message
        self.path = path
        self.retryable = retryable


class UnreachableError(CentralCloudError):
    """The centre cannot be reached, and the cache does not hold the answer."""


class NoAnswerError(UnreachableError, TimeoutError):
    """The server is there, but nothing answered before the deadline, nor at the one retry."""


class StateError(CentralCloudError):
    """The folder for cache and spool cannot be written or read."""


class AddressError(CentralCloudError, ValueError):
    """An address that no NATS server can have."""


class ClientClosedError(CentralCloudError):
    """A call on a client after `close`."""
