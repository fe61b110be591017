"""Fast reads by name or number: the `lookup` queue.

Use cases: services.lookup, learn_status, syncing, templates. Answers go to the gateway's inbox; nothing here writes.
"""

from collections.abc import Iterable
from typing import Any

from celery import shared_task
from structlog.contextvars import get_contextvars

from centralcloud_client.messages.requests import TemplatesGet, TemplatesSearch
from centralcloud_client.messages.sync import SyncReply
from services import learn_status as learn_status_service
from services import lookup, syncing, templates
from services.discovery import opening, telling
from services.presence import Attention
from services.suggesting import shared_near_names
from tasks import names as task_names
from tasks.answering import answer
from tasks.unledgered import Unledgered

_near = shared_near_names()
_attention = Attention()


@shared_task(bind=True, base=Unledgered, name=task_names.LOOKUP_MANY)
def lookup_many(
    self: "Unledgered",
    *,
    names: list[tuple[str, str]],
    asked: list[str],
    reply_to: str,
    deadline: float,
    instances: dict[str, str] | None = None,
) -> None:
    """Answer a batch of (type, key); hand the unknown ones to discovery.

    `instances` says who asked, by the place in the batch, where that is known.
    """

    def work(owned: Any) -> bytes:
        pairs = [(type_, key) for type_, key in names]
        teller = telling.Teller(pairs, asked, owned.clock, enabled=owned.discovery_enabled)
        answers = lookup.lookup_many(owned.database, _near, pairs, teller)
        if teller.words:
            owned.missed(opening.missed(teller, instances or {}, str(get_contextvars().get("trace") or "")))
        return lookup.encode(answers)

    who = (instances or {}).values()
    answer(self, reply_to, work, afterwards=(lambda owned: _tell_of(owned, who)) if who else None)


@shared_task(bind=True, base=Unledgered, name=task_names.LEARN_STATUS)
def learn_status(
    self: "Unledgered",
    *,
    learn_id: str | None = None,
    learn_ids: list[str] | None = None,
    reply_to: str,
    deadline: float,
) -> None:
    """Tell what became of a learn, or of each of many."""

    def work(owned: Any) -> Any:
        if learn_id is None:
            return learn_status_service.learn_statuses(owned.database, learn_ids or [])
        return learn_status_service.learn_status(owned.database, learn_id)

    answer(self, reply_to, work)


@shared_task(bind=True, base=Unledgered, name=task_names.SYNC_REQUEST)
def sync_request(
    self: "Unledgered",
    *,
    since: int,
    epoch: str | None,
    types: list[str],
    limit: int,
    reply_to: str,
    deadline: float,
    instance: str = "",
) -> None:
    """Answer one page of changes, and tell who has them all."""
    pages: list[SyncReply] = []

    def work(owned: Any) -> Any:
        pages[:] = [syncing.sync_page(owned.database, since=since, epoch=epoch, types=types, limit=limit)]
        return pages[0]

    def tell(owned: Any) -> None:
        position = pages[0].next if pages[0].complete and not types else None
        _tell_of(owned, [instance], position)

    answer(self, reply_to, work, afterwards=tell if instance else None)


def _tell_of(owned: Any, instances: Iterable[str], position: int | None = None) -> None:
    """Hand on who asked, now and then."""
    if seen := _attention.news(instances, owned.clock(), anyway=position is not None):
        owned.hint(task_names.NOTE_INSTANCES, {"instances": seen, "position": position})


@shared_task(bind=True, base=Unledgered, name=task_names.TEMPLATES_GET)
def templates_get(self: "Unledgered", *, name: str, version: int | None = None, reply_to: str, deadline: float) -> None:
    """Answer one template."""
    answer(self, reply_to, lambda owned: templates.get(owned.database, TemplatesGet(name=name, version=version)))


@shared_task(bind=True, base=Unledgered, name=task_names.TEMPLATES_SEARCH)
def templates_search(
    self: "Unledgered",
    *,
    reply_to: str,
    deadline: float,
    search: str | None = None,
    kind: str | None = None,
    language: str | None = None,
    limit: int = 20,
    cursor: str | None = None,
) -> None:
    """Answer a search for templates."""
    request = TemplatesSearch(search=search, kind=kind, language=language, limit=limit, cursor=cursor)
    answer(self, reply_to, lambda owned: templates.search(owned.database, request))
