"""``dialin update``: nothing that exists moves, new sentences go where predict says, the homeless become candidates."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from conftest import Cli
from rich.console import Console

from dialin.report.update import print_update
from dialin.review.edits import Accept, Merge, Move, Noise, Rename
from dialin.runs.run import Run, keys_of, load
from dialin.taxonomy.difference import difference_of_runs
from fake_run import decide
from one_line import one_line
from run_commands import contents, discover
from scripted import ScriptedBackend

NEW = [f"my garden gnome number {i} wants a hat" for i in range(9)]
LATER = [f"the purple kettle {i} sings at night" for i in range(9)]


def homes(run: Run) -> dict[tuple[str, str], str]:
    """Return the uid of the intent of each sentence by text and role; "" for none."""
    uids = dict(zip(run.intents["intent_id"].to_pylist(), run.intents["uid"].to_pylist(), strict=True))
    labels = run.sentences["intent_id"].to_pylist()
    return {key: uids.get(label, "") for key, label in zip(keys_of(run.corpus), labels, strict=True)}


def rows(run: Run) -> dict[str, dict[str, Any]]:
    """Return the rows of the intents by uid."""
    return {row["uid"]: row for row in run.intents.to_pylist()}


def said(path: str, texts: list[str]) -> Path:
    Path(path).write_text("text\n" + "".join(f'"{text}"\n' for text in texts))
    return Path(path)


def update(cli: Cli, run: str, source: Path, out: str, *more: object) -> Run:
    done = cli("update", run, source, "--out", out, *more)
    assert done.exit_code == 0, done.stderr
    return load(Path(out))


def test_an_update_keeps_all_that_was_and_proposes_what_is_new(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    old = load(discover(cli, calls, "old"))
    noise, moved = (int(old.review.members(i)[0]) for i in (1, 2))
    old = decide(old.folder, Rename(0, "退款"), Noise((noise,)), Move((moved,), 3), Accept(4))
    near, again = f"{old.corpus.texts[int(old.review.members(0)[0])]} !", old.corpus.texts[moved]
    n_asked = len(backend.asked)
    done = cli("update", "old", said("new.csv", [*NEW, near, again]), "--out", "new", "--json")
    told, new = json.loads(done.stdout), load(Path("new"))
    assert new.manifest.embedder_reason == f"{old.manifest.embedder} is the embedder of old"
    questions = sum(step["questions"] for step in new.manifest.usage.values())
    assert len(backend.asked) - n_asked <= questions < n_asked / 2

    # nothing moves
    before, after = homes(old), homes(new)
    assert {key: uid for key, uid in before.items() if uid} == {key: after[key] for key, uid in before.items() if uid}
    assert {uid: row["name"] for uid, row in rows(old).items()}.items() <= {
        u: r["name"] for u, r in rows(new).items()
    }.items()
    assert new.manifest.source.n_occurrences == old.manifest.source.n_occurrences + 11
    place = {text: row for row, text in enumerate(new.corpus.texts)}
    assert np.array_equal(
        np.load("new/embeddings.npy")[[place[text] for text in old.corpus.texts]], np.load("old/embeddings.npy")
    )

    # new sentences are where predict puts them, and the rest is a candidate
    assert cli("predict", "old", "new.csv", "--out", "told.parquet").exit_code == 0
    old_uids = {row["intent_id"]: row["uid"] for row in old.intents.to_pylist()}
    for row in pq.read_table("told.parquet").to_pylist():
        assert row["intent_id"] < 0 or after[row["text"], ""] == old_uids[row["intent_id"]]
    (candidate,) = {after[text, ""] for text in NEW}
    assert [uid for uid, row in rows(new).items() if row["candidate"]] == [candidate]
    assert candidate not in before.values()

    # what people decided is kept
    assert new.sentences["reason"].to_pylist()[place[old.corpus.texts[noise]]] == "person"
    names = {known.name for known in new.review.intents.values() if known.confirmed}
    assert names == {known.name for known in old.review.intents.values() if known.confirmed} >= {"退款"}

    # the run is whole: predict knows its sentences, and the files tell what became of the intents
    said("all.csv", new.corpus.texts)
    assert cli("predict", "new", "all.csv", "--out", "all.parquet").exit_code == 0
    assert pq.read_table("all.parquet")["intent_id"].to_pylist() == new.sentences["intent_id"].to_pylist()
    drift = json.loads(Path("new/drift.json").read_text())
    assert [row["uid"] for row in drift["intents"]] == list(rows(old))
    assert drift["n_new"] == 11
    without = int(old.corpus.counts[old.sentences["intent_id"].to_numpy() < 0].sum())
    homeless = without - int(old.corpus.counts[noise])  # a person's noise is not
    assert drift["new"] == {"n": 11, "known": 2, "earlier_candidates": 0, "candidates": 9, "nowhere": 0}
    assert drift["homeless"]["n"] == homeless == sum(drift["homeless"].values()) - homeless
    assert sum(row["n_new"] for row in drift["intents"]) == 2
    states = {row["uid"]: row["states"] for row in json.loads(Path("new/taxonomy.json").read_text())["intents"]}
    assert states[candidate] == ["new"]
    assert ([one["uid"] for one in told["candidates"]], told["drift"]) == ([candidate], drift)
    for command in (["show", "new"], ["report", "new"]):
        assert cli(*command).exit_code == 0

    # only what the update added is compared: 9 of 11 new utterances are in the candidate, which is new for sure
    found = difference_of_runs(old, new)
    assert (found.new.n_occurrences, found.is_mixed) == (11, False)
    assert [one.share.after for one in found.changes if found.seen(one).uid == candidate] == [9 / 11]
    assert "only what it added counts as now" in cli("diff", "old", "new").stdout
    assert f"{rows(new)[candidate]['name']} is new: 81.8% of the new utterances" in cli("diff", "old", "new").stdout


def test_updates_follow_each_other_and_a_capped_one_goes_on(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    discover(cli, calls, "old")
    first = update(cli, "old", said("new.csv", NEW), "first")
    (candidate,) = (uid for uid, row in rows(first).items() if row["candidate"])
    again = json.loads(cli("update", "first", said("again.csv", NEW[:2]), "--out", "again", "--json").stdout)["drift"]
    assert (again["new"]["earlier_candidates"], again["new"]["candidates"]) == (2, 0)
    out = io.StringIO()
    print_update(load(Path("again")), Console(file=out, width=100))
    assert "2 new utterances: 2 in earlier candidates\n" in out.getvalue()
    assert "earlier candidates:\n" in out.getvalue()
    assert "nothing changed beyond chance" in out.getvalue()
    second = update(cli, "first", said("later.csv", LATER), "second", "--max-calls", 0)
    assert second.manifest.status == "capped"
    assert rows(second)[candidate]["candidate"]
    assert cli("resume", "second").exit_code == 0
    assert contents(Path("second")) == contents(update(cli, "first", Path("later.csv"), "whole").folder)
    assert sum(row["candidate"] for row in rows(load(Path("second"))).values()) == 2
    decide(Path("second"), Accept(rows(load(Path("second")))[candidate]["intent_id"]))
    assert not rows(load(Path("second")))[candidate]["candidate"]
    other = next(uid for uid, row in rows(load(Path("second"))).items() if row["candidate"])
    ids = {uid: row["intent_id"] for uid, row in rows(load(Path("second"))).items()}
    merged = decide(Path("second"), Merge(ids[candidate], (ids[other],)))
    assert not any(row["candidate"] for row in rows(merged).values())
    forgotten = cli("forget", "again", "--text", NEW[0], "--yes")
    assert forgotten.exit_code == 0, forgotten.output
    assert "deleted drift.json: its numbers counted what is forgotten" in forgotten.output
    assert not Path("again/drift.json").exists()
    assert cli("resume", "again").exit_code == 0
    one_line(cli("update", "old", "no-such.csv", "--out", "none"), "no-such.csv")
    one_line(
        cli("update", "old", "new.csv", "--out", "none", "--embedder", "auto"), "embedder, the LLM and the settings"
    )
    one_line(cli("update", "old", "new.csv", "--out", "first"), "first already holds a complete run", "another --out")
    assert not Path("none").exists()
