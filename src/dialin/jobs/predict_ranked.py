"""Says more about each decision of a run than its intent: which intents come next, and why there is none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dialin.arrays import Bools, Matrix
from dialin.discover.ranking import Ranking, ranking_of
from dialin.discover.state import NOT_A_NEED
from dialin.jobs.decided import Decided, Decisions
from dialin.jobs.predict import Answers
from dialin.jobs.predict_multi import intents_column
from dialin.read.corpus import corpus_of
from dialin.review.apply import BY_PERSON

FAR, BLANK = "far", "blank"
"""Why an utterance has no intent: it lies outside the radius of its nearest piece, or it has no text."""


@dataclass(frozen=True)
class Likely:
    """An intent that a sentence could have, and P(it | the sentence has one of the intents)."""

    intent_id: int
    p: float


@dataclass(frozen=True)
class StatedIntents:
    """Every intent that an utterance states.

    Parameters
    ----------
    text : str or None
        The utterance as it was read, in which the places count; None where it has no text.
    intents : list of dict
        As in the column ``intents`` of `dialin.jobs.predict_multi.multi_table`.
    """

    text: str | None
    intents: list[dict[str, Any]]


@dataclass(frozen=True)
class RankedAnswer:
    """What is decided about one utterance.

    Parameters
    ----------
    intent_id : int
        Its intent, as `Answers.table` gives it; −1 for none.
    p_intent : float
        P(that intent), as `Answers.table` gives it; 0 for none.
    ranking : tuple of Likely
        The intent first, then the others, likeliest first. Without an intent, what is nearest.
    reason : str
        Why there is no intent: `FAR`, `BLANK`, `NOT_A_NEED`, or `BY_PERSON`; "" where there is one.
    stated : StatedIntents, optional
        Every intent that it states; None where nobody asked.
    """

    intent_id: int
    p_intent: float
    ranking: tuple[Likely, ...]
    reason: str
    stated: StatedIntents | None = None


NO_TEXT = RankedAnswer(-1, 0.0, (), BLANK)


def ranked_answers(answers: Answers, part: pa.Table, n_top: int, is_multi: Sequence[bool] = ()) -> list[RankedAnswer]:
    """Return what is decided about each row of a table from `dialin.read.table.read_table`.

    Parameters
    ----------
    answers : Answers
        The decision function.
    part : pyarrow.Table
        The rows.
    n_top : int
        Most intents in a ranking.
    is_multi : sequence of bool, n_rows
        Whether every intent that the row states is asked, too; empty: of no row.
    """
    corpus = corpus_of(part)
    rankings: list[list[Likely]] = []

    def look(_: slice, X: Matrix, roles: Sequence[str]) -> None:
        rows = _rows(ranking_of(answers.pieces, X, roles, n_top)) if n_top else ([] for _ in roles)
        rankings.extend(rows)

    found = answers.found(corpus, look)
    of_sentence = list(_answers_of(found, rankings, n_top))
    places = np.flatnonzero(pc.is_valid(part["text"]).to_numpy()).tolist()
    said = [NO_TEXT] * part.num_rows
    for place, sentence in zip(places, corpus.occurrences["sentence_id"].to_pylist(), strict=True):
        said[place] = of_sentence[sentence]
    return _with_stated(answers, part, (corpus, found), said, np.array(is_multi)) if any(is_multi) else said


def _with_stated(
    answers: Answers, part: pa.Table, decided: Decided, said: list[RankedAnswer], is_asked: Bools
) -> list[RankedAnswer]:
    """Return the answers, those about which somebody asked with every intent that they state."""
    columns = part["text"].to_pylist(), intents_column(answers, part, decided, is_asked).to_pylist()
    return [
        one if intents is None else replace(one, stated=StatedIntents(text, intents))
        for one, text, intents in zip(said, *columns, strict=True)
    ]


def _rows(ranking: Ranking) -> Iterator[list[Likely]]:
    """Yield the ranking of each sentence, without the places after its last intent."""
    for intents, p in zip(ranking.intents.tolist(), ranking.p.tolist(), strict=True):
        yield [Likely(intent, each) for intent, each in zip(intents, p, strict=True) if intent >= 0]


def _answers_of(found: Decisions, rankings: list[list[Likely]], n_top: int) -> Iterator[RankedAnswer]:
    columns = (found.labels, found.p_intent, found.is_pinned, found.is_left_out)
    for ranking, (intent, p, is_pinned, is_left_out) in zip(
        rankings, zip(*(column.tolist() for column in columns), strict=True), strict=True
    ):
        others = [] if is_pinned and intent >= 0 else [each for each in ranking if each.intent_id != intent]
        first = [Likely(intent, p)] if intent >= 0 else []
        reason = "" if intent >= 0 else BY_PERSON if is_pinned else NOT_A_NEED if is_left_out else FAR
        yield RankedAnswer(intent, p, tuple([*first, *others][:n_top]), reason)
