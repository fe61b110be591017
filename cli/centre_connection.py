"""One NATS connection as the centre's own user, for commands of operators; an absent server is said at once."""

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from nats.aio.client import Client

_SECONDS: Final = 2


async def connect(url: str, password: str | None) -> "Client":
    """Connect, as an instance where no secret is known; raises OSError with the reason."""
    import nats
    from nats.errors import Error as NatsError

    reasons: list[str] = []

    async def note(error: Exception) -> None:
        reasons.append(str(error) or type(error).__name__)

    secret: dict[str, Any] = {"user": "centre", "password": password} if password else {}
    try:
        return await nats.connect(
            url,
            allow_reconnect=False,
            connect_timeout=_SECONDS,
            # By default the library tries for two minutes, also where it is told not to reconnect.
            max_reconnect_attempts=1,
            reconnect_time_wait=0,
            error_cb=note,
            **secret,
        )
    except (NatsError, OSError, TimeoutError, ValueError) as error:
        raise OSError(reasons[-1] if reasons else str(error) or type(error).__name__) from error
