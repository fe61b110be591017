"""The centre as a NATS micro service."""

from typing import Final

from centralcloud_client import subjects
from protocol.pair import Json, Pair, any_array, any_string, contains

_KIND: Final = "io.nats.micro.v1"
_SELF: Final = {"name": "centralcloud", "id": any_string, "version": any_string}


def _asked(verb: str, name: str = "", **fields: Json) -> Pair:
    return {
        "name": f"{verb}{' by name' if name else ''}",
        "subject": f"$SRV.{verb}{name}",
        "raw_text": "",
        "reply": {"type": f"{_KIND}.{verb.lower()}_response", **_SELF, **fields},
    }


PAIRS: Final = (
    _asked("PING"),
    _asked("PING", ".centralcloud"),
    _asked("INFO", endpoints=contains(*({"subject": subject} for subject in subjects.REQUESTS))),
    _asked("STATS", endpoints=any_array),
)
