"""Read the indicators of a learn: strings by the grammar, structured ones by the rules of their kind.

Learned indicators are evidence, not authority: their weight is capped, and their ids are ours, so that none can stand
in for another's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import msgspec

from centralcloud_client import wire
from centralcloud_client.messages import pattern as messages
from centralcloud_client.wire import WireError
from centralcloud_patterns import grammar, keying
from centralcloud_patterns.pattern import Indicator

#: No learn is surer of its indicators than this, whatever it says.
MAX_LEARNED_WEIGHT: Final = 0.9
#: Bytes of JSON that the indicators of one learn may fill.
MAX_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Indications:
    """What a learn's indicators say: those that were understood, and the rest as notes."""

    indicators: tuple[Indicator, ...] = ()
    notes: tuple[str, ...] = ()


NOTHING: Final = Indications()


def read(sent: Sequence[str | messages.Indicator]) -> Indications:
    """Return indicators as the core has them; raises WireError bad_regex or bad_schema with the path."""
    indicators: list[Indicator] = []
    notes: list[str] = []
    for index, item in enumerate(sent):
        try:
            indicator = _from_text(item) if isinstance(item, str) else _from_message(item)
        except grammar.BadRegex as error:
            raise WireError("bad_regex", str(error), f"$.indicators[{index}]") from None
        except (grammar.BadIndicator, msgspec.ValidationError) as error:
            raise WireError("bad_schema", str(error), f"$.indicators[{index}]") from None
        if indicator is not None:
            indicators.append(indicator)
        elif isinstance(item, str) and item.strip():
            notes.append(item.strip())
    if len(wire.encode(indicators)) > MAX_BYTES:
        raise WireError("too_large", f"all indicators of a learn have {MAX_BYTES} bytes at most", "$.indicators")
    return Indications(tuple(indicators), tuple(notes))


@lru_cache(maxsize=4_096)
def _from_text(text: str) -> Indicator | None:
    indicator = grammar.read(text)
    return None if indicator is None else _as_learned(indicator)


def _from_message(sent: messages.Indicator) -> Indicator:
    indicator = msgspec.convert(msgspec.to_builtins(sent), Indicator)
    grammar.check(indicator)
    return _as_learned(indicator)


def _as_learned(indicator: Indicator) -> Indicator:
    capped = _capped(indicator)
    identity = keying.indicator_id(capped)
    # What speaks against a pattern is another statement than the same fact speaking for it.
    return msgspec.structs.replace(capped, id=identity if capped.polarity == "for" else f"{identity}-against")


def _capped(indicator: Indicator) -> Indicator:
    """Return the indicator and its members without ids and measures, their weights capped."""
    return msgspec.structs.replace(
        indicator,
        id="",
        weight=min(indicator.weight, MAX_LEARNED_WEIGHT),
        measured=None,
        all=tuple(_capped(member) for member in indicator.all),
        any=tuple(_capped(member) for member in indicator.any),
        none=tuple(_capped(member) for member in indicator.none),
    )
