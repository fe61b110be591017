"""What a model finds out: the question it is asked, the shape of its answer, and what of it is believed and written.

Asking is services.paid_calls; gathering facts is services.grounding. A finding reaches the descriptive fields of one
pattern: never trust, identity or another pattern.
"""

from services.findings.answers import DiscoveredPattern, Enrichment
from services.findings.contributions import alias_target, contribution
from services.findings.prompts import BuiltPrompt, NoTemplateError, discovery_prompt, enrichment_prompt
from services.findings.writing import write_discovered, write_enriched

__all__ = [
    "BuiltPrompt",
    "DiscoveredPattern",
    "Enrichment",
    "NoTemplateError",
    "alias_target",
    "contribution",
    "discovery_prompt",
    "enrichment_prompt",
    "write_discovered",
    "write_enriched",
]
