"""Ask one model on one OpenAI-compatible server: one request, one deadline, one validated answer."""

from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from pydantic import BaseModel

from llm.prompt import Prompt

#: Seconds that a call may take altogether.
TIMEOUT: Final = 60.0

T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Completion(Generic[T]):
    """A validated answer and what it took."""

    value: T
    #: As the server names itself.
    model: str
    prompt_tokens: int
    completion_tokens: int


class Model:
    """One server and model; thread-safe, built once per process."""

    def __init__(self, name: str, *, api_key: str, base_url: str | None = None, timeout: float = TIMEOUT) -> None:
        self.name = name
        self.timeout = timeout

    def complete(self, prompt: Prompt, output: type[T]) -> Completion[T]:
        """Ask once, with exactly one request; raise a ModelError when no valid answer comes of it."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the connections."""
