"""`dialin tune data`: from files and reviews to a table, what it says of itself, and bad input."""

from __future__ import annotations

import csv
import json
import random
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import Cli

from dialin.arrays import Matrix
from dialin.discover import connect
from dialin.discover.specs import Specs
from dialin.embed.choose import ChosenEmbedder
from dialin.errors import InputError
from dialin.llm.spec import NO_LLM
from dialin.review.log import read_log
from dialin.tune.data import SCHEMA, origin_of
from dialin.tune.from_review import conventional_name
from dialin.tune.sources import Reading, read_source
from fake_run import without_hashes
from one_line import nothing_left, one_line
from oracles import BagOfWords
from run_commands import discover
from scripted import TOPICS, HashingEmbedder, ScriptedBackend, sentences

OUT = "t.parquet"
ZH = {"退款_申请": "退款钱款返还退货", "物流_查询": "物流快递包裹运送", "密码_重置": "密码登录账号锁定"}


@pytest.fixture(autouse=True)
def _stand_ins(backend: ScriptedBackend) -> None:
    """Put the hashing embedder in the place of every other."""


def make(cli: Cli, *arguments: object) -> list[dict[str, Any]]:
    result = cli("tune", "data", *arguments, "--out", OUT)
    assert result.exit_code == 0, result.stderr
    rows: list[dict[str, Any]] = pq.read_table(OUT).to_pylist()
    return rows


def embed(spec: str, texts: list[str]) -> tuple[str, Matrix]:
    opened = connect.connect(Specs(NO_LLM, embedder=spec), texts)
    return opened.embedder_name, opened.embed(texts)


def chinese(path: Path) -> Path:
    """Write 45 Chinese sentences about three topics."""
    rng = random.Random(0)
    rows = [
        ("".join(rng.sample(list(known), 5)) + rng.choice("吗呢了吧"), t) for t, known in ZH.items() for _ in range(15)
    ]
    write(path, ["text", "label"], rows)
    return path


def write(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])


# --- the table ------------------------------------------------------------------------------------


def test_fewer_sentences_can_be_shown(cli: Cli, calls: Path) -> None:
    rows = make(cli, calls, "--label", "topic", "--clusters", 20, "--shown", 3)
    assert {len(row["shown"]) for row in rows} == {3}


def test_every_row_is_true(cli: Cli, calls: Path) -> None:
    with calls.open() as file:
        source = list(csv.DictReader(file))
    rows = make(cli, calls, "--label", "topic", "--clusters", 60)
    assert pq.read_schema(OUT).equals(SCHEMA)
    assert [row["cluster_id"] for row in rows] == list(range(60))
    for row in rows:
        counts = Counter(source[i]["topic"] for i in row["rows"])
        assert (row["size"], row["purity"]) == (len(row["rows"]), max(counts.values()) / len(row["rows"]))
        assert counts[row["label"]] == max(counts.values())
        assert row["good"] == (row["purity"] >= 0.9) == (row["purity"] > 0.7)
        texts = {source[i]["text"] for i in row["rows"]}
        assert len(texts) == row["size"] >= 4
        assert set(row["shown"]) <= texts
        labels = {source[i]["text"]: source[i]["topic"] for i in row["rows"]}
        assert row["shown_labels"] == [labels[text] for text in row["shown"]]
        assert len(set(row["shown"])) == len(row["shown"]) == min(row["size"], 20)
        assert (row["source"], row["language"], row["embedder"]) == ("calls", "en", "test:hashing")
    assert Counter(row["good"] for row in rows) == {True: 30, False: 30}
    names = {row["label"]: row["name"] for row in rows}
    assert names.items() <= {topic: f"inquire-{topic}" for topic in TOPICS}.items() | {("refund", "refund-general")}


def test_every_column_is_documented() -> None:
    table = (Path(__file__).parents[2] / "docs" / "guide" / "tune.md").read_text("utf-8").split("## The columns")[1]
    cells = [line.split(" | ")[0] for line in table.split("## ")[0].splitlines() if line.startswith("| `")]
    assert re.findall(r"`(\w+)`", " ".join(cells)) == SCHEMA.names


def test_the_same_inputs_and_options_give_the_same_bytes(cli: Cli, calls: Path) -> None:
    arguments = (calls, "--label", "topic", "--clusters", 30, "--seed", 3)
    make(cli, *arguments)
    first = Path(OUT).read_bytes()
    Path(OUT).unlink()
    make(cli, *arguments)
    assert Path(OUT).read_bytes() == first
    Path(OUT).unlink()
    make(cli, *arguments[:-1], 4)
    assert Path(OUT).read_bytes() != first


