"""What detection answers and keeps of evidence shows no secret of it; a template that holds one is refused."""

import msgspec
import pytest
from sqlalchemy import Engine

from centralcloud_client.messages.requests import TemplatesStore
from centralcloud_client.wire import WireError
from centralcloud_patterns.evidence import Evidence
from services import detection, template_storing
from services.known_patterns import KnownPatterns
from services.observing import Sighting
from tests.security.planted import BY_FORM, PLANTED, found_in
from tests.security.snapshots import everything
from tests.services.learning_messages import NOW, clock, handle, learn, message, rows

#: Taught by somebody who wants to see what others have there.
NOSY = [
    {"kind": "config", "glob": "settings.yaml", "path": "db.password"},
    {"kind": "config", "glob": "settings.yaml", "path": "note"},
    {"kind": "script", "regex": "start-shop"},
    {"kind": "dependency", "ecosystem": "npm", "name": "shop-lib"},
]


def evidence(text: str) -> Evidence:
    line = text.replace("\n", " ").replace("'", "''")
    package = {
        "scripts": {"start": f"start-shop {text}"},
        "dependencies": {"shop-lib": f"git+{text}", "other-lib": f"git+https://x:{text}@git.example.com/y.git"},
    }
    return Evidence(
        files={
            "settings.yaml": f"db:\n  password: '{line}'\nnote: '{line}'\n",
            ".env": text,
            "package.json": msgspec.json.encode(package).decode(),
            f"{BY_FORM['aws key']}.txt": None,
        },
        codebase_id="https://shop:Pl4ntedInUrl@git.example.com/shop.git",
    )


@pytest.mark.parametrize("name", PLANTED)
def test_reasons_and_observations_show_no_secret(database: Engine, name: str) -> None:
    handle(database, message(learn("Nosy", indicators=NOSY, examples=["x"])))
    seen = Sighting("alpha")
    answer = detection.detect(
        database, KnownPatterns(), evidence(PLANTED[name][0]), type_=None, min_confidence=0.0, observe=seen.take
    )
    assert answer.matches
    assert {reason.kind for hit in answer.matches for reason in hit.evidence} >= {"config", "script", "dependency"}
    assert found_in(msgspec.json.encode(answer).decode()) == []
    assert seen.record(database, NOW)
    assert found_in(repr(everything(database))) == []
    assert rows(database, "SELECT codebase_id FROM observations") == [("https://shop:***@git.example.com/shop.git",)]


def test_what_is_no_secret_is_shown_as_it_is(database: Engine) -> None:
    handle(database, message(learn("Nosy", indicators=NOSY)))
    files: dict[str, str | None] = {
        "settings.yaml": "note: a token of thanks\n",
        "package.json": '{"dependencies": {}}',
    }
    answer = detection.detect(database, KnownPatterns(), Evidence(files=files), type_=None, min_confidence=0.0)
    assert answer.matches
    [reason] = answer.matches[0].evidence
    assert reason.detail == "settings.yaml: note = a token of thanks"


@pytest.mark.parametrize("name", PLANTED)
def test_a_template_that_holds_a_secret_is_refused_with_its_line(database: Engine, name: str) -> None:
    body = f"connect to it:\n{PLANTED[name][0]}\n"
    for field in ("body", "description"):
        plain = TemplatesStore(name="connect", kind="code", body="plain")
        request = msgspec.structs.replace(plain, **{field: body})
        with pytest.raises(WireError, match="looks like a secret") as caught:
            template_storing.store(database, clock, request)
        assert caught.value.path == f"$.{field}"
        assert found_in(str(caught.value)) == []
    assert rows(database, "SELECT * FROM templates") == []


@pytest.mark.parametrize(
    "body",
    [
        "Secrets: leave them out. Password: never ask for one.",
        'connect(password="{{ password }}")',
        "token = os.environ['TOKEN']",
        "DB_PASSWORD=${DB_PASSWORD}",
        "api_key: <your key>",
    ],
)
def test_a_template_may_speak_of_secrets(database: Engine, body: str) -> None:
    variables = ("password",) if "{{" in body else ()
    request = TemplatesStore(name="connect", kind="code", body=body, variables=variables)
    assert template_storing.store(database, clock, request).status == "stored"
