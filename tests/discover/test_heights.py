"""What is measured to find how fine the intents are: the sentences that say something."""

from __future__ import annotations

import numpy as np
import pytest

from dialin.arrays import Matrix, Rows
from dialin.discover import heights
from dialin.discover.data import Data
from dialin.discover.heights import granularity_in, heights_of, trees_for
from dialin.discover.settings import Settings
from dialin.name.kinds import KINDS, Kinds
from spheres import spheres

N_EACH, N_GREETINGS = 10, 60


def near_one_side(X: Matrix, side: float) -> Matrix:
    """Return the rows, drawn to one end of a further axis, as all reasons to call are far from all greetings."""
    moved = np.hstack([X, np.full((len(X), 1), 2 * side)])
    return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True), dtype=np.float32)


def calls(kind: str = "social", n_intents: int = 12) -> Data:
    """Return twelve reasons to call in ten wordings each, and sixty greetings of that kind."""
    n = n_intents * N_EACH
    reasons, greetings = near_one_side(spheres(n_intents, N_EACH), 1), near_one_side(spheres(1, N_GREETINGS), -1)
    total = n + N_GREETINGS
    P = np.zeros((total, len(KINDS)))
    P[:n, KINDS.index("need")] = P[n:, KINDS.index(kind)] = 1
    X, texts = np.vstack([reasons, greetings]), [f"sentence {i}" for i in range(total)]
    return Data(texts, X, np.ones(total, np.int64), ["customer"] * total, kinds=Kinds(P))


@pytest.mark.parametrize("kind", ["social", "acknowledgement"])
def test_greetings_do_not_change_how_finely_reasons_are_cut(kind: str) -> None:
    """At the suggested height, the reasons fall into as many clusters as they suggest without any greeting."""
    data, is_reason = calls(kind), np.arange(180) < 120
    alone = granularity_in(data, np.flatnonzero(is_reason), Settings())
    found = heights_of(data, Settings(), trees := trees_for(Settings())).found[0]
    assert alone is not None
    assert found is not None
    tree = trees.fit(data.X).tree
    cut = tree.cut_below(np.full(180, found.height)).tolist()
    assert sum(bool(is_reason[tree.members(node)].any()) for node in cut) == alone.n_clusters
    assert len(cut) == found.granularity.n_clusters > alone.n_clusters


def measured(monkeypatch: pytest.MonkeyPatch, data: Data) -> list[int]:
    """Return how many sentences each measurement is made on."""
    asked = list[int]()

    def counted(_: Data, rows: Rows, __: Settings, ___: int) -> None:
        asked.append(len(rows))

    monkeypatch.setattr(heights, "granularity_in", counted)
    heights_of(data, Settings(), trees_for(Settings()))
    return asked


def test_what_says_nothing_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    assert measured(monkeypatch, calls()) == [120]


@pytest.mark.parametrize("kind", ["need", "answer", "data"])
def test_what_says_something_is_measured(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    assert measured(monkeypatch, calls(kind)) == [180]


def test_where_fewer_than_a_hundred_say_something_all_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    assert measured(monkeypatch, calls(n_intents=9)) == [150]


def test_sentences_of_no_known_kind_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    data = calls()
    assert data.kinds is not None
    data.kinds.P[:] = np.nan
    assert measured(monkeypatch, data) == [180]


def test_without_kinds_all_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    data = calls()
    bare = Data(data.texts, data.X, data.counts, data.roles)
    assert measured(monkeypatch, bare) == [180]
