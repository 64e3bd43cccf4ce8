"""Uids outlive runs: on the same data, on more of it, and after what people decided."""

from __future__ import annotations

import csv
import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import Cli, Once

from dialin.discover.data import Data
from dialin.discover.state import Intent, nothing
from dialin.discover.uids import uid_of, uids_of_parts
from dialin.review.edits import Merge, Move, Rename
from dialin.runs.run import Run, load
from dialin.taxonomy.difference import difference
from dialin.taxonomy.identity import found_again
from fake_run import decide, reviewed_run
from one_line import one_line
from run_commands import discover
from scripted import ScriptedBackend
from two_months import month

NEW = [f"my garden gnome number {i} wants a hat" for i in range(9)]


def uids(run: Run) -> dict[str, str]:
    """Return the uid of each intent by its name."""
    return dict(zip(run.intents["name"].to_pylist(), run.intents["uid"].to_pylist(), strict=True))


def states(folder: Path) -> dict[str, list[str]]:
    """Return the states in ``taxonomy.json`` by uid."""
    told = json.loads((folder / "taxonomy.json").read_text())
    return {row["uid"]: row["states"] for row in told["intents"]}


@pytest.fixture
def run(cli: Cli, calls: Path, backend: ScriptedBackend, once: Once) -> Run:
    once(lambda: discover(cli, calls, "old"))
    return load(Path("old"))


def test_uids_are_distinct_and_the_same_for_the_same_data(cli: Cli, calls: Path, run: Run) -> None:
    found = uids(run)
    assert len(set(found.values())) == len(found) > 2
    assert uids(load(discover(cli, calls, "again"))) == found


def test_the_same_data_again_changes_nothing(cli: Cli, calls: Path, run: Run) -> None:
    again = load(discover(cli, calls, "new", "--since", "old"))
    assert again.intents.equals(run.intents)
    assert states(again.folder) == {uid: ["kept"] for uid in uids(run).values()}


@pytest.mark.parametrize("times", [1, 2])
def test_shuffled_or_doubled_data_changes_no_uid(cli: Cli, calls: Path, run: Run, home: Path, times: int) -> None:
    head, *rows = list(csv.reader(calls.read_text().splitlines()))
    rows = rows * times
    random.Random(0).shuffle(rows)
    with (home / "shuffled.csv").open("w", newline="") as file:
        csv.writer(file).writerows([head, *rows])
    assert uids(load(discover(cli, home / "shuffled.csv", "new", "--since", "old"))) == uids(run)


def test_a_new_intent_gets_a_new_uid_and_the_others_keep_theirs(cli: Cli, calls: Path, run: Run) -> None:
    with calls.open("a") as file:
        file.writelines(f'"{text}",new\n' for text in NEW)
    new = load(discover(cli, calls, "new", "--since", "old"))
    assert uids(run).items() <= uids(new).items()
    (born,) = set(uids(new).values()) - set(uids(run).values())
    assert states(new.folder)[born] == ["new"]


def test_a_new_intent_does_not_get_the_name_of_one_that_is_gone() -> None:
    """Refunds are found again under their old name; what is called "parcel" now is not what was called so."""
    old = month({"refund": [0, 1, 2], "parcel": [80, 81, 82]}, {"refund": "i1", "parcel": "i2"})
    new = month({"money": [0, 1, 2], "parcel": [160, 161, 162]})
    data = Data([text for text, _ in new.keys], new.X, np.ones(6, np.int64), [""] * 6)
    intents = tuple(Intent(i, one.name, 3, 3, 0.9, "", ()) for i, one in enumerate(new.intents))
    found = found_again(replace(nothing(data), intents=intents, labels=new.labels), difference(old, new))
    assert [(one.name, one.uid) for one in found.intents] == [("refund", "i1"), ("parcel-2", "")]


