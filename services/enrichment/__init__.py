"""Ask a model about what instances taught and is thin: which candidates, when, and what became of it.

Owns the life of an enrichment, its rows in models.enrichments. What is known beforehand is services.grounding, the
question and what of its answer is believed services.findings, money services.paid_calls.
"""

from services.enrichment import sweeping
from services.enrichment.running import Enriched, Means, run

__all__ = ["Enriched", "Means", "run", "sweeping"]
