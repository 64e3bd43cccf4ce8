"""Tests of the vectors of sentences in dialogues: they lean towards what is said next, and by what they do."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dialin.arrays import Matrix
from dialin.cli.demo import DEMO_INPUT, examples
from dialin.cluster.said_next import NextTurns
from dialin.discover.data import Data
from dialin.discover.estimator import IntentClusterer
from dialin.discover.in_context import Leaning, VectorsInContext
from dialin.name.kinds import Kinds
from dialin.name.need_direction import LearntDirection, NeedDirection
from dialin.read.spoken import SpokenOrder
from dialin.read.table import read

EYE = np.eye(3, dtype=np.float32)
TOWARDS_THE_FIRST = NeedDirection((LearntDirection("", np.array([100.0, 0.0, 0.0])),))
FIRST_IS_A_NEED = Kinds(np.array([[1.0, 0, 0, 0, 0], [0, 1.0, 0, 0, 0], [0, 1.0, 0, 0, 0]]))


@pytest.fixture
def is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `TOWARDS_THE_FIRST` serve for the embedder "known"."""
    monkeypatch.setattr("dialin.discover.data.need_direction", {"known": TOWARDS_THE_FIRST}.get)


def said(roles: list[str], dialogue: list[int] | None = None) -> Data:
    """Return three sentences, said one after the other or in dialogues of their own."""
    order = SpokenOrder(np.arange(3), np.array(dialogue or [0, 0, 0]))
    return Data(["where", "why", "ok"], EYE, np.ones(3, np.int64), roles, "known", order, FIRST_IS_A_NEED)


def unit(rows: list[list[float]]) -> list[list[float]]:
    """Return rows scaled to unit norm, three digits."""
    X = np.array(rows)
    found: list[list[float]] = (X / np.linalg.norm(X, axis=1, keepdims=True)).round(3).tolist()
    return found


def rounded(X: Matrix) -> list[list[float]]:
    """Return the values with three digits."""
    found: list[list[float]] = X.astype(float).round(3).tolist()
    return found


@pytest.mark.usefixtures("is_known")
def test_by_hand() -> None:
    """(1, .3, 0) / 1.044 is the first with .3 of the second, then a fifth more along (1, 0, 0), as it is a need.

    The second, (0, 1, .3) / 1.044, and the third, (0, 0, 1), which nothing follows, go a fifth the other way.
    """
    leaning = said(["customer"] * 3).in_context("next")
    a = 1 / 1.04403
    assert rounded(leaning.X) == unit([[a + 0.2, 0.3 * a, 0], [-0.2, a, 0.3 * a], [-0.2, 0, 1]])
    assert leaning.own_vectors is EYE


@pytest.mark.usefixtures("is_known")
def test_what_agents_say_leans_towards_what_is_said_next_alone() -> None:
    """And what is said by nobody knows whom, or is of no known kind."""
    leaning = said(["agent", "", "customer"]).in_context("next").X
    assert rounded(leaning[:2]) == unit([[1, 0.3, 0], [0, 1, 0.3]])
    assert leaning[2, 0] < 0
    unknown = replace(said(["customer"] * 3), kinds=Kinds(np.full((3, 5), np.nan))).in_context("next").X
    untold = replace(said(["customer"] * 3), kinds=None).in_context("next").X
    assert rounded(unknown) == rounded(untold) == unit([[1, 0.3, 0], [0, 1, 0.3], [0, 0, 1]])


@pytest.mark.usefixtures("is_known")
@pytest.mark.parametrize("context", ["none", "next"])
def test_nothing_leans_where_nothing_follows(context: str) -> None:
    alone = said(["customer"] * 3, dialogue=[0, 1, 2])
    assert alone.in_context(context) is alone
    assert replace(alone, order=None).in_context(context).X is EYE


@pytest.mark.usefixtures("is_known")
def test_new_sentences_lean_as_those_of_the_run_do() -> None:
    """With dialogues in the run, a sentence that is asked about alone leans by what it does, as it did there."""
    in_dialogues, alone = said(["customer"] * 3).in_context("next"), said(["customer"] * 3, dialogue=[0, 1, 2])
    new = replace(alone, order=None)
    assert rounded(new.vectors_as_in(in_dialogues, "next").whole()) == unit([[1.2, 0, 0], [-0.2, 1, 0], [-0.2, 0, 1]])
    assert new.vectors_as_in(alone, "next").whole().tolist() == EYE.tolist()
    assert new.vectors_as_in(None, "none").whole().tolist() == EYE.tolist()


@pytest.mark.parametrize("rows", [slice(2, 40), np.array([7, 3, 3, 59]), np.arange(0)], ids=["slice", "rows", "none"])
def test_rows_that_are_made_when_read_are_those_made_at_once(rows: slice | np.ndarray) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3)).astype(np.float32)
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    turns = NextTurns.of(SpokenOrder(rng.integers(0, 60, 80), np.repeat(np.arange(20), 4)), [False] * 60)
    vectors = VectorsInContext(X, turns, Leaning(TOWARDS_THE_FIRST, rng.integers(-1, 2, 60) / 1.0))
    assert vectors.shape == X.shape
    assert vectors[rows].tolist() == vectors.whole()[rows].tolist()
    assert np.linalg.norm(vectors.whole(), axis=1) == pytest.approx(1.0)


def test_a_known_sentence_keeps_its_vector() -> None:
    """What is known as "where" keeps the vector of its run; the same words of another role, or new ones, do not."""
    order = SpokenOrder(np.array([0, 1]), np.array([0, 0]))
    known = Data(["where", "why"], EYE[:2], np.ones(2, np.int64), ["customer", "agent"], order=order)
    new = Data(["why", "where", "how"], EYE, np.ones(3, np.int64), ["customer", "customer", ""])
    assert new.with_vectors_of(known).X.tolist() == [[1, 0, 0], [1, 0, 0], [0, 0, 1]]
    assert new.with_vectors_of(None) is new


@pytest.mark.models
def test_the_sentences_of_a_run_go_where_they_went_and_a_greeting_is_no_need(tmp_path: Path) -> None:
    """End to end, by the real embedder, on the first English calls of the demo."""
    lines = (examples() / DEMO_INPUT).read_text("utf-8").splitlines()
    calls = [line for line in lines if json.loads(line)["dialogue_id"].startswith("en")]
    (tmp_path / "calls.jsonl").write_text("\n".join(calls[:15]), "utf-8")
    corpus = read(tmp_path / "calls.jsonl")
    clusterer = IntentClusterer(llm=None).fit(corpus)
    assert (clusterer.predict(corpus) == clusterer.labels_).all()
    (greeting,) = clusterer.predict(["hello, can you hear me?"], roles=["customer"])
    assert clusterer.intents_[greeting].kind != "need"
