"""Which names, addresses and labels of a model's are believed: other spellings of a name, never somebody else's."""

import re
from itertools import pairwise
from typing import Final
from urllib.parse import urlsplit

from centralcloud_client.naming import normalise
from centralcloud_patterns.slugs import slugify
from services.findings.wording import word

MAX_NAME: Final = 80
MAX_ALIASES: Final = 10
_MAX_LABEL: Final = 40
_MAX_HOMEPAGE: Final = 200
_LANGUAGE: Final = re.compile(r"[a-z][a-z0-9+#.-]{0,29}")
_HOST: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,5}[a-z]{2,24}")
_PATH: Final = re.compile(r"/[A-Za-z0-9._~/@+-]*")
_NOT_PUBLIC: Final = (".local", ".localhost", ".internal", ".lan", ".home", ".test", ".example", ".invalid", ".onion")
_INITIALS: Final = re.compile(r"[A-Za-z0-9]+")


def display_name(told: str | None, asked: str) -> str:
    """Return how a name is spelled: as it is told where that is the very same name, else as it was asked."""
    plain = word(asked, MAX_NAME) or slugify(asked)[:MAX_NAME] or "unnamed"
    better = word(told, MAX_NAME)
    return better if better and normalise(better) == normalise(plain) else plain


def aliases(told: list[str], name: str) -> tuple[str, ...]:
    """Return those that are variants of the name, each once; not the name itself."""
    kept: dict[str, str] = {}
    for alias in told:
        plain = word(alias, MAX_NAME)
        key = normalise(plain) if plain else ""
        if plain and key != normalise(name) and is_variant(plain, name):
            kept.setdefault(key, plain)
    return tuple(kept.values())[:MAX_ALIASES]


def is_variant(alias: str, name: str) -> bool:
    """Tell whether two names may well be one: one within the other, its initials, or its letters with some left out."""
    if _scripts(alias) > 1:
        return False
    short, whole = sorted((normalise(alias), normalise(name)), key=len)
    if len(short) < 2:
        return False
    if len(short) >= 4 and short in whole:
        return True
    initials = "".join(part[0] for part in _INITIALS.findall(name)).lower()
    if normalise(alias) in {initials, _numeronym(normalise(name))}:
        return True
    return short[0] == whole[0] and 3 * len(short) >= len(whole) and _is_subsequence(short, whole)


def _numeronym(key: str) -> str:
    """Return the likes of k8s and i18n."""
    return f"{key[0]}{len(key) - 2}{key[-1]}" if len(key) > 3 else key


def _is_subsequence(short: str, whole: str) -> bool:
    rest = iter(whole)
    return all(letter in rest for letter in short)


def _scripts(text: str) -> int:
    """Count how many of Latin, Greek, Cyrillic and others a name mixes: letters that only look alike give it away."""
    found = set()
    for sign in text:
        if sign.isalpha():
            code = ord(sign)
            found.add("latin" if code < 0x250 else "greek" if code < 0x400 else "cyrillic" if code < 0x530 else "other")
    return len(found)


def category(told: str | None) -> str | None:
    """Return a family as a label, None for what is none."""
    label = slugify(word(told, _MAX_LABEL) or "")
    return label if len(label) > 1 and not any(first == second == "-" for first, second in pairwise(label)) else None


def languages(told: list[str]) -> tuple[str, ...]:
    """Return programming languages as labels."""
    plain = ((word(each, _MAX_LABEL) or "").lower().replace(" ", "-") for each in told)
    return tuple(dict.fromkeys(each for each in plain if _LANGUAGE.fullmatch(each)))[:10]


def homepage(told: str | None) -> str | None:
    """Return a public https address without anything that could carry more than a place; None for all else."""
    if not told or len(told) > _MAX_HOMEPAGE or not told.isascii():
        return None
    try:
        parts = urlsplit(told.strip())
        plain = parts.username is None and parts.password is None and parts.port in {None, 443}
    except ValueError:
        return None
    host = (parts.hostname or "").lower()
    sane = parts.scheme == "https" and plain and _HOST.fullmatch(host) and "xn--" not in host
    if not sane or host.endswith(_NOT_PUBLIC) or not _PATH.fullmatch(parts.path or "/"):
        return None
    return f"https://{host}{parts.path}"
