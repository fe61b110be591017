"""Kill everything while instances learn, and count what is left: nothing lost, nothing doubled, one order.

`python -m bench.chaos [--minutes N] [--mutant NAME]`. The mutants are systems with one safeguard removed: the same
counting must find them out.
"""
