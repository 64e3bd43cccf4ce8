"""An update reads the new sentences as the run's own were read, and puts both into one corpus."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from dialin.errors import InputError
from dialin.read import parts
from dialin.read.columns import Columns
from dialin.read.corpus import corpus_of
from dialin.read.limits import ReadLimits
from dialin.read.parts import read_large
from dialin.redact.source import Redaction
from dialin.runs.update import added, joined_corpus, new_part, table_of_corpus, united, update_plan
from fake_run import Said, fake_run
from same_corpus import same_corpus

SAID = [
    Said("where is my parcel", "ask-parcel", "d1", "customer", "2024-01-02"),
    Said("请退款", "退款", "d1", "customer"),
    Said("where is my parcel", "ask-parcel", "d2", "customer"),
]


def write(path: Path, rows: list[dict[str, object]]) -> str:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return str(path)


def new(dialogue: str) -> list[dict[str, object]]:
    texts = "请退款", "where is my parcel", "   ", "close my account"
    return [{"text": text, "dialogue": dialogue, "role": "customer"} for text in texts]


def test_the_new_rows_come_after_the_old_ones(tmp_path: Path) -> None:
    run = fake_run(tmp_path / "run", SAID)
    corpus = united(update_plan(run, write(tmp_path / "new.jsonl", new("d3")), {})).corpus
    assert corpus.texts == ["close my account", "where is my parcel", "请退款"]
    assert corpus.counts.tolist() == [1, 3, 2]
    assert corpus.occurrences["row"].to_pylist() == [0, 1, 2, 3, 4, 6]
    assert corpus.occurrences["dialogue_id"].to_pylist() == ["d1", "d1", "d2", "d3", "d3", "d3"]
    assert corpus.n_blank == 1
    part = new_part(replace(run, corpus=corpus), run)
    assert part.texts == corpus.texts
    assert part.counts.tolist() == [1, 1, 1]


def test_the_corpus_is_that_of_all_rows_at_once(tmp_path: Path) -> None:
    """The same words of two roles are two sentences; a column that one part lacks is null there."""
    run = fake_run(tmp_path / "run", SAID)
    rows: list[dict[str, object]] = [
        {"text": text, "role": role} for text in ("a", "where is my parcel") for role in ("agent", "customer", None)
    ]
    found = read_large(write(tmp_path / "new.jsonl", rows), Columns())
    told = table_of_corpus(found)
    shifted = told.set_column(told.column_names.index("row"), "row", pc.add(told["row"], 7))
    at_once = pa.concat_tables([table_of_corpus(run.corpus), shifted], promote_options="default")
    assert same_corpus(joined_corpus(run.corpus, found, 7), corpus_of(at_once.combine_chunks()))


def test_what_does_not_fit_beside_the_run_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run has 2 sentences in 3 rows, and the new file 9 rows, which are known before it is read."""
    run = fake_run(tmp_path / "run", SAID)
    pq.write_table(pa.table({"text": ["a"] * 9}), tmp_path / "new.parquet")

    def check(n: int, n_rows: int) -> None:
        raise InputError(f"{n} in {n_rows}", hint="")

    plan = update_plan(run, str(tmp_path / "new.parquet"), {})
    monkeypatch.setattr(parts, "LARGE_ROWS", 1)
    with pytest.raises(InputError, match="2 in 12"):
        united(plan, ReadLimits(check_number=check))


def test_a_corpus_comes_from_its_table_again(tmp_path: Path) -> None:
    run = fake_run(tmp_path / "run", SAID)
    table = table_of_corpus(run.corpus)
    assert table["text"].to_pylist() == [said.text for said in SAID]


def test_a_dialogue_that_the_run_has_is_refused(tmp_path: Path) -> None:
    run = fake_run(tmp_path / "run", SAID)
    with pytest.raises(InputError, match=r"1 of the 1 new dialogues have the id of a dialogue in .* such as 'd2'"):
        united(update_plan(run, write(tmp_path / "new.jsonl", new("d2")), {}))


def test_a_run_that_people_judged_cannot_be_updated(tmp_path: Path) -> None:
    run = fake_run(tmp_path / "run", SAID)
    judged = replace(run.manifest, settings=replace(run.manifest.settings, judge="people"))
    with pytest.raises(InputError, match="was judged by people"):
        update_plan(replace(run, manifest=judged), "new.csv", {})


def test_the_plan_takes_over_what_the_run_used_but_for_what_the_user_says(tmp_path: Path) -> None:
    run = fake_run(tmp_path / "run", SAID)
    source = replace(run.manifest.source, redact="rules", columns=replace(run.manifest.source.columns, text="said"))
    of = replace(run.manifest, source=source, settings=replace(run.manifest.settings, seed=7, coverage=0.9))
    plan = update_plan(replace(run, manifest=of), "new.csv", {"role": "who"})
    assert (plan.columns.text, plan.columns.role, plan.redact) == ("said", "who", "rules")
    assert (plan.settings.seed, plan.settings.coverage) == (7, "auto")
    assert (plan.specs.embedder, plan.since, plan.is_update) == ("test:hashing", run.folder, True)
    assert update_plan(replace(run, manifest=of), "new.csv", {}, "off").redact == "off"


def test_what_was_replaced_is_told_of_both_parts() -> None:
    one = Redaction("rules", {}, 1, {"CARD": 1})
    assert (added(None, one), added(one, None), added(None, None)) == (one, one, None)
