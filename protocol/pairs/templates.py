"""Templates as instances ask for them; storing is the operators'."""

from typing import Final

from centralcloud_client import subjects
from protocol.pair import any_integer, any_string, exchange, failure, ok

_MISS: Final = {"status": "not_found", "epoch": any_string, "as_of": any_integer, "templates": []}

PAIRS: Final = (
    exchange(
        "a template nobody stored",
        subjects.TEMPLATES_GET,
        {"name": "golden-no-such-template"},
        ok(**_MISS),
        schemas=("templates-get", "templates-reply"),
    ),
    exchange(
        "words in no template",
        subjects.TEMPLATES_SEARCH,
        {"search": "qqqqzzzzxxxxwwww", "kind": "prompt"},
        ok(**_MISS),
        schemas=("templates-search", "templates-reply"),
    ),
    failure("a template without a name", subjects.TEMPLATES_GET, {}, "bad_schema"),
    failure("a limit too high", subjects.TEMPLATES_SEARCH, {"limit": 201}, "bad_schema", path="$.limit"),
)
