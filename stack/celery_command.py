"""The `celery` command without Flower, unless it is Flower that shall run.

Celery loads every plugin of its command line at each start: Flower's costs each worker 11 MB and a tenth of a second.
"""

import sys

from celery.__main__ import main

if "flower" not in sys.argv:
    # Celery notes a plugin that cannot be imported and goes on.
    sys.modules["flower.command"] = None  # type: ignore[assignment]  # None bars the import

if __name__ == "__main__":
    main()
