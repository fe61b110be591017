"""Rows and the queries on them, one file an aggregate; nothing else.

Functions take an open connection and never commit: the use case owns the transaction.
"""
