"""What a model is asked, in its two parts."""

import hashlib
import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prompt:
    """The instructions, and the question with its untrusted data."""

    system: str
    user: str

    def hash(self) -> str:
        """Return the lower-hex sha256 by which the same prompt is recognised."""
        return hashlib.sha256(json.dumps([self.system, self.user]).encode()).hexdigest()
