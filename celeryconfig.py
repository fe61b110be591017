"""Celery's settings, its queues, the schedule of beat, and the list of workers that `up` and compose start.

Read by every process that sends or runs tasks. No `imports` here: each worker loads only the task modules of its own
queues (`WORKERS`), which halves its memory and start time.
"""

from dataclasses import dataclass
from typing import Any

from kombu import Exchange, Queue

from settings import settings
from tasks import names


@dataclass(frozen=True, slots=True)
class Worker:
    """One kind of worker process: what it drains and how."""

    name: str
    queues: tuple[str, ...]
    modules: tuple[str, ...]
    #: `threads`, or `prefork` where the work is CPU-bound Python.
    pool: str
    concurrency: int
    #: Processes that are started unless told otherwise: more than one where one interpreter is too few.
    processes: int = 1


WORKERS = (
    Worker("lookup", ("lookup",), ("tasks.lookup",), "solo", 1),
    Worker("detect", ("detect",), ("tasks.detection",), "prefork", 2),
    Worker("learn", ("learn",), ("tasks.learning",), "solo", 1, processes=2),
    Worker("sync", ("sync",), ("tasks.sync",), "threads", 1),
    Worker("discover", ("enrich", "discover"), ("tasks.discovery", "tasks.enrichment"), "threads", 12),
    Worker("consolidate", ("consolidate",), ("tasks.consolidation", "tasks.curation", "tasks.mining"), "prefork", 2),
)

_SECONDS_TO_CONNECT = 5

broker_url = settings().redis_url
broker_connection_retry_on_startup = True
broker_connection_max_retries = None
broker_pool_limit = 10
broker_transport_options: dict[str, Any] = {
    # Above the longest hard time limit (600 s), or a running task would be delivered twice.
    "visibility_timeout": 900,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,
    "socket_connect_timeout": _SECONDS_TO_CONNECT,
    "socket_keepalive": True,
    "health_check_interval": 5,
}

task_serializer = "json"
result_serializer = "json"
event_serializer = "json"
accept_content = ["json"]
result_backend = None
task_ignore_result = True
task_acks_late = True
task_reject_on_worker_lost = True
task_create_missing_queues = False
task_default_queue = "consolidate"
# Named exchanges: queues that share the default one would all be bound to its single routing key.
# No ledger of unacknowledged tasks in Redis for these: the gateway asks again after half a second, the stream LEARN
# delivers again what was not acknowledged.
_UNLEDGERED = frozenset({"lookup", "learn"})
task_queues = [
    Queue(name, Exchange(name, type="direct"), routing_key=name, no_ack=name in _UNLEDGERED) for name in names.QUEUES
]
task_routes = {name: {"queue": queue} for name, queue in names.ROUTES.items()}
task_time_limit = 600
task_soft_time_limit = 540
task_send_sent_event = False

worker_send_task_events = True
worker_prefetch_multiplier = 1
worker_hijack_root_logger = False
worker_cancel_long_running_tasks_on_connection_loss = True
worker_soft_shutdown_timeout = 3.0
worker_enable_remote_control = True
worker_proc_alive_timeout = 30.0

timezone = "UTC"
enable_utc = True

beat_max_loop_interval = 5
# Noted after each task sent, so that the age of its schedule file tells whether beat lives.
beat_sync_every = 1
beat_schedule = {
    "publish changes that no hint announced": {
        "task": names.PUBLISH_CHANGES,
        "schedule": 3.0,
        "options": {"queue": "sync", "expires": 3.0},
    },
    "run discoveries that no hint announced": {
        "task": names.DISCOVER,
        "schedule": 5.0,
        "options": {"queue": "discover", "expires": 5.0},
    },
    "enrich what was learned": {
        "task": names.ENRICH,
        "schedule": 15.0,
        "options": {"queue": "enrich", "expires": 15.0},
    },
    "heartbeat": {"task": names.HEARTBEAT, "schedule": 10.0, "options": {"queue": "sync", "expires": 10.0}},
    "derive patterns anew": {
        "task": names.DERIVE_PATTERNS,
        "schedule": 5.0,
        "options": {"queue": "consolidate", "expires": 5.0},
    },
    "refresh statistics": {
        "task": names.REFRESH_STATISTICS,
        "schedule": 60.0,
        "options": {"queue": "consolidate", "expires": 60.0},
    },
    "forget names that nobody asks for": {
        "task": names.FORGET_MISSES,
        "schedule": 3600.0,
        "options": {"queue": "consolidate", "expires": 3600.0},
    },
    "mine what was observed": {
        "task": names.MINE,
        "schedule": 3600.0,
        "options": {"queue": "consolidate", "expires": 3600.0},
    },
    "consolidate": {
        "task": names.CONSOLIDATE,
        "schedule": 3600.0,
        "options": {"queue": "consolidate", "expires": 3600.0},
    },
    "compact the feed": {
        "task": names.COMPACT_FEED,
        "schedule": 3600.0,
        "options": {"queue": "consolidate", "expires": 3600.0},
    },
}
