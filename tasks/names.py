"""The names of all tasks and queues: a leaf that the gateway sends by and celeryconfig routes by.

Imports nothing, so that whoever enqueues never loads a task's body.
"""

from typing import Final

LOOKUP_MANY: Final = "tasks.lookup.lookup_many"
LEARN_STATUS: Final = "tasks.lookup.learn_status"
SYNC_REQUEST: Final = "tasks.lookup.sync_request"
TEMPLATES_GET: Final = "tasks.lookup.templates_get"
TEMPLATES_SEARCH: Final = "tasks.lookup.templates_search"

DETECT: Final = "tasks.detection.detect"
DETECT_PATH: Final = "tasks.detection.detect_path"
MATCH_CODE: Final = "tasks.detection.match_code"
SEARCH: Final = "tasks.detection.search"

APPLY_LEARNS: Final = "tasks.learning.apply_learns"
STORE_TEMPLATE: Final = "tasks.learning.store_template"

PUBLISH_CHANGES: Final = "tasks.sync.publish_changes"
HEARTBEAT: Final = "tasks.sync.heartbeat"

RECORD_MISSES: Final = "tasks.discovery.record_misses"
DISCOVER: Final = "tasks.discovery.discover"
ENRICH: Final = "tasks.enrichment.enrich"

REFRESH_STATISTICS: Final = "tasks.consolidation.refresh_statistics"
COMPACT_FEED: Final = "tasks.consolidation.compact_feed"
CONSOLIDATE: Final = "tasks.consolidation.consolidate"
MINE: Final = "tasks.mining.mine"
NOTE_INSTANCES: Final = "tasks.consolidation.note_instances"
FORGET_MISSES: Final = "tasks.consolidation.forget_misses"

DERIVE_PATTERNS: Final = "tasks.curation.derive_patterns"

#: Queue of every task.
ROUTES: Final[dict[str, str]] = {
    LOOKUP_MANY: "lookup",
    LEARN_STATUS: "lookup",
    SYNC_REQUEST: "lookup",
    TEMPLATES_GET: "lookup",
    TEMPLATES_SEARCH: "lookup",
    DETECT: "detect",
    DETECT_PATH: "detect",
    MATCH_CODE: "detect",
    SEARCH: "detect",
    APPLY_LEARNS: "learn",
    STORE_TEMPLATE: "learn",
    PUBLISH_CHANGES: "sync",
    HEARTBEAT: "sync",
    RECORD_MISSES: "discover",
    DISCOVER: "discover",
    ENRICH: "enrich",
    REFRESH_STATISTICS: "consolidate",
    COMPACT_FEED: "consolidate",
    CONSOLIDATE: "consolidate",
    MINE: "consolidate",
    NOTE_INSTANCES: "consolidate",
    FORGET_MISSES: "consolidate",
    DERIVE_PATTERNS: "consolidate",
}

QUEUES: Final = ("lookup", "detect", "learn", "sync", "enrich", "discover", "consolidate")
