"""The page about several intents in one utterance: its commands work, its rules and figures are those of the code."""

from __future__ import annotations

import csv
import json
import shlex
from pathlib import Path

import pyarrow.parquet as pq
from conftest import Cli

from dialin.discover.part_intents import LEAST_P
from dialin.discover.several import LONGEST, PRICE
from dialin.jobs.predict_multi import NAMED
from dialin.read.clauses import CHINESE_JOINTS, ENGLISH_JOINTS, clauses_in
from doc_pages import ROOT, blocks, page, shell_lines
from scripted import ScriptedBackend, sentences

PAGE = "docs/guide/several-intents.md"


def test_commands_run_in_their_order(cli: Cli, home: Path, backend: ScriptedBackend) -> None:
    for name in ("calls.csv", "new-calls.csv"):
        with (home / name).open("w", newline="") as file:
            csv.writer(file).writerows([("text",), *([text] for text, _ in sentences()[::2])])
    first, following = (shlex.split(line)[1:] for line in shell_lines(PAGE))
    assert cli(*first, "--llm", "none").exit_code == 0
    assert cli(*following).exit_code == 0
    assert "intents" in pq.read_schema("run/occurrences.parquet").names
    assert all("intents" in json.loads(line) for line in Path("found.jsonl").read_text("utf-8").splitlines())


def test_the_example_has_the_fields_and_the_places_that_come_out() -> None:
    (block,) = blocks(page(PAGE), "json")
    row = json.loads(block)
    clauses = [(one["start"], one["end"]) for one in row["intents"]]
    assert clauses == clauses_in(row["text"])
    assert all(list(one) == [field.name for field in NAMED] for one in row["intents"])
    assert [field.name for field in NAMED if f"`{field.name}`" not in page(PAGE)] == []


def test_the_rules_are_those_of_the_code() -> None:
    text = page(PAGE)
    assert LONGEST == 4
    assert "up to four clauses in a row" in text
    assert f"at least {LEAST_P:.0%}".replace("%", " %") in text
    assert f"larger than {PRICE:.0f} for each cut" in text
    assert {"and", "but", "also", "plus", "by the way"} <= set(ENGLISH_JOINTS)
    assert {"还有", "另外", "顺便", "然后"} <= set(CHINESE_JOINTS)


def test_the_figures_are_those_of_the_study() -> None:
    found = json.loads((ROOT / "studies/own/results/multi.json").read_text("utf-8"))["sets"]
    keys = {
        "pairs, known words or marks": "pairs, known",
        "pairs, unknown words after a mark": "pairs, unknown words after a mark",
        "pairs, unknown words and no mark": "pairs, no mark",
        "single sentences": "singles",
        "pairs and as many single sentences": "pairs and singles",
    }
    for name, key in keys.items():
        parts = [found[data][key] for data in ("clinc150_full_with_oos", "smp2019_ecdt_nlu_train")]
        cells = [cell for part in parts for cell in cells_of(part)]
        assert f"| {name} | {' | '.join(cells)} |" in page(PAGE)


def test_the_figures_of_the_other_sets_are_those_of_the_study() -> None:
    found = json.loads((ROOT / "studies/own/results/multi.json").read_text("utf-8"))["sets"]
    calls, atoms = found["dstc11_dev_insurance_task1_turns"], found["nlupp"]["other folds"]
    both, alone = cells_of(calls["pairs and singles"]), cells_of(calls["singles"])
    text = page(PAGE)
    assert f"from {both[0]} to {both[1]} on pairs and single turns together" in text
    assert f"from {alone[0]} to {alone[1]} on the single ones, of which {alone[2]} are cut" in text
    one, several, cut = cells_of(atoms)
    assert f"F1 of the atoms is {one} with one intent each and {several} with several; {cut} of the utterances" in text
    rises = [f"{atoms['of_those_cut'][how]:.3f}".removeprefix("0") for how in ("one_each", "multi")]
    assert f"it rises from {rises[0]} to {rises[1]}." in text


def cells_of(part: dict[str, dict[str, float]]) -> list[str]:
    """Return F1 with one intent each and with several, and the share that was cut."""
    f1 = [f"{part[how]['sample_f1']:.3f}".removeprefix("0") for how in ("one_each", "multi")]
    return [*f1, f"{100 * float(str(part['cut'])):.1f} %"]
