"""Detection without the centre: the core's engine over the patterns in the cache.

The only module of the client that touches the core, and only when called; needs the extra `offline`.
"""
