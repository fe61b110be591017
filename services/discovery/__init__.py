"""Find out what nobody knows: which names are asked about, when, and what became of it.

Owns the life of a discovery, its rows in models.discoveries. What is known beforehand is services.grounding, the
question and what of its answer is believed services.findings, money services.paid_calls.
"""
