"""Planted secrets leave free text, code stays code, and learns are stored and broadcast without them."""

import json
import time

import pytest
from sqlalchemy import Engine

from services.secrets import without_secrets
from tests.services.learning_messages import document, handle, learn, message, rows

#: Made of pieces, so that no scanner takes this file for a leak.
_AWS = "AKIA" + "IOSFODNN7EXAMPLE"
_GITHUB = "ghp_" + "abcdefghijklmnopqrstuvwxyz0123456789"
_SLACK = "xoxb-" + "123456789012-abcdefghijkl"
_OPENAI = "sk-proj-" + "abcdefghijklmnopqrstuvwx123456"
_JWT = "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0In0." + "dozjgNryP4J3jVmNHl0w5N"
_KEY = "-----BEGIN " + "RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\nhunter2\n-----END RSA PRIVATE KEY-----"
_OPAQUE = "wJalrXUtnFEMIK7MDENGbPxRfiCYzEXAMPLE4KEY9"

PLANTED = {
    "aws": (f"aws_access_key_id = {_AWS}", _AWS),
    "aws secret": (f"AWS_SECRET_ACCESS_KEY={_OPAQUE}", _OPAQUE),
    "github": (f"git clone https://{_GITHUB}@example.com/x.git", _GITHUB),
    "slack": (f"slack({_SLACK!r})", _SLACK),
    "openai": (f"client = OpenAI({_OPENAI!r})", _OPENAI),
    "jwt": (f"curl -H 'Authorization: Bearer {_JWT}'", _JWT),
    "private key": (_KEY, "hunter2"),
    "password in a url": ("DATABASE_URL=postgres://admin:hunter2@db.internal/shop", "hunter2"),
    "line of .env": ("export STRIPE_API_KEY=hunter2", "hunter2"),
    "yaml": ("db:\n  password: hunter2\n", "hunter2"),
    "json": ('{"client_secret": "hunter2 hunter2"}', "hunter2"),
    "code": ('const client = new Client({ apiKey: "hunter2" });', "hunter2"),
    "typed default": ('def connect(password: str = "hunter2") -> None: ...', "hunter2"),
    "connection string": ('"Server=x;Database=y;Password=hunter2;"', "hunter2"),
    "unnamed": (f'connect("{_OPAQUE}")', _OPAQUE),
    "query": ("https://api.example.com/v1?token=hunter2&page=2", "hunter2"),
}

HARMLESS = [
    "password: str",
    "token = request.headers.get('x-token')",
    "const { token } = useAuth();",
    "api_key: <your key>",
    "DB_PASSWORD=${DB_PASSWORD}",
    "password = settings.password",
    "import { Tokenizer } from 'tokenizers'",
    "src/main/java/com/example/security/oauth2/TokenAuthenticationFilter3.java",
    "use basic authentication or a bearer token",
    "AbstractAnnotationConfigDispatcherServletInitializer",
    "https://example.com/docs/getting-started",
]


@pytest.mark.parametrize("name", PLANTED)
def test_planted_secrets_leave_text(name: str) -> None:
    text, secret = PLANTED[name]
    clean = without_secrets(f"first line\n{text}\nlast line")
    assert secret not in clean
    assert clean.startswith("first line\n")
    assert clean.endswith("\nlast line")
    assert without_secrets(clean) == clean


@pytest.mark.parametrize("text", HARMLESS)
def test_code_stays_code(text: str) -> None:
    assert without_secrets(text) == text


def test_hostile_texts_take_no_time() -> None:
    for text in ("a_" * 250_000, "x" * 500_000, "p:" * 200_000, "https://" * 60_000, "password=" * 50_000):
        started = time.perf_counter()
        without_secrets(text)
        assert time.perf_counter() - started < 5


@pytest.mark.parametrize("name", PLANTED)
def test_a_learn_is_stored_and_broadcast_without_secrets(database: Engine, name: str) -> None:
    text, secret = PLANTED[name]
    taught = learn(
        "Custom Framework",
        indicators=["dependency npm:custom-framework", f"somebody wrote {text}"],
        examples=[text, {"code": text, "language": "text", "title": text}],
        description=text,
        practices=[text],
        commands={"run": text},
        metadata={"notes": [text, {"more": text}]},
    )
    [outcome] = handle(database, message(taught)).outcomes
    assert outcome.state == "applied"
    stored = json.dumps([[str(value) for value in row] for row in rows(database, "SELECT body FROM learns")])
    assert secret not in stored
    assert secret not in json.dumps(document(database, "custom-framework"))
    assert secret not in str(rows(database, "SELECT body FROM feed"))


def test_what_the_key_says_of_a_value_counts(database: Engine) -> None:
    structured = {"kind": "config", "glob": "settings.yaml", "path": "db.password", "value": "hunter2"}
    handle(database, message(learn(indicators=["dependency npm:x", structured], metadata={"password": "hunter2"})))
    assert "hunter2" not in str(rows(database, "SELECT body FROM learns UNION ALL SELECT body FROM feed"))


def test_cleaning_changes_neither_identity_nor_repeats(database: Engine) -> None:
    taught = message(learn(learn_id="l1", examples=["password: hunter2"]))
    first = handle(database, taught).outcomes
    again = handle(database, taught).outcomes
    assert [it.state for it in (*first, *again)] == ["applied", "applied"]
    other = message(learn(learn_id="l1", examples=["password: hunter3"]))
    assert [it.code for it in handle(database, other).outcomes] == ["conflict"]
