"""The optional headers of the protocol."""

from typing import Final

INSTANCE: Final = "CC-Instance"
#: Milliseconds from receipt until the asker stops waiting.
DEADLINE: Final = "CC-Deadline"
LEARN_ID: Final = "CC-Learn-Id"
#: Subject that wants to hear what became of a learn.
RESULT: Final = "CC-Result"
TRACE: Final = "traceparent"
ENCODING: Final = "Content-Encoding"
ERROR_CODE: Final = "Nats-Service-Error-Code"
ERROR: Final = "Nats-Service-Error"
EXPECTED_LAST_SEQUENCE: Final = "Nats-Expected-Last-Sequence"

DEFAULT_DEADLINE_MS: Final = 2_000
DETECT_DEADLINE_MS: Final = 30_000
#: Answered this long before the asker gives up.
DEADLINE_MARGIN_MS: Final = 100
MAX_DEADLINE_MS: Final = 120_000
