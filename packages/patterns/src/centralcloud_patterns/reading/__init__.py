"""Hostile text into plain values: JSON with comments, YAML, TOML, XML, INI and properties.

Each reader bounds size, depth and expansion, and raises Unreadable with one sentence when it gives up. Which file is
read how stands in `document`.
"""

from centralcloud_patterns.reading.document import read_document
from centralcloud_patterns.reading.unreadable import Unreadable

__all__ = ["Unreadable", "read_document"]
