"""How one server likes to be asked: which way of shaping an answer it knows, and what it calls the limit of tokens.

Owns the parameters of a request that compatible servers differ in. Each process begins with the newest way and learns
from the server's complaints.
"""

import json
import threading
from dataclasses import dataclass, replace
from typing import Any, Final

import structlog
from pydantic import BaseModel

from llm.prompt import Prompt
from llm.schema import strict_schema

_log = structlog.get_logger(__name__)
_FORMAT_WORDS: Final = ("response_format", "response format", "json_schema", "json schema", "structured output")


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a server is believed to know."""

    #: Strict JSON Schema; otherwise the schema is told in words.
    knows_schema: bool = True
    #: JSON mode; otherwise the words alone ask for JSON.
    knows_json: bool = True
    #: The newer name of the limit; otherwise `max_tokens`.
    knows_completion_tokens: bool = True

    def parameters(self, prompt: Prompt, output: type[BaseModel], most_tokens: int) -> dict[str, Any]:
        """Return what a request says besides the model's name."""
        schema = strict_schema(output)
        limit = "max_completion_tokens" if self.knows_completion_tokens else "max_tokens"
        if self.knows_schema:
            shape = {"name": output.__name__, "schema": schema, "strict": True}
            format_: dict[str, Any] = {"response_format": {"type": "json_schema", "json_schema": shape}}
            system = prompt.system
        else:
            format_ = {"response_format": {"type": "json_object"}} if self.knows_json else {}
            told = json.dumps(schema, ensure_ascii=False)
            system = f"{prompt.system}\n\nAnswer with one JSON object that follows this JSON Schema:\n{told}"
        return {"messages": _messages(prompt, system), **format_, limit: most_tokens}

    def without(self, complaint: str) -> "Dialect":
        """Return the dialect that avoids what a server complains about; the same one where that is nothing of ours."""
        lower = complaint.lower()
        if self.knows_completion_tokens and "max_completion_tokens" in lower:
            return replace(self, knows_completion_tokens=False)
        if any(word in lower for word in _FORMAT_WORDS):
            return replace(self, knows_json=self.knows_schema and self.knows_json, knows_schema=False)
        return self


def _messages(prompt: Prompt, system: str) -> list[dict[str, str]]:
    turns = [("system", system), ("user", prompt.user)]
    if prompt.objection:
        turns += [("assistant", prompt.answered), ("user", prompt.objection)]
    # Halves of surrogate pairs cannot be sent.
    return [{"role": role, "content": text.encode("utf-8", "replace").decode()} for role, text in turns]


class Spoken:
    """The dialect of one process, changed by any of its threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._dialect = Dialect()

    @property
    def dialect(self) -> Dialect:
        """The dialect to use now."""
        return self._dialect

    def learn(self, used: Dialect, complaint: str) -> bool:
        """Take a complaint about a request in the dialect `used`; tell whether asking again would be different."""
        better = used.without(complaint)
        if better == used:
            return False
        with self._lock:
            now = self._dialect
            self._dialect = Dialect(
                knows_schema=now.knows_schema and better.knows_schema,
                knows_json=now.knows_json and better.knows_json,
                knows_completion_tokens=now.knows_completion_tokens and better.knows_completion_tokens,
            )
        _log.warning("the model's server does not know a parameter, going on without", complaint=complaint[:200])
        return True
