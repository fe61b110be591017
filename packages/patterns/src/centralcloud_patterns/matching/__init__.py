"""Patterns against facts: which match, how sure, why, and what they say about each other.

`match` is the entrance. Candidates come from `keying`; this room checks only what it is given.
"""

from centralcloud_patterns.matching.match import match

__all__ = ["match"]