def test_a_table_of_other_data_is_found_out(cli: Cli, calls: Path) -> None:
    make(cli, calls, "--label", "topic", "--clusters", 30)
    first = origin_of(Path(OUT))
    calls.write_text(calls.read_text().replace("again", "once more"))
    Path(OUT).unlink()
    make(cli, calls, "--label", "topic", "--clusters", 30)
    assert origin_of(Path(OUT))["inputs"] != first["inputs"]


def test_the_metadata_say_how_it_was_made(cli: Cli, calls: Path) -> None:
    make(cli, calls, "--label", "topic", "--good", 0.95, "--bad", 0.6, "--seed", 2, "--clusters", 20, "--noise", "x")
    about = origin_of(Path(OUT))
    assert {"good": 0.95, "bad": 0.6, "seed": 2, "n": 20}.items() <= about["recipe"].items()
    assert about["reading"] == {"label": "topic", "text": None, "language": "auto", "noise": ["x"]}
    assert (about["asked"], about["embedders"], about["columns"]) == (["auto"], ["test:hashing"], SCHEMA.names)
    assert about["inputs"][0]["source"] == "calls"
    assert len(about["inputs"][0]["sha256"]["calls.csv"]) == 64
    pq.write_table(pa.table({"a": [1]}), "other.parquet")
    with pytest.raises(InputError, match="was not made by dialin tune data"):
        origin_of(Path("other.parquet"))


def test_the_formats_agree(cli: Cli, calls: Path) -> None:
    """The rows of a CSV, as JSON lines, as Parquet, and as turns of two dialogues."""
    with calls.open() as file:
        source = list(csv.DictReader(file))
    Path("calls.jsonl").write_text("\n".join(map(json.dumps, source)))
    pq.write_table(pa.Table.from_pylist(source), "calls.parquet")
    Path("turns.jsonl").write_text("\n".join(json.dumps({"turns": part}) for part in (source[:30], source[30:])))
    found = []
    for path in (calls, "calls.jsonl", "calls.parquet", "turns.jsonl"):
        found.append([row | {"source": ""} for row in make(cli, path, "--label", "topic", "--clusters", 20)])
        Path(OUT).unlink()
    assert all(rows == found[0] for rows in found)


