"""The model that is asked: one OpenAI-compatible server, what is sent to it, what comes back, and what can go wrong.

Owns one request at a time and no policy: whether a call may be made, and paid for, is services.paid_calls.
"""
