"""The account with the model: opened where there is a key, and shown to operators as it is set."""

import datetime
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError
from sqlalchemy import Engine, create_engine

from services.paid_calls import oversight
from settings import Settings
from workers.account import open_account

ROOT = Path(__file__).resolve().parent.parent.parent
KEY = "sk-very-secret"


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def test_without_a_key_there_is_none(database: Engine) -> None:
    assert open_account(Settings(openai_api_key=None), database, now) is None
    assert open_account(Settings(openai_api_key=SecretStr("  ")), database, now) is None
    assert oversight.report(database, now(), days=1)["setting"] is None


def test_what_was_set_is_shown_but_for_the_key(database: Engine) -> None:
    account = open_account(
        Settings(
            openai_api_key=SecretStr(KEY),
            openai_base_url="http://user:secret@127.0.0.1:1/v1",
            llm_model="tiny",
            llm_calls_per_day=7,
        ),
        database,
        now,
    )
    assert account is not None
    account.close()
    setting = oversight.report(database, now(), days=1)["setting"]
    assert (setting["model"], setting["server"]) == ("tiny", "http://127.0.0.1:1/v1/")
    assert setting["caps"]["per_day"] == 7
    assert "secret" not in str(setting)


def test_a_database_that_is_away_does_not_keep_a_worker_from_starting() -> None:
    nowhere = create_engine("postgresql+psycopg2://nobody@127.0.0.1:1/nothing")
    account = open_account(Settings(openai_api_key=SecretStr(KEY)), nowhere, now)
    assert account is not None
    account.close()


@pytest.mark.parametrize("wrong", [{"openai_base_url": "127.0.0.1:8001/v1"}, {"openai_api_key": f"{KEY}\nX: y"}])
def test_settings_that_cannot_be_are_refused_without_telling_secrets(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate(wrong)
    assert KEY not in str(caught.value)


def test_only_the_worker_that_discovers_loads_what_asks_a_model() -> None:
    program = (
        "import sys\n"
        "from workers import logs\n"
        "from workers.app import app\n"
        # As in a worker: elsewise what is said of a NATS that is away stands among the output.
        "logs.configure()\n"
        "import tasks.lookup, tasks.detection, tasks.learning, tasks.sync, tasks.consolidation\n"
        "made = app.resources\n"
        "print(made.paid_calls is not None, 'llm.model' in sys.modules, 'openai' in sys.modules)\n"
    )

    def loaded(name: str) -> str:
        told = {"OPENAI_API_KEY": KEY, "CENTRALCLOUD_PROCESS_NAME": name, "CENTRALCLOUD_LOG_LEVEL": "CRITICAL"}
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={**os.environ, **told},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return done.stdout.splitlines()[-1]

    assert loaded("lookup-2") == "False False False"
    assert loaded("discover-2") == "True True True"
