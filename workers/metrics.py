"""The Prometheus metrics of worker processes, summed over the processes of a prefork pool.

The directory that the pool shares is chosen before prometheus_client is imported: the library looks for it then.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator

if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    _folder = tempfile.mkdtemp(prefix="centralcloud-metrics-")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = _folder
    _owner = os.getpid()

    def _remove() -> None:
        if os.getpid() == _owner:
            shutil.rmtree(_folder, ignore_errors=True)

    atexit.register(_remove)

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)

TASKS = Counter("centralcloud_tasks", "Tasks run, by name and final state.", ["task", "state"])
TASK_DURATION = Histogram("centralcloud_task_seconds", "Time a task ran.", ["task"], buckets=_SECONDS)
TASK_WAIT = Histogram("centralcloud_task_wait_seconds", "Time a task waited in its queue.", ["task"], buckets=_SECONDS)


class _State(Collector):
    """What is so at this moment: there also when no task has run yet."""

    def __init__(self, *, consuming: bool, connected: bool) -> None:
        self._now = {
            "centralcloud_worker_consuming": ("1 while the worker takes tasks", consuming),
            "centralcloud_worker_nats_connected": ("1 while NATS is connected", connected),
        }

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield a gauge for each."""
        for name, (documentation, holds) in self._now.items():
            yield GaugeMetricFamily(name, documentation, value=int(holds))


def exposition(*, consuming: bool, connected: bool) -> bytes:
    """Return the metrics of all processes of this worker in Prometheus's text format, and how it is."""
    registry = CollectorRegistry()
    registry.register(_State(consuming=consuming, connected=connected))
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # untyped in the library
    return generate_latest(registry)
