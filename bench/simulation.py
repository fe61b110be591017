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
from bench.simulated_world import INSTANCES, MALICIOUS, TECHNOLOGIES, Sign, Technology, World, is_malicious
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
        _check_weights(world, centre.measured())
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


def _check_weights(world: World, measured: dict[tuple[str, str], tuple[float, float, float]]) -> None:
    """Compare the weights that are told with the truth, and with what the same verdicts give without a database."""
    counted = _counted(world)
    compared = [(key, found, truth) for key, (found, truth) in counted.items() if key in measured]
    _bar(
        f"{len(compared)} weights rest on {SUPPORT} codebases or more, {len(counted)} expected",
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
    cases = [pair for seed in range(100, 100 + _WORLDS) for pair in _counted(World(seed)).values()]
    held = sum(found.low <= truth <= found.high for found, truth in cases) / len(cases)
    _bar(
        f"{held:.1%} of {len(cases)} intervals of {_WORLDS} worlds hold the truth (93 to 97 %)",
        kept=0.93 <= held <= 0.97,
    )


def _counted(world: World) -> dict[tuple[str, str], tuple[Weight, float]]:
    """Return estimate and truth of each well supported indicator, from all verdicts, by the core alone."""
    verdicts: dict[tuple[int, int], list[int]] = {}
    for codebase in world.codebases:
        for technology in codebase.packages | codebase.files:
            for instance in codebase.eyes:
                said = world.verdict(instance, codebase, technology)
                verdicts.setdefault((instance, technology), [0, 0])[not said] += 1
    apart = unreliable(Judged(str(who), what, *counts) for (who, what), counts in verdicts.items())
    found = {}
    for it in world.technologies:
        for kind, sign in (("package", it.package), ("file", it.file)):
            hits, misses = _hits(world, it, kind, apart)
            if hits + misses >= SUPPORT:
                found[it.slug, kind] = (estimate(0.8, 10, hits, misses), _likelihood(it, sign))
    return found


def _likelihood(technology: Technology, sign: Sign) -> float:
    return technology.likelihood(sign)


def _hits(world: World, technology: Technology, kind: str, apart: set[str]) -> tuple[int, int]:
    hits = misses = 0
    for codebase in world.codebases:
        if technology.number in (codebase.packages if kind == "package" else codebase.files):
            heard = [it for it in codebase.eyes if str(it) not in apart]
            votes = sum(1 if world.verdict(it, codebase, technology.number) else -1 for it in heard)
            hits, misses = hits + (votes > 0), misses + (votes < 0)
    return hits, misses


def _check_equal(one: dict[str, Any], other: dict[str, Any]) -> None:
    for name, mine in one.items():
        differing = _differing(mine, other[name])
        _bar(
            f"after the revocation {name} are those of a world without the revoked: {len(differing)} differ",
            kept=not differing,
        )
        for line in differing[:2]:
            print(f"        {line}")


def _differing(one: Iterable[Any], other: Iterable[Any]) -> list[str]:
    mine, theirs = ({json.dumps(it, sort_keys=True, default=str) for it in its} for its in (one, other))
    return sorted(mine ^ theirs, key=lambda it: it[:60])


if __name__ == "__main__":
    sys.exit(main())
