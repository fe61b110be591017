"""Calibration: the shipped numbers are the fitted ones, they hold on trees they never saw, and every match says why."""

import pytest

from bench.calibration import diagram, fitting, measuring, pairs, trees
from bench.calibration.__main__ import DIAGRAM, drawing
from bench.calibration.pairs import Answer
from bench.calibration.trees import Tree
from centralcloud_patterns.matching.calibration import FITTED, UNCALIBRATED
from centralcloud_patterns.pattern import Pattern

_WITHOUT_LINES = {"file", "extension", "structure", "group", "implied"}


@pytest.fixture(scope="module")
def stored() -> dict[str, Tree]:
    return {tree.name: tree for tree in trees.load()}


@pytest.fixture(scope="module")
def held_out() -> frozenset[str]:
    return fitting.halves(pairs.load())[1]


@pytest.fixture(scope="module")
def catalogue() -> list[Pattern]:
    return pairs.catalogue()


@pytest.fixture(scope="module")
def answers(stored: dict[str, Tree], catalogue: list[Pattern]) -> list[Answer]:
    """What the engine answers for the trees today, however unsure."""
    return pairs.answered(stored.values(), catalogue)


def test_the_numbers_in_the_core_are_the_fitted_ones(held_out: frozenset[str]) -> None:
    assert fitting.fit([pair for pair in pairs.load() if pair.tree not in held_out]) == FITTED


def test_the_halves_share_no_tree_and_are_of_one_size(stored: dict[str, Tree], held_out: frozenset[str]) -> None:
    fitted, measured = fitting.halves(pairs.load())
    assert measured == held_out
    assert not fitted & measured
    assert fitted | measured == stored.keys(), "a tree is new: python -m bench.calibration observe, then fit"
    assert abs(len(fitted) - len(measured)) <= 1


def test_trees_are_labelled_completely(stored: dict[str, Tree], answers: list[Answer]) -> None:
    assert len(stored) >= 60
    for tree in stored.values():
        labels = [*tree.present, *tree.absent, *tree.missed]
        assert len(labels) == len(set(labels)), tree.name
        assert tree.source, tree.name
    judged = [answer for answer in answers if answer.true is not None]
    # A growing catalogue finds more in the trees than was there to be judged.
    assert len(judged) >= 0.9 * len(answers), "label what `python -m bench.calibration unjudged` names"
    assert sum(not answer.true for answer in judged) >= 0.2 * len(judged)


def test_confidence_is_calibrated_on_trees_it_was_not_fitted_on(
    answers: list[Answer], held_out: frozenset[str]
) -> None:
    judged = [answer for answer in answers if answer.tree in held_out and answer.true is not None]
    confidences = [answer.match.confidence for answer in judged]
    truths = [bool(answer.true) for answer in judged]
    assert len(judged) > 1000
    assert measuring.error_of(measuring.bins_of_width(confidences, truths)) <= 0.05
    assert measuring.error_of(measuring.bins_of_mass(confidences, truths)) <= 0.05
    # At the least confidence that is told by default, more than half is right.
    told = [true for sure, true in zip(confidences, truths, strict=True) if 0.5 <= sure < 0.7]
    assert sum(told) >= 0.4 * len(told)


def test_weights_alone_are_worse(held_out: frozenset[str]) -> None:
    held = [pair for pair in pairs.load() if pair.tree in held_out]
    truths = [pair.true for pair in held]
    before, after = pairs.confidences(held, UNCALIBRATED), pairs.confidences(held, FITTED)
    assert measuring.log_loss(after, truths) < 0.6 * measuring.log_loss(before, truths)


def test_every_match_has_a_reason_with_a_file_and_a_line_where_there_is_one(
    stored: dict[str, Tree], answers: list[Answer]
) -> None:
    for answer in answers:
        files = stored[answer.tree].files
        assert any(reason.file in files for reason in answer.match.reasons), answer
        for reason in answer.match.reasons:
            text = files.get(reason.file or "")
            if text is not None and reason.kind not in _WITHOUT_LINES:
                assert reason.line is not None, answer
                assert 1 <= reason.line <= text.count("\n") + 1, answer


def test_observations_and_the_engine_agree(
    stored: dict[str, Tree], catalogue: list[Pattern], answers: list[Answer]
) -> None:
    """Where nothing requires or excludes a pattern, its confidence follows from what was observed."""
    related = {"requires", "excludes"}
    damped = {one.slug for one in catalogue if any(relation.kind in related for relation in one.relations)}
    observed = pairs.observed([stored[name] for name in ("ghost", "redis", "elixir-lang")], catalogue)
    answered = {(answer.tree, answer.match.slug): answer.match.confidence for answer in answers}
    assert len(observed) > 50
    same = 0
    for pair, confidence in zip(observed, pairs.confidences(observed, FITTED), strict=True):
        if pair.slug not in damped:
            # An implication may have raised what has evidence of its own, never lowered it.
            assert confidence <= answered[pair.tree, pair.slug] + 1e-9, pair
            same += confidence == pytest.approx(answered[pair.tree, pair.slug])
    assert same > 0.9 * len(observed)


def test_the_error_is_what_its_definition_says() -> None:
    confidences, truths = [0.05, 0.05, 0.95, 0.95], [False, True, True, True]
    bins = measuring.bins_of_width(confidences, truths)
    assert [(each.count, each.true) for each in bins if each.count] == [(2, 0.5), (2, 1.0)]
    assert measuring.error_of(bins) == pytest.approx((2 * 0.45 + 2 * 0.05) / 4)
    assert measuring.error_of(measuring.bins_of_mass(confidences, truths, 1)) == pytest.approx(0.25)


def test_the_diagram_shows_each_bin() -> None:
    bins = measuring.bins_of_width([0.15, 0.95, 0.96], [False, True, True])
    drawn = diagram.drawn(bins, bins, "Reliability", ["3 pairs"])
    assert drawn.count('class="before"') == drawn.count('class="after"') == 3
    assert ">2</text>" in drawn
    assert "confidence" in drawn


def test_the_diagram_in_the_docs_is_of_the_stored_pairs() -> None:
    assert DIAGRAM.read_text("utf-8") == drawing(), "draw it again: python -m bench.calibration plot"
