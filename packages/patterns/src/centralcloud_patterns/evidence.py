"""What an instance shows of a codebase: paths, and the text of those files it chose to send.

Owns only the shape; `facts` reads it. Everything in here is hostile until then.
"""

from msgspec import Struct


class Evidence(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Paths relative to the codebase's root, each with its text, or None where the content stays home."""

    files: dict[str, str | None]
    codebase_id: str | None = None
