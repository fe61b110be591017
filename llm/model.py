"""Ask one model on one OpenAI-compatible server: one request, one deadline, one validated answer.

Requests run on an event loop in a thread of their own: cancelling there is the one way to bound a whole call, because
the transport's timeouts start anew with each byte. Retries, budgets and repairs are services.paid_calls'.
"""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel

from llm import failures, reading
from llm.bounding import bounded
from llm.dialect import Spoken
from llm.errors import ModelError, Postponed
from llm.prompt import Prompt

if TYPE_CHECKING:
    from openai import AsyncAPIResponse, AsyncOpenAI

#: Seconds that a call may take altogether.
TIMEOUT: Final = 60.0
MOST_TOKENS: Final = 8_192
_CONNECT_SECONDS: Final = 10.0
#: Seconds in which a cancelled call must have let go.
_GRACE: Final = 5.0
_ENDING: Final = "this process is ending"

T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Completion(Generic[T]):
    """A validated answer and what it took."""

    value: T
    #: As the server names what answered.
    model: str
    prompt_tokens: int
    completion_tokens: int


class Model:
    """One server and model; thread-safe, built once per process and never across a fork."""

    def __init__(
        self,
        name: str,
        *,
        api_key: str,
        base_url: str | None = None,
        timeout: float = TIMEOUT,
        most_tokens: int = MOST_TOKENS,
    ) -> None:
        self.name = name
        #: Seconds after which a call has ended, one way or another.
        self.timeout = timeout
        self._most_tokens = most_tokens
        self._key = api_key
        self._base_url = base_url
        self._spoken = Spoken()
        self._closing = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="model", daemon=True)
        self._thread.start()
        self._client = self._connect()
        address = urlsplit(str(self._client.base_url))
        #: The server's address, without what may be secret in it.
        self.server = f"{address.scheme}://{address.netloc.rpartition('@')[2]}{address.path}"

    def complete(self, prompt: Prompt, output: type[T]) -> Completion[T]:
        """Ask once, with exactly one request; raise a ModelError when no valid answer comes of it."""
        if self._closing:
            raise Postponed(None, _ENDING, paid=False)
        body = self._within(self._request(prompt, output))
        answer = reading.envelope(body)
        value = reading.output(answer, output)
        usage = answer.usage or reading.Usage()
        return Completion(value, bounded(answer.model), usage.prompt_tokens, usage.completion_tokens)

    def close(self) -> None:
        """Close the connections; calls in flight end as Postponed."""
        if self._closing:
            return
        self._closing = True
        with suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(self._shut(), self._loop).result(_GRACE)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_GRACE)
        self._loop.close()

    def _connect(self) -> "AsyncOpenAI":
        import openai

        from llm import bodies

        return openai.AsyncOpenAI(
            api_key=self._key,
            base_url=self._base_url,
            max_retries=0,
            timeout=openai.Timeout(self.timeout, connect=min(_CONNECT_SECONDS, self.timeout)),
            # A connection kept from an earlier call may be dead: that would look like a call that was paid for.
            default_headers={"Connection": "close", "Accept-Encoding": "identity"},
            # One request, and the key to nobody else.
            http_client=openai.DefaultAsyncHttpxClient(
                follow_redirects=False, event_hooks={"response": [bodies.bound]}
            ),
        )

    def _within(self, work: Coroutine[Any, Any, bytes]) -> bytes:
        """Run a request on the loop, to its end or the deadline's."""

        async def in_time() -> bytes:
            async with asyncio.timeout(self.timeout):
                return await work

        try:
            return asyncio.run_coroutine_threadsafe(in_time(), self._loop).result(self.timeout + _GRACE)
        except TimeoutError:
            raise Postponed(None, f"no whole answer within {self.timeout:g} s", paid=True) from None
        except CancelledError:
            raise Postponed(None, _ENDING, paid=True) from None

    async def _request(self, prompt: Prompt, output: type[BaseModel]) -> bytes:
        """Send one request and return the body of its reply."""
        import openai

        dialect = self._spoken.dialect
        parameters = dialect.parameters(prompt, output, self._most_tokens)
        create = self._client.chat.completions.with_streaming_response.create
        try:
            async with create(model=self.name, **parameters) as response:
                return await _body(response)
        except openai.APIStatusError as error:
            error.message = error.message.replace(self._key, "…")
            if error.status_code in (400, 422) and self._spoken.learn(dialect, f"{error.message} {error.param or ''}"):
                raise failures.of_complaint(error) from error
            raise failures.of_status(error) from error
        except openai.APIConnectionError as error:
            raise failures.of_connection(error) from error
        except ModelError:
            raise
        except Exception as error:
            # The transport's own, while a body is read: the library does not wrap them there.
            text = bounded(f"{type(error).__name__}: {error}")
            raise Postponed(None, f"the reply broke off: {text}", paid=True) from error

    async def _shut(self) -> None:
        for task in asyncio.all_tasks(self._loop) - {asyncio.current_task()}:
            task.cancel()
        await self._client.close()


async def _body(response: "AsyncAPIResponse[Any]") -> bytes:
    """Read a body of bounded size."""
    body = bytearray()
    async for chunk in response.iter_bytes():
        body += chunk
        if len(body) > reading.MOST_BYTES:
            raise Postponed(None, f"the reply is longer than {reading.MOST_BYTES} bytes", paid=True)
    return bytes(body)
