"""Sentences in a script that the embedder does not know are left out, and it is said."""

from __future__ import annotations

import numpy as np

from dialin.discover.context import Tools
from dialin.discover.data import Data
from dialin.discover.known import unknown_rows
from dialin.discover.method import discover
from dialin.discover.settings import Settings
from dialin.discover.state import UNKNOWN_SCRIPT

THAI = ["ที่อยู่ผิด", "ขอคืนเงิน", "ยกเลิกคำสั่งซื้อ", "ของจะมาถึงเมื่อไหร่"]
ENGLISH = ["where is my card", "where is the card", "my card is where", "card where", "where my card"]


def vectors(n_thai: int, n_english: int) -> np.ndarray:
    near = np.random.default_rng(0).normal(scale=0.05, size=(n_english, 8)) + np.eye(8)[0]
    X = np.vstack([np.tile(np.eye(8)[1], (n_thai, 1)), near / np.linalg.norm(near, axis=1, keepdims=True)])
    return X.astype(np.float32)


def test_sentences_of_one_vector_are_left_out_and_told() -> None:
    texts, notes = THAI + ENGLISH, list[str]()
    data = Data(texts, vectors(4, 5), np.ones(9, np.int64), [""] * 9, "tiny")
    found = discover(data, Tools(None, lambda t: vectors(0, len(t)), on_note=notes.append), Settings())
    assert found.labels[:4].tolist() == [-1] * 4
    assert found.reasons[:4] == [UNKNOWN_SCRIPT] * 4
    assert UNKNOWN_SCRIPT not in found.reasons[4:]
    assert len(notes) == 1
    assert "4 of 9 sentences are left out, such as 'ที่อยู่ผิด'" in notes[0]
    assert "--embedder" in notes[0]


def test_a_corpus_of_them_has_no_intent() -> None:
    data = Data(THAI, vectors(4, 0), np.ones(4, np.int64), [""] * 4)
    found = discover(data, Tools(None, lambda t: vectors(0, len(t)), on_note=lambda _: None), Settings())
    assert (found.intents, found.reasons) == ((), [UNKNOWN_SCRIPT] * 4)


def test_same_words_and_same_beginnings_are_known() -> None:
    """Case and punctuation change no word, and what an embedder cuts off it cannot tell apart."""
    same = ["Café", "café!", "CAFÉ?", "café …"]
    long = [f"{'é' * 200}{letter}" for letter in "abc"]
    english = ["a b", "c d", "e f"]
    for texts in (same, long, english):
        assert unknown_rows(texts, np.tile(np.eye(8)[0], (len(texts), 1)).astype(np.float32)).tolist() == []