def test_each_embedder_clusters_each_file(cli: Cli, calls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """40 clusters, two embedders: 20 each."""
    monkeypatch.setattr(connect, "embedder_of", lambda spec, texts: ChosenEmbedder(BagOfWords(int(spec), spec), ""))
    rows = make(cli, calls, "--label", "topic", "--clusters", 40, "--embedder", "24", "--embedder", "48")
    assert Counter(row["embedder"] for row in rows) == {"24": 20, "48": 20}
    shown = cli("tune", "data", calls, "--label", "topic", "--out", "u.parquet", "--embedder", "24", "--embedder", "48")
    assert "embedder" in shown.stdout


def test_files_and_languages_are_balanced(cli: Cli, calls: Path) -> None:
    """48 clusters, 24 of each language, so 12 of each English file; half of each are good."""
    rows = [(text, f"{topic}_topic") for text, topic in sentences(seed=5)]
    write(Path("more.csv"), ["text", "label"], rows)
    write(calls, ["text", "label"], sentences())
    found = make(cli, calls, "more.csv", chinese(Path("zh.csv")), "--label", "label", "--clusters", 48)
    assert Counter(row["source"] for row in found) == {"calls": 12, "more": 12, "zh": 24}
    assert Counter((row["source"], row["good"]) for row in found)["zh", True] == 12
    assert Counter(row["language"] for row in found) == {"en": 24, "zh": 24}
    assert {row["name"] for row in found if row["source"] == "zh"} <= {"退款-申请", "查询-物流", "重置-密码"}


def test_noise_is_no_intent(cli: Cli) -> None:
    rows = [*sentences(), *((f"{text} oos", "oos") for text, _ in sentences(6, 1))]
    write(Path("noisy.csv"), ["text", "topic"], rows)
    assert "oos" in {row["label"] for row in make(cli, "noisy.csv", "--label", "topic", "--clusters", 100)}
    Path(OUT).unlink()
    found = make(cli, "noisy.csv", "--label", "topic", "--noise", "oos", "--clusters", 100)
    assert "oos" not in {row["label"] for row in found}
    assert [row for row in found if any(text.endswith("oos") for text in row["shown"])]


def test_a_text_has_its_most_frequent_label_and_its_first_row() -> None:
    """ "hello there" is a twice and b once; "bye" is both once, so the first by alphabet; "see you" has no label."""
    rows = [("hello there", "b"), ("hello there", "a"), (" hello  there", "a"), ("bye", "c"), ("see you", "")]
    write(Path("twice.csv"), ["text", "label"], [*rows, ("bye", "b")])
    source = read_source("twice.csv", Reading("label"))
    assert (source.texts, source.labels, source.rows) == (["bye", "hello there"], ["b", "a"], [3, 0])


# --- what is printed ------------------------------------------------------------------------------


def test_the_table_and_json_that_are_printed(cli: Cli, calls: Path) -> None:
    arguments = ("tune", "data", calls, "--label", "topic", "--clusters", 30)
    text = cli(*arguments, "--out", OUT).stdout
    assert "30 clusters, 15 good, 15 bad, in t.parquet" in text
    assert all(word in text for word in ("calls", "tree", "kmeans", "mixed", "sizes"))
    value = json.loads(cli(*arguments, "--out", "u.parquet", "--json").stdout)
    assert (value["clusters"], value["good"], value["bad"], value["out"]) == (30, 15, 15, "u.parquet")
    assert sum(value["sources"][0]["kinds"].values()) == 30
    assert value["sources"][0]["sizes"][0] >= 4


def test_it_says_when_there_are_fewer_than_asked_for(cli: Cli, calls: Path) -> None:
    arguments = ("tune", "data", calls, "--label", "topic", "--clusters", 100_000)
    assert "100,000 were requested" in cli(*arguments, "--out", OUT).stdout


# --- reviews --------------------------------------------------------------------------------------


def reviewed(cli: Cli, calls: Path, decisions: Sequence[dict[str, Any]]) -> Path:
    """Return a run of five intents with these decisions on them."""
    run = discover(cli, calls, "run", "--merge", "none")
    lines = [{"format": 2}, *decisions]
    (run / "decisions.jsonl").write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    return run


def test_decisions_become_rows(cli: Cli, calls: Path) -> None:
    """Accepted: good with its name; renamed: good with the new one; split: bad; the last word on an intent counts."""
    decisions = [
        {"intent_id": 0, "decision": "split"},
        {"intent_id": 0, "decision": "accept"},
        {"intent_id": 1, "decision": "rename", "name": "Refund request"},
        {"intent_id": 2, "decision": "split", "name": None},
    ]
    run = reviewed(cli, calls, decisions)
    intents = pq.read_table(run / "intents.parquet").to_pylist()
    texts = pq.read_table(run / "sentences.parquet")["text"].to_pylist()
    rows = make(cli, run)
    assert [row["name"] for row in rows] == [intents[0]["name"], "request-refund", ""]
    assert [row["good"] for row in rows] == [True, True, False]
    assert [row["label"] for row in rows] == [intent["name"] for intent in intents[:3]]
    assert [row["size"] for row in rows] == [intent["size"] for intent in intents[:3]]
    assert {(row["kind"], row["source"], row["embedder"], row["purity"]) for row in rows} == {
        ("review", "run", "test:hashing", None)
    }
    assert all(set(row["shown"]) <= {texts[i] for i in row["rows"]} for row in rows)


def test_decisions_stand_beside_files_and_come_on_top(cli: Cli, calls: Path) -> None:
    run = reviewed(cli, calls, [{"intent_id": 0, "decision": "accept"}])
    rows = make(cli, calls, run, "--label", "topic", "--clusters", 20)
    assert Counter(row["source"] for row in rows) == {"calls": 20, "run": 1}
    sha256 = {entry["source"]: set(entry["sha256"]) for entry in origin_of(Path(OUT))["inputs"]}
    assert sha256 == {"calls": {"calls.csv"}, "run": {"decisions.jsonl", "sentences.parquet", "intents.parquet"}}


def test_names_of_decisions_follow_the_convention() -> None:
    assert conventional_name("取消订单", "zh") == "取消-订单"
    assert conventional_name("ask-refund-date", "en") == "ask-refund-date"
    assert conventional_name("unnamed-intent-2", "en") == ""


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", ["line 2", "not a decision"]),
        ("[1]", ["line 2", "not a decision"]),
        ('{"intent_id": 0, "decision": "keep"}', ["line 2", "keep"]),
        ('{"intent_id": true, "decision": "accept"}', ["line 2", "intent_id"]),
        ('{"intent_id": 0, "decision": "move", "sentences": [-1]}', ["line 2", "sentences"]),
        ('{"intent_id": 0, "decision": "rename"}', ["`name` is missing"]),
        ('{"intent_id": 0, "decision": "rename", "name": 7}', ["not a decision"]),
    ],
)
def test_bad_decisions(home: Path, line: str, words: list[str]) -> None:
    Path("decisions.jsonl").write_text('{"format": 2}\n' + line + "\n")
    with pytest.raises(InputError) as caught:
        read_log(Path("decisions.jsonl"))
    assert [word for word in words if word not in str(caught.value)] == []


