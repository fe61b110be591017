"""The types of every message, as the protocol has them: requests, replies, patterns, broadcasts.

Owns shapes and their limits. Turning bytes into these is `wire`'s work.
"""
