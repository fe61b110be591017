"""Every NATS subject of the protocol, and who may use it.

The one list that the gateway serves, the permissions allow, and the AsyncAPI document describes.
"""

from typing import Final

TYPES: Final = ("framework", "technology", "microservice", "code")

PATTERNS: Final = "centralcloud.patterns"
TEMPLATES: Final = "centralcloud.templates"

DETECT: Final = f"{PATTERNS}.detect"
LEARN_STATUS: Final = f"{PATTERNS}.learn.status"
SYNC_REQUEST: Final = f"{PATTERNS}.sync.request"
SYNC_PUBLISH: Final = f"{PATTERNS}.sync.publish"
SYNC_HEARTBEAT: Final = f"{PATTERNS}.sync.heartbeat"
TEMPLATES_GET: Final = f"{TEMPLATES}.get"
TEMPLATES_SEARCH: Final = f"{TEMPLATES}.search"
TEMPLATES_STORE: Final = f"{TEMPLATES}.store"

#: Inside the centre: what became of a discovery. Instances may neither say nor hear it.
DISCOVERIES: Final = "_CENTRE.discoveries"
#: Inside the centre: figures about the knowledge, which gateways tell with their own in `$SRV.STATS`.
FIGURES: Final = "_CENTRE.figures"

LEARN_STREAM: Final = "LEARN"
#: The one durable consumer of it.
LEARN_CONSUMER: Final = "gateway"
SYNC_STREAM: Final = "SYNC"


def query(pattern_type: str) -> str:
    """Return the subject that answers queries for one type."""
    return f"{PATTERNS}.{pattern_type}.query"


def learn(pattern_type: str) -> str:
    """Return the subject that takes learns of one type."""
    return f"{PATTERNS}.{pattern_type}.learn"


def feedback(pattern_type: str) -> str:
    """Return the subject that takes feedback on patterns of one type."""
    return f"{PATTERNS}.{pattern_type}.feedback"


QUERIES: Final = {query(name): name for name in TYPES}
LEARNS: Final = {learn(name): name for name in TYPES}
FEEDBACKS: Final = {feedback(name): name for name in TYPES}

#: Served and kept for any type's name, so that a wrong one gets `unknown_type` instead of silence.
ANY_QUERY: Final = query("*")
ANY_LEARN: Final = learn("*")
ANY_FEEDBACK: Final = feedback("*")

#: What the gateway answers itself or through a queue.
REQUESTS: Final = (
    ANY_QUERY,
    DETECT,
    LEARN_STATUS,
    SYNC_REQUEST,
    TEMPLATES_GET,
    TEMPLATES_SEARCH,
    TEMPLATES_STORE,
)
#: What stream LEARN keeps.
LEARN_STREAM_SUBJECTS: Final = (ANY_LEARN, ANY_FEEDBACK)

#: What an instance may do; NATS itself refuses everything else.
INSTANCE_MAY_PUBLISH: Final = (
    *(subject for subject in REQUESTS if subject != TEMPLATES_STORE),
    *LEARN_STREAM_SUBJECTS,
    "$SRV.>",
)
INSTANCE_MAY_SUBSCRIBE: Final = (SYNC_PUBLISH, SYNC_HEARTBEAT, "_INBOX.>")


def type_of(subject: str) -> str:
    """Return the type a query, learn or feedback subject names, known or not."""
    return subject.split(".")[2]
