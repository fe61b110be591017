"""What the gateway counts, by Prometheus' names.

Owns the names, labels and buckets; each number is moved where it happens. /metrics is served by `health`.
"""

from prometheus_client import Counter, Gauge, Histogram

from gateway.tallies import Spreads, Tallies

_PREFIX = "centralcloud_gateway"

#: One a request; `outcome` is the reply's status, or the error's code.
REQUESTS = Tallies(f"{_PREFIX}_requests", "Requests answered", ("subject", "outcome"))
SECONDS = Spreads(
    f"{_PREFIX}_request_seconds",
    "From receipt to reply",
    ("subject",),
    buckets=(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
IN_FLIGHT = Gauge(f"{_PREFIX}_in_flight", "Requests that wait for a worker")
REFUSED_REPLIES = Counter(f"{_PREFIX}_refused_reply_subjects", "Requests dropped: no reply subject, or no inbox")

CACHE_LOOKUPS = Tallies(f"{_PREFIX}_cache_lookups", "Name queries by what the knowledge cache had", ("result",))
CACHE_ENTRIES = Gauge(f"{_PREFIX}_cache_entries", "Answers in the knowledge cache")
CACHE_BYTES = Gauge(f"{_PREFIX}_cache_bytes", "Bytes in the knowledge cache")
CACHE_EMPTIED = Counter(f"{_PREFIX}_cache_emptied", "Times the knowledge cache was emptied", ("why",))
CACHE_REFUSED = Counter(f"{_PREFIX}_cache_refused", "Answers not kept, because something changed meanwhile")
FEED_HEAD = Gauge(f"{_PREFIX}_feed_head", "Last sequence seen in the broadcast")

DISCOVERY_WAITING = Gauge(f"{_PREFIX}_discovery_waiting", "Askers that wait for the outcome of a discovery")

BATCH_NAMES = Histogram(
    f"{_PREFIX}_lookup_batch_names", "Names in a lookup task", buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256)
)
BATCH_RETRIES = Counter(f"{_PREFIX}_lookup_batch_retries", "Lookup tasks enqueued once more")

LEARNS = Counter(f"{_PREFIX}_learns", "Learns by what the gateway did with them", ("step",))
LEARN_BATCH = Histogram(
    f"{_PREFIX}_learn_batch_messages", "Learns in a task", buckets=(1, 2, 5, 10, 25, 50, 100, 150, 200)
)
LEARN_BACKLOG = Gauge(f"{_PREFIX}_learn_backlog", "Learns in the stream that no gateway has fetched")
LEARN_UNACKED = Gauge(f"{_PREFIX}_learn_unacked", "Learns fetched and not yet applied")
QUEUE_DEPTH = Gauge(f"{_PREFIX}_queue_depth", "Tasks that wait in a queue, all priorities", ("queue",))
QUEUE_AGE = Gauge(
    f"{_PREFIX}_queue_oldest_seconds", "Seconds since a queue was last seen empty: no task in it is older", ("queue",)
)
NATS_CONNECTED = Gauge(f"{_PREFIX}_nats_connected", "1 while NATS is connected")
