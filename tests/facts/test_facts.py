"""The facts of a run: worked by hand on small calls, and there for any run that has ended, however little it found."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dialin import files
from dialin.cluster.centroids import centroids, tree_of_centroids
from dialin.discover.assign import Pieces
from dialin.discover.state import NOT_A_NEED
from dialin.errors import InputError
from dialin.facts.brackets import brackets
from dialin.facts.build import confused_with, facts_of
from dialin.facts.confusion import CHUNK, confusable
from dialin.facts.facts import Facts, IntentFacts, Link
from dialin.facts.loaded import load_files
from dialin.name.sections import WHAT_ELSE
from dialin.review.edits import Move, Rename
from dialin.runs.manifest import CAPPED, RUNNING
from dialin.runs.run import Run, load
from fake_run import Said, call, calls, decide, fake_run, reviewed_run, without_hashes
from oracles import on_circle


def facts(folder: Path, said: list[Said], **changes: object) -> Facts:
    return facts_of(load_files(fake_run(folder, said, **changes)))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    return facts(tmp_path_factory.mktemp("facts") / "run", calls())


def named(found: Facts, name: str) -> IntentFacts:
    return next(one for one in found.intents if one.name == name)


def links(found: Facts, of: tuple[Link, ...]) -> dict[str, float]:
    return {found.intent(link.intent_id).name if link.intent_id >= 0 else "": round(link.share, 3) for link in of}


def test_reasons_of_calls(found: Facts) -> None:
    """Six weeks with a parcel and a password each, three of them with three refunds more: 21 calls."""
    assert found.calls is not None
    assert (found.calls.n_dialogues, found.calls.n_without) == (21, 0)
    assert {one.name: one.n_reason for one in found.reasons} == {
        "request-refund": 9,
        "inquire-parcel": 6,
        "重置-密码": 6,
    }
    assert named(found, "greet-agent").is_routine
    assert named(found, "thank-agent").n_reason == 0


def test_each_intent_has_the_number_of_dialogues_in_which_it_is_said(found: Facts) -> None:
    """All 21 calls begin with a greeting; nine of them are about refunds."""
    told = {one.name: (one.n_dialogues, one.dialogue_share) for one in found.intents}
    assert found.summary.n_dialogues == 21
    assert (told["greet-agent"], told["request-refund"]) == ((21, 1.0), (9, 9 / 21))


def test_what_comes_next(found: Facts) -> None:
    greeting, refund = named(found, "greet-agent"), named(found, "request-refund")
    assert links(found, greeting.followed_by) == {
        "request-refund": round(9 / 21, 3),
        "inquire-parcel": round(6 / 21, 3),
        "重置-密码": round(6 / 21, 3),
    }
    assert links(found, refund.followed_by) == {"thank-agent": 1.0}
    assert links(found, refund.answered_by) == {"answer-request-refund": 1.0}
    assert links(found, named(found, "thank-agent").followed_by) == {"": 1.0}


def test_periods_and_changes(found: Facts) -> None:
    """Half of the utterances are said after four weeks: refunds are 3 of the 55 in them, and 6 of the 50 after them."""
    assert found.timeline is not None
    assert (found.timeline.unit, found.timeline.is_dated) == ("week", True)
    assert found.timeline.names == ("2024-01-01", "2024-01-08", "2024-01-15", "2024-01-22", "2024-01-29", "2024-02-05")
    assert found.timeline.totals == (10, 10, 10, 25, 25, 25)
    assert found.timeline.unassigned == (2, 2, 2, 5, 5, 5)
    refund = named(found, "request-refund")
    assert refund.per_period == (0, 0, 0, 3, 3, 3)
    assert found.shares(refund) == [0, 0, 0, 0.12, 0.12, 0.12]
    assert refund.move is not None
    assert (refund.move.before, refund.move.after) == (3 / 55, 6 / 50)
    assert found.movers == []


def test_who_speaks(found: Facts) -> None:
    customer, agent = found.roles
    assert (customer.role, customer.n_occurrences, customer.n_assigned, customer.n_intents) == ("customer", 84, 63, 5)
    assert (agent.role, agent.n_occurrences, agent.n_intents) == ("agent", 21, 3)
    assert links(found, customer.top)["greet-agent"] == 0.25
    assert agent.per_period == (2, 2, 2, 5, 5, 5)
    assert found.shares(agent) == [0.2] * 6


def test_what_has_no_intent(found: Facts) -> None:
    [left] = found.left
    assert (left.reason, left.meaning) == ("noise", "no other sentence is near enough, however often this one is said")
    assert left.n_occurrences == left.n_sentences == 21
    assert len(left.examples) == 10
    assert all(stray.text.startswith("hm ") and stray.nearest >= 0 for stray in left.examples)


def test_the_sentence_said_most_often_is_the_first_example(tmp_path: Path) -> None:
    said = [Said(text, "") for text in ("a b", "c d", "c d", "e f")] + [Said("x y", "ask-x")]
    first, *rest = facts(tmp_path / "run", said).left[0].examples
    assert (first.text, first.count) == ("c d", 2)
    assert {stray.text for stray in rest} == {"a b", "e f"}


def test_json_has_a_tree_that_can_be_walked(found: Facts) -> None:
    values = json.loads(json.dumps(found.as_dict()))
    m = len(found.intents)
    assert [len(join) for join in values["tree"]] == [3] * (m - 1)
    assert sorted(node for a, b, _ in values["tree"] for node in (a, b)) == list(range(2 * m - 2))
    assert values["calls"]["n_dialogues"] == 21


def test_an_intent_without_a_name_is_called_by_its_first_sentence(tmp_path: Path) -> None:
    said = [Said(f"我的包裹到哪了已经等了三天了怎么还没到啊急死我了{i}", "未命名-意图-2") for i in "一二三"]
    [one] = facts(tmp_path / "run", said).intents
    assert one.title == "“我的包裹到哪了已经等了三天了怎么还…”"


# --- runs with little in them -----------------------------------------------------------------------


def test_no_dialogues_no_dates_no_roles(tmp_path: Path) -> None:
    said = [Said("refund money", "request-refund"), Said("parcel gone", "inquire-parcel"), Said("hm", "")]
    found = facts(tmp_path / "run", said)
    assert (found.calls, found.timeline, found.roles) == (None, None, ())
    assert [one.followed_by for one in found.intents] == [(), ()]
    assert [one.n_reason for one in found.intents] == [0, 0]


def test_no_intents(tmp_path: Path) -> None:
    found = facts(tmp_path / "run", [Said(text, "", "d") for text in ("a b", "c d", "e f")])
    assert (found.intents, found.branches, found.tree) == ((), (), None)
    assert found.calls is not None
    assert found.calls.n_without == 1
    assert found.left[0].examples[0].nearest == -1


def test_without_embeddings_there_is_no_tree_and_nobody_to_confuse(tmp_path: Path) -> None:
    run = fake_run(tmp_path / "run", calls(2))
    (run.folder / "embeddings.npy").unlink()
    found = facts_of(load_files(run))
    assert found.tree is None
    assert not any(one.confused_with for one in found.intents)
    assert found.left[0].examples[0].nearest == -1


def test_of_one_intent_the_same_is_known_as_of_all(tmp_path: Path) -> None:
    run = fake_run(tmp_path / "run", calls())
    contents, quick = load_files(run), facts_of(load_files(run, vectors=False))
    assert contents.X is not None
    X = contents.X[:]
    blurred = X + X[::-1]  # so that intents are confused
    contents = replace(contents, X=blurred / np.linalg.norm(blurred, axis=1, keepdims=True))
    whole = facts_of(contents).intents
    assert any(one.confused_with for one in whole)
    assert [confused_with(contents, place) for place in range(len(whole))] == [one.confused_with for one in whole]
    assert quick.tree is None
    assert quick.intents == tuple(replace(one, confused_with=()) for one in whole)


def test_roles_that_the_input_has_but_the_run_ignored_tell_who_speaks(tmp_path: Path) -> None:
    run = fake_run(tmp_path / "run", call("a", "2024-01-01", "money back please", "request-refund"))
    contents = load_files(run)
    contents.__dict__["roles"] = [""] * len(contents.labels)
    assert set(contents.speakers.texts) == {"customer", "agent"}
    assert contents.turns.is_agent.sum() == 1


def test_a_run_that_has_not_ended_has_no_facts(tmp_path: Path) -> None:
    run = fake_run(tmp_path / "run", calls(2))
    with pytest.raises(InputError, match="dialin resume"):
        load_files(replace(run, manifest=replace(run.manifest, status=RUNNING)))
    assert facts(tmp_path / "capped", calls(2), status=CAPPED).summary.status == "capped"


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    fake_run(tmp_path / "run", calls(2))
    without_hashes(tmp_path / "run")
    (tmp_path / "run" / "rounds.jsonl").write_text('{"a": 1}\n{')
    with pytest.raises(InputError, match=r"rounds\.jsonl is damaged"):
        load_files(load(tmp_path / "run"))
    (tmp_path / "run" / "rounds.jsonl").unlink()
    with pytest.raises(InputError, match=r"cannot read .*rounds\.jsonl"):
        load_files(load(tmp_path / "run"))


# --- after a review ---------------------------------------------------------------------------------

RENAMED = {
    "request-refund": "ask-anything",
    "inquire-parcel": "ask-anything",
    "thank-agent": "",
    "greet-agent": "say-hello",
}


def as_reviewed(said: Said) -> Said:
    """Return what was said with the intent that `reviewed_run` gives it."""
    return replace(said, intent="新-密码" if said.text == "我的密码忘了二" else RENAMED.get(said.intent, said.intent))


def described(found: Facts, one: IntentFacts) -> tuple[object, ...]:
    """Return what is said of an intent, other intents by name."""
    return (
        *(one.size, one.n_occurrences, one.role, one.n_reason, one.is_routine, one.per_period, one.move),
        links(found, one.followed_by),
        links(found, one.answered_by),
    )


def test_after_a_review_each_fact_is_that_of_a_run_which_found_the_same(tmp_path: Path) -> None:
    """Numbers have gaps then, and follow no order; so this fails wherever a number is taken for a place."""
    found = facts_of(load_files(reviewed_run(tmp_path / "reviewed")))
    same = facts(tmp_path / "run", [as_reviewed(said) for said in calls()])
    numbers = [one.intent_id for one in found.intents]
    assert max(numbers) >= len(numbers)
    assert numbers != sorted(numbers)
    assert {one.name: described(found, one) for one in found.intents} == {
        one.name: described(same, one) for one in same.intents
    }
    assert [role.n_intents for role in found.roles] == [role.n_intents for role in same.roles]
    assert [links(found, role.top) for role in found.roles] == [links(same, role.top) for role in same.roles]
    assert found.calls is not None
    assert same.calls is not None
    ways = [{tuple(f.intent(i).name for i in way): n for way, n in f.calls.paths} for f in (found, same) if f.calls]
    assert ways[0] == ways[1]


def test_after_a_review_what_a_person_took_out_says_so(tmp_path: Path) -> None:
    found = facts_of(load_files(reviewed_run(tmp_path / "run")))
    left = {left.reason: left for left in found.left}
    assert left["person"].meaning == "removed in the review"
    assert [stray.text for stray in left["person"].examples] == ["thanks, bye"]
    assert all(
        link.intent_id in {one.intent_id for one in found.intents}
        for one in found.intents
        for link in one.confused_with
    )
    assert {found.intent(stray.nearest).name for part in found.left for stray in part.examples if stray.nearest >= 0}


# --- intents that could be confused -----------------------------------------------------------------

PIECES = Pieces(on_circle(0, 90, 180), np.zeros(3, np.float32), np.array([0, 1, 0]), ("", "", ""))


def test_a_sentence_half_way_between_two_intents_is_shared_out() -> None:
    P = PIECES.intent_probabilities(on_circle(45, 0, 180), ["", "", ""], 2)
    assert P.round(3).tolist() == [[0.5, 0.5], [1.0, 0.0], [1.0, 0.0]]


def test_confusion_is_the_mean_over_the_sentences_of_an_intent() -> None:
    """Of intent 0: one sentence at its centre, one half way to intent 1."""
    found = confusable(PIECES, on_circle(0, 45, 90), ["", "", ""], np.array([0, 0, 1]))
    [(other, share)] = found[0]
    assert other == 1
    assert share == pytest.approx(0.25)
    assert found[1] == []


def test_confusion_is_the_same_however_many_sentences_there_are() -> None:
    """The first intent alone fills a part; the sentences of no intent lie between the others."""
    n = CHUNK
    X = np.concatenate([on_circle(0, 45, 90), *[on_circle(0, 45, 90)] * n])
    found = confusable(PIECES, X, [""] * len(X), np.tile([0, 0, 1], n + 1))
    [(other, share)] = found[0]
    assert (other, found[1]) == (1, [])
    assert share == pytest.approx(0.25)
    assert confusable(PIECES, X[:3], [""] * 3, np.full(3, -1)) == {}


def test_intents_of_different_roles_are_not_confused() -> None:
    pieces = Pieces(on_circle(0, 10), np.zeros(2, np.float32), np.array([0, 1]), ("agent", "customer"))
    assert confusable(pieces, on_circle(5), ["agent"], np.array([0])) == {0: []}


# --- the tree ---------------------------------------------------------------------------------------


def test_centroids_are_unit_means_and_an_empty_intent_has_none() -> None:
    C = centroids(on_circle(0, 90, 180), np.array([0, 0, -1]), 2)
    assert C.round(3).tolist() == [[0.707, 0.707], [0.0, 0.0]]


def test_brackets_go_up() -> None:
    tree = tree_of_centroids(on_circle(0, 5, 90, 200).astype(float))
    found = brackets(tree)
    assert found[0].heights == (0.0, 0.0)
    assert all(max(bracket.heights) <= bracket.height for bracket in found)
    assert found[-1].height == tree.height[-1]


def test_one_intent_has_a_tree_without_joins() -> None:
    tree = tree_of_centroids(on_circle(0).astype(float))
    assert brackets(tree) == []


# --- kinds ----------------------------------------------------------------------------------------


def kinds_run(folder: Path) -> Run:
    """Return a run in which thanks are the most frequent intent, but no need, and one intent is mixed."""
    said = [Said("thanks", "say-thanks", "d1", "customer", kind="social")] * 9
    said += [Said(f"refund me {i}", "request-refund", "d1", "customer", kind="need") for i in range(3)]
    said += [Said("it is 4471", "request-refund", "d1", "customer", kind="data")]
    return fake_run(folder, said)


def test_needs_come_first_and_are_the_reasons_to_call(tmp_path: Path) -> None:
    facts = facts_of(load_files(kinds_run(tmp_path / "run")))
    assert [(one.name, one.kind, one.p_kind) for one in facts.intents] == [
        ("request-refund", "need", 0.75),
        ("say-thanks", "social", 1.0),
    ]
    assert [one.name for one in facts.needs] == ["request-refund"]
    assert [(heading, [one.name for one in own]) for heading, own in facts.sections][1:] == [
        (WHAT_ELSE, ["say-thanks"])
    ]
    assert [one.is_routine for one in facts.intents] == [False, True]
    assert [one.name for one in facts.reasons] == ["request-refund"]
    assert facts.summary.kinds == {"need": 3, "data": 1, "social": 9}


def test_a_review_gives_intents_new_kinds(tmp_path: Path) -> None:
    run = kinds_run(tmp_path / "run")
    texts = run.corpus.texts
    moved = decide(run.folder, Move(tuple(texts.index(f"refund me {i}") for i in (0, 1, 2)), 2, "get-refund"))
    assert [(row["name"], row["kind"], row["p_kind"]) for row in moved.intents.to_pylist()] == [
        ("get-refund", "need", 1.0),
        ("say-thanks", "social", 1.0),
        ("request-refund", "data", 1.0),
    ]


def test_a_run_without_kinds_still_opens(tmp_path: Path) -> None:
    """Run folders of dialin 0.2.0 lack the columns."""
    run = kinds_run(tmp_path / "run")
    without_hashes(run.folder)
    for name in (files.SENTENCES, files.INTENTS):
        table = pq.read_table(run.folder / name).drop_columns(["kind", "p_kind"])
        pq.write_table(table, run.folder / name)
    facts = facts_of(load_files(load(run.folder)))
    assert [(one.kind, one.p_kind) for one in facts.intents] == [("", None)] * 2
    assert facts.summary.kinds == {}
    assert [heading for heading, _ in facts.sections] == [""]
    assert [one.is_routine for one in facts.intents] == [False, True]  # by its words
    renamed = decide(run.folder, Rename(0, "money-back"))
    assert "kind" not in renamed.intents.column_names


def test_what_was_left_out_does_not_count_against_coverage(tmp_path: Path) -> None:
    run = kinds_run(tmp_path / "run")
    sentences = pq.read_table(run.folder / files.SENTENCES)
    rows = [
        row | ({"intent_id": -1, "reason": NOT_A_NEED} if row["kind"] != "need" else {})
        for row in sentences.to_pylist()
    ]
    pq.write_table(pa.Table.from_pylist(rows, sentences.schema), run.folder / files.SENTENCES)
    intents, sizes = pq.read_table(run.folder / files.INTENTS), Counter(row["intent_id"] for row in rows)
    kept = [row | {"size": sizes[row["intent_id"]]} for row in intents.to_pylist() if row["intent_id"] in sizes]
    pq.write_table(pa.Table.from_pylist(kept, intents.schema), run.folder / files.INTENTS)
    without_hashes(run.folder)
    summary = facts_of(load_files(load(run.folder))).summary
    assert (summary.n_left_out, summary.n_assigned, summary.coverage) == (10, 3, 1.0)
