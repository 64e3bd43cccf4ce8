"""Pinning: what people decided about one run, another keeps, whatever it finds beside that."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from conftest import Cli, Once

from dialin.discover.assign import Pieces
from dialin.discover.data import Data
from dialin.discover.state import Intent
from dialin.read.spoken import SpokenOrder
from dialin.review.edits import Accept, Merge, Move, Noise, Rename, Split, Undo
from dialin.review.pin import NO_DECISION, KeptIntents, PinnedSplit, numbered, pinned_of
from dialin.runs.run import Run, decided, load
from fake_run import Said, decide, fake_run, reviewed_run
from oracles import on_circle
from run_commands import discover
from scripted import ScriptedBackend

NEW = [f"my garden gnome number {i} wants a hat" for i in range(9)]


def by_name(run: Run) -> dict[str, set[str]]:
    """Return the texts of each intent by its name; those of none by ""."""
    names = dict(zip(run.intents["intent_id"].to_pylist(), run.intents["name"].to_pylist(), strict=True))
    found: dict[str, set[str]] = {}
    for row in run.sentences.to_pylist():
        found.setdefault(names.get(row["intent_id"], ""), set()).add(row["text"])
    return found


@pytest.fixture
def reviewed(cli: Cli, calls: Path, backend: ScriptedBackend, once: Once) -> Run:
    """Two intents are one, one has another name, one sentence is none; two intents nobody has looked at."""
    once(lambda: discover(cli, calls, "old", "--merge", "none"))
    run = load(Path("old"))
    noise = int(run.review.members(3)[0])
    return decide(run.folder, Merge(0, (1,), "both-topics"), Rename(2, "查询-物流"), Noise((noise,)))


def test_what_was_decided_is_there_again(cli: Cli, calls: Path, reviewed: Run) -> None:
    old = by_name(reviewed)
    run = load(discover(cli, calls, "new", "--merge", "none", "--since", "old"))
    new = by_name(run)
    assert {name: new[name] for name in ("both-topics", "查询-物流")} == {
        name: old[name] for name in ("both-topics", "查询-物流")
    }
    assert old[""] <= new[""]
    rows = {row["text"]: row for row in run.sentences.to_pylist()}
    assert [(rows[text]["reason"], rows[text]["p_intent"]) for text in old[""]] == [("person", 0.0)]
    good = dict(zip(run.intents["name"].to_pylist(), run.intents["p_good"].to_pylist(), strict=True))
    assert (good["both-topics"], good["查询-物流"]) == (1.0, 1.0)
    assert len(good) >= 4
    assert run.manifest.since == str(Path("old").absolute())


def test_predict_knows_the_sentences_that_the_pieces_do_not(cli: Cli, calls: Path, reviewed: Run) -> None:
    moved = int(reviewed.review.members(4)[0])
    decide(reviewed.folder, Move((moved,), 2))
    run = load(discover(cli, calls, "new", "--since", "old"))
    assert cli("predict", "new", calls, "--out", "found.parquet").exit_code == 0
    found = {row["text"]: row["intent_id"] for row in pq.read_table("found.parquet").to_pylist()}
    assert found == dict(zip(run.sentences["text"].to_pylist(), run.review.labels.tolist(), strict=True))
    assert run.corpus.texts[moved] in by_name(run)["查询-物流"]


def test_new_sentences_join_what_was_kept_or_make_new_intents(cli: Cli, calls: Path, reviewed: Run) -> None:
    old = by_name(reviewed)
    near = f"{sorted(old['查询-物流'])[0]} !"
    with calls.open("a") as file:
        file.writelines(f'"{text}",new\n' for text in [near, *NEW])
    new = by_name(load(discover(cli, calls, "new", "--since", "old")))
    assert near in new["查询-物流"]
    assert any(set(NEW) <= texts for name, texts in new.items() if name)


def test_the_tables_agree_and_the_report_is_there(cli: Cli, calls: Path, reviewed: Run) -> None:
    run = load(discover(cli, calls, "new", "--since", "old"))
    labels, counts = (run.sentences[name].to_numpy() for name in ("intent_id", "count"))
    for row in run.intents.to_pylist():
        own = labels == row["intent_id"]
        assert (int(own.sum()), int(counts[own].sum())) == (row["size"], row["n_occurrences"])
    assert run.intents["intent_id"].to_pylist() == list(range(run.intents.num_rows))
    assert sorted(run.intents["n_occurrences"].to_pylist(), reverse=True) == run.intents["n_occurrences"].to_pylist()
    assert set(run.pieces.intents.tolist()) == set(range(run.intents.num_rows))
    assert "both-topics" in (run.folder / "report.html").read_text()
    assert json.loads(cli("show", "new", "--json").stdout)["intents"]


def test_a_rerun_of_the_rerun_keeps_its_own_review_only(cli: Cli, calls: Path, reviewed: Run) -> None:
    discover(cli, calls, "new", "--since", "old")
    assert not (discover(cli, calls, "x", "--since", "new") / "pinned.npz").exists()
    run = load(Path("new"))
    number = run.intents["name"].to_pylist().index("both-topics")
    decide(Path("new"), Rename(number, "all-topics"))
    assert by_name(load(discover(cli, calls, "third", "--since", "new")))["all-topics"] == by_name(run)["both-topics"]


def test_a_description_stays_with_its_sentences(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    """What a person renamed keeps it, here and in a rerun; what a person put together has none."""
    run = load(discover(cli, calls, "old", "--merge", "none", "--describe"))
    before = dict(zip(run.intents["name"].to_pylist(), run.intents["description"].to_pylist(), strict=True))
    renamed = run.found_names[2]
    after = decide(run.folder, Merge(0, (1,), "both-topics"), Rename(2, "查询-物流"))
    for found in (after, load(discover(cli, calls, "new", "--since", "old"))):
        described = dict(zip(found.intents["name"].to_pylist(), found.intents["description"].to_pylist(), strict=True))
        assert described["both-topics"] == ""
        assert described["查询-物流"] == before[renamed] != ""
    assert decide(run.folder, Undo(2)).intents["description"].to_pylist().count("") == 0


def test_what_was_undone_is_not_kept(cli: Cli, calls: Path, reviewed: Run) -> None:
    decide(reviewed.folder, Undo(2), Undo(3), Undo(4))
    assert not (discover(cli, calls, "new", "--since", "old") / "pinned.npz").exists()


def test_everything_may_have_been_decided(cli: Cli, calls: Path, reviewed: Run, backend: ScriptedBackend) -> None:
    run = decide(reviewed.folder, *(Accept(i) for i in reviewed.review.intents if i not in (0, 2)))
    n_asked = len(backend.asked)
    assert by_name(load(discover(cli, calls, "new", "--since", "old"))) == by_name(run)
    assert len(backend.asked) == n_asked


def test_another_embedder_cannot_keep_the_borders(cli: Cli, calls: Path, home: Path) -> None:
    reviewed_run(home / "old")
    manifest = json.loads((home / "old" / "manifest.json").read_text())
    (home / "old" / "manifest.json").write_text(json.dumps(manifest | {"embedder": "local:another"}))
    result = cli("discover", calls, "--out", "new", "--llm", "none", "--embedder", "auto", "--since", "old")
    assert result.exit_code == 2
    assert cli("discover", calls, "--out", "new", "--since", "nowhere").exit_code == 2


def test_a_damaged_file_is_named(cli: Cli, calls: Path, reviewed: Run) -> None:
    run = discover(cli, calls, "new", "--since", "old")
    (run / "pinned.npz").write_bytes(b"PK")
    manifest = json.loads((run / "manifest.json").read_text())
    (run / "manifest.json").write_text(json.dumps(manifest | {"status": "interrupted"}))
    assert "pinned.npz" in cli("resume", "new").stderr


# --- the arithmetic -------------------------------------------------------------------------------


def test_a_sentence_of_two_roles_is_decided_for_each(tmp_path: Path) -> None:
    """The customer's "yes" was moved, the agent's was not; a "yes" of unknown role is nobody's then."""
    said = [
        *(Said("yes", "say-yes", "d", "customer"), Said("yes", "say-yes", "d", "agent")),
        *(Said(f"refund {i}", "ask-refund", "d", "customer") for i in range(4)),
    ]
    run = fake_run(tmp_path / "run", said)
    roles = run.corpus.roles
    assert roles is not None
    row = next(i for i, text in enumerate(run.corpus.texts) if text == "yes" and roles[i] == "customer")
    refund = {name: i for i, name in run.found_names.items()}["ask-refund"]
    run = decide(run.folder, Move((row,), refund))
    keys = [("yes", "customer"), ("yes", "agent"), ("yes", ""), ("refund 1", "customer")]
    found = pinned_of(decided(run), keys)
    assert found is not None
    assert found.names == ("ask-refund",)
    assert found.labels.tolist() == [0, NO_DECISION, NO_DECISION, 0]


