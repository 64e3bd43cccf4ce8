"""Scores a finished run against gold labels, utterance by utterance."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dialin.errors import InputError
from dialin.facts.headline import summary_of
from dialin.files import without_nan
from dialin.llm.prices import Cost, cost_json
from dialin.read.label_column import Position, TextLabels, column_of, join, texts_of
from dialin.read.outcomes import INTENTS
from dialin.read.remote import is_remote
from dialin.redact.source import read_redacted
from dialin.runs.run import Run, fingerprint
from dialin.runs.tables import OCCURRENCES_SCHEMA
from dialin.score.metrics import Scores, score
from dialin.score.reliability import Goodness


@dataclass(frozen=True)
class Evaluation:
    """Scores, expected goodness and cost of a run.

    Parameters
    ----------
    scores : Scores
        Scores against gold labels, with each utterance counted.
    goodness : Goodness
        Expected share of good intents, according to the judge of the run or to people in its review.
    questions, tokens_in, tokens_out : int
        Distinct questions to the LLM, and their tokens.
    cost : Cost or None
        What these questions cost; None if no server was asked, or its price is unknown.
    """

    scores: Scores
    goodness: Goodness
    questions: int
    tokens_in: int
    tokens_out: int
    cost: Cost | None = None

    def as_dict(self) -> dict[str, object]:
        """Return plain values for JSON."""
        return {
            **self.scores.as_dict(),
            "goodness": without_nan(asdict(self.goodness)),
            "calls": self.questions,
            "tokens_in": self.tokens_in,
            "tokens_out": self.tokens_out,
            **cost_json(self.cost),
        }


def evaluate_run(run: Run, gold: str, gold_file: Path | None = None) -> Evaluation:
    """Return the evaluation of a run.

    Parameters
    ----------
    run : Run
        Run that is complete or capped.
    gold : str
        Name of the column with the gold labels.
    gold_file : Path, optional
        File with that column, joined on ``dialogue_id`` and ``turn`` or on ``row``; by default the input of the run.

    Raises
    ------
    InputError
        If the run has no result, or there are no gold labels for its rows.
    """
    summary = summary_of(run)
    places = positions_of(run)
    labels = join(str(gold_file), gold, places) if gold_file else gold_in_input(run, gold, places)
    scores = score(utterance_labels(run), labels)
    if not scores.n:
        raise InputError(f"column {gold!r} has no labels for the rows of the run", hint="name another column")
    usage = (summary.questions, summary.tokens_in, summary.tokens_out)
    return Evaluation(scores, summary.goodness, *usage, cost=summary.cost)


def utterance_labels(run: Run) -> NDArray[np.int64]:
    """Return the intent of each utterance, in the order of ``occurrences.parquet``."""
    intents = run.sentences["intent_id"].to_numpy()
    labels: NDArray[np.int64] = intents[run.corpus.occurrences["sentence_id"].to_numpy()]
    return labels


def positions_of(run: Run) -> list[Position]:
    """Return the position of each utterance."""
    table = run.corpus.occurrences
    columns = [table[name].to_pylist() for name in ("row", "dialogue_id", "turn")]
    return [Position(*place) for place in zip(*columns, strict=True)]


def gold_in_input(run: Run, gold: str, places: list[Position]) -> TextLabels:
    """Return the gold labels in the run's own input; raise InputError if it cannot be read again, or has changed."""
    source, occurrences = run.manifest.source, run.corpus.occurrences
    if gold in set(occurrences.column_names) - {*OCCURRENCES_SCHEMA.names, INTENTS}:  # an outcome that an export told
        return texts_of(occurrences[gold])
    if source.path == "-" or source.sql or is_remote(source.path):
        came_from = "standard input" if source.path == "-" else source.path
        raise InputError(f"the input came from {came_from} and cannot be read again", hint="give --gold-file")
    column = column_of(source.path, gold, source.columns)
    if fingerprint(read_redacted(source.path, source.columns, source.redact).corpus) != source.sha256:
        raise InputError(f"{source.path} has changed since the run", hint="give --gold-file, or run discover again")
    if len(column) <= max(place.row for place in places):
        raise InputError(
            f"column {gold!r} of {source.path} has {len(column)} values, one per dialogue",
            hint="label each turn, or give --gold-file",
        )
    return [column[place.row] for place in places]
