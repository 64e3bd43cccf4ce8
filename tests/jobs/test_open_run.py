"""A run in a notebook: frames of its tables, the intents of new texts, and a picture that needs no script."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import dialin
from dialin.errors import InputError
from dialin.report.notebook import MAX_INTENTS
from dialin.review.edits import Rename
from fake_run import Said, calls, decide, fake_run
from nasty import SCRIPT, nasty_calls
from run_commands import discover
from scripted import TOPICS, ScriptedBackend

KINDS: dict[str, type[Any]] = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "arrow": pa.Table}


@pytest.mark.parametrize("frame", KINDS)
def test_tables_come_as_the_frame_asked_for(tmp_path: Path, frame: Any) -> None:
    made = fake_run(tmp_path / "run", calls())
    run = dialin.open_run(tmp_path / "run", frame)
    tables = {"intents": made.intents, "sentences": made.sentences}
    for name, table in tables.items():
        found = getattr(run, name)
        assert isinstance(found, KINDS[frame])
        assert list(getattr(found, "column_names", getattr(found, "columns", ()))) == table.column_names
        assert len(found) == table.num_rows
    assert len(run.occurrences) == len(calls())
    assert len(run.rounds) == 1


def test_pandas_is_the_default_and_tables_follow_the_review(tmp_path: Path) -> None:
    made = fake_run(tmp_path / "run", calls())
    number = {name: i for i, name in made.found_names.items()}
    decide(tmp_path / "run", Rename(number["greet-agent"], "say-hello"))
    names = dialin.open_run(tmp_path / "run").intents["name"].tolist()
    assert "say-hello" in names
    assert "greet-agent" not in names


def test_new_texts_get_their_intents(cli: Any, calls: Path, backend: ScriptedBackend) -> None:
    discover(cli, calls, "run")
    run = dialin.open_run("run")
    said = run.sentences[run.sentences["intent_id"] >= 0]
    found = run.predict(said["text"].tolist())
    assert found["text"].tolist() == said["text"].tolist()
    assert found["intent_id"].tolist() == said["intent_id"].tolist()
    assert set(found["name"]) == set(run.intents["name"])
    assert len(set(found["name"])) == len(TOPICS)
    assert len(run.predict(calls)) == len(run.occurrences)


@pytest.mark.parametrize(
    ("path", "frame", "message"),
    [
        pytest.param("nowhere", "pandas", "nowhere", id="no run"),
        pytest.param("nowhere", "excel", "frame must be one of pandas, polars, arrow, got 'excel'", id="no such frame"),
    ],
)
def test_what_cannot_be_opened(home: Path, path: str, frame: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        dialin.open_run(path, frame)


# --- the picture --------------------------------------------------------------------------------------------------


def picture(folder: Path) -> str:
    html: str = dialin.open_run(folder)._repr_html_()
    return html


def test_the_picture_has_a_dot_for_each_sentence_and_a_row_for_each_intent(tmp_path: Path) -> None:
    made = fake_run(tmp_path / "run", calls())
    html = picture(tmp_path / "run")
    assert html.count("<circle") == made.sentences.num_rows
    assert html.count("<tr style") - 1 == made.intents.num_rows < MAX_INTENTS
    assert "重置-密码" in html
    assert "<script" not in html
    assert "more:" not in html


def test_the_text_of_a_run_opens_it_again(tmp_path: Path) -> None:
    fake_run(tmp_path / "run", calls())
    run = dialin.open_run(tmp_path / "run", "arrow")
    assert eval(repr(run), {"open_run": dialin.open_run}).intents.equals(run.intents)


def test_many_intents_are_cut(tmp_path: Path) -> None:
    said = [Said(f"text {i} {j}", f"ask-{i}") for i in range(MAX_INTENTS + 3) for j in range(3)]
    fake_run(tmp_path / "run", said)
    html = picture(tmp_path / "run")
    assert html.count("<tr style") - 1 == MAX_INTENTS
    assert "… and 3 more" in html


def test_what_people_wrote_is_escaped(tmp_path: Path) -> None:
    fake_run(tmp_path / "run", nasty_calls())
    html = picture(tmp_path / "run")
    assert SCRIPT not in html
    assert not re.search(r"<(script|img)", html)
