"""Names as they are compared, remembered: the same few are taught again and again."""

from functools import lru_cache
from typing import Final

from centralcloud_client.naming import normalise

key: Final = lru_cache(maxsize=16_384)(normalise)
