"""Which intents are read, and what each step draws of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dialin.errors import InputError
from dialin.tune.embedder.draws import N_DISTILLED, distilled_texts, intent_batch
from dialin.tune.embedder.intents import IntentSource, parts_of_sources, read_intents
from dialin.tune.embedder.measure import agreement_of_tree
from dialin.tune.embedder.settings import EmbedderSettings
from dialin.tune.sources import Reading

READING = Reading("label", noise=("oos",))


def written(path: Path, *rows: str) -> Path:
    path.write_text("text,label\n" + "".join(f"{row}\n" for row in rows), "utf-8")
    return path


def source(name: str, **sizes: int) -> IntentSource:
    return IntentSource(name, {label: tuple(f"{label} {i}" for i in range(n)) for label, n in sizes.items()}, {})


# --- intents ----------------------------------------------------------------------------------------


def test_intents_have_two_distinct_sentences(tmp_path: Path) -> None:
    """Left out: "d", whose two rows have one text, a row without a label, and noise."""
    rows = ["a1,a", "a2,a", "a2,a", "b1,b", "b2,b", "d1,d", "d1,d", "x,", "n1,oos", "n2,oos"]
    [found] = read_intents([written(tmp_path / "shop.csv", *rows)], READING)
    assert dict(found.intents) == {"a": ("a1", "a2"), "b": ("b1", "b2")}
    assert (found.name, found.n_sentences) == ("shop", 4)
    assert list(found.files) == ["shop.csv"]


def test_one_intent_is_too_few(tmp_path: Path) -> None:
    path = written(tmp_path / "shop.csv", "a1,a", "a2,a", "b1,b")
    with pytest.raises(InputError, match=r"shop has 1 intents with at least 2 distinct sentences .*leave the file out"):
        read_intents([path], READING)


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    paths = [written(folder / "shop.csv", "a1,a", "a2,a", "b1,b", "b2,b") for folder in (tmp_path, tmp_path / "b")]
    with pytest.raises(InputError, match="2 inputs are called 'shop'"):
        read_intents(paths, READING)


def test_sources_are_learnt_or_held_out() -> None:
    sources = [source("x", a=2, b=2), source("y", a=2, b=2)]
    parts = parts_of_sources(sources, ["y"])
    assert ([s.name for s in parts.learnt], [s.name for s in parts.held_out]) == (["x"], ["y"])
    with pytest.raises(InputError, match=r"no file of the held-out source 'z' .*there are: x, y"):
        parts_of_sources(sources, ["z"])
    with pytest.raises(InputError, match="all sources are held out"):
        parts_of_sources(sources, ["x", "y"])


def test_a_sample_depends_on_the_seed_only() -> None:
    whole = source("x", a=30, b=20)
    one, again, other = whole.sample(10, 0), whole.sample(10, 0), whole.sample(10, 1)
    assert one == again
    assert one.texts != other.texts
    assert all(text.startswith(label) for text, label in zip(one.texts, one.labels, strict=True))
    assert len(set(one.texts)) == 10
    assert Counter(whole.sample(1000, 0).labels) == {"a": 30, "b": 20}


# --- draws ------------------------------------------------------------------------------------------


def chosen(**changes: Any) -> EmbedderSettings:
    return EmbedderSettings("m", **{"intents": 3, "sentences": 4} | changes)


def test_a_draw_depends_on_seed_and_step_only() -> None:
    sources = [source("x", a=9, b=9, c=9, d=9), source("y", e=9, f=9, g=9)]
    one = intent_batch(sources, chosen(), 5)
    assert one == intent_batch(sources, chosen(), 5)
    assert one != intent_batch(sources, chosen(), 6)
    assert one != intent_batch(sources, chosen(seed=1), 5)


def test_a_batch_has_members_of_several_intents_of_one_source() -> None:
    sources = [source("x", a_one=9, b_one=9, c_one=9, d_one=9), source("y", e_one=9, f_one=9, g_one=9)]
    for step in range(20):
        batch = intent_batch(sources, chosen(), step)
        own = [batch.texts[i : i + 4] for i in (0, 4, 8)]
        letters = {text[0] for text in batch.texts}
        assert letters <= set("abcd") or letters == set("efg")
        assert [len(set(members)) for members in own] == [4, 4, 4]
        assert all(members[3] == f"{members[0][0]} one" for members in own)
        assert Counter(batch.intents) == dict.fromkeys(batch.intents, 4)
        assert len(set(batch.intents)) == 3


def test_without_labels_all_members_are_sentences() -> None:
    [batch] = [intent_batch([source("x", a=9, b=9)], chosen(learn_labels=False), 0)]
    assert len(batch.texts) == len(set(batch.texts)) == 8
    assert not {"a", "b"} & set(batch.texts)


def test_a_small_intent_repeats_its_sentences() -> None:
    batch = intent_batch([source("x", a=2, b=2)], chosen(learn_labels=False, sentences=9), 0)
    assert len(batch.texts) == 18


def test_sources_are_drawn_by_a_power_of_their_sizes() -> None:
    """900 and 100 sentences to the power .5 are 3 to 1."""
    sources = [source("x", a=450, b=450), source("y", c=50, d=50)]
    n_large = sum(intent_batch(sources, chosen(), step).texts[0][0] in "ab" for step in range(400))
    assert 270 < n_large < 330


def test_unlabelled_sentences_of_a_step_are_different_ones() -> None:
    texts = [str(i) for i in range(1000)]
    drawn = distilled_texts(texts, 0, 3)
    assert len(set(drawn)) == N_DISTILLED
    assert drawn == distilled_texts(texts, 0, 3) != distilled_texts(texts, 0, 4)
    assert sorted(distilled_texts(["a", "b"], 0, 0)) == ["a", "b"]


# --- settings and measure ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"intents": 1}, "intents must be at least 2, got 1"),
        ({"sentences": 1}, "sentences must be at least 2, got 1"),
        ({"temperature": 0.0}, "temperature must be above 0, got 0.0"),
        ({"average": 1.0}, r"average must be in \[0, 1\), got 1.0"),
        ({"average": -0.1}, r"average must be in \[0, 1\), got -0.1"),
        ({"distil": -1.0}, "distil must be 0 or more, got -1.0"),
        ({"freeze": -1}, "freeze must be 0 or more, got -1"),
        ({"sampling": float("nan")}, "sampling must be 0 or more, got nan"),
    ],
)
def test_settings_out_of_range(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        replace(EmbedderSettings("m"), **changes)


def test_a_tree_of_separate_intents_agrees_fully() -> None:
    X = np.eye(3, dtype=np.float32)[[0, 0, 1, 1, 2, 2]]
    found = agreement_of_tree(X, ["a", "a", "b", "b", "c", "c"])
    assert (found.n, found.ami, found.ari, found.acc) == (6, 1.0, 1.0, 1.0)
    assert agreement_of_tree(X, ["a", "b", "a", "b", "a", "b"]).ari < 0.5


def test_vectors_that_are_not_finite_have_no_score() -> None:
    found = agreement_of_tree(np.full((4, 2), np.nan, np.float32), ["a", "a", "b", "b"])
    assert found.n == 4
    assert np.isnan(found.ami)
