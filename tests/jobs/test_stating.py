"""The utterances of a run that state several intents: where people decided, and what is forgotten, counts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from dialin.discover.connections import Connections
from dialin.discover.settings import Settings
from dialin.discover.specs import Specs
from dialin.discover.state import Result
from dialin.errors import InputError
from dialin.jobs.discover import Session, work_on
from dialin.jobs.forget_rows import stated_without
from dialin.jobs.stating import stating
from dialin.read.columns import Columns
from dialin.read.outcomes import INTENTS
from dialin.read.table import read
from dialin.review.apply import BY_PERSON
from dialin.runs.manifest import RunPlan
from dialin.runs.run import Run, load
from dialin.runs.start import start
from dialin.runs.tables import STATED, asked_for_several, with_stated
from fake_run import Said, fake_run, result_of
from scripted import HashingEmbedder, kinds_by_word

BOTH = "refund my money and also track my parcel"
TEXTS = {"refund": ("refund money", "refund my money"), "parcel": ("track parcel", "track my parcel")}
SAID = [Said(text, name) for name, texts in TEXTS.items() for text in texts] + [Said(BOTH, ""), Said(BOTH, "")]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Result]:
    """Make a run and the result that it was written from."""
    run = fake_run(tmp_path_factory.mktemp("stating") / "run", SAID)
    corpus = run.corpus
    X = HashingEmbedder().encode(corpus.texts)
    return run, result_of(corpus.texts, corpus.roles, corpus.counts.tolist(), SAID, X)


def connected(notes: list[str]) -> Connections:
    """Return connections that write down what the user should know."""
    embed = HashingEmbedder().encode
    return Connections(None, embed, "test:hashing", "a test", kinds=kinds_by_word, on_note=notes.append)


def n_stated(run: Run, result: Result) -> list[int]:
    """Return how many intents each utterance states."""
    opened, X = connected([]), HashingEmbedder().encode(run.corpus.texts)
    return [len(own) for own in stating(run, X, result, opened).corpus.occurrences[INTENTS].to_pylist()]


def test_each_utterance_of_a_sentence_states_the_same(found: tuple[Run, Result]) -> None:
    assert n_stated(*found) == [1, 1, 1, 1, 2, 2]


def test_what_people_decided_about_an_earlier_run_stays_whole(found: tuple[Run, Result]) -> None:
    run, result = found
    row = run.corpus.texts.index(BOTH)
    later = replace(run, manifest=replace(run.manifest, since="earlier"))
    assert n_stated(later, result) == [1, 1, 1, 1, 2, 2]
    nearest, _ = result.pieces.assign(HashingEmbedder().encode([BOTH]), [""])
    labels = np.where(np.arange(len(result.labels)) == row, 1 - max(nearest[0], 0), result.labels)
    assert n_stated(later, replace(result, labels=labels))[-2:] == [1, 1]
    reasons = [BY_PERSON if i == row else "" for i in range(len(result.reasons))]
    assert n_stated(later, replace(result, reasons=reasons))[-2:] == [0, 0]


def test_the_column_is_there_only_if_it_was_asked_for(found: tuple[Run, Result]) -> None:
    corpus = found[0].corpus
    assert not asked_for_several(corpus)
    asked = with_stated(corpus, None)
    assert asked_for_several(asked)
    assert asked.occurrences[INTENTS].null_count == asked.occurrences.num_rows
    assert with_stated(asked, None).occurrences.equals(asked.occurrences)


def test_a_run_that_was_stopped_still_knows_that_it_was_asked_for(found: tuple[Run, Result], tmp_path: Path) -> None:
    plan = RunPlan("calls.jsonl", Columns(), Settings(), Specs("none", "none"), multi=True)
    notes = list[str]()
    opened = connected(notes)
    folder = start(tmp_path / "run", plan, found[0].corpus, opened).folder
    assert asked_for_several(load(folder).corpus)
    done = work_on(load(folder), opened, Session())
    stated = done.corpus.occurrences[INTENTS]
    assert stated.null_count == 0
    n = sum(len(own) > 1 for own in stated.to_pylist())
    assert notes == [f"{n} of 6 utterances state several intents"]
    assert load(folder).corpus.occurrences[INTENTS].to_pylist() == stated.to_pylist()


def test_a_forgotten_intent_is_stated_no_more() -> None:
    one, other = ({"start": 0, "end": 1, "intent_id": i, "p_intent": 0.5} for i in (3, 7))
    table = pa.table({"row": [0, 1, 2], INTENTS: pa.array([[one, other], [one], None], STATED)})
    assert stated_without(table, {3: ""})[INTENTS].to_pylist() == [[other], [], None]
    assert stated_without(table, {}) is table
    words = pa.table({INTENTS: ["an outcome of an older run"]})
    assert stated_without(words, {3: ""}) is words


def test_an_outcome_cannot_take_its_name(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,intents\nhi,2\nyo,3\n", "utf-8")
    with pytest.raises(InputError, match=r"'intents' of .* cannot be an outcome"):
        read(tmp_path / "a.csv", Columns(outcomes=("intents",)))
