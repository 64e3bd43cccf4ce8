"""A large corpus: a sample is clustered, and the others are assigned."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dialin.discover import large
from dialin.discover.context import Tools
from dialin.discover.data import Data
from dialin.discover.large import clustered_rows
from dialin.discover.method import discover
from dialin.discover.settings import Settings
from dialin.discover.state import Result
from dialin.name.kinds import KINDS, Kinds
from spheres import spheres

N_KINDS, N_EACH = 6, 100
KIND = np.repeat(np.arange(N_KINDS), N_EACH)


def data_of(roles: list[str] | None = None) -> Data:
    n = N_KINDS * N_EACH
    texts = [f"kind {kind}, sentence {i}" for i, kind in enumerate(KIND.tolist())]
    return Data(texts, spheres(N_KINDS, N_EACH, noise=0.05), np.ones(n, np.int64), roles or [""] * n)


def found_in(data: Data) -> Result:
    return discover(data, Tools(None, lambda names: data.X[: len(names)], ranks_names=False), Settings())


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> int:
    """Cluster 240 sentences of a stratum at most."""
    monkeypatch.setattr(large, "MAX_CLUSTERED", 240)
    return 240


def test_a_sample_of_each_large_stratum_is_clustered_and_a_small_one_whole(few: int) -> None:
    data = data_of(["customer"] * 500 + ["agent"] * 100)
    rows = clustered_rows(data, Settings())
    assert (np.diff(rows) > 0).all()
    assert ((rows < 500).sum(), (rows >= 500).sum()) == (few, 100)
    assert np.array_equal(rows, clustered_rows(data, Settings()))
    assert not np.array_equal(rows, clustered_rows(data, Settings(seed=1)))
    assert len(clustered_rows(data, Settings(roles="ignore"))) == few


def test_what_is_not_large_is_clustered_whole() -> None:
    assert np.array_equal(clustered_rows(data_of(), Settings()), np.arange(N_KINDS * N_EACH))
    assert len(clustered_rows(data_of().at(np.zeros(0, np.int64)), Settings())) == 0


def test_frequent_sentences_are_in_the_sample(few: int) -> None:
    counts = np.ones(N_KINDS * N_EACH, np.int64)
    often = np.arange(5, 600, 97)
    counts[often] = 50
    for seed in range(5):
        assert np.isin(often, clustered_rows(replace(data_of(), counts=counts), Settings(seed=seed))).all()


def test_every_sentence_goes_where_the_sample_of_its_kind_is(few: int) -> None:
    """The sizes, the order and the numbers of the intents are those of all sentences."""
    data = data_of()
    data = replace(data, counts=np.where(KIND == 4, 3, 1))
    result = found_in(data)
    assert len(result.intents) == N_KINDS
    found = result.labels >= 0  # all but a few that are farther out than any of the sample
    assert found.mean() > 0.98
    assert np.unique(np.stack([result.labels, KIND])[:, found], axis=1).shape[1] == N_KINDS
    assert np.array_equal(result.p_intent > 0, found)
    assert set(result.labels[(KIND == 4) & found].tolist()) == {0}
    for number, intent in enumerate(result.intents):
        own = result.labels == number
        assert (intent.intent_id, intent.size) == (number, own.sum())
        assert intent.n_occurrences == data.counts[own].sum()
    again, p_again = result.pieces.assign(data.X, data.roles)
    assert np.array_equal(again, result.labels)
    assert np.array_equal(p_again, result.p_intent)


def test_the_rounds_name_sentences_of_the_whole(few: int) -> None:
    result = found_in(data_of())
    (_, round_), *_ = result.rounds
    assert round_.n_rest == few
    for cluster in round_.clusters:
        assert len(set(KIND[cluster].tolist())) == 1


def test_a_sentence_that_no_piece_takes_in_says_why(few: int) -> None:
    data = data_of()
    X = data.X.copy()
    gone = np.setdiff1d(np.arange(len(X)), clustered_rows(data, Settings()))[:1]
    X[gone] = -X.mean(axis=0) / np.linalg.norm(X.mean(axis=0))
    result = found_in(replace(data, X=X))
    assert result.labels[gone[0]] == -1
    assert result.reasons[gone[0]] == "noise"
    assert sum(bool(reason) for reason in result.reasons) == (result.labels < 0).sum()


def test_roles_that_are_known_stay_apart(few: int) -> None:
    roles = ["customer" if i % 2 else "agent" for i in range(N_KINDS * N_EACH)]
    result = found_in(data_of(roles))
    assert result.roles == roles
    for intent in result.intents:
        assert {roles[row] for row in np.flatnonzero(result.labels == intent.intent_id).tolist()} == {intent.role}


def test_kinds_are_those_of_all_sentences(few: int) -> None:
    data = data_of()
    names = ["need" if kind < 5 else "social" for kind in KIND.tolist()]
    p = np.array([[float(name == kind) for kind in KINDS] for name in names])
    result = found_in(replace(data, kinds=Kinds(p)))
    assert [intent.kind for intent in result.intents] == ["need"] * 5 + ["social"]
    assert [intent.p_kind for intent in result.intents] == [1.0] * N_KINDS
