"""The Prometheus metrics of worker processes, summed over the processes of a prefork pool.

The directory that the pool shares is chosen before prometheus_client is imported: the library looks for it then.
"""

import atexit
import os
import shutil
import tempfile

if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    _folder = tempfile.mkdtemp(prefix="centralcloud-metrics-")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = _folder
    _owner = os.getpid()

    def _remove() -> None:
        if os.getpid() == _owner:
            shutil.rmtree(_folder, ignore_errors=True)

    atexit.register(_remove)

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)

TASKS = Counter("centralcloud_tasks", "Tasks run, by name and final state.", ["task", "state"])
TASK_DURATION = Histogram("centralcloud_task_seconds", "Time a task ran.", ["task"], buckets=_SECONDS)
TASK_WAIT = Histogram("centralcloud_task_wait_seconds", "Time a task waited in its queue.", ["task"], buckets=_SECONDS)


def exposition() -> bytes:
    """Return the metrics of all processes of this worker in Prometheus's text format."""
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # untyped in the library
    return generate_latest(registry)
