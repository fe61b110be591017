"""What the tests of one call to a model share: the question, the shape of the answer, and how a call ends."""

from typing import Annotated, Literal

import pytest
from annotated_types import MaxLen
from pydantic import BaseModel, ConfigDict

from llm.errors import ModelError
from llm.model import Model
from llm.prompt import Prompt
from tests.llm.replies import Reply
from tests.llm.scripted_server import ScriptedServer

KEY = "sk-very-secret"
PROMPT = Prompt("You name things.", "What is this?")


class Named(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, MaxLen(20)]
    kind: Literal["framework", "library"]
    note: str | None = None


VALID = {"name": "Next.js", "kind": "framework", "note": None}


def failure(model: Model, server: ScriptedServer, reply: Reply) -> ModelError:
    """Return how a call ends when the server says this; it sends one request, no more."""
    before = len(server.asked)
    server.then(reply)
    with pytest.raises(ModelError) as caught:
        model.complete(PROMPT, Named)
    assert len(server.asked) == before + 1
    assert KEY not in str(caught.value)
    return caught.value
