"""Build what a process owns, once per process and never across a fork."""

import datetime
import os
import sys
import threading

from celery import Celery

from settings import settings
from tasks.resources import Resources
from workers.account import open_account
from workers.database import build_engine
from workers.hints import Hints
from workers.indexes import open_indexes
from workers.learn_progress import LearnProgress
from workers.learning_rules import learning_rules_of
from workers.mining_rules import rules_of
from workers.misses import Misses
from workers.nats_link import NatsLink
from workers.sync_stream import SyncStream
from workers.upkeep_policy import policy_of

#: The worker whose threads may ask a model, and each of them the database.
_DISCOVERS = "discover"
_DISCOVERERS = 12
_NICENESS = 10


class ProcessResources:
    """The resources of whichever process asks: built at first use, and again in a forked child."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._owner = 0
        self._built: Resources | None = None
        self._link: NatsLink | None = None

    @property
    def link(self) -> NatsLink | None:
        """The NATS connection of this process, if it has one yet."""
        return self._link if self._owner == os.getpid() else None

    def get(self) -> Resources:
        """Return this process's resources."""
        if self._built is None or self._owner != os.getpid():
            with self._lock:
                if self._built is None or self._owner != os.getpid():
                    self._build()
        assert self._built is not None
        return self._built

    def close(self) -> None:
        """Close the connections of this process."""
        if self._owner == os.getpid() and self._link is not None and self._built is not None:
            self._link.close()
            if self._built.paid_calls is not None:
                self._built.paid_calls.close()
            self._built.database.dispose()
            self._built = self._link = None

    def after_fork(self) -> None:
        """Forget what belongs to the parent; its lock may have been held."""
        self._lock = threading.Lock()
        self._built = self._link = None

    def _build(self) -> None:
        chosen = settings()
        role = chosen.process_name.split("-", maxsplit=1)[0]
        if role == "lookup":
            # Seconds until a thread that waits for the interpreter gets it: the thread that sends the answer, in a
            # worker whose tasks take less than the default.
            sys.setswitchinterval(0.00005)
        password = chosen.nats_password.get_secret_value() if chosen.nats_password else None
        self._link = NatsLink(chosen.nats_url, user=chosen.nats_user, password=password, name=chosen.process_name)
        self._owner = os.getpid()
        discovers = role == _DISCOVERS
        if discovers:
            # Whoever looks up what is known goes before what finds out what is not.
            os.nice(_NICENESS)
        database = build_engine(chosen.database_url, role, pool_size=_DISCOVERERS if discovers else 4)
        hints = Hints(self._app)
        self._built = Resources(
            database=database,
            nats=self._link,
            changes=SyncStream(self._link),
            clock=_now,
            hint=hints.send,
            missed=Misses(hints.send).tell,
            codebase_roots=chosen.codebase_roots,
            upkeep=policy_of(chosen),
            mining=rules_of(chosen),
            discovery_enabled=chosen.discovery_enabled,
            learning=learning_rules_of(chosen),
            progress=LearnProgress(self._link).ask,
            paid_calls=open_account(chosen, database, _now) if discovers else None,
            metadata=open_indexes(chosen) if discovers else None,
        )


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
