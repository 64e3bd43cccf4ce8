"""Computes the facts of a run from its files, with pure functions that `facts_of` puts together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from dialin.arrays import Ints
from dialin.cluster.centroids import centroids, tree_of_centroids
from dialin.cluster.tree import Tree
from dialin.facts.branches import branch_facts
from dialin.facts.confusion import confusable
from dialin.facts.contacts import contacts_of, may_have_outcomes
from dialin.facts.dialogues import answer_counts, following, paths
from dialin.facts.facts import Calls, Facts, IntentFacts, Link, RoleFacts, Timeline
from dialin.facts.groups import groups_in
from dialin.facts.left import left_in
from dialin.facts.loaded import LoadedRun
from dialin.facts.outcome_tables import outcomes_of
from dialin.facts.outcomes import AS_USUAL, OutcomeQuestion, Outcomes
from dialin.facts.sample import some_of_each
from dialin.facts.trends import Periods, counts_of, first_and_last, moves, periods_of
from dialin.facts.withheld import without_few
from dialin.read.dialogues import dialogue_numbers
from dialin.runs.withheld import withheld_counts

Links = tuple[Link, ...]
N_LINKS, MIN_SHARE = 3, 0.05
"""Maximum number of next intents and answers kept per intent, and the minimum share of each (and at least twice)."""
N_COMPARED = 50_000
N_EACH = 10
"""How many sentences tell which intents could be confused: so many altogether, but up to `N_EACH` of each intent."""
N_TOP = 5
"""Number of intents kept per role."""


def facts_of(contents: LoadedRun, question: OutcomeQuestion = AS_USUAL) -> Facts:
    """Return the facts of a run, with the answer to what is asked of the outcomes of its dialogues."""
    tree, periods = tree_in(contents), periods_in(contents)
    return Facts(
        summary=contents.summary,
        intents=intents_in(contents, periods),
        tree=tree,
        branches=branch_facts(contents.tree, contents.rows),
        roles=roles_in(contents, periods),
        calls=calls_in(contents),
        timeline=timeline_in(contents, periods) if periods else None,
        left=left_in(contents),
        rounds=tuple(contents.rounds),
        seconds=contents.seconds,
        outcomes=outcomes_in(contents, question),
        groups=groups_in(contents),
    )


def outcomes_in(contents: LoadedRun, question: OutcomeQuestion) -> Outcomes | None:
    """Return what came of the dialogues with each intent; None if nothing is known of it."""
    if not may_have_outcomes(contents.occurrences) and not question.by:
        return None
    contacts = contacts_of(contents.occurrences, contents.labels[contents.said], len(contents.rows))
    found = outcomes_of(contacts, contents.summary.intent_ids, question)
    return found and without_few(found, contents.min_dialogues)


def tree_in(contents: LoadedRun) -> Tree | None:
    """Return the tree of intents; None without embeddings or intents.

    It holds all intents as they are after the review. The trees that a run's branches come from are others: one for
    each role, kind and language, of the intents before it (`dialin.discover.branch_draft`).
    """
    if contents.X is None or not contents.rows:
        return None
    return tree_of_centroids(centroids(contents.X, contents.labels, len(contents.rows)))


# --- intents --------------------------------------------------------------------------------------


def intents_in(contents: LoadedRun, periods: Periods | None) -> tuple[IntentFacts, ...]:
    """Return the facts of each intent, in the order of the rows."""
    m = len(contents.rows)
    confused = confused_in(contents)
    after, answers = following(contents.turns, m), answer_counts(contents.turns, m)
    n_reason, is_few = main_reason_counts(contents)
    counts = counts_of(periods, contents.labels[contents.said], m) if periods else None
    changes = moves(counts) if counts is not None else [None] * m
    return tuple(
        IntentFacts(
            **row | {"role": row["role"] or "", "examples": tuple(row["examples"]), "path": tuple(row["path"])},
            confused_with=confused[i],
            followed_by=links(contents, usual(after, i)),
            answered_by=links(contents, usual(answers, i)),
            is_routine=bool(contents.routine[i]),
            n_reason=None if is_few[i] else int(n_reason[i]),
            per_period=() if counts is None else tuple(counts[i].tolist()),
            move=changes[i],
        )
        for i, row in enumerate(contents.rows)
    )


def without_distances(contents: LoadedRun) -> LoadedRun:
    """Return the contents of a run as if it had no vectors: facts of distances take longer than all others together."""
    return replace(contents, X=None)


def confused_with(contents: LoadedRun, place: int) -> Links:
    """Return the links of the intent at a place to those it could be confused with; no links without embeddings."""
    return confused_in(contents, place)[place]


def confused_in(contents: LoadedRun, only: int | None = None) -> list[Links]:
    """Return the links of each intent to those it could be confused with, or `only` of the one at a place.

    Without embeddings, there are no links.
    """
    if contents.X is None:
        return [()] * len(contents.rows)
    n_each = max(N_COMPARED // max(len(contents.rows), 1), N_EACH)
    read = some_of_each(contents.labels, n_each, contents.seed)
    read = read if only is None else read[contents.labels[read] == only]
    roles = [contents.roles[row] for row in read.tolist()]
    found = confusable(contents.pieces, contents.X[read], roles, contents.labels[read])
    return [links(contents, found.get(i, [])) for i in range(len(contents.rows))]


def links(contents: LoadedRun, found: Iterable[tuple[int, float]]) -> Links:
    """Return a link for each place of an intent and its share."""
    return tuple(Link(contents.intent_id(place), share) for place, share in found)


def usual(counts: csr_array, intent: int) -> list[tuple[int, float]]:
    """Return what usually comes after an intent, with its share, most frequent first; −1 is the end of the dialogue.

    Row i of the `counts` counts what comes after intent i; a column after those of all intents counts the ends.

    Examples
    --------
    After the first of two intents, it came again once, the second came 5 times, and the dialogue ended twice.

    >>> usual(csr_array(np.array([[1, 5, 2], [0, 0, 0]])), 0)
    [(1, 0.625), (-1, 0.25)]
    """
    own = slice(counts.indptr[intent], counts.indptr[intent + 1])
    places, found = counts.indices[own], counts.data[own]
    total = max(int(found.sum()), 1)
    order = np.lexsort((places, -found))[:N_LINKS]
    often = [(int(places[i]), float(found[i] / total)) for i in order if found[i] >= max(MIN_SHARE * total, 2)]
    return [(i if i < counts.shape[0] else -1, share) for i, share in often]


# --- utterances -----------------------------------------------------------------------------------


def roles_in(contents: LoadedRun, periods: Periods | None) -> tuple[RoleFacts, ...]:
    """Return the facts of each role, most utterances first; empty if no role is known."""
    names, codes = contents.speakers.names.tolist(), contents.speakers.codes
    if not any(names):
        return ()
    counts = counts_of(periods, codes, len(names))[:-1].tolist() if periods else [()] * len(names)
    found = [role_facts(contents, name, codes == i, tuple(counts[i])) for i, name in enumerate(names)]
    return tuple(sorted(found, key=lambda role: (-role.n_occurrences, role.role)))


def role_facts(contents: LoadedRun, role: str, own: NDArray[np.bool_], per_period: tuple[int, ...]) -> RoleFacts:
    """Return the facts of one role; `own` marks its utterances."""
    labels = contents.labels[contents.said[own]]
    counts = np.bincount(labels[labels >= 0], minlength=len(contents.rows))
    order = np.argsort(-counts, kind="stable")[:N_TOP]
    top = links(contents, [(int(i), float(counts[i] / len(labels))) for i in order if counts[i]])
    return RoleFacts(role, len(labels), int(counts.sum()), int((counts > 0).sum()), top, per_period)


def calls_in(contents: LoadedRun) -> Calls | None:
    """Return the facts of the dialogues; None if there are no dialogues."""
    n = contents.turns.n_dialogues
    if not n:
        return None
    ways = [
        (tuple(map(contents.intent_id, way)), n)
        for way, n in paths(contents.turns, contents.routine)
        if n >= contents.min_dialogues
    ]
    n_reason, is_few = main_reason_counts(contents)
    return Calls(n, int((contents.reasons < 0).sum()), tuple(ways), int(n_reason[is_few].sum()))


def main_reason_counts(contents: LoadedRun) -> tuple[Ints, NDArray[np.bool_]]:
    """Return the number of dialogues of which each intent is the main reason, and which of them are withheld."""
    n_reason = np.bincount(contents.reasons[contents.reasons >= 0], minlength=len(contents.rows))
    return n_reason, withheld_counts(n_reason, contents.min_dialogues)


def periods_in(contents: LoadedRun) -> Periods | None:
    """Return the periods of the utterances; None if there is only one."""
    return periods_of(dates_in(contents), dialogue_numbers(contents.occurrences))


def timeline_in(contents: LoadedRun, periods: Periods) -> Timeline:
    """Return the timeline of all utterances."""
    counts = counts_of(periods, contents.labels[contents.said], len(contents.rows))
    totals, none = tuple(counts.sum(axis=0).tolist()), tuple(counts[-1].tolist())
    return Timeline(periods.unit, periods.names, totals, none, first_and_last(dates_in(contents)))


def dates_in(contents: LoadedRun) -> NDArray[np.datetime64]:
    """Return the date of each utterance, NaT where it is unknown."""
    return np.asarray(contents.occurrences["date"].to_numpy().astype("datetime64[ms]"))
