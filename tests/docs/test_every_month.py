"""The commands on the page about every month do what it says, one after the other."""

from __future__ import annotations

import csv
import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from conftest import Cli, Served

from dialin.cli.demo import examples
from dialin.runs.run import load
from dialin.taxonomy.alarm import FIGURES
from dialin.taxonomy.difference import NEW, STATES, difference_of_runs
from dialin.taxonomy.migration import COLUMNS
from dialin.taxonomy.snapshot import Snapshot
from doc_pages import page, shell_lines
from scripted import ScriptedBackend, sentences

PAGE = "docs/guide/every-month.md"
GNOMES = [f"my garden gnome number {i} wants a hat" for i in range(30)]
EXAMPLES = ["calls.jsonl", "calls_gold.csv", "calls_second_month.jsonl", "calls_second_month_gold.csv"]


def write_months(folder: Path) -> None:
    """Write two small months under the names of the example calls: the second has a new intent."""
    texts = [text for text, _ in sentences()]
    for name, said in {"calls": texts, "calls_second_month": [*texts, *GNOMES]}.items():
        turns = [{"role": "customer", "text": text} for text in said]
        (folder / f"{name}.jsonl").write_text(json.dumps({"dialogue_id": name, "turns": turns}))


def test_commands_run_in_their_order(cli: Cli, backend: ScriptedBackend, home: Path, served: Served) -> None:
    """The scripted embedder knows no kinds, so all sentences are searched."""
    demo, *lines = [shlex.split(line)[1:] for line in shell_lines(PAGE)]
    assert cli(*demo).exit_code == 0
    assert sorted(path.name for path in Path("months").iterdir()) == EXAMPLES
    write_months(home / "months")
    assert [words[0] for words in lines] == ["discover", "review", "export", "update", "discover"] + ["diff"] * 5
    for words in lines:
        done = cli(*(word for word in words if word not in {"--only", "needs"}))
        assert done.exit_code == (3 if "--fail-on" in words else 0), done.output
    assert "new is" in done.stderr
    assert len(served) == 1
    assert (home / "intents" / "export.json").is_file()
    assert json.loads((home / "so-far" / "drift.json").read_text())["inside"] == []  # each month is one dialogue
    assert (home / "february" / "taxonomy.json").is_file()
    assert "garden gnome" in Path("february.html").read_text()
    assert next(csv.reader(Path("moved.csv").read_text().splitlines())) == list(COLUMNS)


@pytest.mark.models
def test_the_new_intent_of_the_second_month_is_found(cli: Cli, home: Path) -> None:
    """The English calls, which take half of the time: a pairing intent is told as new, and for sure.

    The update tells which of its sentences to look at.
    """
    lines = [shlex.split(line)[1:] for line in shell_lines(PAGE)]
    demo, *commands = (words for words in lines if words[0] in {"demo", "discover", "update"})
    assert cli(*demo).exit_code == 0
    for path in Path("months").glob("*.jsonl"):
        keep_english(path)
    output = dict[str, str]()
    for words in commands:
        done = cli(*words)
        assert done.exit_code == 0, done.output
        output[words[0]] = done.output
    found = difference_of_runs(load(Path("january")), load(Path("february")))
    sure = [one for one in found.changes if NEW in one.states and not found.may_be_chance(one)]
    assert any(share_to_connect(sentences_of(found.new, one.new)) >= 0.5 for one in sure)
    (told,) = (line for line in output["update"].splitlines() if "may be a new intent" in line)
    assert share_to_connect(re.findall("“(.*?)”", told)) >= 0.5


def keep_english(path: Path) -> None:
    calls = [call for call in map(json.loads, path.read_text("utf-8").splitlines()) if call["dialogue_id"][:2] == "en"]
    path.write_text("".join(json.dumps(call) + "\n" for call in calls))


def sentences_of(month: Snapshot, place: int | None) -> list[str]:
    return [month.keys[row][0] for row in np.flatnonzero(month.labels == place).tolist()]


def share_to_connect(texts: list[str]) -> float:
    """Return the share of some sentences whose gold label is the one that began."""
    with (examples() / "calls_second_month_gold.csv").open() as file:
        gold = {(row["dialogue_id"], int(row["turn"])): row["intent"] for row in csv.DictReader(file)}
    calls = map(json.loads, (examples() / "calls_second_month.jsonl").read_text("utf-8").splitlines())
    said = {turn["text"]: gold[call["dialogue_id"], i] for call in calls for i, turn in enumerate(call["turns"])}
    return float(np.mean([said[text] == "connect-to-app" for text in texts]))


def test_every_state_figure_and_column_is_on_the_page() -> None:
    text = page(PAGE)
    assert [name for name in (*STATES, *FIGURES, *COLUMNS) if not re.search(rf"^\|.*`{name}`.*\|", text, re.M)] == []
