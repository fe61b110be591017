"""What a model is asked; and where its first answer was wrong, that answer and the objection."""

import hashlib
import json
from dataclasses import dataclass, replace
from typing import Final

#: Characters of an answer that it is shown again.
_MOST_SHOWN: Final = 16_000


@dataclass(frozen=True, slots=True)
class Prompt:
    """The instructions, and the question with its untrusted data."""

    system: str
    user: str
    #: Set together: what the model answered, and what was wrong with it.
    answered: str = ""
    objection: str = ""

    def hash(self) -> str:
        """Return the lower-hex sha256 by which the same prompt is recognised."""
        parts = [self.system, self.user, self.answered, self.objection]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def objecting(self, answered: str, errors: str) -> "Prompt":
        """Return the prompt that asks for the same again, without these errors."""
        objection = (
            "That answer does not have the shape that was asked for:\n"
            f"{errors}\n"
            "Give the whole answer again as one JSON object, with these errors mended and nothing else changed."
        )
        return replace(self, answered=answered[:_MOST_SHOWN], objection=objection)
