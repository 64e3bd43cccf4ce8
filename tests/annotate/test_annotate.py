"""An annotation from the command line: how it begins and goes on, and the data set and card that come of it."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import Cli, Served

from annotators import annotated
from dialin.annotate.start import clusters_for
from dialin.bench.cases import read_case
from dialin.discover.data import Data
from dialin.discover.settings import Settings, check
from dialin.errors import InputError
from dialin.read.table import read
from dialin.review.edits import Noise, Quorum, Rename, Vote
from dialin.review.log import read_log
from dialin.review.stages import Stage, standing_of
from dialin.runs.run import load
from dialin.web.serve import Door
from fake_run import decide
from one_line import one_line
from scripted import ScriptedBackend, sentences, topic_of

# --- the start ------------------------------------------------------------------------------------


def test_every_sentence_is_in_a_cluster_that_nobody_has_judged(folder: Path, backend: ScriptedBackend) -> None:
    run = load(folder)
    assert not backend.asked
    assert (run.manifest.llm, run.manifest.status, run.manifest.settings.n_clusters) == ("none", "complete", (9,))
    assert set(run.review.labels.tolist()) == set(range(9))
    assert set(run.intents["p_good"].to_pylist()) == {0.5}
    assert standing_of(run.review).n_at() == {Stage.JUDGE: 9}
    assert run.review.judged.wanted == 2


def test_k_by_default(cli: Cli, calls: Path, backend: ScriptedBackend, served: Served) -> None:
    assert clusters_for(Data(["a"] * 3, np.eye(3, dtype=np.float32), np.ones(3, np.int64), [""] * 3), 0) == 2
    assert cli("annotate", calls, "--out", "a").exit_code == 0
    assert load(Path("a")).manifest.settings.n_clusters == (14,)  # 70 sentences
    Path("more.csv").write_text("\n".join(["text", *(text for text, _ in sentences(30))]))
    assert cli("annotate", "more.csv", "--out", "b").exit_code == 0
    (k,) = load(Path("b")).manifest.settings.n_clusters
    assert k >= 4
    assert k % 2 == 0


def test_the_same_seed_makes_the_same_clusters(cli: Cli, calls: Path, backend: ScriptedBackend, served: Served) -> None:
    for out in ("a", "b"):
        cli("annotate", calls, "--out", out, "--k", 6, "--seed", 3)
    assert Path("a/sentences.parquet").read_bytes() == Path("b/sentences.parquet").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("calls.csv",), "a new annotation of calls.csv needs --out"),
        (("one.csv", "--out", "x"), "too few distinct sentences: 1"),
        (("calls.csv", "--out", "x", "--k", 1), "--k"),
        (("calls.csv", "--out", "x", "--k", 500), "exceeds the 70"),
        (("nowhere.csv", "--out", "x"), "nowhere.csv"),
        (("empty",), "no run in"),
    ],
)
def test_what_cannot_begin_is_one_line(
    cli: Cli, calls: Path, backend: ScriptedBackend, arguments: tuple[object, ...], said: str
) -> None:
    Path("one.csv").write_text("text\nonly this one\n")
    Path("empty").mkdir()
    result = cli("annotate", *arguments)
    assert (result.exit_code, said in result.stderr, result.stderr.count("\n")) == (2, True, 1)
    assert not Path("x").exists()


def test_going_on_takes_no_options_of_the_start(cli: Cli, folder: Path, served: Served) -> None:
    assert "--k is only for a new annotation" in cli("annotate", folder, "--k", 4).stderr
    served.clear()
    assert cli("annotate", folder, "--group", 2, "--user", "Kim", "--annotators", 3, "--port", 0).exit_code == 0
    ((run, door),) = served
    assert (run.review.judged.wanted, door) == (3, Door("127.0.0.1", 0, "Kim", 2))
    cli("annotate", folder, "--annotators", 3)
    assert len(read_log(folder / "decisions.jsonl")) == 2  # 2, then 3, and nothing for the same again


def test_a_start_that_was_killed_goes_on(cli: Cli, folder: Path) -> None:
    before = (folder / "sentences.parquet").read_bytes()
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"status": "running", "files": {}, "result": ""}))
    for name in ("intents.parquet", "pieces.npz", "embeddings.npy"):
        (folder / name).unlink()
    assert cli("annotate", folder).exit_code == 0
    assert (folder / "sentences.parquet").read_bytes() == before


def test_people_judge_the_clusters_of_one_k_only() -> None:
    with pytest.raises(InputError, match="use 'paper'"):
        check(Settings(judge="people"))


# --- the data set ---------------------------------------------------------------------------------


def test_the_whole_way_from_a_csv_to_a_data_set(cli: Cli, folder: Path, calls: Path) -> None:
    assert "has a label yet" in cli("annotate", folder, "--export", "data.parquet").stderr
    annotated(folder)
    run = load(folder)
    assert set(standing_of(run.review).stages.values()) == {Stage.VERIFIED}
    names = [known.name for known in run.review.intents.values() if known.confirmed]
    assert len(names) == len(set(names))  # clusters of one name became one intent
    result = cli("annotate", folder, "--export", "data.parquet")
    assert result.exit_code == 0, result.stderr
    assert "group 1: 2 people, 18 verdicts; Fleiss' κ 1.00, on 9 clusters with 2 verdicts each" in result.stdout
    table = pq.read_table("data.parquet")
    assert table.column_names == ["text", "label"]
    assert table.num_rows == 86  # of the 80 of the fixture, five hostile ones, and a blank one
    assert table["text"].to_pylist()[-1] is None
    labels = dict(zip(table["text"].to_pylist(), table["label"].to_pylist(), strict=True))
    by_topic = [label.casefold() == f"inquire-{topic_of(text)}" for text, label in labels.items() if text and label]
    assert sum(by_topic) >= len(by_topic) - 1  # the one given by a proposal may be anywhere

    corpus = read("data.parquet")
    assert corpus.texts == run.corpus.texts
    case = read_case("data.parquet", "label")
    assert case.n_clusters == len(set(labels.values()) - {None})
    scored = cli("evaluate", folder, "--gold", "label", "--gold-file", with_rows(table), "--json")
    assert json.loads(scored.stdout)["ari"] == 1.0
    assert cli("tune", "data", "data.parquet", "--label", "label", "--out", "t.parquet").exit_code == 0
    assert cli("tune", "data", folder, "--out", "u.parquet").exit_code == 0
    for command in ("report", "show"):
        assert cli(command, folder).exit_code == 0
    found = list(csv.DictReader(cli("predict", folder, "data.parquet").stdout.splitlines()))
    assert found[0]["name"] == labels[found[0]["text"]]
    assert "already exists" in cli("annotate", folder, "--export", "data.parquet").stderr
    assert "does not end in .parquet" in cli("annotate", folder, "--export", "data.csv").stderr


def with_rows(table: pa.Table) -> str:
    pq.write_table(table.append_column("row", pa.array(range(table.num_rows))), "gold.parquet")
    return "gold.parquet"


def test_the_card_says_how_it_came_about(cli: Cli, folder: Path) -> None:
    run = load(annotated(folder))
    assert cli("annotate", folder, "--export", "data.parquet").exit_code == 0
    card = Path("data.md").read_text("utf-8")
    for part in (
        "calls.csv",
        run.manifest.source.sha256,
        run.manifest.embedder,
        "| k of k-means | 9 |",
        "| seed | 0 |",
    ):
        assert part in card
    assert "- group 1: 2 people, 18 verdicts; Fleiss' κ 1.00, on 9 clusters" in card
    assert "- group 2: 2 people" in card
    assert "| all | 75 | 85 |" in card
    assert "| blank rows | 0 | 1 |" in card
    assert "clusters at the start: 9; good:" in card
    assert "<script" not in card
    assert "\u202e" not in card


def test_the_command_serves_until_ctrl_c(folder: Path) -> None:
    code = "from dialin.cli import main; import sys; main(sys.argv[1:])"
    command = [sys.executable, "-c", code, "annotate", str(folder), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        said = server.stdout.readline()
        assert said.startswith("annotation of folder: http://127.0.0.1:")
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        with opener.open(said.split()[-1]) as answer:  # a shell has Ctrl-C ignored in the background, until it serves
            assert answer.status == 200
        server.send_signal(signal.SIGINT)
        assert server.wait(30) == 0


def test_dialogues_keep_their_turns_and_roles(cli: Cli, home: Path, backend: ScriptedBackend, served: Served) -> None:
    """Two dialogues: the rows of the data set are their turns, and a blank turn keeps its place."""
    said = [("customer", "refund money"), ("agent", ""), ("customer", "parcel 包裹|delivery"), ("agent", "<b>parcel")]
    turns = [{"speaker": role, "text": text} for role, text in said]
    calls = [{"id": "a|1", "turns": turns, "date": "2024-05-31"}, {"id": "b", "turns": turns[:1]}]
    Path("calls.jsonl").write_text("".join(json.dumps(call) + "\n" for call in calls), "utf-8")
    assert cli("annotate", "calls.jsonl", "--out", "f", "--k", 2, "--annotators", 1).exit_code == 0
    run = load(Path("f"))
    refund = int(run.review.labels[run.corpus.texts.index("refund money")])
    decide(Path("f"), Vote(refund, good=True), Rename(refund, "退款|<b>"))
    assert cli("annotate", "f", "--export", "data.parquet").exit_code == 0
    table = pq.read_table("data.parquet")
    assert table.column_names == ["text", "dialogue_id", "turn", "role", "date", "label"]
    rows = table.to_pylist()
    assert [row["role"] for row in rows] == ["customer", None, "customer", "agent", "customer"]
    assert [row["dialogue_id"] for row in rows] == ["a|1", None, "a|1", "a|1", "b"]
    assert [row["label"] == "退款|<b>" for row in rows] == [row["text"] == "refund money" for row in rows]
    corpus = read("data.parquet")
    assert (corpus.texts, corpus.roles, corpus.n_blank) == (run.corpus.texts, run.corpus.roles, 1)
    assert corpus.occurrences.equals(run.corpus.occurrences)
    card = Path("data.md").read_text("utf-8")
    assert "| 退款\\|&lt;b&gt; | 1 | 2 | no | refund money |" in card
    assert "Fleiss' κ undefined" in card
    assert "| not labelled: in clusters to judge | 2 | 2 |" in card
    assert "<b>" not in card


def test_any_run_can_be_annotated(cli: Cli, calls: Path, backend: ScriptedBackend, served: Served) -> None:
    """The intents that an LLM found are the clusters to judge; what it left over is shared out."""
    cli("discover", calls, "--out", "run", "--llm", "test:scripted")
    before = decide(Path("run"), Noise((0,))).review
    assert cli("annotate", "run", "--annotators", 1).exit_code == 0
    ((run, door),) = served
    assert door.group == 1
    assert standing_of(run.review).n_at() == {Stage.JUDGE: len(before.intents)}
    assert read_log(Path("run/decisions.jsonl"))[-1].edit == Quorum(1)
    assert run.review.labels.tolist() == before.labels.tolist()
    decide(Path("run"), Vote(1, good=True), Rename(1, "ask-this"))
    assert cli("annotate", "run", "--export", "d.parquet").exit_code == 0
    assert "found, with the LLM test:scripted" in Path("d.md").read_text("utf-8")


def test_no_llm_is_asked_to_annotate_a_run_that_has_not_ended(
    cli: Cli, calls: Path, backend: ScriptedBackend, served: Served
) -> None:
    cli("discover", calls, "--out", "run", "--llm", "test:scripted", "--max-calls", 5)
    manifest, n_asked = json.loads(Path("run/manifest.json").read_text("utf-8")), len(backend.asked)
    assert manifest["status"] == "capped"
    assert cli("annotate", "run").exit_code == 0  # what a cap ended has a result
    Path("run/manifest.json").write_text(json.dumps(manifest | {"status": "interrupted"}), "utf-8")
    assert "continue it with: dialin resume run" in cli("annotate", "run").stderr
    assert (len(served), len(backend.asked)) == (1, n_asked)


def test_the_advice_for_a_folder_that_is_there_is_to_annotate_it(
    cli: Cli, calls: Path, backend: ScriptedBackend, served: Served
) -> None:
    """`dialin resume` knows no pages."""
    assert cli("annotate", calls, "--out", "run").exit_code == 0
    one_line(cli("annotate", calls, "--out", "run"), "already holds a run", "continue it with: dialin annotate run;")