def test_one_who_wants_a_split_keeps_nothing(tmp_path: Path) -> None:
    run = fake_run(tmp_path / "run", [Said(f"refund {i}", "ask-refund") for i in range(4)])
    assert pinned_of(decided(decide(run.folder, Accept(0), Split(0))), []) is None


def test_words_come_before_borders() -> None:
    """Pieces at 0° (kept) and 90° (not kept), radius cos 30°: at 10° one joins, at 80° and 45° one is free, and what a
    person said holds wherever it lies."""
    pieces = Pieces(on_circle(0, 90), np.full(2, np.cos(np.pi / 6), np.float32), np.array([0, -1]), ("", ""))
    said = np.array([NO_DECISION, NO_DECISION, NO_DECISION, 0, -1])
    pinned = KeptIntents(("ask-refund",), ("",), ("",), np.ones(1), said, pieces, ("i1",))
    X = on_circle(10, 80, 45, 170, 0)
    order = SpokenOrder(np.array([0, 1, 2, 1]), np.array([0, 0, 0, 1]))
    held = PinnedSplit.of(pinned, Data(list("abcde"), X, np.ones(5, np.int64), [""] * 5, order=order), [""] * 5)
    assert held.labels.tolist() == [0, NO_DECISION, NO_DECISION, 0, -1]
    assert held.rest.texts == ["b", "c"]
    assert held.rest.order is not None
    assert held.rest.order.sentence.tolist() == [0, 1, 0]
    assert held.p[3:].tolist() == [1.0, 0.0]


def test_numbers_follow_the_size_and_names_stay_different() -> None:
    def intent(name: str, n: int) -> Intent:
        return Intent(0, name, min(n, 1), n, 1.0, "", ())

    found, rank = numbered([intent("a", 2), intent("gone", 0), intent("a", 5)])
    assert [(one.intent_id, one.name, one.n_occurrences) for one in found] == [(0, "a-2", 5), (1, "a", 2)]
    assert rank.tolist() == [1, -1, 0, -1]
