"""The text of a template: where its placeholders are, and filling them in.

There is no language to it: a placeholder is a name in double braces, and what is put in is never looked at again.
"""

import re
from collections.abc import Mapping
from typing import Final

#: A placeholder in a body: `{{ name }}`.
_PLACEHOLDER: Final = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")


class BadTemplateError(ValueError):
    """A template that cannot be used, in one sentence."""


def placeholders(body: str) -> list[str]:
    """Return the names in a body's placeholders, in order, as often as they stand there."""
    return [found[1] for found in _PLACEHOLDER.finditer(body)]


def render(body: str, values: Mapping[str, str]) -> str:
    """Return the body with its placeholders filled in; raises BadTemplateError for one without a value."""

    def value(found: re.Match[str]) -> str:
        if found[1] not in values:
            raise BadTemplateError(f"nothing is known to put in for {found[1][:60]!r}")
        return values[found[1]]

    return _PLACEHOLDER.sub(value, body)


def without_placeholders(body: str) -> str:
    """Return what is left of a body between its placeholders."""
    return _PLACEHOLDER.sub("", body)