def test_folders_that_are_no_reviewed_runs(cli: Cli, calls: Path) -> None:
    Path("empty").mkdir()
    one_line(cli("tune", "data", "empty", "--out", OUT), "no run", "empty")
    run = reviewed(cli, calls, [{"intent_id": 99, "decision": "accept"}])
    one_line(cli("tune", "data", run, "--out", OUT), "no intent 99", "decisions.jsonl")
    (run / "decisions.jsonl").write_text("")
    one_line(cli("tune", "data", run, "--out", OUT), "no decisions", "decisions.jsonl")
    (run / "decisions.jsonl").unlink()
    one_line(cli("tune", "data", run, "--out", OUT), "decisions.jsonl", "review")
    (run / "embeddings.npy").unlink()
    one_line(cli("tune", "data", run, "--out", OUT), "embeddings.npy is damaged: it is missing")
    without_hashes(run)
    one_line(cli("tune", "data", run, "--out", OUT), "no vectors", "dialin resume run")


# --- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["calls.csv"], ["calls.csv", "--label COL"]),
        (["calls.csv", "--label", "intent"], ["no column 'intent'", "topic"]),
        (["calls.csv", "--label", "topic", "--text", "utterance"], ["no column 'utterance'"]),
        (["nothing.csv", "--label", "topic"], ["no file nothing.csv"]),
        (["-", "--label", "topic"], ["standard input"]),
        (["one.csv", "--label", "topic"], ["one.csv", "too few intents: refund"]),
        (["calls.csv", "--label", "text"], ["calls", "no good cluster", "purity >= 0.9"]),
        (["calls.csv", "--label", "topic", "--bad", "0.01"], ["calls", "no bad cluster", "purity <= 0.01"]),
        (["calls.csv", "--label", "topic", "--good", "0.6"], ["purity limits", "0.6"]),
        (["calls.csv", "--label", "topic", "--clusters", "1"], ["at least 2 clusters"]),
        (["calls.csv", "calls.csv", "--label", "topic"], ["2 inputs are called 'calls'"]),
        (["calls.csv", "zh.csv", "--label", "topic", "--clusters", "3"], ["zh.csv"]),
        (["dialogues.jsonl", "--label", "topic"], ["one for each dialogue"]),
        ([], ["Missing argument"]),
    ],
)
def test_bad_input(cli: Cli, calls: Path, arguments: list[str], words: list[str]) -> None:
    write(Path("one.csv"), ["text", "topic"], [row for row in sentences() if row[1] == "refund"])
    chinese(Path("zh.csv"))
    turns = [{"text": text} for text, _ in sentences()]
    Path("dialogues.jsonl").write_text(json.dumps({"topic": "a", "turns": turns}))
    before = {path.name for path in Path().iterdir()}
    result = cli("tune", "data", *arguments, "--out", OUT)
    lines = result.stderr.splitlines()
    assert (result.exit_code, result.stdout) == (2, ""), result.stderr
    assert lines[-1].startswith("dialin: error: ")
    assert [word for word in words if word not in lines[-1]] == []
    nothing_left(before)


def test_the_output_must_be_free(cli: Cli, calls: Path) -> None:
    Path(OUT).write_text("mine")
    one_line(cli("tune", "data", calls, "--label", "topic", "--out", OUT), "already exists")
    assert Path(OUT).read_text() == "mine"
    one_line(cli("tune", "data", calls, "--label", "topic", "--out", "t.csv"), "does not end in .parquet")
    one_line(cli("tune", "data", calls, "--label", "topic", "--out", "no/t.parquet"), "no folder no")


def test_a_disk_that_is_full_leaves_nothing(cli: Cli, calls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq.ParquetWriter, "write_table", full)
    result = cli("tune", "data", calls, "--label", "topic", "--clusters", 20, "--out", OUT)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "No space left" in result.stderr
    nothing_left({"calls.csv"})


def test_the_stand_in_is_what_embeds() -> None:
    assert embed("auto", ["refund money"])[0] == HashingEmbedder.name
