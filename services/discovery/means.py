"""What a discovery may use, handed in by the task."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from services.suggesting import NearNames

if TYPE_CHECKING:
    from services.package_metadata import MetadataSource
    from services.paid_calls import PaidCalls


@dataclass(frozen=True, slots=True)
class Means:
    """The things of one process."""

    database: Engine
    clock: Callable[[], datetime.datetime]
    near: NearNames
    #: None: no model may be asked.
    paid_calls: "PaidCalls | None" = None
    metadata: "MetadataSource | None" = None
