"""Frequent sentences: which ones there are, when one stays with its cluster, and what becomes of one that does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.discover.context import Tools
from dialin.discover.data import Data
from dialin.discover.estimator import IntentClusterer
from dialin.discover.frequent import frequent, least_cosine, set_apart, to_others
from dialin.discover.method import discover
from dialin.discover.settings import Settings
from dialin.discover.state import Result
from dialin.runs.run import load
from oracles import BAD, GOOD, BagOfWords, Constant, Oracle, ScriptedLLM, on_circle, sets, talk

LIST = Settings(judge="llm", form="list")
TEXTS = talk({"parcel": 14, "refund": 10, "login": 8})
OFTEN = "internet outage"
WAYS = [
    LIST,
    Settings(judge="geometry"),
    Settings(),
    replace(LIST, coverage=1.0),
    replace(LIST, merge="paper"),
    replace(LIST, merge="none"),
    replace(LIST, roles="label"),
    replace(LIST, strategy="paper", n_clusters=(3, 4)),
    replace(LIST, strategy="paper", partitioner="kmeans", n_clusters=(3, 4)),
    replace(LIST, strategy="paper", partitioner="gmm", n_clusters=(3, 4)),
]


def found_in(counted: dict[str, int], settings: Settings = LIST, roles: Sequence[str] = (), **tools: Any) -> Result:
    texts = list(counted)
    X, counts = BagOfWords().encode(texts), np.array(list(counted.values()))
    data = Data(texts, X, counts, list(roles) or [""] * len(texts))
    return discover(data, Tools(ScriptedLLM(), BagOfWords().encode, **tools), settings)


def once(*texts: str) -> dict[str, int]:
    return dict.fromkeys(texts, 1)


def same(one: Result, other: Result) -> bool:
    return (
        np.array_equal(one.labels, other.labels)
        and np.array_equal(one.p_intent, other.p_intent)
        and np.array_equal(one.pieces.centroids, other.pieces.centroids)
        and np.array_equal(one.pieces.radii, other.pieces.radii)
    )


# --- which sentences are frequent --------------------------------------------------------------------------------


def test_more_often_than_the_least_size_of_the_others() -> None:
    """The others were said once: more than 4 · 1 times. Two are frequent if each outweighs four others, mean 7.5."""
    assert frequent(np.array([1, 5, 1, 1, 1]), 4).tolist() == [1]
    assert frequent(np.array([1, 4, 1, 1, 1]), 4).tolist() == []
    assert frequent(np.array([30, 1, 1, 40, 1, 1]), 4).tolist() == [3]  # 4 · (30 + 4) / 5 = 27.2; 4 · 44 / 5 = 35.2
    assert frequent(np.array([39, 1, 1, 40, 1, 1]), 4).tolist() == [3, 0]  # 4 · (39 + 4) / 5 = 34.4 and 35.2


def test_one_sentence_alone_needs_the_least_size() -> None:
    assert [frequent(np.array([n]), 4).tolist() for n in (1, 4, 5)] == [[], [], [0]]
    assert frequent(np.empty(0, np.int64), 4).tolist() == []


@given(
    counts=st.lists(st.integers(1, 1000), min_size=1, max_size=60),
    times=st.integers(2, 9),
    min_size=st.integers(1, 9),
)
def test_few_are_frequent_and_repeating_the_corpus_adds_none_that_weighs_less(
    counts: list[int], times: int, min_size: int
) -> None:
    rows = frequent(np.array(counts), min_size)
    assert len(rows) <= len(counts) / min_size + 1
    assert sorted(rows.tolist(), key=lambda row: (-counts[row], row)) == rows.tolist()
    if len(counts) > 1:
        assert np.array_equal(frequent(np.array(counts) * times, min_size), rows)
        assert not len(frequent(np.full(len(counts), times), min_size))


def test_a_corpus_repeated_three_to_five_times_has_none() -> None:
    assert not len(frequent(np.random.default_rng(0).integers(3, 6, size=5_000), 9))


# --- when one is set apart ---------------------------------------------------------------------------------------


def test_to_others() -> None:
    """0°, 40° and 80°: 0° is 60° from the middle of the others, 40° is their middle."""
    np.testing.assert_allclose(to_others(on_circle(0, 40, 80)), [0.5, 1, 0.5], atol=1e-6)


def test_least_cosine() -> None:
    """cos 60° = .5, 1, .5: mean .667, deviation .236. Row 3 has no say; without members there is no limit."""
    X = on_circle(0, 40, 80, 200)
    assert least_cosine(X, [np.arange(4)], np.array([3])) == pytest.approx(2 / 3 - 3 * np.sqrt(1 / 18), abs=1e-6)
    assert least_cosine(X, [np.arange(2)], np.arange(2)) == least_cosine(X, [], np.arange(2)) == -1


TIGHT = np.array([-6.0, -3, 0, 3, 6])
"""A cluster in degrees: its members are 1.5° to 7.5° from the middle of the others, cosines .991 to 1.

