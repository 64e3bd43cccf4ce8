"""Computes what came of the dialogues of each intent, and what differs between segments of the dialogues."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np

from dialin.arrays import Floats
from dialin.errors import InputError
from dialin.facts.again import minutes_a_week, n_weeks, repeats
from dialin.facts.compared import (
    Compared,
    corrected,
    intents_in_segments,
    mean_with_intent,
    means_in_segments,
    shares_with_intent,
    sizes_of,
)
from dialin.facts.contacts import Contacts, WordColumn
from dialin.facts.outcomes import (
    IntentOutcomes,
    OutcomeMean,
    OutcomeQuestion,
    Outcomes,
    OutcomeShare,
    SegmentDifference,
    Segments,
)
from dialin.facts.significance import SURE_Q


def outcomes_of(contacts: Contacts, intent_ids: Sequence[int], question: OutcomeQuestion) -> Outcomes | None:
    """Return what came of the dialogues of each intent; None if nothing is known of it.

    Parameters
    ----------
    contacts : Contacts
        The dialogues.
    intent_ids : sequence of int
        The id of the intent at each place.
    question : OutcomeQuestion
        What is asked.

    Raises
    ------
    InputError
        The outcome by which the dialogues are to be compared does not exist or is not in words.
    """
    segments = segments_of(contacts, intent_ids, question.by) if question.by else None
    if not contacts.has_outcomes:
        return None
    return Outcomes(
        n_dialogues=contacts.n,
        n_weeks=known(n_weeks(contacts)),
        repeat_days=question.repeat_days,
        numbers=tuple(column.name for column in contacts.numbers),
        words=tuple(column.name for column in contacts.words),
        intents=intents_of(contacts, intent_ids, question.repeat_days),
        segments=segments,
    )


# --- intents --------------------------------------------------------------------------------------


def intents_of(contacts: Contacts, intent_ids: Sequence[int], repeat_days: int) -> tuple[IntentOutcomes, ...]:
    """Return what came of the dialogues of each intent that is said in any."""
    means, shares = figures_of_intents(contacts)
    n = np.bincount(contacts.intent, minlength=contacts.n_intents)
    again, minutes = repeats(contacts, repeat_days), minutes_a_week(contacts)
    share = again.share
    return tuple(
        IntentOutcomes(
            intent_id=intent_ids[i],
            n_dialogues=int(n[i]),
            means=tuple(means[i]),
            shares=tuple(shares[i]),
            n_followed=int(again.n_followed[i]),
            repeat_share=known(share[i]),
            minutes_a_week=known(minutes[i]),
        )
        for i in np.flatnonzero(n).tolist()
    )


def figures_of_intents(contacts: Contacts) -> tuple[list[list[OutcomeMean]], list[list[OutcomeShare]]]:
    """Return the means and the shares of each intent; all their tests are corrected together."""
    means = [mean_with_intent(contacts, column) for column in contacts.numbers]
    shares = [shares_with_intent(contacts, column) for column in contacts.words]
    q = corrected([*means, *shares])
    own_means: list[list[OutcomeMean]] = [[] for _ in range(contacts.n_intents)]
    own_shares: list[list[OutcomeShare]] = [[] for _ in range(contacts.n_intents)]
    for number, table, sure in zip(contacts.numbers, means, q[: len(means)], strict=True):
        add_means(own_means, number.name, table, sure)
    for words, table, sure in zip(contacts.words, shares, q[len(means) :], strict=True):
        add_shares(own_shares, words, table, sure)
    return own_means, own_shares


def add_means(own: list[list[OutcomeMean]], outcome: str, table: Compared, q: Floats) -> None:
    """Add the mean of an outcome to those of each intent in whose dialogues it is known."""
    mean, rest = table.here[:, 0], table.there[:, 0]
    low, high = mean - table.margin[:, 0], mean + table.margin[:, 0]
    for i in np.flatnonzero(table.n[:, 0]).tolist():
        ends = (known(part[i]) for part in (low, high, rest, q[:, 0]))
        own[i].append(OutcomeMean(outcome, int(table.n[i, 0]), float(mean[i]), *ends))


def add_shares(own: list[list[OutcomeShare]], column: WordColumn, table: Compared, q: Floats) -> None:
    """Add the shares of an outcome's values to those of each intent: values that it has, or surely lacks."""
    for i, j in np.argwhere((table.n > 0) | (q < SURE_Q)).tolist():
        rest, sure = known(table.there[i, j]), known(q[i, j])
        share = float(table.here[i, j])
        own[i].append(OutcomeShare(column.name, column.values[j], int(table.n[i, j]), share, rest, sure))


def known(value: float) -> float | None:
    """Return a number; None for NaN."""
    return None if np.isnan(value) else float(value)


# --- segments -------------------------------------------------------------------------------------


def segments_of(contacts: Contacts, intent_ids: Sequence[int], by: str) -> Segments:
    """Return what differs between the segments of the dialogues by an outcome in words.

    Raises
    ------
    InputError
        There is no such outcome, or it is not in words.
    """
    column = words_named(contacts, by)
    tables = {"": intents_in_segments(contacts, column)}
    tables |= {number.name: means_in_segments(contacts, column, number) for number in contacts.numbers}
    q = corrected(list(tables.values()))
    found = chain.from_iterable(
        sure_differences((outcome, column), table, sure, intent_ids)
        for (outcome, table), sure in zip(tables.items(), q, strict=True)
    )
    sizes = dict(zip(column.values, map(int, sizes_of(column)), strict=False))
    return Segments(by, sizes, tuple(sorted(found, key=lambda one: (one.q, one.intent_id, one.segment))))


_NAME_OUTCOMES = "make the run with --outcome COL, where COL is a column of words that repeat, such as the channel"


def words_named(contacts: Contacts, name: str) -> WordColumn:
    """Return an outcome in words; raise InputError if there is none of this name."""
    for column in contacts.words:
        if column.name == name:
            return column
    usable = ", ".join(column.name for column in contacts.words)
    if not contacts.names:
        problem = "the run has no outcomes to compare dialogues by"
    elif name in contacts.names:
        problem = f"the outcome {name!r} is a number, which does not divide the dialogues into segments"
    else:
        problem = f"the run has no outcome {name!r} with values in words that repeat"
    hint = f"use one of these: {usable}" if usable else _NAME_OUTCOMES
    raise InputError(problem, hint=hint)


def sure_differences(
    what: tuple[str, WordColumn], table: Compared, q: Floats, intent_ids: Sequence[int]
) -> list[SegmentDifference]:
    """Return the sure differences of a table: of the outcome and between the segments of `what`."""
    outcome, by = what
    return [
        SegmentDifference(
            intent_ids[i],
            by.values[j],
            outcome,
            int(table.n[i, j]),
            float(table.here[i, j]),
            float(table.there[i, j]),
            float(q[i, j]),
        )
        for i, j in np.argwhere(q < SURE_Q).tolist()
    ]
