"""Tests of what the names of intents go by, and of which sentences show what an intent is about."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from dialin.discover.conclude import LOOSE, MAX_MIXED, closeness, turn_of
from dialin.discover.context import Context, Tools
from dialin.discover.data import Data
from dialin.discover.naming import language_at
from dialin.discover.settings import Settings
from dialin.discover.state import Intent

ENGLISH, CHINESE = "local:intents-en-v5", "local:intents-zh-v4"
TIGHT, WIDE = np.array([[1, 0], [1, 0]], np.float32), np.array([[1, 0], [0, 1]], np.float32)


def is_mixed(
    X: NDArray[np.float32], p_good: float, embedder: str = "local:intents-en-v5", actions: tuple[str, ...] = ()
) -> bool:
    """Return whether an intent of two sentences is named as a mixed one."""
    data = Data(["one", "two"], X, np.ones(2, np.int64), ["", ""], embedder)
    context = Context.of(data, Tools(None, lambda texts: X[: len(texts)]), Settings(actions=actions))
    return turn_of(Intent(0, "", 2, 2, p_good, "", ()), context, np.arange(2), None).is_mixed


def test_closeness_by_hand() -> None:
    """Two vectors at a right angle lie 45° from their centroid: cos 45° = 0.707, which is below `LOOSE`."""
    assert closeness(TIGHT) == pytest.approx(1.0)
    assert closeness(WIDE) == pytest.approx(0.7071, abs=1e-4)
    assert closeness(WIDE) < LOOSE


def test_loose_and_improbable_is_mixed() -> None:
    assert is_mixed(WIDE, MAX_MIXED - 0.01)


def test_what_is_tight_or_probable_or_not_fitted_claims_an_action() -> None:
    assert not is_mixed(TIGHT, MAX_MIXED - 0.01)
    assert not is_mixed(WIDE, MAX_MIXED)
    assert not is_mixed(WIDE, MAX_MIXED - 0.01, "openai:some-model")
    assert not is_mixed(WIDE, MAX_MIXED - 0.01, actions=("find", "order"))


def test_an_intent_of_numbers_is_named_in_the_language_of_the_file() -> None:
    texts = ["我的包裹到哪了", "退款", "184****2219", "LK-4471", "ok"]
    data = Data(texts, np.eye(5, dtype=np.float32), np.ones(5, dtype=np.int64), [""] * 5)
    assert language_at(data, np.array([2, 3])) == "zh"
    assert language_at(data, np.array([2, 4])) == "en"
    assert language_at(data.at(np.array([2, 4])), np.array([0])) == "en"


def test_where_the_chinese_embedder_reads_all_names_are_chinese() -> None:
    """ "ok" and "haode" are said among Chinese sentences; beside an English embedder, they stay English."""
    texts = ["我的包裹到哪了", "退款", "ok", "haode"]
    data = Data(texts, np.eye(4, dtype=np.float32), np.ones(4, dtype=np.int64), [""] * 4, CHINESE)
    assert language_at(data, np.array([2, 3])) == "zh"
    both = replace(data, embedder=f"{ENGLISH}+intents-zh-v4")
    assert language_at(both, np.array([2, 3])) == "en"
