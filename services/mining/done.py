"""What a job did, for its run record."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Done:
    """Counts of one run of one job."""

    looked_at: int = 0
    changed: int = 0
    details: Mapping[str, Any] = field(default_factory=dict)
