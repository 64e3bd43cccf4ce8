"""Intents of few dialogues in what is sent on: no name, sentence or number of one of them, in any file."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import Cli

from dialin import files
from dialin.discover.intent_tree import Branch, IntentTree
from dialin.facts.build import facts_of
from dialin.facts.facts import Facts, IntentFacts
from dialin.facts.loaded import load_files
from dialin.facts.outcomes import IntentOutcomes, OutcomeMean, Outcomes, OutcomeShare, SegmentDifference, Segments
from dialin.facts.withheld import pooled_row, withhold, without_few
from dialin.report.map.points import points_of
from dialin.report.one_intent import figure_lines
from dialin.runs.branches import write_tree
from dialin.runs.run import Run, load
from dialin.runs.shown_tree import shown_tree
from dialin.runs.withheld import WITHHELD, withheld_counts
from fake_run import Said, calls, fake_run, without_hashes

SECRETS = ("divorce", "Ms Okafor", "离婚", "secret-hat", "green hat", "hm p0")
"""What must not be seen: names and sentences of the small intents, and what has no intent."""


def told() -> list[Said]:
    """Return 21 calls, and three about two things that nobody else asks for."""
    return [
        *calls(),
        Said("my divorce from Ms Okafor 我离婚了", "tell-divorce", "x1", "customer", "2024-01-02"),
        Said("about the divorce, Ms Okafor again", "tell-divorce", "x2", "customer", "2024-01-03"),
        Said("a green hat for Ms Okafor", "ask-secret-hat", "x3", "customer", "2024-01-03"),
    ]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return fake_run(tmp_path_factory.mktemp("few") / "run", told())


def test_small_intents_are_one_and_the_others_keep_their_numbers(run: Run) -> None:
    """Those of 2 and 1 dialogues are in 3 of fewer than 4 together, so the next smallest of customers, of 6, joins."""
    whole, shown = facts_of(load_files(run)), facts_of(withhold(load_files(run), 4))
    kept = {one.name: one for one in whole.intents}
    last = shown.intents[-1]
    assert [one.name for one in shown.intents if one.name not in kept] == [WITHHELD]
    assert (last.name, last.examples, last.uid, last.description) == (WITHHELD, (), "", "")
    assert last.n_occurrences == 9
    assert last.n_dialogues is None
    assert all(one.n_dialogues == kept[one.name].n_dialogues for one in shown.intents[:-1])
    assert sum(one.n_occurrences for one in shown.intents) == sum(one.n_occurrences for one in whole.intents)
    assert all(one.n_occurrences == kept[one.name].n_occurrences for one in shown.intents[:-1])
    assert not shown.has(kept["tell-divorce"].intent_id) or shown.intent(kept["tell-divorce"].intent_id) != last
    assert all(group.examples == () for group in shown.left)


def test_the_map_has_no_point_of_a_withheld_intent(run: Run) -> None:
    points = points_of(withhold(load_files(run), 4))
    assert points is not None
    assert len(points.texts) == points.n_all == len(load_files(run).labels) - 9
    assert [secret for secret in SECRETS if secret in " ".join(points.texts)] == []


def test_what_joins_is_of_the_same_role_and_kind_of_reason(run: Run) -> None:
    """The two small ones are reasons for 3 calls; the third that joins them is one, too, so 3 stands nowhere."""
    shown = facts_of(withhold(load_files(run), 4))
    assert shown.intents[-1].n_reason == 9


def test_few_calls_of_an_intent_have_no_number_and_none_can_be_subtracted() -> None:
    """1 + 1 + 3 is 5, so no other joins them; 4 alone would be the total less the others, so 9 joins it."""
    assert withheld_counts(np.array([1, 1, 3, 9, 0]), 5).tolist() == [True, True, True, False, False]
    assert withheld_counts(np.array([4, 9, 12]), 5).tolist() == [True, True, False]
    assert withheld_counts(np.array([1, 2]), 5).tolist() == [True, True]
    assert not withheld_counts(np.array([5, 9, 0]), 5).any()
    assert not withheld_counts(np.array([1, 9]), 0).any()


def test_figures_of_few_calls_are_left_out(run: Run) -> None:
    """Nothing else is withheld here, so the numbers of calls below 8 are seen to go."""
    contents = replace(load_files(run), min_dialogues=8)
    facts = facts_of(contents)
    whole = {one.name: one.n_reason or 0 for one in facts_of(load_files(run)).intents}
    hidden = {one.name for one in facts.intents if one.n_reason is None}
    assert {name for name, n in whole.items() if 0 < n < 8} <= hidden
    assert facts.calls is not None
    assert facts.calls.n_withheld == sum(whole[name] for name in hidden) >= 8
    assert all(n >= 8 for _, n in facts.calls.paths)
    assert all(one.name not in hidden for one in facts.reasons)
    assert "whose number is withheld" in " ".join(figure_lines(facts, named(facts, hidden)))


def named(facts: Facts, names: set[str]) -> IntentFacts:
    """Return the first intent with one of the names."""
    return next(one for one in facts.intents if one.name in names)


def test_nothing_is_withheld_unless_asked(run: Run) -> None:
    contents = load_files(run)
    assert withhold(contents, 0) is withhold(contents, 1) is contents
    assert withhold(contents, 2).summary.withheld.startswith("2 intents are shown as one")


def test_columns_that_dialin_does_not_know_are_emptied() -> None:
    row = {"intent_id": 3, "name": "a", "role": "customer", "size": 2, "n_occurrences": 2, "share": 0.5, "p_good": 0.5}
    other = row | {"path": ["a-person"], "candidate": True}
    pooled = pooled_row([other, other | {"role": "agent"}], 9)
    assert (pooled["path"], pooled["candidate"], pooled["role"], pooled["size"]) == ([], False, "", 4)


def with_telling_branches(folder: Path) -> Run:
    """Write a run with the small intents in one branch, and one of them with a refund in another below a given one."""
    number = {name: intent for intent, name in fake_run(folder, told()).found_names.items()}
    names = ("divorce-branch", "wishes", "refund-and-hat", "divorce-hat")
    branches = [Branch(i, name, description="of a divorce", given=name == "wishes") for i, name in enumerate(names)]
    branches[2], branches[3] = (replace(one, parent=1) for one in branches[2:])
    branches[2] = replace(branches[2], description="of refunds")
    places = {"tell-divorce": 0, "request-refund": 2, "ask-secret-hat": 3}
    tree = IntentTree(
        tuple(branches), {number[name]: place for name, place in places.items()} | {number["重置-密码"]: 1}
    )
    write_tree(folder / files.INTENT_TREE, tree)
    without_hashes(folder)
    return load(folder)


def test_a_branch_that_tells_of_withheld_intents_is_dissolved(tmp_path: Path) -> None:
    """Shown are the refund in its branch and the password; the given branch above them loses what an LLM wrote."""
    facts = facts_of(withhold(load_files(with_telling_branches(tmp_path / "run")), 4))
    found = [(one.name, one.depth, one.n_intents, one.description) for one in facts.branches]
    assert found == [("wishes", 0, 2, ""), ("refund-and-hat", 1, 1, "of refunds")]
    assert {one.path for one in facts.intents} == {(), ("wishes",), ("wishes", "refund-and-hat")}
    assert all(facts.has(intent) for one in facts.branches for intent in one.intents)


def test_an_intent_of_a_dissolved_branch_moves_up() -> None:
    """The branch of 3 and 4 goes with 4, that of 7 stays; below it, nothing is shown of the given one."""
    branches = (Branch(0, "a", given=True), Branch(1, "b-and-d", 0), Branch(2, "c", 1), Branch(3, "e", given=True))
    tree = IntentTree(branches, {3: 1, 4: 1, 7: 2, 8: 3, 9: 0})
    shown = shown_tree(tree, {4, 8})
    assert [shown.path(intent) for intent in (3, 4, 7, 8, 9)] == [("a",), (), ("a", "c"), (), ("a",)]
    assert len(shown.branches) == 2
    assert shown_tree(tree, set()) is tree


@pytest.mark.parametrize("command", [("show", "run"), ("show", "run", "--json"), ("report", "run", "--json")])
def test_no_secret_is_printed(cli: Cli, home: Path, command: tuple[str, ...]) -> None:
    with_telling_branches(home / "run")
    result = cli(*command, "--min-dialogues", 4)
    assert result.exit_code == 0, result.stderr
    page = (home / "run" / files.REPORT).read_text("utf-8") if command[0] == "report" else ""
    assert [secret for secret in SECRETS if secret in result.stdout + page] == []
    assert WITHHELD in result.stdout
    assert "in fewer than 4 dialogues" in " ".join(result.stdout.split())
    assert "tell-divorce" in cli("show", "run").stdout


def test_the_pool_is_not_counted_as_an_intent_nor_looked_at(cli: Cli, home: Path) -> None:
    """Of 10 intents, 7 are shown and 3 withheld; that the pool has shrunk is said in the table alone."""
    fake_run(home / "run", told())
    others = [one for one in calls() if one.intent != "inquire-parcel"]
    more = [replace(one, dialogue=f"{i}-{one.dialogue}") for i in range(30) for one in others]
    fake_run(home / "more", [*told(), *more])
    assert "7 intents and 3 withheld · " in cli("show", "run", "--min-dialogues", 4).stdout
    assert cli("report", "run", "--min-dialogues", 4, "--out", "r.html").exit_code == 0
    assert "<h1>7 intents and 3 withheld</h1>" in (home / "r.html").read_text("utf-8")
    found = json.loads(cli("diff", "run", "more", "--min-dialogues", 4, "--json").stdout)
    assert WITHHELD in [one["name"] for one in found["intents"] if "shrunk" in one["states"]]
    assert [line for line in found["to_look_at"] if WITHHELD in line] == []


@pytest.mark.parametrize("n", [0, 1])
def test_a_least_number_that_withholds_nothing_is_refused(cli: Cli, home: Path, n: int) -> None:
    result = cli("show", "run", "--min-dialogues", n)
    assert result.exit_code == 2
    assert "--min-dialogues" in result.stderr


def test_a_withheld_intent_cannot_be_shown(cli: Cli, home: Path) -> None:
    fake_run(home / "run", told())
    result = cli("show", "run", "tell-divorce", "--min-dialogues", 4)
    assert result.exit_code == 2
    assert "some intents are withheld (--min-dialogues)" in result.stderr
    assert cli("show", "run", WITHHELD, "--min-dialogues", 4, "--json").exit_code == 0


def test_an_export_has_no_phrase_of_few(cli: Cli, home: Path) -> None:
    with_telling_branches(home / "run")
    result = cli("export", "run", "--to", "csv", "--out", "out", "--all", "--role", "all", "--min-dialogues", 4)
    assert result.exit_code == 0, result.stderr
    written = "".join(path.read_text("utf-8") for path in (home / "out").rglob("*") if path.is_file())
    assert [secret for secret in SECRETS if secret in written] == []
    left = json.loads((home / "out" / "export.json").read_text("utf-8"))["left_out"]
    assert left["intents"] == {"in too few dialogues": 2}
    refused = cli("export", "run", "--to", "csv", "--out", "o2", "--with-none", "--min-dialogues", 4)
    assert refused.exit_code == 2
    assert "--with-none" in refused.stderr


def test_the_difference_of_two_runs_has_no_small_intent(cli: Cli, home: Path) -> None:
    """The parcels are in 6 dialogues before and 4 now, so they are withheld on both sides with the two small ones."""
    fake_run(home / "old", calls())
    fewer = [one for one in told() if one.dialogue not in {"p0", "p1"}]
    fake_run(home / "new", fewer)
    options = "--min-dialogues", 5, "--html", "d.html", "--migration", "m.csv"
    result = cli("diff", "old", "new", "--json", *options)
    assert result.exit_code == 0, result.stderr
    everything = result.stdout + (home / "d.html").read_text("utf-8") + (home / "m.csv").read_text("utf-8")
    assert [secret for secret in (*SECRETS, "inquire-parcel") if secret in everything] == []
    assert WITHHELD in everything
    assert "tell-divorce" in cli("diff", "old", "new", "--json").stdout


def test_figures_of_few_dialogues_within_an_intent_are_left_out() -> None:
    """With 5 as the least, a mean of 4 goes, and a share that 1 of 4 have; one that 1 of 5 have stays.

    The minutes a week go with the duration.
    """
    means = tuple(OutcomeMean(name, n, 1.0, None, None, None, None) for name, n in (("duration", 4), ("m5", 5)))
    shares = tuple(OutcomeShare(f"s{n}", "x", 1, 1 / n, None, None) for n in (4, 5))
    one = IntentOutcomes(0, 9, means, shares, 4, 0.5, 3.0)
    differences = tuple(SegmentDifference(0, "phone", "", n, 0.5, 0.1, 0.01) for n in (4, 5))
    found = Outcomes(9, None, 7, (), (), (one,), Segments("channel", {"phone": 9}, differences))
    left = without_few(found, 5)
    assert [part.outcome for part in left.intents[0].parts] == ["m5", "s5"]
    assert (left.intents[0].repeat_share, left.intents[0].minutes_a_week) == (None, None)
    assert without_few(found, 4).intents[0].minutes_a_week == 3.0
    assert left.segments is not None
    assert [part.n for part in left.segments.differences] == [5]
