"""The whole method on sentences whose first word is their intent: what it finds, and what always holds."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.exceptions import NotFittedError

from dialin.arrays import Rows
from dialin.discover.context import Tools
from dialin.discover.data import Data
from dialin.discover.estimator import IntentClusterer
from dialin.discover.method import discover
from dialin.discover.settings import Settings
from dialin.discover.state import Result
from dialin.discover.steps import with_guessed_roles
from dialin.errors import InputError
from dialin.judge.verdict import Verdict
from dialin.llm.base import LLM
from dialin.llm.client import Client
from dialin.read.spoken import SpokenOrder
from oracles import BAD, GOOD, UNREADABLE, BagOfWords, Constant, Oracle, ScriptedLLM, talk, topic
from scripted import CALIBRATION, ScriptedBackend

SIZES = {"parcel": 14, "refund": 10, "login": 8, "voucher": 6, "invoice": 5}
TEXTS = talk(SIZES)
NOISE = ["zebra quartz", "violin moss tundra"]
LIST = Settings(judge="llm", form="list")
"""The LLM alone decides, and reads every sentence: a perfect judge."""

STRATEGIES = [
    LIST,
    Settings(judge="llm"),
    Settings(),
    replace(LIST, sampler="random", seed=3),
    replace(LIST, strategy="paper"),
    replace(LIST, strategy="paper", unit="clusters", n_clusters=(4, 5, 6, 7)),
    replace(LIST, strategy="paper", n_clusters=(2, 3, 4), prune=True, epsilon=0.0),
    replace(LIST, strategy="paper", partitioner="kmeans", n_clusters=(5, 6, 7)),
    replace(LIST, strategy="paper", partitioner="gmm", n_clusters=(5, 6, 7)),
    replace(LIST, merge="none"),
    replace(LIST, merge="paper"),
    replace(LIST, merge="paper", merge_distance="cosine", merge_probabilistic=False, theta=0.2),
    replace(LIST, coverage=0.95),
    replace(LIST, roles="label"),
    replace(LIST, roles="ignore", language="zh"),
]


def data_of(texts: Sequence[str], roles: Sequence[str] | None = None, counts: Sequence[int] | None = None) -> Data:
    ones = np.ones(len(texts), dtype=np.int64) if counts is None else np.array(counts, dtype=np.int64)
    return Data(list(texts), BagOfWords().encode(texts), ones, list(roles or [""] * len(texts)))


def run(settings: Settings, llm: LLM | None = None, texts: Sequence[str] = (*TEXTS, *NOISE)) -> Result:
    return checked(discover_with(data_of(texts), llm or ScriptedLLM(), settings), data_of(texts))


def discover_with(data: Data, llm: LLM | None, settings: Settings, **tools: Any) -> Result:
    return discover(data, Tools(llm, BagOfWords().encode, **tools), settings)


def checked(result: Result, data: Data) -> Result:
    """Assert what holds of every result, complete or not, and return it."""
    n, intents = len(data.texts), result.intents
    assert result.labels.shape == result.p_intent.shape == (n,)
    assert len(result.reasons) == len(result.roles) == n
    assert [intent.intent_id for intent in intents] == list(range(len(intents)))
    assert set(result.labels.tolist()) - {-1} == set(range(len(intents)))
    assert len({intent.name for intent in intents}) == len(intents)
    sizes = [intent.n_occurrences for intent in intents]
    assert sizes == sorted(sizes, reverse=True)
    for intent in intents:
        rows = np.flatnonzero(result.labels == intent.intent_id)
        assert intent.size == len(rows) > 0
        assert intent.n_occurrences == data.counts[rows].sum()
        assert set(intent.examples) <= {data.texts[row] for row in rows}
        assert len(set(intent.examples)) == len(intent.examples) == min(5, len(rows))
        assert 0 <= intent.p_good <= 1
        assert intent.name
    out = result.labels < 0
    assert np.array_equal(result.p_intent == 0, out)
    assert np.all(result.p_intent <= 1)
    reasons = {"noise", "rare", "mixed"} if result.complete else {"budget"}
    assert all(
        (why in reasons) == bool(no) and (why == "") != bool(no) for why, no in zip(result.reasons, out, strict=True)
    )
    assert set(result.pieces.intents.tolist()) <= set(range(-1, len(intents)))
    return result


def topics(result: Result, texts: Sequence[str]) -> list[set[str]]:
    """Return the topics of the sentences of each intent."""
    return [{topic(t) for t, g in zip(texts, result.labels, strict=True) if g == i.intent_id} for i in result.intents]


# --- what is found -----------------------------------------------------------------------------------------------


def test_the_intents_are_found_named_and_ordered_by_size() -> None:
    result = run(LIST)
    assert [(intent.name, intent.size) for intent in result.intents] == [
        (f"inquire-{word}", size) for word, size in SIZES.items()
    ]
    assert result.reasons[-2:] == ["noise", "noise"]
    assert result.complete
    assert all(intent.p_good > 0.9 and intent.role == "" for intent in result.intents)


@pytest.mark.parametrize("settings", STRATEGIES)
def test_every_way_finds_the_five_topics(settings: Settings) -> None:
    result = run(settings, texts=TEXTS)
    assert Counter(map(len, topics(result, TEXTS))) == {1: len(result.intents)}
    assert set.union(*topics(result, TEXTS)) == set(SIZES)
    assert (result.labels >= 0).mean() > 0.9


@pytest.mark.parametrize("settings", STRATEGIES)
def test_predict_on_the_sentences_of_the_run_gives_their_labels(settings: Settings) -> None:
    texts = [*TEXTS, *NOISE, *TEXTS[:20], *TEXTS[:4]]
    model = IntentClusterer(llm=ScriptedLLM(), embedder=BagOfWords(), settings=settings)
    labels = model.fit_predict(texts)
    assert np.array_equal(model.predict(texts), labels)
    assert np.array_equal(model.predict(texts[7:9]), labels[7:9])
    assert np.array_equal(labels[-24:-4], labels[:20])
    assert model.intents_ == model.result_.intents
    assert model.rounds_ == model.result_.rounds


@pytest.mark.parametrize("settings", [LIST, Settings(), replace(LIST, strategy="paper", sampler="random")])
def test_the_order_of_the_rows_does_not_matter(settings: Settings) -> None:
    texts = [*TEXTS, *NOISE, *TEXTS[:9]]
    turn = np.random.default_rng(0).permutation(len(texts))
    here = IntentClusterer(llm=ScriptedLLM(), embedder=BagOfWords(), settings=settings).fit(texts)
    shuffled = [texts[i] for i in turn]
    there = IntentClusterer(llm=ScriptedLLM(), embedder=BagOfWords(), settings=settings).fit(shuffled)
    assert here.intents_ == there.intents_
    assert np.array_equal(here.labels_[turn], there.labels_)


@pytest.mark.usefixtures("measured_anew")
@pytest.mark.parametrize("settings", STRATEGIES)
def test_same_seed_same_answer(settings: Settings) -> None:
    one, two = ScriptedLLM(), ScriptedLLM()
    a, b = run(settings, one), run(settings, two)
    assert a.intents == b.intents
    assert np.array_equal(a.labels, b.labels)
    assert np.array_equal(a.p_intent, b.p_intent)
    assert one.prompts == two.prompts


def test_new_sentences_go_to_the_nearest_intent_or_to_none() -> None:
    model = IntentClusterer(llm=ScriptedLLM(), embedder=BagOfWords(), settings=LIST).fit([*TEXTS, *NOISE])
    got = model.predict(["refund refund refund refund3", "login login login login", "walrus tango"])
    assert [model.intents_[i].name for i in got[:2]] == ["inquire-refund", "inquire-login"]
    assert got[2] == -1


def test_repeated_sentences_count_in_occurrences() -> None:
    """Six vouchers said 100 times each are 600 utterances and outweigh 14 parcels, which do the same kind of thing."""
    texts = [*TEXTS, *[t for t in TEXTS if topic(t) == "voucher"] * 99]
    model = IntentClusterer(llm=ScriptedLLM(), embedder=BagOfWords(), settings=LIST).fit(texts)
    found = {topic(intent.examples[0]): (intent.size, intent.n_occurrences) for intent in model.intents_}
    assert found["voucher"] == (6, 600)
    assert found["refund"] == (10, 10)
    assert list(found).index("voucher") < list(found).index("parcel")


def test_chinese() -> None:
    texts = talk({"退款": 9, "物流": 7, "发票": 6})
    result = run(LIST, ScriptedLLM(action=lambda word: "查询"), texts)
    assert [intent.name.partition("-")[2] for intent in result.intents] == ["退款", "物流", "发票"]


def test_equal_names_are_told_apart() -> None:
    """A namer with one idea: contrast fails, so a word of their sentences tells the intents apart."""

    class OneIdea(ScriptedLLM):
        def _reply(self, user: str) -> str:
            return "request-help"

    names = [intent.name for intent in run(replace(LIST, merge="none"), OneIdea()).intents]
    assert len(set(names)) == len(names) == 5
    assert {name.rpartition("-")[2] for name in names} < {"help", *SIZES}


def test_where_a_namer_says_nothing_useful_the_sentences_name() -> None:
    class Refusing(ScriptedLLM):
        def _reply(self, user: str) -> str:
            return "I am sorry, but I cannot help with that request today."

    result = run(LIST, Refusing())
    assert len({intent.name for intent in result.intents}) == len(result.intents) == 5
    assert not any("sorry" in intent.name or "unnamed" in intent.name for intent in result.intents)


# --- merging -----------------------------------------------------------------------------------------------------

SPLIT = Settings(
    judge="llm", form="list", strategy="paper", n_clusters=(12,), min_cluster_size=2, epsilon=0.0, max_rounds=1
)
"""Twelve clusters of five topics: some have two or three, and merging must put them together."""


@pytest.mark.parametrize(
    "merging",
    [
        {"merge": "verified"},
        {"merge": "verified", "merge_distance": "cosine", "merge_probabilistic": False},
        {"merge": "paper", "merge_probabilistic": False, "theta": 0.3},
        {"merge": "paper", "merge_probabilistic": False, "theta": 0.1, "merge_distance": "cosine"},
        {"merge": "paper", "kappa": 20.0, "theta": 0.3},
    ],
)
def test_pieces_of_one_topic_are_merged(merging: dict[str, Any]) -> None:
    apart = run(replace(SPLIT, merge="none"), texts=TEXTS)
    assert len(apart.intents) > 5
    together = run(replace(SPLIT, **merging), texts=TEXTS)
    assert len(together.intents) == 5
    assert Counter(map(len, topics(together, TEXTS))) == {1: 5}
    assert {intent.name for intent in together.intents} == {f"inquire-{word}" for word in SIZES}


def test_the_papers_merge_glues_what_is_named_alike_and_the_verified_one_does_not() -> None:
    class OneIdea(ScriptedLLM):
        def _reply(self, user: str) -> str:
            return "request-help"

    deterministic = replace(LIST, merge_probabilistic=False, theta=0.8)
    assert len(run(replace(deterministic, merge="paper"), OneIdea(), TEXTS).intents) == 1
    assert len(run(replace(deterministic, merge="verified"), OneIdea(), TEXTS).intents) == 5


# --- roles -------------------------------------------------------------------------------------------------------


def two_roles() -> Data:
    """Three topics, each spoken of by both roles in words that only the number tells apart."""
    texts = [*talk({"parcel": 16, "refund": 12, "login": 10})]
    roles = ["customer" if i % 2 else "agent" for i in range(len(texts))]
    return data_of(texts, roles)


@pytest.mark.parametrize("merge", ["none", "paper", "verified"])
def test_known_roles_are_never_mixed(merge: Any) -> None:
    data = two_roles()
    result = checked(discover_with(data, ScriptedLLM(), replace(LIST, merge=merge)), data)
    assert len(result.intents) == 6
    for intent in result.intents:
        roles = {data.roles[i] for i in np.flatnonzero(result.labels == intent.intent_id)}
        assert roles == {intent.role}
    assert {part.role for part, _ in result.rounds} == {"customer", "agent"}


def test_predict_knows_the_roles() -> None:
    data = two_roles()
    model = IntentClusterer(llm=ScriptedLLM(), embedder=BagOfWords(), settings=LIST).fit(data.texts, roles=data.roles)
    assert np.array_equal(model.predict(data.texts, roles=data.roles), model.labels_)
    swapped = ["agent" if role == "customer" else "customer" for role in data.roles]
    labels = model.predict(data.texts, roles=swapped)
    assert all(model.intents_[g].role == role for g, role in zip(labels, swapped, strict=True) if g >= 0)


def test_equal_words_of_two_roles_are_two_sentences() -> None:
    texts = talk({"parcel": 6})
    model = IntentClusterer(llm=ScriptedLLM(), embedder=BagOfWords(), settings=LIST)
    model.fit([*texts, *texts], roles=["customer"] * 6 + ["agent"] * 6)
    assert len(model.intents_) == 2
    assert set(model.labels_[:6]) & set(model.labels_[6:]) == set()


def test_roles_can_be_ignored() -> None:
    data = two_roles()
    result = checked(discover_with(data, ScriptedLLM(), replace(LIST, roles="ignore")), data)
    assert [intent.size for intent in result.intents] == [16, 12, 10]
    assert set(result.roles) == {""}


def customer_or_agent(word: str) -> str:
    """Return an action word of a customer for parcels and logins, of an agent for the rest."""
    return "inquire" if word in ("parcel", "login") else "provide"


ASKED, CHECKED = "I want my money back", "let me check that for you"


def test_roles_are_guessed_by_the_words() -> None:
    """In both topics half of the sentences are a customer's, half an agent's: four intents, and nothing is mixed."""
    texts = [f"{topic} {said} {i}" for topic in ("parcel", "refund") for i in range(8) for said in (ASKED, CHECKED)]
    data, notes, llm = data_of(texts), list[str](), ScriptedLLM()
    tools = Tools(llm, BagOfWords().encode, on_note=notes.append)
    result = checked(discover(data, tools, replace(LIST, roles="split")), data)
    assert result.roles == ["customer", "agent"] * 16
    assert sorted((intent.role, intent.size) for intent in result.intents) == [("agent", 8)] * 2 + [("customer", 8)] * 2
    assert {part.role for part, _ in result.rounds} == {"customer", "agent"}
    assert [note.startswith("roles were guessed: 50% of the utterances are an agent's; about ") for note in notes] == [
        True
    ]
    assert sum("Customer or Agent" in prompt.system for prompt in llm.prompts) == 0


def test_dialogues_help_to_guess_the_roles() -> None:
    """A lone number is more often a customer's, but after what a customer says it is the agent's."""
    texts = [ASKED, CHECKED, "seven"]
    order = SpokenOrder(np.array([0, 1] * 20 + [0, 2]), np.repeat(np.arange(21), 2))
    found = with_guessed_roles(replace(data_of(texts), order=order), Tools(None, BagOfWords().encode, on_note=ignored))
    assert found.roles == ["customer", "agent", "agent"]


def test_known_roles_are_not_guessed() -> None:
    notes = list[str]()
    data = data_of([CHECKED] * 2, ["customer", ""], [3, 1])
    found = with_guessed_roles(data, Tools(None, BagOfWords().encode, on_note=notes.append))
    assert found.roles == ["customer", "agent"]
    assert "100% of the utterances are an agent's" in notes[0]
    assert with_guessed_roles(found, Tools(None, BagOfWords().encode)) is found


def ignored(_: str) -> None:
    """Take no notice of a note."""


def test_roles_may_be_split_by_action_word() -> None:
    """Parcels and logins are inquired about, the rest is provided: customers' and agents' words in the table."""
    llm = ScriptedLLM(action=customer_or_agent)
    result = run(replace(LIST, roles="label"), llm, TEXTS)
    expected = ["customer" if topic(text) in ("parcel", "login") else "agent" for text in TEXTS]
    assert result.roles == expected
    assert {i.name: i.role for i in result.intents}["provide-refund"] == "agent"
    assert {i.name: i.role for i in result.intents}["inquire-parcel"] == "customer"
    assert {part.role for part, _ in result.rounds} == {"", "customer", "agent"}
    assert sum("Customer or Agent" in prompt.system for prompt in llm.prompts) == 0


def test_the_llm_tells_the_role_of_other_action_words() -> None:
    """It is asked once per label, and says "agent" to all: our script finds no two sentences of one topic there."""
    llm = ScriptedLLM(action=lambda word: "frobnicate")
    result = run(replace(LIST, roles="label"), llm, TEXTS)
    assert set(result.roles) == {"agent"}
    assert sum("Customer or Agent" in prompt.system for prompt in llm.prompts) == 5


def test_p_good_is_that_of_what_was_kept() -> None:
    """Whatever the search decided by: log-odds 3 − ln(size), so an intent of e³ = 20 sentences has P ½."""
    kept = replace(CALIBRATION, form="list", confidence_weights=(3.0, 0.0, 0.0, -1.0))
    data = data_of([*TEXTS, *NOISE])
    for mode in ("both", "geometry"):
        result = discover_with(data, ScriptedLLM(), replace(LIST, judge=mode), calibration=kept)
        for intent in checked(result, data).intents:
            assert intent.p_good == pytest.approx(1 / (1 + intent.size / math.exp(3)))
    assert all(intent.p_good > 0.9 for intent in run(replace(LIST, judge="llm")).intents)


# --- without an LLM, without a budget ----------------------------------------------------------------------------


@pytest.mark.parametrize("settings", [Settings(), replace(Settings(), strategy="paper"), Settings(merge="paper")])
def test_without_an_llm_the_geometry_judges(settings: Settings) -> None:
    """With a calibration for bags of words, in which topics are farther apart than in the embedders it is made for."""
    data = data_of([*TEXTS, *NOISE])
    result = checked(discover_with(data, None, settings, calibration=CALIBRATION), data)
    assert result.complete
    assert len(result.intents) >= 4  # the smallest topic is below the candidates of the paper's loop
    assert len({intent.name for intent in result.intents}) == len(result.intents)
    assert all(len(found) == 1 for found in topics(result, data.texts) if found & set(SIZES))


BUDGETED = [
    LIST,
    Settings(judge="llm"),
    replace(SPLIT, merge="verified", max_rounds=3),
    replace(LIST, coverage=0.95),
    replace(LIST, roles="label"),
    replace(LIST, strategy="paper", n_clusters=(2, 3, 4), prune=True, epsilon=0.0),
]


@pytest.mark.parametrize("settings", BUDGETED)
def test_a_cap_anywhere_gives_a_valid_incomplete_result(settings: Settings) -> None:
    data = data_of([*TEXTS, *NOISE])
    llm = ScriptedLLM()
    whole = checked(discover_with(data, llm, settings), data)
    assert whole.complete
    for n in range(llm.n_batches):
        result = checked(discover_with(data, ScriptedLLM(n_calls=n), settings), data)
        assert not result.complete
    enough = checked(discover_with(data, ScriptedLLM(n_calls=llm.n_batches), settings), data)
    assert enough.complete
    assert enough.intents == whole.intents


def test_a_cap_after_the_loop_keeps_all_that_the_loop_found() -> None:
    """The cap falls when the first name is asked for: all intents are there, without names."""

    class NoNames(ScriptedLLM):
        def complete(self, *args: Any, **kwargs: Any) -> list[str]:
            self.n_calls = 0
            self._spend([])
            return []

    data = data_of(TEXTS)
    result = checked(discover_with(data, NoNames(), LIST), data)
    assert not result.complete
    assert [intent.size for intent in result.intents] == list(SIZES.values())


def test_a_cap_before_the_first_answer_leaves_all_to_the_embeddings() -> None:
    data = data_of([*TEXTS, *NOISE])
    settings = Settings(merge="none")  # without names nothing is merged after a cap
    capped = checked(discover_with(data, ScriptedLLM(n_calls=0), settings), data)
    alone = checked(discover_with(data, None, settings), data)
    assert not capped.complete
    assert alone.complete
    assert (capped.labels == alone.labels).all()
    assert len(alone.intents) > 0


def sizes_by_cap(settings: Settings) -> list[int]:
    """Return how many sentences have an intent when n batches may be asked, for every n."""
    data, llm = data_of(TEXTS), ScriptedLLM(action=customer_or_agent)
    discover_with(data, llm, settings)
    capped = [ScriptedLLM(action=customer_or_agent, n_calls=n) for n in range(llm.n_batches + 1)]
    return [int((discover_with(data, one, settings).labels >= 0).sum()) for one in capped]


def test_a_cap_in_the_second_pass_keeps_what_the_first_pass_found() -> None:
    """With roles="label" all is clustered again by role; a larger cap must not find less than a smaller one."""
    sizes = sizes_by_cap(replace(LIST, roles="label"))
    assert sizes == sorted(sizes)


def test_a_cap_late_in_a_round_keeps_what_the_round_has_shown() -> None:
    """Most of the questions of the only round are answered: what is known to be good by then is the result so far."""
    sizes = sizes_by_cap(LIST)
    asked = discover_batches(LIST)
    assert sizes[asked - 1] > 0


def discover_batches(settings: Settings) -> int:
    """Return how many batches the judge asked of the LLM."""
    llm = ScriptedLLM()
    before_names: list[int] = []
    tools = Tools(llm, BagOfWords().encode, on_step=lambda step: before_names.append(llm.n_batches))
    discover(data_of(TEXTS), tools, settings)
    return before_names[1]


# --- what stays out, and coverage --------------------------------------------------------------------------------


@dataclass
class Strict(Oracle):
    """Finds a cluster good by `gold`, a union by the topics: strays are in no cluster, but may join one."""

    topics: NDArray[np.int64] | None = None

    def judge_unions(self, pairs: Sequence[tuple[Rows, Rows]]) -> list[Verdict]:
        assert self.topics is not None
        return [GOOD if len(set(self.topics[np.concatenate(pair)])) == 1 else BAD for pair in pairs]


def stray() -> tuple[Data, Strict]:
    """Five topics and, of each of the first three, a stray: the word once and another one (cosine about .7)."""
    texts = [*TEXTS, "parcel walrus", "refund tango", "login pumice", *NOISE]
    words = list(dict.fromkeys(map(topic, texts)))
    by_topic = np.array([words.index(topic(text)) for text in texts])
    gold = by_topic.copy()
    gold[len(TEXTS) :] = 100 + np.arange(len(texts) - len(TEXTS))
    return data_of(texts), Strict(gold, topics=by_topic)


def test_coverage_brings_in_the_strays_that_the_judge_accepts() -> None:
    """46 of 48 can have an intent, 95.8 %; without coverage 43 do."""
    data, judge = stray()
    plain = checked(discover_with(data, ScriptedLLM(), LIST, judge=judge), data)
    assert (plain.labels >= 0).sum() == 43
    wide = checked(discover_with(data, ScriptedLLM(), replace(LIST, coverage=0.95), judge=judge), data)
    assert (wide.labels >= 0).mean() >= 0.95
    assert [i.size for i in wide.intents] == [15, 11, 9, 6, 5]
    assert wide.reasons[-2:] == ["noise", "noise"]
    assert np.array_equal(wide.pieces.assign(data.X, data.roles)[0], wide.labels)


def test_coverage_does_not_overrule_the_judge() -> None:
    data, judge = stray()
    judge.topics = np.arange(len(data.texts))
    result = checked(discover_with(data, ScriptedLLM(), replace(LIST, coverage=1.0), judge=judge), data)
    assert (result.labels >= 0).sum() == 43
    assert result.complete


@pytest.mark.parametrize("coverage", [0.0, 0.95])
@pytest.mark.parametrize("strategy", ["paper", "tree"])
def test_nothing_coherent_is_an_empty_result(coverage: float, strategy: Any) -> None:
    data = data_of(TEXTS)
    settings = replace(LIST, coverage=coverage, strategy=strategy)
    result = checked(discover_with(data, ScriptedLLM(), settings, judge=Constant(BAD)), data)
    assert result.intents == ()
    assert result.complete
    assert set(result.reasons) <= {"noise", "rare", "mixed"}


@pytest.mark.parametrize(
    "strategy",
    ["paper", "tree"],
)
def test_nothing_readable_is_an_empty_result(strategy: Any) -> None:
    data = data_of(TEXTS)
    result = checked(
        discover_with(data, ScriptedLLM(), replace(LIST, strategy=strategy), judge=Constant(UNREADABLE)), data
    )
    assert result.intents == ()


@pytest.mark.parametrize("n", [0, 1, 2, 3])
@pytest.mark.parametrize("settings", [LIST, Settings(), replace(LIST, strategy="paper"), replace(LIST, roles="label")])
def test_hardly_any_sentences(n: int, settings: Settings) -> None:
    texts = talk({"parcel": n})
    result = run(settings, texts=texts)
    assert (result.labels >= 0).sum() in ({0, 3} if n == 3 else {0})
    model = IntentClusterer(llm=ScriptedLLM(), embedder=BagOfWords(), settings=settings).fit(texts)
    assert len(model.labels_) == len(model.predict(texts)) == n


def test_one_sentence_said_often_is_one_sentence() -> None:
    model = IntentClusterer(llm=ScriptedLLM(), embedder=BagOfWords(), settings=LIST).fit(["parcel parcel"] * 30)
    assert model.labels_.tolist() == [0] * 30
    assert [(intent.size, intent.n_occurrences) for intent in model.intents_] == [(1, 30)]


# --- bad settings ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"epsilon": -0.1}, "epsilon must be from 0 to 1, got -0.1"),
        ({"epsilon": float("nan")}, "epsilon"),
        ({"coverage": 1.5}, 'coverage must be from 0 to 1 or "auto", got 1.5'),
        ({"coverage": 95.0}, "coverage"),
        ({"sure": 0.4}, 'sure must be from 0.5 to 1 or "auto", got 0.4'),
        ({"tau": 2.0}, "tau"),
        ({"sample_dim": 1}, "sample_dim must be from 2 to 5, got 1"),
        ({"sample_dim": 6}, "sample_dim"),
        ({"max_rounds": 0}, "max_rounds"),
        ({"min_cluster_size": 0}, "min_cluster_size"),
        ({"sure": 0}, "sure"),
        ({"theta": ""}, "theta must be from 0 to .* or \"auto\", got ''"),
        ({"kappa": None}, 'kappa must be from 0 to inf or "auto", got None'),
        ({"coverage": "none"}, "coverage"),
        ({"tau": "auto"}, "tau must be from 0 to 1, got 'auto'"),
        ({"strategy": "paper", "n_clusters": (8, 1)}, "n_clusters"),
        ({"partitioner": "kmeans"}, "strategy 'tree' needs a dendrogram"),
        ({"partitioner": "gmm"}, "strategy 'tree' needs a dendrogram"),
        ({"strategy": "paper", "partitioner": "dbscan"}, "dbscan"),
        ({"sampler": "best"}, "best"),
    ],
)
def test_bad_settings(bad: dict[str, Any], message: str) -> None:
    llm = ScriptedLLM()
    with pytest.raises(InputError, match=message):
        run(replace(LIST, **bad), llm)
    assert llm.n_batches == 0


@pytest.mark.parametrize(
    "bad",
    [
        {"strategy": "forest"},
        {"strategy": "paper", "unit": "words"},
        {"form": "essay"},
        {"judge": "jury"},
        {"merge": "always"},
        {"merge_distance": "euclidean"},
        {"theta": -0.5},
        {"theta": float("nan")},
        {"kappa": -1.0},
        {"roles": "guess"},
        {"language": "tlh"},
        {"seed": -1},
    ],
)
def test_unknown_choices(bad: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        run(replace(LIST, **bad))


def test_predict_before_fit() -> None:
    with pytest.raises(NotFittedError):
        IntentClusterer(llm=None, embedder=BagOfWords()).predict(["parcel"])


def test_usage_counts_what_fit_asked() -> None:
    """Every call of `fit` is in `usage_`; an LLM without a ledger leaves it at zero."""
    client = Client(ScriptedBackend())
    clusterer = IntentClusterer(llm=client, embedder=BagOfWords(), settings=LIST).fit(TEXTS)
    assert clusterer.usage_ == client.ledger.total()
    assert clusterer.usage_.calls > 0
    assert IntentClusterer(llm=ScriptedLLM(), embedder=BagOfWords(), settings=LIST).fit(TEXTS).usage_.calls == 0


def test_usage_counts_a_judge_beside_once() -> None:
    """The judge has the namer's ledger, or one of its own: all calls count, and none twice."""
    namer, apart = Client(ScriptedBackend()), Client(ScriptedBackend())
    for judge, ledgers in [(namer.asking(ScriptedBackend()), [namer]), (apart, [namer, apart])]:
        before = sum(client.ledger.total().calls for client in ledgers)
        fitted = IntentClusterer(namer, BagOfWords(), judge_llm=judge, settings=LIST).fit(TEXTS)
        calls = fitted.usage_.calls
        assert calls == sum(client.ledger.total().calls for client in ledgers) - before > 0
    assert apart.ledger.total().calls > 0
