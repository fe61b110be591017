"""Apply what instances teach: learns and feedback, in batches, each exactly once.

`intake.handle` is the way in; `dead_letters` is the operator's way to what failed too often.
"""
