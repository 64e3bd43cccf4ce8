"""The study of months: what it makes of a labelled set, and how it counts."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from dialin.embed.choose import ChosenEmbedder
from studies.own import months, months_bertopic
from studies.own.months_data import N_MONTHS, N_RARE, Course, Sizes, Step, closest, course_of, months_of
from studies.own.months_score import Seen, scores, total

COURSE = Course(
    n_each=5,
    stable=("a", "b"),
    begins=(("c",), ("d",), ("e",)),
    ends=(("f",), ("g",), ("h",)),
    splits=(("s", "t"),),
    merges=(("m", "n"),),
)
LABELS = np.array([label for label in "abcdefghstmn" for _ in range(4 * 5)])


def test_each_month_has_what_is_there_and_no_sentence_twice() -> None:
    """t is a rare part of s in the first two months, n of m in the last two."""
    months = months_of(LABELS, COURSE, seed=1)
    assert [dict(Counter(month.gold.tolist())) for month in months] == [
        dict.fromkeys("abfghsmn", 5),
        dict.fromkeys("abcghsmn", 5),
        dict.fromkeys("abcdhstm", 5),
        dict.fromkeys("abcdestm", 5),
    ]
    rows = np.concatenate([month.rows for month in months])
    assert len(set(rows.tolist())) == len(rows)
    own = [Counter(zip(LABELS[month.rows].tolist(), month.gold.tolist(), strict=True)) for month in months]
    assert [(one["t", "s"], one["n", "m"]) for one in own] == [(N_RARE, 0)] * 2 + [(0, N_RARE)] * 2


def test_the_truth_about_a_step() -> None:
    assert COURSE.step(1) == Step({"a", "b", "g", "h", "s", "m", "n"}, {"c"}, {"f"}, (), ())
    assert COURSE.step(2) == Step({"a", "b", "c", "h"}, {"d"}, {"g"}, (("s", "t"),), (("m", "n"),))
    assert COURSE.step(3) == Step({"a", "b", "c", "d", "s", "t", "m"}, {"e"}, {"h"}, (), ())


def test_a_course_pairs_the_closest_labels_and_uses_each_once() -> None:
    """Labels lie on a circle at 0°, 1°, 40°, 42°, …: the first two are the closest pair, the next two the second."""
    angles = np.radians([0, 1, 40, 42, 80, 90, 120, 140, 160, 180])
    labels = np.array([f"l{i}" for i in range(10) for _ in range(N_MONTHS * 2)])
    X = np.repeat(np.stack([np.cos(angles), np.sin(angles)], axis=1), N_MONTHS * 2, axis=0).astype(np.float32)
    names = np.unique(labels).tolist()
    assert closest(X, labels, names, 2) == [("l0", "l1"), ("l2", "l3")]
    course = course_of(X, labels, Sizes(n_each=2, n_stable=0, n_moving=1, n_pairs=1), seed=0)
    used = [*course.stable, *sum((*course.begins, *course.ends, *course.splits, *course.merges), ())]
    assert sorted(used) == names
    assert {*course.splits, *course.merges} == {("l0", "l1"), ("l2", "l3")}


def test_told_the_groups_identity_makes_no_error() -> None:
    """Each label is an angle of its own, and each sentence a little off; t lies next to s, and n next to m."""
    course, labels = replace(COURSE, n_each=10), np.repeat(LABELS, 2)
    middle = {label: 30.0 * i for i, label in enumerate("abcdefghsm")}
    middle |= {"t": middle["s"] + 4, "n": middle["m"] + 4}
    degrees = [middle[label] + 0.02 * (i % 40) for i, label in enumerate(labels.tolist())]
    X = np.stack([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))], axis=1).astype(np.float32)
    embedder = cast(ChosenEmbedder, SimpleNamespace(name="test:angles"))
    corpus = months.Corpus([f"{i}" for i in range(len(labels))], labels, X, embedder)
    told = months.by_dialin(months_of(labels, course, seed=0), partial(months.told_in, corpus))
    rows = list(months.rows_of(told, [course.step(number) for number in (1, 2, 3)], {"method": "told"}))
    assert total([row["scores"] for row in rows]) == dict.fromkeys(
        ["kept", "same", "together", "assigned", "new_precision", "new_recall", "gone_precision", "gone_recall"], 1.0
    ) | {"split": 1.0, "split_as_new": 0.0, "merged": 1.0}
    assert [(row["month"], row["n_found"], row["n_true"]) for row in rows] == [(2, 8, 8), (3, 8, 8), (4, 8, 8)]


def test_a_set_is_thinned_to_what_a_course_needs() -> None:
    labels = np.array(["a"] * 5 + ["b"] * 2 + ["oos"] * 3)
    rows = months.thinned(labels, labels != "oos", 3)
    assert Counter(labels[rows].tolist()) == {"a": 3, "b": 2}
    assert rows.tolist() == sorted(set(rows.tolist()))


def seen(gold: str, uids: str, **told: object) -> Seen:
    """Return what is said about sentences with these letters as gold intents and as uids; "-" is no uid."""
    return Seen(np.array(list(gold)), np.array([uid.replace("-", "") for uid in uids]), **told)  # type: ignore[arg-type]


STEP = Step(unchanged={"a", "b"}, begun={"c"}, ended={"f"}, splits=(("s", "t"),), merges=(("m", "n"),))
BEFORE = seen("aaaabbbbffffssssmmmmnnnn", "1111222233334444555566-6")


def test_a_perfect_answer_scores_one() -> None:
    now = seen(
        "aaaabbbbccccsssttttmmmmm",
        "111122229999444888855555",
        new={"9"},
        gone={"3"},
        split={"8": "4"},
        merged={"6": "5"},
    )
    assert total([scores(BEFORE, now, STEP)]) == dict.fromkeys(
        ["kept", "same", "together", "assigned", "new_precision", "new_recall", "gone_precision", "gone_recall"], 1.0
    ) | {"split": 1.0, "split_as_new": 0.0, "merged": 1.0}


def test_a_faulty_answer_is_counted_by_hand() -> None:
    """Intent a keeps uid 1 for 2 of 3 assigned sentences; b lost its uid 2 to a new uid 7.

    Of the 8 sentences of a and b, 7 have a uid, 2 of them the one of the month before (uid 1), and 2 + 4 that of most
    of their intent now. Kept are the 4 sentences of a. Uids 7 and 9 are new, 9 alone is mostly c; c has 2 of 4
    sentences there, just enough. Uids 2 and 3 are gone, 3 alone truly. t has the uid of s; n went into b's old uid.
    """
    now = seen(
        "aaaabbbbccccsssttttmmmmm",
        "1-1877779988444444455555",
        new={"7", "9"},
        gone={"2", "3"},
        merged={"6": "2"},
    )
    found = scores(BEFORE, now, STEP)
    assert found["kept"] == (4, 8)
    assert found["same"] == (2, 7)
    assert found["together"] == (6, 7)
    assert found["assigned"] == (7, 8)
    assert (found["new_precision"], found["new_recall"]) == ((1, 2), (1, 1))
    assert (found["gone_precision"], found["gone_recall"]) == ((1, 2), (1, 1))
    assert (found["split"], found["split_as_new"], found["merged"]) == ((0, 1), (0, 1), (0, 1))


def test_what_was_split_off_may_be_told_as_new() -> None:
    now = seen("aabbssstttt", "1122444888-", new={"8"})
    found = scores(seen("aabbssss", "11224444"), now, Step({"a", "b"}, set(), set(), (("s", "t"),), ()))
    assert (found["split"], found["split_as_new"], found["new_precision"]) == ((0, 1), (1, 1), (1, 1))
    assert found["new_recall"] == (0, 0)


def test_an_answer_without_any_intent_scores_nothing() -> None:
    now = seen("aabb", "----")
    found = scores(seen("aabb", "----"), now, Step({"a", "b"}, set(), set(), (), ()))
    assert found["kept"] == (0, 4)
    assert found["same"] == found["together"] == (0, 0)
    assert total([found])["new_precision"] is None


def test_a_row_is_short_in_the_file() -> None:
    assert months.short({"month": 2, "scores": {"kept": (3, 4), "split": (0, 0)}}) == {"month": 2, "scores": "kept=3/4"}


def test_totals_add_counts_and_do_not_average_shares() -> None:
    assert total([{"kept": (1, 1)}, {"kept": (0, 3)}]) == {"kept": pytest.approx(0.25)}


def test_bertopics_topics_keep_their_numbers_and_new_ones_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A merged model has the topics of all months so far; −1 is none. Topic 2 is new in the second month, 1 is gone."""
    merged = SimpleNamespace(topics_=[0, 0, 1, -1, 0, 2, 2])
    asked = list[tuple[object, float]]()

    def merge_models(models: list[object], min_similarity: float) -> object:
        asked.append((models, min_similarity))
        return merged

    fake = SimpleNamespace(BERTopic=SimpleNamespace(merge_models=merge_models))
    monkeypatch.setitem(sys.modules, "bertopic", fake)
    models = [SimpleNamespace(topics_=[0, 0, 1, -1]), SimpleNamespace(topics_=[1, 0, 0])]
    golds = [np.array(list("aabb")), np.array(list("acc"))]
    first, second = months_bertopic.followed(models, golds, 0.8)
    assert first.uids.tolist() == ["0", "0", "1", ""]
    assert (first.new, first.gone) == ({"0", "1"}, set())
    assert second.uids.tolist() == ["0", "2", "2"]
    assert (second.new, second.gone) == ({"2"}, {"1"})
    assert asked == [(models, 0.8)]
