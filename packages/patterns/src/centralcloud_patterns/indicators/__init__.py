"""Kinds of indicators, one small module each: the keys it is found by, where it fires, what it must hold.

Adding a kind is adding a module and one line in `registry`. What a pattern makes of them is `matching`'s work.
"""
