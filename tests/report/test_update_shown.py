"""What the terminal says of the groups that an update found inside known intents."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dialin.facts.headline import summary_of
from dialin.report.update import WHAT_NOW, UpdateFound, inside_lines
from fake_run import Said, fake_run

SAID = [
    Said("where is my parcel", "ask-parcel", "d1", "customer"),
    Said("请退款", "退款", "d1", "customer"),
    Said("the app will not pair", "ask-parcel", "d2", "customer"),
    Said("App连不上", "退款", "d3", "customer"),
]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> UpdateFound:
    run = fake_run(Path(tmp_path_factory.mktemp("runs")) / "run", SAID)
    return UpdateFound(summary_of(run), {"inside": []}, run.corpus.texts)


def group(found: UpdateFound, **more: Any) -> dict[str, Any]:
    """Return a group of both sentences about the app."""
    uids = {name: uid for uid, name in found.names.items()}
    places = [{"uid": uids["ask-parcel"], "n": 6}, {"uid": uids["退款"], "n": 1_000}]
    rows = [found.texts.index(text) for text in ("App连不上", "the app will not pair")]
    return {"p": 0.01, "n_new": 1_006, "n_old": 0, "n_nowhere": 0, "intents": places, "sentences": rows} | more


def test_a_group_is_told_with_its_intents_and_sentences(found: UpdateFound) -> None:
    told = UpdateFound(found.summary, {"inside": [group(found)]}, found.texts)
    line = "1,006 utterances in ask-parcel (6), 退款 (1,000) may be a new intent: “App连不上” “the app will not pair”"
    assert inside_lines(told) == [f"look at: {line}", WHAT_NOW]


def test_sentences_without_an_intent_are_counted_apart(found: UpdateFound) -> None:
    told = UpdateFound(found.summary, {"inside": [group(found, n_nowhere=2)]}, found.texts)
    assert "退款 (1,000), with 2 without an intent, may be a new intent: " in inside_lines(told)[0]


def test_of_many_intents_the_first_three_are_named(found: UpdateFound) -> None:
    places = [{"uid": f"u{i}", "n": 9 - i} for i in range(5)]
    told = UpdateFound(found.summary, {"inside": [group(found, intents=places)]}, found.texts)
    assert "35 utterances in u0 (9), u1 (8), u2 (7) and 2 more may be" in inside_lines(told)[0]


@pytest.mark.parametrize("drift", [{"inside": []}, {}])
def test_without_a_group_nothing_is_said(found: UpdateFound, drift: dict[str, Any]) -> None:
    """An update of dialin 0.2 looked for none."""
    assert inside_lines(UpdateFound(found.summary, drift, found.texts)) == []
