"""How far stream LEARN is decided, asked of NATS: what services.learning.patience needs of JetStream."""

from typing import Final

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.errors import APIError, NotFoundError

from centralcloud_client.subjects import ANY_LEARN, LEARN_CONSUMER, LEARN_STREAM
from services.learning.patience import Progress
from workers.nats_link import NatsLink

_SECONDS: Final = 2.0


class LearnProgress:
    """The figures of the stream and its one consumer, thread-safe."""

    def __init__(self, link: NatsLink) -> None:
        self._link = link

    def ask(self) -> Progress:
        """Return the progress; raises OSError while NATS, the stream or its consumer is away."""
        try:
            return self._link.call(_progress, _SECONDS)
        except (NatsError, APIError) as error:
            raise OSError(f"NATS: {error or type(error).__name__}") from error


async def _progress(client: Client) -> Progress:
    manager = client.jetstream(timeout=_SECONDS)
    info = await manager.consumer_info(LEARN_STREAM, LEARN_CONSUMER)
    try:
        # Decided messages leave the stream.
        learn = (await manager.get_msg(LEARN_STREAM, seq=1, subject=ANY_LEARN, next=True)).seq
    except NotFoundError:
        learn = None
    return Progress(open_learn=learn, on_their_way=info.num_ack_pending or 0)
