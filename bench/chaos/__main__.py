"""`python -m bench.chaos`: the long kill test; `make chaos` calls it."""

import argparse
import sys

from bench.chaos.mutants import NAMES
from bench.chaos.run import run


def main() -> int:
    """Run, print each fault as it happens, and return 1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--mutant", choices=NAMES, help="remove one safeguard: the run must then fail")
    chosen = parser.parse_args()
    report = run(minutes=chosen.minutes, mutant=chosen.mutant, say=lambda line: print(line, flush=True))
    print(f"{report.acknowledged} learns acknowledged under {len(report.faults)} kills")
    for line in report.broken:
        print(line)
    print("every promise was kept" if not report.broken else f"{len(report.broken)} promises were broken")
    return int(bool(report.broken))


if __name__ == "__main__":
    sys.exit(main())
