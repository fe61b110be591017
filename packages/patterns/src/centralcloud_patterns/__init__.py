"""The pure core of CentralCloud: what a pattern is, how it is recognised in evidence, and how knowledge is merged.

No I/O: everything comes in as values and goes out as values. Files, databases and messages belong to the rooms above.
"""
