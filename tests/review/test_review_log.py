"""The log of a review: what is promised is kept, writers lose nothing, and every log has exactly one outcome."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from conftest import Cli
from hypothesis import given
from hypothesis import strategies as st

from dialin.errors import InputError
from dialin.review.edits import (
    Accept,
    Edit,
    Entry,
    Merge,
    Move,
    Noise,
    Redo,
    Rename,
    Split,
    SplitPart,
    Undo,
    edit_of,
    entry_of,
    fields_of,
)
from dialin.review.log import DecisionLog, append, read_log
from dialin.review.replay import Replayer, refusal, replay
from dialin.review.state import ReviewState, start_of
from dialin.runs.run import load
from dialin.tune.from_review import decided_in
from fake_run import decide
from run_commands import discover
from scripted import HashingEmbedder, ScriptedBackend

N, K = 12, 4
START = start_of(np.array([i % 5 - 1 for i in range(N)]), {i: f"name-{i}" for i in range(K)})

intents = st.integers(0, K + 3)
sentences = st.lists(st.integers(0, N), min_size=1, max_size=4, unique=True).map(tuple)
names = st.sampled_from(["cancel-order", "取消-订单", "evil", "x"])
edits = st.one_of(
    st.builds(Accept, intents),
    st.builds(Rename, intents, names),
    st.builds(Merge, intents, st.lists(intents, min_size=1, max_size=3).map(tuple), st.just("") | names),
    st.builds(Split, intents),
    st.builds(
        Split, intents, st.lists(st.builds(SplitPart, intents, names, sentences), min_size=1, max_size=3).map(tuple)
    ),
    st.builds(Move, sentences, intents, st.just("") | names),
    st.builds(Noise, sentences),
    st.builds(Undo, st.integers(1, 12)),
    st.builds(Redo, st.integers(1, 12)),
)
logs = st.lists(edits, max_size=12)


def numbered(made: list[Edit]) -> list[Entry]:
    return [Entry(i, edit) for i, edit in enumerate(made, 1)]


def plain(state: ReviewState) -> tuple[object, ...]:
    return state.labels.tolist(), dict(state.intents), state.pinned.tolist(), state.parted


def plain_whole(state: ReviewState) -> tuple[object, ...]:
    """Return all of a state, so that two can be compared."""
    arrays = {"labels": state.labels.tolist(), "pinned": state.pinned.tolist()}
    return tuple(arrays.get(field.name, getattr(state, field.name)) for field in fields(state))


# --- edits and replay -----------------------------------------------------------------------------


@given(edits)
def test_an_edit_survives_json(edit: Edit) -> None:
    assert edit_of(json.loads(json.dumps(fields_of(edit)))) == edit


def test_a_name_in_the_log_has_no_marks() -> None:
    assert edit_of(fields_of(Rename(0, " \u202eevil\u200b\x1b "))) == Rename(0, "evil")


@given(logs)
def test_a_log_has_one_outcome_and_labels_partition_the_sentences(made: list[Edit]) -> None:
    state = replay(START, numbered(made))
    assert plain(state) == plain(replay(START, numbered(made)))
    assert len(state.labels) == N
    assert set(state.labels.tolist()) <= {-1, *state.intents}
    assert set(state.intents) <= state.used
    assert START.labels.tolist() == [i % 5 - 1 for i in range(N)]  # nothing is written to


@given(logs, edits)
def test_undo_of_the_last_edit_gives_the_tables_before_and_redo_those_after(made: list[Edit], last: Edit) -> None:
    if isinstance(last, Undo | Redo):
        return
    line = len(made) + 1
    assert plain(replay(START, numbered([*made, last, Undo(line)]))) == plain(replay(START, numbered(made)))
    again = replay(START, numbered([*made, last, Undo(line), Redo(line)]))
    assert plain(again) == plain(replay(START, numbered([*made, last])))


def test_ids_do_not_depend_on_the_order_of_edits_or_on_what_was_undone() -> None:
    """Two people at once: whose line lands first is no matter, and undoing one leaves the ids of the other."""
    one, two = START.members(0).tolist(), START.members(1).tolist()
    a = Split(0, (SplitPart(0, "a", tuple(one[1:])), SplitPart(4, "b", (one[0],))))
    b = Split(1, (SplitPart(1, "c", tuple(two[1:])), SplitPart(5, "d", (two[0],))))
    first, second = replay(START, numbered([a, b])), replay(START, numbered([b, a]))
    assert (first.labels.tolist(), dict(first.intents)) == (second.labels.tolist(), dict(second.intents))
    without = replay(START, numbered([a, b, Undo(1)]))
    assert without.labels[two[0]] == 5
    assert without.free == first.free == 6


@given(logs)
def test_what_is_refused_is_void_and_nothing_else(made: list[Edit]) -> None:
    entries = numbered([edit for edit in made if not isinstance(edit, Undo | Redo)])
    for i, entry in enumerate(entries):
        before = replay(START, entries[:i])
        void = entry.line in replay(START, entries[: i + 1]).void
        assert not isinstance(entry.edit, Undo | Redo)
        refused = refusal(before, entry.edit)
        assert not void or refused
        assert void or not refused or "already in use" in refused


@given(st.lists(edits.filter(lambda edit: not isinstance(edit, Undo | Redo)), max_size=12))
def test_a_log_does_what_its_edits_do_one_after_the_other(made: list[Edit]) -> None:
    """Within a log, an edit finds the sentences of an intent by what was moved before; alone, by their labels."""
    state = START
    for entry in numbered(made):
        state = replay(state, [entry])
    whole = replay(START, numbered(made))
    assert plain(state)[:3] == plain(whole)[:3]
    assert {intent: rows.tolist() for intent, rows in whole.rows.items()} == {
        intent: whole.members(intent).tolist() for intent in sorted({-1, *whole.intents}) if len(whole.members(intent))
    }


@given(logs, st.lists(edits, max_size=4))
def test_going_on_with_a_log_gives_what_replaying_it_whole_gives(made: list[Edit], others: list[Edit]) -> None:
    """One `Replayer` sees the log after each edit, then another log, then the first one again."""
    replayer, entries = Replayer(START), numbered(made)
    begun = [replayer.after(entries[:n]) for n in range(len(entries) + 1)]
    for n, state in enumerate(begun):  # only now: a later edit must not change an earlier state
        assert plain_whole(state) == plain_whole(replay(START, entries[:n]))
    assert plain_whole(replayer.after(numbered(others))) == plain_whole(replay(START, numbered(others)))
    assert plain_whole(replayer.after(entries)) == plain_whole(begun[-1])


def test_merge_split_and_noise() -> None:
    state = replay(START, numbered([Merge(2, (0, 3), "all"), Noise((1,)), Rename(1, "new"), Accept(9)]))
    assert state.void == (4,)
    assert sorted(state.intents) == [1, 2]
    assert (state.intents[2].name, state.labels[1], state.pinned[1]) == ("all", -1, True)


# --- the file -------------------------------------------------------------------------------------


def test_a_cut_last_line_is_dropped_and_spoils_nothing(tmp_path: Path) -> None:
    path = tmp_path / "decisions.jsonl"
    append(path, "Ana", lambda _: Accept(0), "2026-01-01T00:00:00+00:00")
    whole = path.read_bytes()
    line = whole.splitlines(keepends=True)[1]
    for cut in range(len(line) - 1):
        path.write_bytes(whole + line[:cut])
        assert len(read_log(path)) == 1
    entries = append(path, "娜", lambda _: Rename(0, "取消-订单"))
    assert [entry.line for entry in entries] == [2, 3]
    assert read_log(path) == entries
    assert path.read_bytes().startswith(whole)


def test_a_last_line_without_its_end_counts(tmp_path: Path) -> None:
    path = tmp_path / "decisions.jsonl"
    path.write_text('{"format": 2}\n{"intent_id": 3, "decision": "accept"}')
    assert append(path, "", lambda _: Undo(2)) == read_log(path)
    assert [entry.line for entry in read_log(path)] == [2, 3]


@pytest.mark.parametrize("cut", [0, 5, 13], ids=["empty", "half", "without its end"])
def test_a_cut_first_line_is_written_again(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "decisions.jsonl"
    path.write_bytes(b'{"format": 2}\n'[:cut])
    assert read_log(path) == []
    append(path, "", lambda _: Accept(0))
    assert path.read_bytes().startswith(b'{"format": 2}\n{"at": ')
    assert len(read_log(path)) == 1


def test_a_log_that_is_read_again_has_what_others_wrote_meanwhile(tmp_path: Path) -> None:
    """Lines are added, one of them in parts; then the log is written anew, shorter and as long as it was."""
    path = tmp_path / "decisions.jsonl"
    log = DecisionLog(path)
    assert log.read() == []
    append(path, "Ana", lambda _: Accept(0), at="T")
    assert log.read() == read_log(path) == log.append("Ben", lambda seen: Accept(len(seen)), at="T")[:1]
    with path.open("ab") as file:
        file.write(b'{"decision": "noise",')
    assert [entry.edit for entry in log.read()] == [Accept(0), Accept(1)]
    with path.open("ab") as file:
        file.write(b' "sentences": [1]}')  # whole, though nobody ended the line
    assert log.read() == read_log(path) == log.read()
    assert [entry.line for entry in log.append("Ana", lambda _: Accept(2))] == [2, 3, 4, 5]
    assert log.read() == read_log(path)
    text = path.read_text()
    path.write_text(text.replace('"intent_id": 0', '"intent_id": 3'))
    assert log.read()[0].edit == Accept(3)
    path.write_text("".join(text.splitlines(keepends=True)[:2]))
    assert [entry.edit for entry in log.read()] == [Accept(0)]


def test_a_log_of_another_format_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "decisions.jsonl"
    path.write_text('{"intent_id": 3, "decision": "accept"}\n')
    message = r"decisions\.jsonl has format 1, written by dialin 0\.1\.0; this dialin reads format 2"
    with pytest.raises(InputError, match=message):
        read_log(path)
    with pytest.raises(InputError, match=message):
        append(path, "", lambda _: Accept(0))
    assert path.read_text() == '{"intent_id": 3, "decision": "accept"}\n'
    path.write_text('{"format": 3}\n')
    with pytest.raises(InputError, match="format 3, written by another version of dialin"):
        read_log(path)


def test_a_decision_that_raises_writes_nothing(tmp_path: Path) -> None:
    def refuse(entries: list[Entry]) -> Edit:
        raise InputError("no")

    append(tmp_path / "log", "", lambda _: Accept(0))
    with pytest.raises(InputError, match="no"):
        append(tmp_path / "log", "", refuse)
    assert len(read_log(tmp_path / "log")) == 1


def test_threads_and_processes_lose_nothing(tmp_path: Path) -> None:
    """Each writes how many lines there were: no two may have seen the same log."""
    path = tmp_path / "decisions.jsonl"
    code = (
        "import sys; from pathlib import Path; from dialin.review.log import append\n"
        "from dialin.review.edits import Accept\n"
        "for _ in range(15): append(Path(sys.argv[1]), 'other', lambda seen: Accept(len(seen)))"
    )
    other = subprocess.Popen([sys.executable, "-c", code, str(path)])
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: append(path, "this", lambda seen: Accept(len(seen))), range(40)))
    assert other.wait() == 0
    assert [entry.edit for entry in read_log(path)] == [Accept(i) for i in range(55)]


def test_lines_of_hand_are_read() -> None:
    assert entry_of('{"intent_id": 7, "decision": "split"}', 3) == Entry(3, Split(7))


ODD_LINES = {
    "parts that are a number": ('{"decision": "split", "intent_id": 0, "parts": 5}', "`parts` must be a list"),
    "lists without end": ("[" * 3000, "nested too deep"),
    "a number too large": (f'{{"decision": "noise", "sentences": [{2**63}]}}', "`sentences` must be a list of numbers"),
    "an id too large": (f'{{"decision": "accept", "intent_id": {10**30}}}', "`intent_id` must be a number"),
}


@pytest.mark.parametrize("kind", ODD_LINES)
def test_a_line_that_is_odd_is_named(tmp_path: Path, kind: str) -> None:
    line, why = ODD_LINES[kind]
    (tmp_path / "log").write_text(f'{{"format": 2}}\n{line}\n')
    with pytest.raises(InputError, match=f"line 2 is not a decision: .*{why}"):
        read_log(tmp_path / "log")


def test_a_head_of_lists_without_end_is_another_format(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("[" * 3000 + "\n")
    with pytest.raises(InputError, match="has format 1"):
        read_log(tmp_path / "log")


def test_half_a_character_in_a_name_becomes_a_question_mark() -> None:
    assert edit_of({"decision": "rename", "intent_id": 0, "name": "a\ud800b"}) == Rename(0, "a?b")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.just("intent_id"), inner),
)


@given(edits, st.sampled_from(["intent_id", "name", "parts", "sentences", "intents", "line", "decision"]), json_values)
def test_a_decision_with_an_odd_value_is_one_or_a_value_error(edit: Edit, key: str, value: object) -> None:
    try:
        found = edit_of(fields_of(edit) | {key: value})
    except ValueError:
        return
    assert edit_of(json.loads(json.dumps(fields_of(found)))) == found


# --- what reads a run -----------------------------------------------------------------------------


def test_edits_show_in_tables_predict_evaluate_and_training(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    """Merge two intents, rename one, split one, make one of moved sentences, call one noise."""
    folder = discover(cli, calls, "run", "--merge", "none")
    before = load(folder)
    members = {i: before.review.members(i).tolist() for i in range(5)}
    made: list[Edit] = [
        Merge(0, (1,), "both-topics"),
        Rename(2, "查询-物流"),
        Split(3, (SplitPart(3, "left", tuple(members[3][:6])), SplitPart(5, "right", tuple(members[3][6:])))),
        Move((members[4][0], members[4][1]), 6, "new-one"),
        Move((members[4][2],), 0),
        Noise((members[4][3],)),
    ]
    run = decide(folder, *made)
    names = dict(zip(run.intents["intent_id"].to_pylist(), run.intents["name"].to_pylist(), strict=True))
    assert names == {0: "both-topics", 2: "查询-物流", 3: "left", 4: names[4], 5: "right", 6: "new-one"}
    assert sum(run.intents["size"].to_pylist()) == len(run.review.labels[run.review.labels >= 0])
    row = run.sentences.to_pylist()[members[4][3]]
    assert (row["intent_id"], row["p_intent"], row["reason"]) == (-1, 0.0, "person")

    cli("predict", "run", calls, "--out", "found.parquet")
    found = pq.read_table("found.parquet").to_pylist()
    wanted = dict(zip(run.sentences["text"].to_pylist(), run.review.labels.tolist(), strict=True))
    assert {row["text"]: row["intent_id"] for row in found} == wanted
    assert {row["name"] for row in found} >= {"both-topics", "right", "new-one"}
    assert set(run.pieces.intents.tolist()) == {0, 2, 3, 4, 5, 6}

    value = json.loads(cli("evaluate", "run", "--gold", "topic", "--json").stdout)
    assert value["n_clusters"] == len(set(wanted.values()) - {-1})
    decided = {(d.intent, d.name, d.good): list(d.rows) for d in decided_in(run.review)}
    assert decided[3, before.found_names[3], False] == members[3]
    assert set(decided) == {
        (0, "both-topics", True),
        (2, "查询-物流", True),
        (3, before.found_names[3], False),
        (6, "new-one", True),
    }
    assert cli("tune", "data", "run", "--out", "t.parquet").exit_code == 0


def test_undoing_everything_gives_the_run_as_it_was(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    folder = discover(cli, calls, "run")
    before = load(folder)
    sentences, intents = before.sentences, before.intents  # read at the first look
    append(folder / "decisions.jsonl", "", lambda _: Merge(0, (1,)))
    assert not load(folder).intents.equals(intents)
    append(folder / "decisions.jsonl", "", lambda _: Undo(2))
    after = load(folder)
    assert after.sentences.equals(sentences)
    assert after.intents.equals(intents)


def test_a_new_sentence_like_the_merged_goes_to_the_merged(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    folder = discover(cli, calls, "run")
    X = HashingEmbedder().encode(load(folder).corpus.texts)
    before, _ = load(folder).pieces.assign(X, [""] * len(X))
    append(folder / "decisions.jsonl", "", lambda _: Merge(2, (0, 4)))
    after, _ = load(folder).pieces.assign(X, [""] * len(X))
    assert after.tolist() == [{0: 2, 4: 2}.get(label, label) for label in before.tolist()]
