"""Scheduled upkeep of the knowledge: statistics and compaction."""
