"""Keep patterns what follows from what was said of them, and let operators rule: derive anew, revoke, promote, merge.

`deriving` is the one way from learns to a pattern as a whole; learning itself only adds to what it left.
"""
