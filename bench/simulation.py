"""Fifty instances find out about 300 hidden technologies, five of them in bad faith: `python -m bench.simulation`.

The real thing end to end but for the wire: learns and feedback through intake, codebases through detection and its
record, mining, revocation. What was found out is compared with what is true, and the world after a revocation with one
in which the revoked never spoke.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import create_engine

import migrations
from bench.simulated_centre import Centre
from bench.simulated_world import INSTANCES, MALICIOUS, POPULAR, TECHNOLOGIES, World, is_malicious
from centralcloud_patterns.mining.reliability import Judged, unreliable
from centralcloud_patterns.weights import Weight, estimate
from stack.servers import EmbeddedServers

#: Codebases where an indicator fired from which on its weight is compared.
SUPPORT: Final = 400
_WORLDS: Final = 40
_failed: list[str] = []


def main() -> int:
    """Simulate, print, and return 1 when a bar is missed."""
    parser = argparse.ArgumentParser(prog="bench.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--codebases", type=int, default=2_000)
    parser.add_argument("--support", type=int, default=SUPPORT, help="least codebases behind a weight that is compared")
    chosen = parser.parse_args()
    world = World(chosen.seed, chosen.codebases)
    honest = [number for number in range(INSTANCES) if not is_malicious(number)]
    with EmbeddedServers(only=("postgres",)) as servers:
        migrations.upgrade(servers.database_url)
        engine = create_engine(servers.database_url)
        began = time.perf_counter()
        centre = Centre(engine, world)
        centre.report(range(INSTANCES))
        print(f"{INSTANCES} instances have reported in {time.perf_counter() - began:.0f} s", flush=True)
        _check_knowledge(centre.active())
        _check_weights(world, chosen.support, centre.measured())
        fakes = centre.conspire()
        told = fakes & centre.active()
        print(f"a coalition of {MALICIOUS} made {len(told)} of {len(fakes)} inventions active")
        centre.compact()
        for number in range(INSTANCES):
            if is_malicious(number):
                centre.revoke(number)
        centre.mine()
        after = centre.known()
        engine.dispose()
    with EmbeddedServers(only=("postgres",)) as servers:
        migrations.upgrade(servers.database_url)
        engine = create_engine(servers.database_url)
        without = Centre(engine, world)
        without.report(honest)
        _check_equal(after, without.known())
        engine.dispose()
    print("all bars kept" if not _failed else f"missed: {'; '.join(_failed)}")
    return int(bool(_failed))


def _bar(what: str, *, kept: bool) -> None:
    print(f"{'kept  ' if kept else 'MISSED'}  {what}", flush=True)
    if not kept:
        _failed.append(what)


def _check_knowledge(active: set[str]) -> None:
    hidden = {f"tech-{number:03}" for number in range(TECHNOLOGIES)}
    right = active & hidden
    _bar(f"{len(right)} of {TECHNOLOGIES} technologies are known (95 %)", kept=len(right) >= 0.95 * TECHNOLOGIES)
    precision = len(right) / max(1, len(active))
    _bar(f"precision of active patterns {precision:.4f} (0.99)", kept=precision >= 0.99)
    _bar(f"inventions of single instances that are active: {len(active - hidden)} (0)", kept=active <= hidden)


def _check_weights(world: World, support: int, measured: dict[tuple[str, str], tuple[float, float, float]]) -> None:
    """Compare the weights that are told with the truth, and with what the same verdicts give without a database."""
    counted = _counted(world, support)
    compared = [(key, found, truth) for key, (found, truth) in counted.items() if key in measured]
    _bar(
        f"{len(compared)} weights rest on {support} codebases or more, {len(counted)} expected",
        kept=0 < len(compared) == len(counted),
    )
    if not compared:
        return
    worst = max(abs(measured[key][0] - truth) for key, _found, truth in compared)
    _bar(f"learned weights are at most {worst:.3f} from the truth (0.05)", kept=worst <= 0.05)
    apart = max(abs(measured[key][0] - found.mean) for key, found, _truth in compared)
    _bar(f"and at most {apart:.3f} from what all verdicts give by themselves (0.02)", kept=apart <= 0.02)
    inside = [measured[key][1] <= truth <= measured[key][2] for key, _found, truth in compared]
    print(f"        {sum(inside)} of {len(inside)} intervals of this world hold the truth")
    cases = [pair for seed in range(100, 100 + _WORLDS) for pair in _counted(World(seed), SUPPORT).values()]
    held = sum(found.low <= truth <= found.high for found, truth in cases) / len(cases)
    _bar(
        f"{held:.1%} of {len(cases)} intervals of {_WORLDS} worlds hold the truth (93 to 97 %)",
        kept=0.93 <= held <= 0.97,
    )


def _counted(world: World, support: int) -> dict[tuple[str, str], tuple[Weight, float]]:
    """Return estimate and truth of each well supported indicator, from all verdicts, by the core alone.

    Only popular technologies have that support, and verdicts enough to tell who means harm.
    """
    popular = world.technologies[:POPULAR]
    verdicts: dict[tuple[int, int], list[int]] = {}
    said: dict[tuple[int, int], list[tuple[int, bool]]] = {}
    for codebase in world.codebases:
        shown = codebase.packages | codebase.files
        for technology in (it.number for it in popular if it.number in shown):
            told = [(it, world.verdict(it, codebase, technology)) for it in codebase.eyes]
            said[codebase.number, technology] = told
            for instance, confirms in told:
                verdicts.setdefault((instance, technology), [0, 0])[not confirms] += 1
    apart = unreliable(Judged(str(who), what, *counts) for (who, what), counts in verdicts.items())
    found = {}
    for it in popular:
        for kind, sign in (("package", it.package), ("file", it.file)):
            showing = [
                one for one in world.codebases if it.number in (one.packages if sign is it.package else one.files)
            ]
            votes = [
                sum(1 if confirms else -1 for who, confirms in said[one.number, it.number] if str(who) not in apart)
                for one in showing
            ]
            hits, misses = sum(vote > 0 for vote in votes), sum(vote < 0 for vote in votes)
            if hits + misses >= support:
                found[it.slug, kind] = (estimate(0.8, 10, hits, misses), it.likelihood(sign))
    return found


def _check_equal(one: dict[str, Any], other: dict[str, Any]) -> None:
    for name, mine in one.items():
        differing = _differing(mine, other[name])
        _bar(
            f"{len(mine)} {name} are those of a world where the revoked never spoke: {len(differing)} differ",
            kept=not differing,
        )
        for line in differing[:2]:
            print(f"        {line[:200]}")


def _differing(one: Iterable[Any], other: Iterable[Any]) -> list[str]:
    mine, theirs = ({json.dumps(it, sort_keys=True, default=str) for it in its} for its in (one, other))
    return sorted(mine ^ theirs, key=lambda it: it[:60])


if __name__ == "__main__":
    sys.exit(main())
