"""Whether something that was asked for has the form of a name at all; what has not costs nothing and leaves no trace.

Known names are answered before anybody looks at their form. Pure; what a name stands for is not asked here.
"""

import re
import unicodedata
from typing import Final

from centralcloud_client.collect.secrets import without_secrets

#: Characters and words of the longest names worth a question: coordinates of packages, and full names of patterns.
MAX_LENGTH: Final = 100
MAX_WORDS: Final = 8

_WHITESPACE: Final = "\t\n\r "
#: Control signs, directions and joiners nobody sees, private and unassigned characters, halves of pairs.
_UNSEEN: Final = frozenset({"Cc", "Cf", "Co", "Cn", "Cs"})
_ADDRESS: Final = re.compile(r"(?i)^[a-z][a-z0-9+.\-]*://|^www\.|^mailto:|^data:|^[^\s@]+@[^\s@]+\.[a-z]{2,}$")
_PATH: Final = re.compile(r"^(?:[/~]|\.{1,2}/|[A-Za-z]:[\\/])|\\")
_FILE: Final = re.compile(r"(?i)/[^/]+\.(?:py|js|ts|tsx|jsx|ex|exs|go|rs|rb|java|kt|cs|php|json|ya?ml|toml|txt|md|sh)$")
#: Signs of code and markup. Generics (`List<T>`) have some, so a few alone say nothing.
_CODE: Final = re.compile(r"[{};$`|]|</|/>|=>|==|\(\)|<(?:script|iframe|img)\b")
_SENTENCE: Final = re.compile(r"[?!.]\s+\S|\?$|\s\S+[!.:]$")
_NUMBER: Final = re.compile(r"^v?\d+$")
_HELD_DOWN: Final = re.compile(r"(.)\1{4,}")
#: Shorter texts are no hashes, tokens or keys.
_SHORTEST_RANDOM: Final = 16
_HEX: Final = re.compile(r"(?i)^(?:0x)?[0-9a-f]{16,}$")
#: Every secret has such a part; most names have none.
_KEYLIKE: Final = re.compile(r"[A-Za-z0-9_]{10}|[=:]")
#: What random texts in base 64 and the like are made of; names in camel case have longer parts.
_ENCODED: Final = re.compile(r"^[A-Za-z0-9+/_\-]{16,}={0,2}$")
_PARTS: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_SHORTEST_PARTS: Final = 2.6


def is_name(name: str, key: str) -> bool:
    """Tell whether somebody may have meant the name of something; `key` is its normalised form."""
    text = name.strip(_WHITESPACE)
    if not key or len(text) > MAX_LENGTH or len(text.split()) > MAX_WORDS:
        return False
    if not (text.isascii() and text.isprintable()) and any(
        unicodedata.category(character) in _UNSEEN for character in text
    ):
        return False
    held = _HELD_DOWN.search(key)
    if _NUMBER.match(key) or (held is not None and 2 * len(held.group()) >= len(key)):
        return False
    if _is_elsewhere(text) or _is_prose_or_code(text):
        return False
    return len(text) < _SHORTEST_RANDOM or not (_is_random(text) or _is_secret(text))


def _is_elsewhere(text: str) -> bool:
    """Tell addresses and paths; modules of Go and scoped packages have slashes, too."""
    if _ADDRESS.search(text) or _PATH.search(text):
        return True
    first = text.partition("/")[0]
    if first.startswith(("@", "pkg:")) or "." in first:
        return False
    return text.count("/") > 1 or _FILE.search(text) is not None


def _is_prose_or_code(text: str) -> bool:
    return bool(_CODE.search(text) or _SENTENCE.search(text) or "\n" in text or "\r" in text)


def _is_random(text: str) -> bool:
    """Tell hashes, UUIDs and encoded bytes: long, and without anything to pronounce."""
    bare = text.replace("-", "").replace(":", "")
    if _HEX.match(bare) and any(character.isdigit() for character in bare):
        return True
    if text.islower() or text.isupper() or not _ENCODED.match(text):
        return False
    if text.endswith("="):
        return True
    parts = _PARTS.findall(text)
    kinds = sum(any(test(character) for character in text) for test in (str.isupper, str.islower, str.isdigit))
    return kinds == 3 and sum(map(len, parts)) / len(parts) < _SHORTEST_PARTS


def _is_secret(text: str) -> bool:
    return _KEYLIKE.search(text) is not None and without_secrets("name", text) != text
