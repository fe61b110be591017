"""What could not be read, and why: the honest part of an answer.

Owns the note; those who read evidence write it.
"""

from msgspec import Struct


class Note(Struct, frozen=True, omit_defaults=True):
    """One thing that was left out of an answer, with the file it concerns."""

    message: str
    file: str | None = None
