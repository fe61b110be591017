"""Read a delivery: its id, who sent it, and the learn or feedback in it, or why it is refused.

Whatever the bytes are, a submission comes out, with an id by which its outcome can be asked.
"""

from typing import Final

import msgspec

from centralcloud_client import headers, subjects, wire
from centralcloud_client.messages.learns import Feedback, Learn
from centralcloud_client.wire import WireError
from models.base import AnyRow
from services.learning import indications
from services.learning.cleaning import cleaned
from services.learning.deliveries import Delivery
from services.learning.indications import NOTHING, Indications
from services.learning.names import key
from services.secrets import without_credentials
from services.times import rfc3339

_MAX_ID: Final = 256
_KINDS: Final = {"learn", "feedback"}


class Submission(msgspec.Struct, frozen=True, gc=False):
    """One delivery, read; exactly one of learn, feedback and refusal is set."""

    delivery: Delivery
    learn_id: str
    #: sha256 of the body after unpacking: tells a repeat from a conflict.
    body_hash: str
    kind: str
    type: str
    #: Empty: anonymous.
    instance_id: str
    #: Empty: not told.
    codebase_id: str
    learn: Learn | None = None
    feedback: Feedback | None = None
    #: What the learn's indicators say, read.
    indications: Indications = NOTHING
    refusal: WireError | None = None
    #: The message as we write it; None when it could not be read.
    body: str | None = None


class _Ids(msgspec.Struct):
    learn_id: str | None = None
    instance_id: str | None = None


def read(delivery: Delivery) -> Submission:
    """Return what a delivery says."""
    type_, _, kind = delivery.subject.removeprefix(f"{subjects.PATTERNS}.").partition(".")
    kind = kind if kind in _KINDS else "learn"
    data = delivery.data
    message: Learn | Feedback | None = None
    refusal: WireError | None = None
    said = NOTHING
    try:
        data = wire.unpack(data, delivery.headers.get(headers.ENCODING.lower()))
        message = cleaned(_message(data, type_, kind))
        said = _checked(message)
    except WireError as error:
        refusal = error
    learn_id, instance_id = _ids(delivery, data, message)
    return Submission(
        delivery=delivery,
        learn_id=learn_id,
        body_hash=wire.digest(data),
        kind=kind,
        type=type_[:_MAX_ID],
        instance_id=instance_id,
        codebase_id=(message.codebase_id or "") if message is not None else "",
        learn=message if refusal is None and isinstance(message, Learn) else None,
        feedback=message if refusal is None and isinstance(message, Feedback) else None,
        indications=said,
        refusal=refusal,
        body=None if message is None else wire.encode(message).decode(),
    )


def _message(data: bytes, type_: str, kind: str) -> Learn | Feedback:
    if type_ not in subjects.TYPES:
        raise WireError("unknown_type", f"{type_[:60]!r} is no type of pattern")
    message: Learn | Feedback = wire.decode(data, Feedback) if kind == "feedback" else wire.decode(data, Learn)
    for field in ("name", "slug"):
        name = getattr(message, field, None)
        if name and without_credentials(name) != name:
            # Refused before anything of it is kept: under its name a pattern is broadcast.
            raise WireError("bad_schema", "a key, a token or a password, and no name", f"$.{field}")
    return message


def _checked(message: Learn | Feedback) -> Indications:
    """Raise WireError when a message that decodes still says nothing usable; else return its indicators, read."""
    if isinstance(message, Feedback):
        if not key(message.slug):
            raise WireError("bad_schema", "no letter or digit in it", "$.slug")
        return NOTHING
    for field in ("name", "slug"):
        value = getattr(message, field)
        if value is not None and not key(value):
            raise WireError("bad_schema", "no letter or digit in it", f"$.{field}")
    if not message.indicators and not message.examples:
        raise WireError("bad_schema", "indicators or examples are required", "$.indicators")
    return indications.read(message.indicators)


def _ids(delivery: Delivery, data: bytes, message: Learn | Feedback | None) -> tuple[str, str]:
    """Return learn_id and instance_id: of the body, else of the headers, else the digest and ''."""
    said: Learn | Feedback | _Ids = message if message is not None else _ids_of_unreadable(data)
    learn_id = said.learn_id or _usable(delivery.headers.get(headers.LEARN_ID.lower()))
    instance_id = said.instance_id or _usable(delivery.headers.get(headers.INSTANCE.lower()))
    return learn_id or wire.digest(delivery.data), instance_id or ""


def _ids_of_unreadable(data: bytes) -> _Ids:
    """Find the ids in a body that is refused, so that its sender can ask for the outcome by the id it chose."""
    if len(data) > wire.MAX_BYTES:
        return _Ids()
    try:
        found = msgspec.json.decode(data, type=_Ids)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _Ids()
    return _Ids(learn_id=_usable(found.learn_id), instance_id=_usable(found.instance_id))


def _usable(value: str | None) -> str | None:
    """Return an id that came unchecked if it is one: short, and nothing in it that does not print."""
    return value if value and len(value) <= _MAX_ID and value.isprintable() else None


def as_refused(submission: Submission, refusal: WireError, *, keep: bool = True) -> Submission:
    """Return a submission that is refused, whatever it said; `keep`: what it said is recorded all the same."""
    body = submission.body if keep else None
    return msgspec.structs.replace(submission, learn=None, feedback=None, refusal=refusal, body=body)


def restored(row: AnyRow) -> Submission:
    """Return an applied learn from its row (`models.learns.spoken`)."""
    data = row.body.encode()
    learn = wire.decode(data, Learn)
    subject = f"{subjects.PATTERNS}.{row.type}.{row.kind}"
    return Submission(
        delivery=Delivery("", subject, 0, {}, data, row.received_at, rfc3339(row.received_at)),
        learn_id=row.learn_id,
        body_hash="",
        kind=row.kind,
        type=row.type,
        instance_id=row.instance_id,
        codebase_id=row.codebase_id,
        learn=learn,
        indications=indications.read(learn.indicators),
    )


def unread(delivery: Delivery) -> Submission:
    """Return a delivery that defeats `read` as a submission known by its digest only."""
    digest = wire.digest(delivery.data)
    return Submission(
        delivery=delivery, learn_id=digest, body_hash=digest, kind="learn", type="", instance_id="", codebase_id=""
    )
