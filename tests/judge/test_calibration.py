"""Log-odds by hand, the geometry of pictures that can be drawn, and the calibration that is shipped."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from importlib import resources

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.judge.calibration import N_MEASURED, Calibration, Geometry, calibration_of, geometry_of, sigmoid, weighed
from dialin.judge.certainty import CLEAR
from dialin.judge.isolation import Isolation
from dialin.prompts.templates import Form

HAND = Calibration(
    "hand", geometry_weights=(-1.0, 4.0, -0.5, 0.25), llm_weights=(0.5, 2.0), joint_weights=(-1.0, 1.0, 0.5)
)
finite = st.floats(-1e6, 1e6)


def test_sigmoid_by_hand() -> None:
    """Log-odds ln 3 are odds 3 : 1, so 3 / 4; ln 9 are 9 / 10."""
    assert sigmoid(0.0) == 0.5
    assert sigmoid(math.log(3)) == pytest.approx(0.75)
    assert sigmoid(math.log(9)) == pytest.approx(0.9)
    assert sigmoid(-math.log(9)) == pytest.approx(0.1)


@given(finite)
def test_sigmoid_is_a_probability_and_symmetric(logit: float) -> None:
    assert 0.0 <= sigmoid(logit) <= 1.0
    assert sigmoid(logit) + sigmoid(-logit) == pytest.approx(1.0)


def test_closeness_by_hand() -> None:
    """Angles 0, 60 and 120 degrees: cosines ½, ½ and −½, mean 1/6; against base −⅔: (1/6 + ⅔) / (1 + ⅔) = ½."""
    angles = np.deg2rad([0, 60, 120])
    X = np.c_[np.cos(angles), np.sin(angles)]
    assert geometry_of(X).base == pytest.approx(1 / 6)
    assert geometry_of(X, base=-2 / 3).tightness == pytest.approx(0.5)


def test_a_random_set_scores_zero_and_equal_sentences_one() -> None:
    X = np.array([[1, 0], [1, 0], [0, 1], [0, 1]], dtype=np.float32)
    base = geometry_of(X).base
    assert geometry_of(X, base).tightness == pytest.approx(0.0)
    assert geometry_of(X[:2], base).tightness == pytest.approx(1.0)


def test_equal_sentences_score_one_where_the_whole_corpus_is_equal() -> None:
    """The docstring: "equal ones 1". Five equal rows have the mean cosine 1, as any two of them do."""
    X = np.tile(np.array([[0.6, 0.8]], dtype=np.float32), (5, 1))
    base = geometry_of(X).base
    assert geometry_of(X[:3], base).tightness == pytest.approx(1.0, abs=1e-3)


def test_one_sentence_is_as_tight_as_can_be() -> None:
    assert geometry_of(np.array([[1.0, 0.0]]), base=0.4) == Geometry(1.0, 1.0)


@given(n=st.integers(2, 12), seed=st.integers(0, 999))
def test_closeness_is_the_mean_of_all_pairs(n: int, seed: int) -> None:
    X = np.random.default_rng(seed).normal(size=(n, 4))
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    mean = (X @ X.T)[np.triu_indices(n, k=1)].mean()
    assert geometry_of(X).base == pytest.approx(mean)


def test_log_odds_of_the_geometry_by_hand() -> None:
    """−1 + 4·¾ − ½·ln 10 + ¼·ln (1000 / 10) = 2 − 1.151 + 1.151 = 2."""
    logit = weighed(HAND.geometry_weights, Geometry(tightness=0.75, base=0.8), size=10, n=1000)
    assert logit == pytest.approx(2.0)
    assert sigmoid(logit) == pytest.approx(1 / (1 + math.exp(-2)))


def test_a_sample_of_a_large_corpus_is_judged_as_the_whole() -> None:
    """40 of 10,000 sentences, and the same share of 50,000: both count as 40 of 10,000."""
    shape = Geometry(0.5, 0.5)
    small, large = (
        weighed(HAND.geometry_weights, shape, 40, N_MEASURED),
        weighed(HAND.geometry_weights, shape, 200, 5 * N_MEASURED),
    )
    assert large == pytest.approx(small)
    by_hand = -1.0 + 4.0 * 0.5 - 0.5 * math.log(40) + 0.25 * math.log(250)
    assert small == pytest.approx(by_hand)


def test_confidence_by_hand() -> None:
    """Of 20: ln(16.5 / 4.5) = 1.2993 and ln 1 = 0. 1 + 1.2993 + 4·0 − ½·ln 20 = .8014: P .6903; else none."""
    kept = replace(HAND, confidence_weights=(1.0, 1.0, 4.0, -0.5))
    assert kept.confidence(Isolation(near=0.8, wide=0.5), 20) == pytest.approx(0.6903, abs=1e-4)
    assert HAND.confidence(Isolation(0.8, 0.5), 20) is None


def test_llm_p_by_hand() -> None:
    """½ + 2·ln 9 = ½ + 2·2.197 = 4.894; 1 / (1 + e^−4.894) = .9926."""
    assert HAND.llm_p(math.log(9)) == pytest.approx(0.9926, abs=1e-4)


def test_combined_p_by_hand() -> None:
    """−1 + 1·2.197 + ½·(−2) = .197; 1 / (1 + e^−.197) = .5491: the two kinds of evidence nearly cancel."""
    assert HAND.combined_p(math.log(9), -2.0) == pytest.approx(0.5491, abs=1e-4)


@given(a=finite, b=finite, geometry=finite)
def test_more_evidence_for_good_never_lowers_p(a: float, b: float, geometry: float) -> None:
    low, high = sorted((a, b))
    assert HAND.llm_p(low) <= HAND.llm_p(high)
    assert HAND.combined_p(low, geometry) <= HAND.combined_p(high, geometry)
    assert HAND.combined_p(geometry, low) <= HAND.combined_p(geometry, high)


@pytest.mark.parametrize("form", ["pairs", "list"])
def test_an_unknown_llm_gets_the_general_calibration(form: Form) -> None:
    calibration = calibration_of("openai:a-model-that-nobody-knows", form)
    assert calibration.name == "default"
    assert (len(calibration.geometry_weights), len(calibration.llm_weights), len(calibration.joint_weights)) == (
        4,
        2,
        3,
    )
    assert calibration.kept_weights is not None
    assert len(calibration.kept_weights) == 4
    assert calibration.confidence_weights is not None
    assert len(calibration.confidence_weights) == 4


@pytest.mark.parametrize(
    ("llm", "form"),
    [
        ("openai:gpt-4o-mini", "list"),
        ("openai:a+b", "tuned"),
        ("openai:m@http://localhost:8000/a+b", "list"),
        ("local:smollm2-135m", "pairs"),
        ("local:gemma-3-270m+judge", "tuned"),
        ("", "pairs"),
    ],
)
def test_a_server_is_asked_the_papers_question_and_a_small_model_about_pairs(llm: str, form: str) -> None:
    assert calibration_of(llm).form == form


def confidence(share: float, size: int) -> float:
    p = calibration_of("", "pairs").confidence(Isolation(share, share), size)
    assert p is not None
    return p


def test_the_farther_apart_the_surer_and_the_larger_the_less() -> None:
    """By the shipped weights: a cluster whose neighbours lie in it, one with half of them outside, and a larger one."""
    assert confidence(0.5, 20) < 1 / 3 < 2 / 3 < confidence(1.0, 20)
    assert confidence(0.9, 500) < confidence(0.9, 20)


@pytest.mark.parametrize("size", [30, 100, 300, 2_000])
def test_a_large_cluster_can_be_clear(size: int) -> None:
    """However large, where all neighbours of its sentences lie in it; not where one in ten lies outside."""
    assert confidence(0.9, size) < CLEAR <= confidence(1.0, size)


def test_shipped_weights_point_the_right_way() -> None:
    """Closer sentences and more "yes" make "good" likelier, in the geometry, the LLM's and the joint model."""
    shipped = calibration_of("", "pairs")
    tight, loose = (weighed(shipped.geometry_weights, Geometry(t, 0.5), 10, 1000) for t in (0.9, 0.1))
    assert tight > loose
    assert shipped.llm_p(2.0) > shipped.llm_p(-2.0)
    assert shipped.combined_p(2.0, 0.0) > shipped.combined_p(-2.0, 0.0)
    assert shipped.combined_p(0.0, 2.0) > shipped.combined_p(0.0, -2.0)


def test_the_fingerprint_of_the_weights_does_not_matter() -> None:
    """Each LLM that has a calibration of its own keeps it, whatever its file's hash is; so does an unknown one."""
    table = json.loads(resources.files("dialin.judge").joinpath("calibration.json").read_text(encoding="utf-8"))
    for key in table["llms"]:
        llm, _, form = key.rpartition("/")
        found = calibration_of(f"{llm}#0123abcd", form)
        assert found == calibration_of(llm, form)
        assert found.name == key
