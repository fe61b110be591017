"""Plain words of what a model wrote: nothing that hides or reorders text, no secrets, addresses, orders or commands.

Owns the cleaning of descriptive text and of samples. What an install command looks like is `commands`' matter.
"""

import re
from typing import Final

from services.findings.commands import holds_command, is_shell, without_command_lines
from services.secrets import without_secrets
from services.unseen import seen

_ADDRESS: Final = re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://", re.IGNORECASE)
_ADDRESS_IN_BRACKETS: Final = re.compile(r"\s?[(<\[][a-z][a-z0-9+.-]{1,20}://[^\s()<>\[\]]*[)>\]]", re.IGNORECASE)
#: Sentences that speak to whoever reads, not of software.
_ORDER: Final = re.compile(
    r"\b(?:(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instruction|prompt|rule|guideline|previous|above|prior)"
    r"|system prompt|you (?:are|must) now\b|as an? (?:ai|llm|language model|assistant|agent)\b"
    r"|(?:mark|treat|consider|flag)\b.{0,60}\b(?:trusted|verified|active|approved|confidence|safe)\b"
    r"|<\|?(?:im_start|im_end|system|endoftext))",
    re.IGNORECASE | re.DOTALL,
)
_SENTENCE_ENDS: Final = re.compile(r"(?<=[.!?])\s+|\n+")
_SPACES: Final = re.compile(r"[ \t]+")


def sentence(text: str | None, most: int) -> str | None:
    """Return a description or a line of advice, None when nothing is left that may be said."""
    if not text:
        return None
    plain = _ADDRESS_IN_BRACKETS.sub("", without_secrets(seen(text)))
    parts = (_SPACES.sub(" ", part).strip() for part in _SENTENCE_ENDS.split(plain))
    kept = " ".join(part for part in parts if part and _may_be_said(part))
    return _cut(kept, most) if any(sign.isalnum() for sign in kept) and not holds_command(kept) else None


def _may_be_said(part: str) -> bool:
    return not (_ORDER.search(part) or _ADDRESS.search(part) or holds_command(part))


def word(text: str | None, most: int) -> str | None:
    """Return a name or the like on one line, None when nothing is left of it."""
    if not text:
        return None
    plain = " ".join(without_secrets(seen(text)).split())
    return plain if plain and len(plain) <= most and _may_be_said(plain) else None


def sample(code: str, language: str | None, most: int) -> str | None:
    """Return a sample without secrets and lines that install; None for shell, or when nothing is left."""
    if is_shell(language, code):
        return None
    kept = without_command_lines(without_secrets(seen(code))).strip("\n")
    return kept[:most] if any(sign.isalnum() for sign in kept) else None


def _cut(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return text[: most - 1].rsplit(" ", 1)[0].rstrip() + "…"
