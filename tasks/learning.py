"""Apply what instances teach, and store templates: the `learn` queue.

Use cases: services.learning, services.template_storing. The only writers of patterns besides the catalogue's loader.
"""

from typing import Any

import structlog
from celery import shared_task

from centralcloud_client import wire
from centralcloud_client.messages.requests import TemplatesStore
from centralcloud_client.messages.sync import TemplatesReply
from services import template_storing
from services.learning import intake
from tasks import metrics, names
from tasks.answering import answer
from tasks.resources import Resources, resources
from tasks.unledgered import Unledgered

_log = structlog.get_logger(__name__)


@shared_task(bind=True, base=Unledgered, name=names.APPLY_LEARNS)
def apply_learns(self: Unledgered, *, messages: list[list[Any]]) -> None:
    """Decide a batch of learns and feedback, and acknowledge each to NATS after the commit.

    A message is [ack_subject, subject, stream_seq, headers, data]; data is text, or {"b64": …} when it is not UTF-8.
    """
    owned = resources(self)
    handled = intake.handle(
        owned.database, owned.nats.publish_all, owned.clock, messages, owned.learning, progress=owned.progress
    )
    for (state, code), count in handled.counted().items():
        metrics.LEARNS.labels(state, code).inc(count)
    postponed = len(handled.postponed) + len(handled.early)
    metrics.LEARNS_POSTPONED.inc(postponed)
    _log.info("learns decided", learns=len(handled.outcomes), postponed=postponed, seqs=handled.seqs)
    if handled.changed:
        owned.hint(names.PUBLISH_CHANGES, {})


@shared_task(bind=True, base=Unledgered, name=names.STORE_TEMPLATE)
def store_template(self: Unledgered, *, body: str, reply_to: str, deadline: float) -> None:
    """Store a new version of a template and answer with it."""

    def work(owned: Resources) -> TemplatesReply:
        reply = template_storing.store(owned.database, owned.clock, wire.decode(body.encode(), TemplatesStore))
        owned.hint(names.PUBLISH_CHANGES, {})
        return reply

    answer(self, reply_to, work, repeatable=False)