Mean .9963 and deviation .0034 make a least cosine of .986, which is 9.6°.
"""


@pytest.mark.parametrize(("degrees", "stays"), [(9, True), (10, False), (60, False)])
def test_a_member_stays_where_it_is_about_as_near_as_members_are(degrees: float, stays: bool) -> None:
    X = on_circle(*TIGHT, degrees)
    clusters = [np.arange(6)]
    expected = {frozenset(range(6))} if stays else {frozenset(range(5)), frozenset({5})}
    assert sets(set_apart(X, clusters, np.array([5]))) == expected


@pytest.mark.parametrize(("degrees", "stays"), [(5, True), (9, False)])
def test_outside_of_all_clusters_it_must_be_within_the_radius_too(degrees: float, stays: bool) -> None:
    """Cosines to the centroid .9945 to 1, mean .9973: the radius is .9888 or 8.6° (deviation .0021, four of them)."""
    X = on_circle(*TIGHT, degrees)
    found = sets(set_apart(X, [np.arange(5)], np.array([5])))
    assert found == {frozenset(range(5))} | (set() if stays else {frozenset({5})})


def test_an_earlier_one_takes_in_a_later_one() -> None:
    """60° and 62° are far from the cluster: 60° is set apart, and takes in 62° (cos 2° = .9994 > .9915), not 80°."""
    X = on_circle(*TIGHT, 60, 62, 80)
    assert sets(set_apart(X, [np.arange(5)], np.array([5, 6, 7]))) == {
        frozenset(range(5)),
        frozenset({5}),
        frozenset({7}),
    }


def test_a_cluster_of_frequent_sentences_stays_whole() -> None:
    X = on_circle(*TIGHT)
    assert sets(set_apart(X, [np.arange(5)], np.arange(5))) == {frozenset(range(5))}
    assert sets(set_apart(X, [np.array([2])], np.array([2]))) == {frozenset({2})}
    assert sets(set_apart(X[:1], [], np.array([0]))) == {frozenset({0})}


def test_nothing_frequent_nothing_changes() -> None:
    clusters = [np.array([2, 0]), np.array([1])]
    assert set_apart(on_circle(0, 90, 180), clusters, np.empty(0, np.int64)) == clusters


# --- what becomes of it ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", WAYS)
def test_it_is_an_intent_alone(settings: Settings) -> None:
    result = found_in({**once(*TEXTS), OFTEN: 200}, settings)
    first = result.intents[0]
    assert (first.size, first.n_occurrences, first.examples) == (1, 200, (OFTEN,))
    assert first.p_good > 0.9
    assert first.name
    assert result.labels[-1] == 0
    assert result.complete
    assert (result.labels[:-1] > 0).all()


@pytest.mark.parametrize("settings", WAYS)
def test_said_once_it_is_none(settings: Settings) -> None:
    result = found_in(once(*TEXTS, OFTEN), settings)
    assert all(intent.size > 1 for intent in result.intents)


@pytest.mark.parametrize("settings", WAYS)
def test_a_frequent_member_of_a_good_cluster_stays(settings: Settings) -> None:
    plain, counted = found_in(once(*TEXTS), settings), found_in({**once(*TEXTS), TEXTS[3]: 200}, settings)
    assert len(plain.intents) == len(counted.intents)
    assert same(replace(plain, labels=counted.labels), counted)
    assert counted.intents[0].n_occurrences == 199 + counted.intents[0].size


@pytest.mark.parametrize("settings", WAYS)
def test_all_equally_often_is_as_all_once(settings: Settings) -> None:
    counted = dict.fromkeys([*TEXTS, OFTEN], 50)
    assert same(found_in(counted, settings), found_in(once(*counted), settings))


def test_a_judge_that_puts_it_with_strangers_is_overruled_and_does_not_merge_it_back() -> None:
    gold, stray = np.array([*np.repeat([0, 1, 2], [14, 10, 8]), 2]), "login internet outage"
    rare = found_in(once(*TEXTS, stray), judge=Oracle(gold))
    assert rare.labels[-1] == rare.labels[-2]
    result = found_in({**once(*TEXTS), stray: 200}, judge=Oracle(gold))
    assert result.intents[0].examples == (stray,)
    assert [intent.size for intent in result.intents] == [1, 14, 10, 8]


def test_where_nothing_is_good_it_is_all_there_is() -> None:
    result = found_in({**once(*TEXTS), OFTEN: 200}, judge=Constant(BAD))
    assert [intent.examples for intent in result.intents] == [(OFTEN,)]
    assert result.pieces.radii.tolist() == pytest.approx([1])


def test_its_label_may_merge_it_with_another() -> None:
    """Two frequent sentences of one topic, far apart in words, are labelled alike, and the judge agrees."""
    counted = {**once(*TEXTS), "outage internet": 300, "outage router modem cable": 200}
    alike = replace(LIST, merge_distance="cosine", merge_probabilistic=False, theta=0.2)
    assert found_in(counted, alike).intents[0].n_occurrences == 500
    assert found_in(counted, replace(LIST, merge="none")).intents[0].n_occurrences == 300


def test_what_is_left_of_its_cluster_is_dropped_if_it_is_too_small() -> None:
    """The judge puts it with three sentences; less it, they are three, and four is the least."""
    few = talk({"voucher": 3})
    result = found_in({**once(*few), OFTEN: 200}, judge=Constant(GOOD))
    assert result.labels.tolist() == [-1, -1, -1, 0]


def test_each_role_has_its_own() -> None:
    counted = {**once(*TEXTS), OFTEN: 200}
    roles = ["customer"] * len(TEXTS) + ["agent"]
    first = found_in(counted, roles=roles).intents[0]
    assert (first.examples, first.role) == ((OFTEN,), "agent")


def test_people_judge_the_clusters_as_they_are() -> None:
    people = Settings(strategy="paper", judge="people", n_clusters=(2,), min_cluster_size=1, merge="none", max_rounds=1)
    plain, counted = found_in(once(*TEXTS, OFTEN), people), found_in({**once(*TEXTS), OFTEN: 200}, people)
    assert sorted(intent.size for intent in counted.intents) == sorted(intent.size for intent in plain.intents)
    assert np.array_equal(plain.p_intent, counted.p_intent)


def test_predict_puts_it_where_fit_did() -> None:
    texts = [*TEXTS, *[OFTEN] * 90]
    model = IntentClusterer(llm=ScriptedLLM(), embedder=BagOfWords(), settings=LIST).fit(texts)
    assert model.predict([OFTEN, "internet", TEXTS[0]]).tolist() == [0, -1, model.labels_[0]]


PARCEL = ["where is my parcel", "where is my parcel thanks", "track my parcel please", "my parcel has not come yet"]
PASSWORD = ["i forgot my password", "how do i reset my password", "my password does not work", "reset my password now"]
HOURS = ["when do you open today", "what are your opening hours", "store hours for monday please", "are you open now"]


def test_the_internet_is_not_a_password(cli: Any, home: Path) -> None:
    """The embedded model and no LLM: what was said 200 times led the report as a part of "password"."""
    rare = [f"{text} {end}".strip() for text in (*PARCEL, *PASSWORD, *HOURS) for end in ("", "sorry", "again")]
    (home / "in.txt").write_text("\n".join([*rare, *["my internet is down"] * 200]))
    result = cli("discover", "in.txt", "--out", "run", "--llm", "none")
    assert result.exit_code == 0, result.stderr
    first = load(Path("run")).intents.to_pylist()[0]
    assert (first["size"], first["n_occurrences"], list(first["examples"])) == (1, 200, ["my internet is down"])
    line = next(line for line in cli("predict", "run", "in.txt").stdout.splitlines() if ",my internet is down," in line)
    assert line.split(",")[2] == "0"
    assert "200 utterances, 84.7% of all · 1 sentence · P(good)" in cli("show", "run", 0).stdout
