"""Many rows as one parameter: JSON that Postgres unfolds with json_to_recordset.

An order of magnitude cheaper for the client than one placeholder a value, and the statement's text never changes.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

_encode: Final = msgspec.json.Encoder().encode


def as_rows(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the parameter `rows` for a statement that reads json_to_recordset(CAST(:rows AS json))."""
    return {"rows": _encode(rows).decode()}