def test_names_and_uids_of_the_review_are_kept(cli: Cli, calls: Path, run: Run) -> None:
    before = uids(run)
    one, other = run.found_names[0], run.found_names[2]
    row = int(run.review.members(1)[0])
    decide(run.folder, Rename(0, "退款"), Move((row,), run.intents.num_rows, "my-own"))
    reviewed = load(run.folder)
    new = uids(load(discover(cli, calls, "new", "--since", "old")))
    assert new["退款"] == before[one]
    assert new[other] == before[other]
    assert new["my-own"] == uids(reviewed)["my-own"] not in before.values()


def test_an_intent_that_was_merged_by_a_person_keeps_the_uid_of_the_one_that_stayed(run: Run) -> None:
    before = uids(run)
    assert uids(decide(run.folder, Merge(0, (1,), "both")))["both"] == before[run.found_names[0]]


def test_a_gone_intent_is_told_without_its_name(cli: Cli, calls: Path, run: Run, home: Path) -> None:
    """So that whoever forgets a sentence of the new run need not look into the file."""
    head, *rows = list(csv.reader(calls.read_text().splitlines()))
    gone = run.found_names[0]
    said = {run.corpus.texts[row] for row in run.review.members(0).tolist()}
    with (home / "fewer.csv").open("w", newline="") as file:
        csv.writer(file).writerows([head, *(row for row in rows if not said & set(row))])
    new = discover(cli, home / "fewer.csv", "new", "--since", "old")
    assert states(new)[uids(run)[gone]] == ["gone"]
    assert gone not in (new / "taxonomy.json").read_text()


def test_a_run_of_another_embedder_cannot_be_followed(cli: Cli, calls: Path, run: Run) -> None:
    path = run.folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"embedder": "local:another"}))
    done = cli("discover", calls, "--out", "new", "--llm", "none", "--embedder", "test:hashing", "--since", "old")
    one_line(done, "was made with the embedder local:another", "--embedder local:another")
    assert not Path("new").exists()


def test_a_run_that_moved_away_stops_the_new_one_with_a_line(cli: Cli, calls: Path, run: Run) -> None:
    new = discover(cli, calls, "new", "--since", "old")
    manifest = json.loads((new / "manifest.json").read_text())
    (new / "manifest.json").write_text(json.dumps(manifest | {"status": "interrupted", "files": {}, "result": ""}))
    Path("old").rename("elsewhere")
    one_line(cli("resume", "new"), "which cannot be read", "put it back where it was")
    Path("elsewhere").rename("old")
    assert cli("resume", "new").exit_code == 0


def test_a_run_of_an_older_version_gets_the_uids_that_it_would_have_had(home: Path) -> None:
    run = reviewed_run(home / "old")
    sentences, intents = run.found
    texts = {row["intent_id"]: set[tuple[str, str]]() for row in intents.to_pylist()}
    for key, label in zip(
        zip(run.corpus.texts, run.corpus.roles or [], strict=True), sentences["intent_id"].to_pylist(), strict=True
    ):
        if label >= 0:
            texts[label].add(key)
    assert intents["uid"].to_pylist() == [uid_of(texts[i]) for i in intents["intent_id"].to_pylist()]


def test_a_uid_depends_on_the_set_of_sentences_alone() -> None:
    assert uid_of([("a", ""), ("b", ""), ("a", "")]) == uid_of([("b", ""), ("a", "")])
    assert len({uid_of([("a", "")]), uid_of([("a", "agent")]), uid_of([("退款", "")]), uid_of([])}) == 4


def test_the_uid_of_a_part_depends_on_its_number_and_on_the_intents_of_the_run() -> None:
    """The first digits of the sha256 of "i1\\ni2\\n3": it is written in exports, so it stays what it is."""
    uid_of_part = uids_of_parts(["i2", "i1"])
    assert uid_of_part(3) == uids_of_parts(["i1", "i2"])(3) == "ib90c25918387"
    assert len({uid_of_part(3), uid_of_part(4), uids_of_parts([])(3), uids_of_parts(["i1"])(3)}) == 4
