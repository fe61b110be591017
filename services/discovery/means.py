"""What a discovery may use, handed in by the task."""

import datetime
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import Engine

if TYPE_CHECKING:
    from services.package_metadata import MetadataSource
    from services.paid_calls import PaidCalls

#: Held while a run reads much from the database: eight at once would take it from those who look up what is known.
TURN: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class Means:
    """The things of one process."""

    database: Engine
    clock: Callable[[], datetime.datetime]
    #: None: no model may be asked.
    paid_calls: "PaidCalls | None" = None
    metadata: "MetadataSource | None" = None
