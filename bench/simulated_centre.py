"""The centre as simulated instances meet it: learning, detection, mining and revocation on a real database."""

import datetime
import itertools
import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Engine, text

from bench.simulated_world import Codebase, World, is_malicious
from centralcloud_patterns.evidence import Evidence
from centralcloud_patterns.standing import Policy
from services import detection
from services.consolidation import compaction
from services.curation import due, revoking
from services.known_patterns import KnownPatterns
from services.learning import intake
from services.learning.rules import LearningRules
from services.mining import running
from services.mining.rules import Rules
from services.mining.running import Means
from services.observing import Sighting

NOW: Final = datetime.datetime(2026, 5, 4, 3, 2, 1, tzinfo=datetime.UTC)
_BATCH: Final = 200
#: Codebases from which an instance teaches one technology; feedback tells of the others.
_TAUGHT_FROM: Final = 3
_LATER: Final = datetime.timedelta(days=100)
_POLICY: Final = Policy()
_RULES: Final = LearningRules(policy=_POLICY)


class Centre:
    """One database and the instances that report to it."""

    def __init__(self, database: Engine, world: World) -> None:
        self._database, self._world = database, world
        self._numbers = itertools.count(1)
        self._patterns = KnownPatterns()

    def report(self, instances: Iterable[int]) -> None:
        """Let instances teach what they use, show all their codebases, and judge what is found there."""
        taught = [it for number in instances for it in self._taught(number)]
        self._learn(taught)
        for number in instances:
            judged: list[list[Any]] = []
            for codebase in self._world.of_instance[number]:
                judged += self._shown(number, codebase)
            self._learn(judged)
        self._settle()
        self.mine()

    def conspire(self) -> set[str]:
        """Let all who mean harm teach the same inventions; return their slugs."""
        names = [f"conspiracy-{number}" for number in range(10)]
        who = [number for number in range(len(self._world.of_instance)) if is_malicious(number)]
        self._learn([self._learned(it, f"plot-{it}", name, [f"dependency npm:{name}"]) for it in who for name in names])
        return set(names)

    def mine(self) -> None:
        """Run all jobs of mining."""
        ran = running.run(Means(self._database, lambda: NOW, Rules()))
        if ran.failed:
            raise RuntimeError(f"jobs failed: {ran.failed}")

    def compact(self) -> None:
        """Compact whatever is compacted on schedule."""
        with self._database.connect() as connection:
            head = connection.execute(text("SELECT seq FROM feed_head")).scalar_one()
        compaction.compact_feed(self._database, head)
        self.mine()

    def revoke(self, instance: int) -> None:
        """Revoke one instance, and work off what follows."""
        revoking.revoke(
            self._database,
            _id(instance),
            since=None,
            actor="operator:bench",
            reason="it means harm",
            clock=lambda: NOW,
            policy=_POLICY,
        )
        self._settle()

    def active(self) -> set[str]:
        """Return the slugs of active patterns, stacks aside."""
        query = "SELECT slug FROM patterns WHERE state = 'active' AND NOT retired AND source <> 'mining'"
        return {slug for (slug,) in self._rows(query)}

    def measured(self) -> dict[tuple[str, str], tuple[float, float, float]]:
        """Return weight and interval of each measured indicator, by slug and kind of sign."""
        found = {}
        for slug, document in self._rows("SELECT slug, document FROM patterns WHERE NOT retired"):
            for it in json.loads(document).get("indicators", ()):
                if "measured" in it and it["kind"] in {"dependency", "file"}:
                    kind = "package" if it["kind"] == "dependency" else "file"
                    found[slug, kind] = (it.get("weight", 0.9), it["measured"]["low"], it["measured"]["high"])
        return found

    def known(self) -> dict[str, list[Any]]:
        """Return all that is known but for numbers of changes."""
        documents = []
        for (document,) in self._rows("SELECT document FROM patterns WHERE NOT retired"):
            content = json.loads(document)
            documents.append({name: it for name, it in content.items() if name not in {"revision", "seq"}})
        alive = "JOIN patterns ON patterns.id = pattern_id AND NOT retired"
        items = "SELECT kind, key, codebases FROM mined_items WHERE codebases > 0"
        return {
            "patterns": documents,
            "names": self._rows(f"SELECT slug, key, rank FROM pattern_names {alive}"),
            "indicator keys": self._rows(f"SELECT slug, key FROM pattern_keys {alive}"),
            "voices": self._rows(
                f"SELECT slug, instance_id, codebase_id, confirmed, rejected FROM pattern_support {alive}"
            ),
            "counts of items": self._rows(items),
            "unknown packages": self._rows("SELECT purl, codebases, instances, rank, beside FROM unknown_packages"),
            "proposed indicators": self._rows("SELECT * FROM indicator_proposals"),
            "trends": self._rows("SELECT * FROM trends"),
        }

    def _rows(self, query: str) -> list[Any]:
        with self._database.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    def _taught(self, instance: int) -> list[list[Any]]:
        """Return what an instance teaches: what its codebases use, or inventions of its own where it means harm."""
        told: list[list[Any]] = []
        seen: dict[int, int] = {}
        for codebase in self._world.of_instance[instance]:
            for number in sorted(codebase.uses & (codebase.packages | codebase.files)):
                seen[number] = seen.get(number, 0) + 1
                if seen[number] <= _TAUGHT_FROM:
                    name = f"harm-{instance}-{number}" if is_malicious(instance) else f"tech-{number:03}"
                    signs = [f"dependency npm:{name}", f"file {name}.config.js"]
                    told.append(self._learned(instance, f"c{codebase.number}", name, signs))
        return told

    def _shown(self, instance: int, codebase: Codebase) -> list[list[Any]]:
        """Show one codebase; return the verdicts on what is found there."""
        seen = Sighting(_id(instance))
        evidence = Evidence(files=codebase.evidence, codebase_id=f"c{codebase.number}")
        reply = detection.detect(
            self._database, self._patterns, evidence, type_=None, min_confidence=0.01, observe=seen.take
        )
        seen.record(self._database, NOW)
        verdicts = []
        for slug in sorted({match.slug for match in reply.matches or () if match.slug.startswith("tech-")}):
            said = self._world.verdict(instance, codebase, int(slug.removeprefix("tech-")))
            body = {"slug": slug, "verdict": "confirmed" if said else "rejected"}
            verdicts.append(self._message("feedback", instance, f"c{codebase.number}", body, slug))
        return verdicts

    def _settle(self) -> None:
        """Derive whatever is due, now or later."""
        while due.work_off(self._database, lambda: NOW, _POLICY, until=NOW + _LATER).looked_at:
            pass

    def _learned(self, instance: int, codebase: str, name: str, indicators: list[str]) -> list[Any]:
        return self._message("learn", instance, codebase, {"name": name, "indicators": indicators}, name)

    def _message(self, kind: str, instance: int, codebase: str, body: dict[str, Any], what: str) -> list[Any]:
        # One id and time for the same words in every world.
        who = {
            "instance_id": _id(instance),
            "codebase_id": codebase,
            "learn_id": f"{kind}-{instance}-{codebase}-{what}",
        }
        number = next(self._numbers)
        # Judged a day after it was taught; all words of a day come in one moment, so that only ids tell them apart.
        nanoseconds = 1_700_000_000_000_000_000 + (86_400_000_000_000 if kind == "feedback" else 0)
        ack = f"$JS.ACK.LEARN.learn.1.{number}.{number}.{nanoseconds}.0"
        return [ack, f"centralcloud.patterns.framework.{kind}", number, {}, json.dumps({**body, **who})]

    def _learn(self, messages: Sequence[list[Any]]) -> None:
        for start in range(0, len(messages), _BATCH):
            handled = intake.handle(
                self._database, lambda _told: None, lambda: NOW, messages[start : start + _BATCH], _RULES
            )
            if refused := [it for it in handled.outcomes if it.state != "applied"]:
                raise RuntimeError(f"a learn was not applied: {refused[0]}")


def _id(instance: int) -> str:
    return f"instance-{instance:02}"
