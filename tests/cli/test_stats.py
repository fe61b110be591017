"""`centralcloud stats`: what is known, asked, taught and seen shows up, for people, programs and as a picture."""

import json
import uuid
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import nats
import pytest
from celery import Celery
from kombu import Exchange, Queue
from sqlalchemy import Engine, text

from centralcloud_client import subjects
from cli import asked, plot
from stack.system import System
from tasks import names
from tests.cli.command import Command
from tests.end_to_end.patience import repeated, soon

NAME = f"stat-{uuid.uuid4().hex[:8]}"


async def _ask(system: System, instance: str) -> None:
    """Ask for a known name and an unknown one, and for all changes, as an instance that says who it is."""
    client = await nats.connect(system.addresses.nats_url)
    for subject, body in (
        (subjects.query("framework"), {"framework": "react"}),
        (subjects.query("framework"), {"framework": f"unknown-{instance}", "wait_ms": 0}),
        (subjects.SYNC_REQUEST, {"since": 10**6}),
    ):
        await client.request(subject, json.dumps(body).encode(), timeout=5, headers={"CC-Instance": instance})
    since, complete = 0, False
    while not complete:
        body = {"since": since, "limit": 5_000}
        reply = await client.request(
            subjects.SYNC_REQUEST, json.dumps(body).encode(), timeout=5, headers={"CC-Instance": instance}
        )
        page = json.loads(reply.data)
        since, complete = page["next"], page["complete"]
    await client.close()


async def test_who_asks_is_seen_with_its_place_in_the_feed(run: Command, system: System) -> None:
    instance = f"shop-{uuid.uuid4().hex[:8]}"
    await _ask(system, instance)

    def seen() -> bool:
        report = run("stats", "--json").json
        found = [it for it in report["instances"] if it["instance_id"] == instance]
        return bool(found) and found[0]["lag"] is not None

    await soon(seen, 30, "the instance was not noticed")
    report = run("stats", "--json").json
    [me] = [it for it in report["instances"] if it["instance_id"] == instance]
    assert 0 <= me["lag"] <= report["feed"]["seq"]
    assert me["revoked"] is False
    assert report["queries"]["outcomes"]["found"] >= 1
    assert 0 < report["queries"]["hit_rate"] < 1
    assert report["misses"]["waiting"] >= 1
    assert f"unknown-{instance}" in {it["name"] for it in report["misses"]["most_wanted"]}
    said = run("stats").out
    assert instance in said
    assert "found what they asked for" in said


async def test_an_instance_may_ask_a_gateway_for_the_figures(system: System) -> None:
    client = await nats.connect(system.addresses.nats_url)
    with Celery("test", broker=system.addresses.redis_url, set_as_current=False) as app:
        app.conf.task_queues = [Queue("consolidate", Exchange("consolidate", type="direct"), "consolidate")]
        app.send_task(names.REFRESH_STATISTICS, queue="consolidate", expires=60)

    async def told() -> dict[str, Any]:
        answer = json.loads((await client.request("$SRV.STATS.centralcloud", b"", timeout=5)).data)
        found: dict[str, Any] = answer.get("knowledge", {})
        return found

    await repeated(told, 60, "no figures reached the gateway")
    known = await told()
    assert {"type", "state", "patterns"} == known["patterns"][0].keys()
    assert known["feed"]["seq"] > 0
    assert not any("instance_id" in str(value) for value in known.values())
    await client.close()


def test_what_is_taught_counts_and_is_drawn(run: Command, rows: Engine, tmp_path: Path) -> None:
    for instance in "abc":
        learn = ("learn", "technology", NAME, "-i", f"env {NAME.upper().replace('-', '_')}", "--instance", instance)
        run(*learn)
    file = tmp_path / "stats.svg"
    report = run("stats", "--json", "--plot", str(file)).json
    with rows.connect() as connection:
        live = connection.execute(text("SELECT count(*) FROM patterns WHERE NOT retired")).scalar_one()
    assert sum(it["patterns"] for it in report["patterns"]) == report["agreement"]["patterns"] == live
    assert report["agreement"]["ladder"][0]["patterns"] >= 1
    assert {"a", "b", "c"} <= {it["instance_id"] for it in report["instances"]}
    picture = ElementTree.fromstring(file.read_text())
    assert picture.tag.endswith("svg")
    assert "patterns by type and state" in "".join(picture.itertext())


def test_a_picture_that_cannot_be_written_is_one_line(run: Command, tmp_path: Path) -> None:
    refused = run("stats", "--plot", str(tmp_path / "no" / "such" / "folder.svg"), expect=1)
    assert refused.error.count("\n") == 1


def test_where_nothing_runs_it_is_one_line(nowhere: Command) -> None:
    assert nowhere("stats", expect=5).error.startswith("centralcloud: ")


def test_gateways_are_added_up_queries_only() -> None:
    def gateway(found: int, missing: int) -> dict[str, object]:
        outcomes = {"found": found, "not_found": missing, "bad_json": 3}
        query = {"subject": "centralcloud.patterns.*.query", "data": {"outcomes": outcomes}}
        return {"endpoints": [query, {"subject": "centralcloud.templates.get", "data": {"outcomes": {"found": 9}}}]}

    summed = asked.summed([gateway(3, 1), gateway(3, 1), {"endpoints": [{"subject": "x.query", "data": None}]}])
    assert (summed["hit_rate"], summed["outcomes"]["bad_json"], summed["gateways"]) == (0.75, 6, 3)
    assert asked.summed([{}])["hit_rate"] is None


@pytest.mark.parametrize("name", ["<script>&\"'", "nul\0\ud800", "x" * 500, ""])
def test_names_from_outside_do_not_break_the_picture(name: str) -> None:
    import datetime

    now = datetime.datetime(2026, 5, 4, tzinfo=datetime.UTC)
    history = [
        {"at": now - datetime.timedelta(hours=hours), "name": "patterns.framework.active", "value": float(hours)}
        for hours in range(3)
    ]
    report = {
        "feed": {"seq": 1},
        "patterns": [{"type": "framework", "state": "active", "patterns": 3}],
        "agreement": {"ladder": [{"instances": 2, "confidence": 0.7, "patterns": 0}]},
        "discoveries": {"states": {}},
        "top": [{"slug": name, "codebases": 2}],
        "misses": {"most_wanted": [{"name": name, "asked": 4}]},
        "history": history,
    }
    picture = ElementTree.fromstring(plot.drawn(report, now))
    assert len(list(picture.iter("{http://www.w3.org/2000/svg}polyline"))) == 1
