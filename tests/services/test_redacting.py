"""What a dead letter keeps has no secrets, whatever the bytes are; what has none stays as it came."""

import gzip
import json
from typing import Any

import pytest
from sqlalchemy import Engine

from services.learning import dead_letters
from services.learning.isolation import MAX_ATTEMPTS
from services.learning.redacting import redacted
from tests.security.planted import BY_FORM, PLANTED, found_in
from tests.security.snapshots import everything
from tests.services.learning_messages import handle, learn, message, rows
from tests.services.test_learning_faults import cure
from tests.services.test_learning_faults import poison as poison  # noqa: PLC0414  a fixture


def planted(name: str, text: str) -> dict[str, Any]:
    line = text.replace("\n", " ")
    return learn(
        name,
        learn_id="l-1",
        codebase_id="https://shop:Pl4ntedInUrl@git.example.com/shop.git",
        description=text,
        indicators=[
            "dependency npm:x",
            line,
            {"kind": "config", "glob": "a.yml", "path": "db.password", "value": line},
        ],
        examples=[text, {"code": text, "title": line}],
        metadata={"deep": [{"token": text}, text]},
        notes_of_nobody={text: text},
        end="of what is cut off" * 4,
    )


@pytest.mark.parametrize("name", PLANTED)
@pytest.mark.parametrize("form", ["json", "cut", "bytes", "gzip", "escaped", "repeated"])
def test_secrets_leave_whatever_the_bytes_are(name: str, form: str) -> None:
    text, _secret = PLANTED[name]
    body = json.dumps(planted("Poison", text)).encode()
    sent: dict[str, str] = {"cc-instance": "alpha", "authorization": f"Bearer {BY_FORM['jwt']}"}
    if form == "cut":
        body = body[:-40]
    elif form == "bytes":
        body = b"\xff\xfe" + text.encode()
    elif form == "gzip":
        body, sent["content-encoding"] = gzip.compress(body), "gzip"
    elif form == "escaped":
        body = "".join(f"\\u{ord(sign):04x}" for sign in text).join(('{"name": "x", "description": "', '"}')).encode()
    elif form == "repeated":
        body = json.dumps({"description": text})[:-1].encode() + b', "description": "fine"}'
    kept = redacted(sent, body)
    shown = gzip.decompress(kept.data) if form == "gzip" else kept.data
    assert found_in(shown.decode("latin-1")) == []
    assert found_in(json.dumps(kept.headers)) == []
    assert kept.headers["cc-instance"] == "alpha"
    assert kept.changed


def test_what_the_path_says_of_a_value_counts() -> None:
    indicator = {"kind": "config", "glob": "a.yml", "path": "db.password", "value": "hunter2"}
    kept = redacted({}, json.dumps({"name": "x", "indicators": [indicator]}).encode())
    assert json.loads(kept.data) == {"name": "x", "indicators": [indicator | {"value": "***"}]}


def test_what_holds_no_secret_stays_to_the_byte() -> None:
    for body in (
        b'{ "name":"x",  "learn_id" : "wJalrXUtnFEMIK7MDENGbPxRfiCYzEXAMPLE4KEY9", "n": 1e400 }',
        b"\xff\x00 no JSON",
        b"[" * 100_000,
        b"",
        gzip.compress(b'{"name":"x"}'),
    ):
        sent = {"cc-learn-id": "wJalrXUtnFEMIK7MDENGbPxRfiCYzEXAMPLE4KEY9", "traceparent": "00-" + "4b" * 16}
        assert redacted(sent, body) == (sent, body, False)


@pytest.mark.parametrize("name", PLANTED)
def test_a_dead_letter_is_kept_without_secrets_and_can_be_retried(database: Engine, poison: None, name: str) -> None:
    text, _secret = PLANTED[name]
    sent = message(planted("Poison", text), headers={"CC-Instance": "alpha", "X-Api-Key": BY_FORM["stripe"]})
    for _attempt in range(MAX_ATTEMPTS):
        handle(database, sent)
    [letter] = dead_letters.ls(database)
    assert letter.redacted
    assert found_in(repr(everything(database)) + letter.data.decode() + str(letter.headers)) == []
    cure(database)
    [again] = dead_letters.retry(database)
    assert again.redacted
    [outcome] = handle(database, message(again.data, headers=dict(again.headers))).outcomes
    assert (outcome.learn_id, outcome.state) == ("l-1", "applied")
    assert rows(database, "SELECT instance_id FROM learns") == [("alpha",)]
    assert found_in(repr(everything(database))) == []


def test_a_retry_says_where_nothing_was_taken_out(database: Engine, poison: None) -> None:
    for _attempt in range(MAX_ATTEMPTS):
        handle(database, message(learn("Poison", learn_id="l-2")))
    assert [it.redacted for it in dead_letters.retry(database)] == [False]


@pytest.mark.parametrize("secret", BY_FORM.values(), ids=BY_FORM)
@pytest.mark.parametrize("field", ["name", "slug"])
def test_a_secret_is_no_name(database: Engine, secret: str, field: str) -> None:
    named = {"name": "Fine", "learn_id": "n-1", field: secret}
    [outcome] = handle(database, message({"indicators": ["dependency npm:x"], **named})).outcomes
    assert (outcome.state, outcome.code, outcome.learn_id) == ("rejected", "bad_schema", "n-1")
    [outcome] = handle(database, message({"slug": secret, "verdict": "confirmed"}, kind="feedback")).outcomes
    assert outcome.code == "bad_schema"
    assert secret not in repr(everything(database))


@pytest.mark.parametrize("secret", BY_FORM.values(), ids=BY_FORM)
def test_labels_and_codebases_lose_secrets_and_nothing_else(database: Engine, secret: str) -> None:
    taught = learn(
        "Fine",
        aliases=["Fine One", secret],
        category=secret,
        languages=["go", secret],
        relations=[{"kind": "requires", "slug": secret}],
        codebase_id=f"https://{secret}@git.example.com/shop.git",
        at=secret,
    )
    [outcome] = handle(database, message(taught)).outcomes
    assert outcome.state == "applied"
    assert secret not in repr(everything(database))
    assert rows(database, "SELECT codebase_id FROM learns") == [("https://***@git.example.com/shop.git",)]
    [(document,)] = rows(database, "SELECT document FROM patterns")
    assert json.loads(document)["aliases"] == ["Fine One"]
    assert json.loads(document)["languages"] == ["go"]


def test_a_refusal_does_not_repeat_a_secret(database: Engine) -> None:
    body = {"slug": "x", "verdict": f"password={BY_FORM['stripe']}"}
    [outcome] = handle(database, message(body, kind="feedback")).outcomes
    assert outcome.state == "rejected"
    assert found_in(repr(everything(database))) == []
