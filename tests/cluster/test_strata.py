"""Which parts of a corpus are clustered apart."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dialin.annotate.start import clusters_for, settings_for
from dialin.arrays import Matrix
from dialin.cluster.strata import scripts_of, strata_of, stratum_ids
from dialin.discover.context import Tools
from dialin.discover.data import Data
from dialin.discover.method import discover
from dialin.discover.settings import Settings
from dialin.discover.state import Result
from dialin.runs.tables import rounds_json
from spheres import spheres


def blocks(*own: Matrix) -> Matrix:
    """Return the rows of several matrices, each in dimensions of its own."""
    n, d = sum(map(len, own)), sum(X.shape[1] for X in own)
    joined, row, column = np.zeros((n, d), np.float32), 0, 0
    for X in own:
        joined[row : row + len(X), column : column + X.shape[1]] = X
        row, column = row + len(X), column + X.shape[1]
    return joined


def texts_of(n_latin: int, n_chinese: int) -> list[str]:
    return [f"sentence {i}" for i in range(n_latin)] + [f"第{i}句话" for i in range(n_chinese)]


def data_of(texts: list[str], X: Matrix) -> Data:
    return Data(texts, X, np.ones(len(texts), np.int64), [""] * len(texts))


def result_of(texts: list[str], X: Matrix, settings: Settings | None = None) -> Result:
    """Return what is found in the sentences without an LLM."""
    return discover(
        data_of(texts, X), Tools(None, lambda names: X[: len(names)], ranks_names=False), settings or Settings()
    )


def test_scripts_that_share_a_dimension_are_one_part() -> None:
    """One Chinese sentence that has something of the first dimension is enough: this embedder knows both."""
    texts, X = texts_of(2, 2), blocks(np.ones((2, 2), np.float32), np.ones((2, 2), np.float32))
    assert stratum_ids([""] * 4, scripts_of(texts, X)).tolist() == [0, 0, 1, 1]
    X[3, 0] = 0.1
    assert stratum_ids([""] * 4, scripts_of(texts, X)).tolist() == [0, 0, 0, 0]


def test_orthogonal_sentences_of_one_script_are_one_part() -> None:
    """Bags of words share nothing, either; what parts is the script."""
    assert stratum_ids([""] * 3, scripts_of(texts_of(3, 0), np.eye(3, dtype=np.float32))).tolist() == [0, 0, 0]
    assert stratum_ids([""] * 3, scripts_of(texts_of(0, 3), np.eye(3, dtype=np.float32))).tolist() == [0, 0, 0]


def test_roles_are_parted_in_each_script() -> None:
    texts, roles = texts_of(3, 2), ["customer", "agent", "customer", "agent", "customer"]
    X = blocks(np.ones((3, 1), np.float32), np.ones((2, 1), np.float32))
    found = [(*part, rows.tolist()) for part, rows in strata_of(roles, scripts_of(texts, X))]
    customers = [("customer", False, [0, 2]), ("customer", True, [4])]
    assert found == [("agent", False, [1]), ("agent", True, [3]), *customers]


def test_no_sentences_have_no_parts() -> None:
    assert strata_of([], scripts_of([], np.empty((0, 3), np.float32))) == []


@given(st.lists(st.tuples(st.sampled_from(["a", "退款"]), st.sampled_from(["", "agent"])), max_size=12))
def test_parts_hold_every_sentence_once_and_only_one_role(keys: list[tuple[str, str]]) -> None:
    texts, roles = [text for text, _ in keys], [role for _, role in keys]
    X = np.array([[text == "a", text != "a"] for text in texts], np.float32).reshape(-1, 2)
    parts = strata_of(roles, scripts_of(texts, X))
    assert sorted(row for _, rows in parts for row in rows) == list(range(len(keys)))
    assert {(texts[row], roles[row]) for row in range(len(keys))} == {
        (texts[rows[0]], part.role) for part, rows in parts
    }
    assert all({roles[row] for row in rows} == {part.role} for part, rows in parts)


def test_two_languages_in_one_corpus_are_found_as_each_alone() -> None:
    """Eight English intents and three Chinese ones: the same clusters as those of two runs."""
    en, zh = spheres(8, 30), spheres(3, 60, seed=1)
    texts = texts_of(240, 180)
    both = result_of(texts, blocks(en, zh)).labels
    alone = [result_of(texts[:240], en).labels, result_of(texts[240:], zh).labels]
    assert same_clusters(both[:240], alone[0])
    assert same_clusters(both[240:], alone[1])
    assert not set(both[:240].tolist()) & set(both[240:].tolist()) - {-1}


def test_few_sentences_of_a_language_have_a_least_size_of_their_own() -> None:
    """3,230 sentences have clusters of √3230 / 8 = 7 or more, thirty of 4: five are an intent among these."""
    en, zh = spheres(4, 800), spheres(6, 5, seed=1)
    both = result_of(texts_of(3_200, 30), blocks(en, zh)).labels[3_200:]
    alone = result_of(texts_of(0, 30), zh).labels
    assert same_clusters(both, alone)
    assert len(set(both.tolist()) - {-1}) > 1


def test_an_annotation_has_as_many_clusters_as_were_asked_for() -> None:
    """Of two languages, too: k-means parts them by itself; by default each has what it suggests."""
    texts, en, zh = texts_of(150, 120), spheres(3, 50), spheres(2, 60, seed=1)
    X = blocks(en, zh)
    assert len(result_of(texts, X, settings_for(10, 0)).intents) == 10
    alone = clusters_for(data_of(texts[:150], X[:150]), 0), clusters_for(data_of(texts[150:], X[150:]), 0)
    assert clusters_for(data_of(texts, X), 0) == sum(alone)


def same_clusters(labels: NDArray[np.int64], others: NDArray[np.int64]) -> bool:
    return bool(((labels[:, None] == labels) == (others[:, None] == others)).all())


@pytest.mark.parametrize("strategy", ["tree", "paper"])
def test_no_intent_spans_languages_that_have_nothing_in_common(strategy: Literal["tree", "paper"]) -> None:
    texts, X = texts_of(60, 60), blocks(spheres(3, 20), spheres(3, 20))
    labels = result_of(texts, X, Settings(strategy=strategy)).labels
    assert (labels >= 0).sum() > 60
    assert not set(labels[:60].tolist()) & set(labels[60:].tolist()) - {-1}


def test_a_round_says_whose_sentences_it_worked_on() -> None:
    en, zh = spheres(3, 20), spheres(3, 20, seed=1)
    texts = texts_of(60, 60)
    whole, alone = result_of(texts, blocks(en, zh)), result_of(texts[60:], zh)
    assert [row["script"] for row in rounds_json(whole)] == ["other scripts", "Chinese"]
    assert [row["script"] for row in rounds_json(alone)] == [""]
