"""What tasks count beyond their own runs: learns by outcome, and how far publishing is behind the feed.

A worker process chooses where the figures are kept before this is imported (`workers.metrics`).
"""

from prometheus_client import Counter, Gauge

LEARNS = Counter("centralcloud_learns", "Learns and feedback decided, by state and code.", ["state", "code"])
LEARNS_POSTPONED = Counter("centralcloud_learns_postponed", "Deliveries left to come again: a server was away.")
FEED_HEAD = Gauge("centralcloud_feed_head", "The feed's last sequence.", multiprocess_mode="mostrecent")
FEED_PUBLISHED = Gauge("centralcloud_feed_published", "The stream's last sequence.", multiprocess_mode="mostrecent")
FEED_LAG = Gauge("centralcloud_feed_lag", "Changes not published yet.", multiprocess_mode="mostrecent")
CHANGES = Counter("centralcloud_changes_published", "Changes published into the stream.")
DISCOVERIES = Counter(
    "centralcloud_discoveries", "Discoveries begun and ended, by state, and how or why.", ["state", "how"]
)
