"""Asking once: an answer without anything on disk, and no waiting for a server that is not there."""

import threading
from pathlib import Path

import pytest

from centralcloud_client import headers, once, subjects
from centralcloud_client.errors import RefusedError, UnreachableError
from centralcloud_client.messages.requests import Evidence
from centralcloud_client.options import Options
from packages.client.tests.centre import Centre

_EVIDENCE = Evidence(files={"package.json": '{"dependencies":{"next":"15"}}'}, codebase_id="once")


def test_nobody_there_is_said_soon(tmp_path: Path) -> None:
    before = threading.active_count()
    with pytest.raises(UnreachableError, match=r"cannot reach NATS at 127\.0\.0\.1:9: .*refused|Connect call failed"):
        once.detect(_EVIDENCE, Options.of("nats://127.0.0.1:9", state_dir=tmp_path))
    assert threading.active_count() == before
    assert not list(tmp_path.iterdir())


def test_one_question_is_answered_and_nothing_stays(centre: Centre, tmp_path: Path) -> None:
    match = {"type": "framework", "slug": "nextjs", "name": "Next.js", "path": "", "confidence": 0.98}
    match |= {"level": "dependency", "revision": 1, "evidence": []}
    centre.replies[subjects.DETECT] = centre.answer(status="found", matches=[match], patterns=[])
    options = Options.of(centre.url_of_instances, instance_id="me", state_dir=tmp_path)
    before = threading.active_count()
    result, seconds = once.detect(_EVIDENCE, options, min_confidence=0.3)
    assert [found.slug for found in result.matches] == ["nextjs"]
    assert 0 < seconds < 10
    [(_, question, sent)] = [asked for asked in centre.asked if asked[0] == subjects.DETECT]
    assert question == {"evidence": {"files": _EVIDENCE.files, "codebase_id": "once"}, "min_confidence": 0.3}
    assert sent[headers.INSTANCE] == "me"
    assert threading.active_count() == before
    assert not list(tmp_path.iterdir())


def test_a_refusal_is_raised(centre: Centre, tmp_path: Path) -> None:
    error = {"code": "bad_schema", "message": "no", "retryable": False}
    centre.replies[subjects.DETECT] = {"v": 1, "ok": False, "error": error}
    with pytest.raises(RefusedError, match="bad_schema: no"):
        once.detect(_EVIDENCE, Options.of(centre.url_of_instances, state_dir=tmp_path))
