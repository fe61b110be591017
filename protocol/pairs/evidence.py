"""Detection: what is recognised in evidence, by one type or all at once."""

import json
from typing import Final

from centralcloud_client import subjects
from protocol.pair import (
    Json,
    Pair,
    absent,
    answer,
    any_array,
    any_integer,
    any_number,
    any_string,
    at_least,
    contains,
    exchange,
    query,
    requiring,
)

_PACKAGE: Final = json.dumps(
    {"name": "shop", "dependencies": {"next": "^15.1.0", "react": "^19.0.0", "left-pad-of-ours": "1.0.0"}}
)
_GO: Final = "module example.test/api\n\ngo 1.22\n\nrequire github.com/gin-gonic/gin v1.10.0\n"
EVIDENCE: Final = {
    "codebase_id": "golden-shop",
    "files": {
        "apps/web/package.json": _PACKAGE,
        "apps/web/src/page.tsx": None,
        "services/api/go.mod": _GO,
        "services/api/main.go": None,
    },
}


def match(slug: str, path: str, type_: str = "framework") -> Json:
    """Expect this pattern at this path."""
    return {
        "type": type_,
        "slug": slug,
        "name": any_string,
        "path": path,
        "confidence": at_least(0.5),
        "level": any_string,
        "revision": any_integer,
        "evidence": contains({"indicator": any_string, "kind": any_string}),
    }


_NEXT: Final = {
    **match("nextjs", "apps/web"),
    "version": "15.1.0",
    "evidence": contains({"kind": "dependency", "file": "apps/web/package.json"}),
}


def _detect(name: str, request: Json, reply: Json, *requires: str) -> Pair:
    return requiring(exchange(name, subjects.DETECT, request, reply, schemas=("detect", "query-reply")), *requires)


PAIRS: Final = (
    _detect(
        "detect tells everything at once",
        {"evidence": EVIDENCE},
        answer(
            "found",
            matches=contains(
                _NEXT,
                match("react", "apps/web"),
                match("gin", "services/api"),
                match("go", "services/api", "technology"),
            ),
            components=contains(
                {
                    "path": "apps/web",
                    "name": any_string,
                    "languages": any_array,
                    "matches": contains("nextjs", "react"),
                },
                {"path": "services/api", "matches": contains("gin")},
            ),
            architecture=None,
            unknown=contains({"purl": "pkg:npm/left-pad-of-ours", "files": ["apps/web/package.json"]}),
        ),
        "nextjs",
        "react",
        "gin",
        "go",
    ),
    query(
        "framework by evidence",
        "framework",
        {"evidence": EVIDENCE},
        answer("found", matches=contains(_NEXT), components=any_array, architecture=absent),
        requires=["nextjs"],
    ),
    query(
        "technology by evidence",
        "technology",
        {"evidence": EVIDENCE},
        answer("found", matches=contains(match("go", "services/api", "technology"))),
        requires=["go"],
    ),
    query(
        "microservice by evidence has an architecture, null until that engine looks",
        "microservice",
        {"evidence": EVIDENCE},
        answer(any_string, matches=any_array, architecture=None),
    ),
    _detect(
        "nothing to see",
        {"evidence": {"files": {"README": None}}},
        answer("not_found", matches=[], patterns=any_array, unknown=[]),
    ),
    _detect(
        "a manifest that cannot be read is noted",
        {"evidence": {"files": {"package.json": "{", "composer.json": '{"require":{"laravel/framework":"^11.0"}}'}}},
        answer(
            "found",
            matches=contains({"slug": "laravel", "path": "", "confidence": any_number}),
            notes=contains({"file": "package.json", "message": any_string}),
        ),
        "laravel",
    ),
)
