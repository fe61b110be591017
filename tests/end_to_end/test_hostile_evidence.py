"""Manifests that say what no text may hold: the answer comes, is plain, and what was seen is recorded."""

import json
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from centralcloud_client import CentralPatternsClient
from centralcloud_client.messages.requests import Evidence
from stack.system import System
from tests.end_to_end.patience import until


@pytest.mark.parametrize("escape", ["\\u0000", "\\ud800", "\\u001b[2J", "\\u0085"], ids=["nul", "half", "esc", "c1"])
def test_what_escapes_say_does_not_spoil_the_answer(system: System, tmp_path: Path, escape: str) -> None:
    codebase = f"hostile{escape[2:6]}"
    package = (
        f'{{"dependencies": {{"next": "1{escape}5", "x{escape}": "1", "@s{escape}/y": "2"}},'
        f' "scripts": {{"dev{escape}": "next dev {escape}"}}, "name": "a{escape}"}}'
    )
    files: dict[str, str | None] = {
        "package.json": package,
        "pyproject.toml": f'[tool.poetry.dependencies]\nflask = "{"3" if "d8" in escape else "3" + escape}"\n',
        "compose.yaml": f'services:\n  "a{escape}":\n    image: "redis:7"\n    command: "redis-server {escape}"\n',
        "gradle/a.gradle": 'libraries = ["junit:junit:${versions.nobody_says}"]\n',
        "build.gradle": 'dependencies { testCompile "junit:junit:${nobody}" }\n',
    }
    with CentralPatternsClient(system.addresses.nats_url, instance_id="hostile", state_dir=tmp_path) as client:
        result = client.detect(Evidence(files=files, codebase_id=codebase))
    slugs = {match.slug for match in result.matches}
    assert slugs >= {"nextjs", "flask", "junit"}
    said = "".join(_texts(result.raw))
    assert said.replace("\n", "").replace("\t", "").isprintable()
    assert "\ufffd" in said
    json.dumps(result.raw, ensure_ascii=False).encode()

    engine = create_engine(system.addresses.database_url)
    with engine.connect() as connection:
        query = text("SELECT count(*) FROM observations WHERE codebase_id = :codebase")
        recorded = lambda: connection.execute(query, {"codebase": codebase}).scalar_one()  # noqa: E731  # asked again and again
        until(recorded, 20, "no observation was recorded")
    engine.dispose()


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for pair in value.items() for one in pair for text in _texts(one)]
    if isinstance(value, list):
        return [text for one in value for text in _texts(one)]
    return [value] if isinstance(value, str) else []
