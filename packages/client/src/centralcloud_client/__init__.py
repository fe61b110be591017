"""The client of CentralCloud, and the words that go over the wire.

Owns the subjects and the message types; the gateway and the workers read them from here.
"""
