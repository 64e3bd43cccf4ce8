"""The last step: assign every sentence; name, number and describe the intents; say why the others have none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Ints, Labels, Rows
from dialin.cluster.cut_weights import is_fitted
from dialin.cluster.labels import rows_by
from dialin.discover.assign import Pieces, build, reasons, widen
from dialin.discover.context import Context
from dialin.discover.examples import typical_rows
from dialin.discover.naming import describe_intents, is_capped, name_intents
from dialin.discover.state import Draft, Intent, Result
from dialin.name.kinds import Kinds, needs_and_frequent_first, prevailing
from dialin.name.turns import Turn

N_EXAMPLES = 5
"""Example sentences kept per intent."""
MAX_MIXED, LOOSE = 0.045, 0.78
"""An intent gets a name that claims no action (`dialin.name.mixed`) if its P(good) is below the first, and the mean
cosine of its sentences with their centroid below the second. In a dense domain, P(good) alone is low for intents that
one can name; of the intents of sets that the shipped embedders have not learnt, one in ten to twenty is so loose."""


def conclude(draft: Draft, context: Context) -> Result:
    """Assign every sentence, name the intents, number them by size, and give the reason why the rest has none."""
    pieces = decide(draft, context)
    assignment = assign(pieces, draft, context)
    told = context.data.kinds and context.data.kinds.with_roles(draft.roles)
    rows = rows_to_name(draft, assignment)
    unnamed = [intent_of(draft, context, assignment, g) for g in range(len(rows))]
    unnamed = with_prevailing_kinds(unnamed, assignment, told, context.data.counts)
    turns = [turn_of(intent, context, own, told) for intent, own in zip(unnamed, rows, strict=True)]
    named = [
        replace(intent, name=name)
        for intent, name in zip(unnamed, name_intents(draft, context, rows, turns), strict=True)
    ]
    order, rank = numbered_by_need(named)
    why = reasons(context.data.X, assignment.intents, min_sizes(draft, context))
    was_capped = is_capped(draft, context)  # before the descriptions, which decide about no sentence
    numbered = [replace(named[g], intent_id=i) for i, g in enumerate(order)]
    return Result(
        intents=tuple(describe_intents(draft, context, numbered, [assignment.rows[g] for g in order])),
        labels=rank[assignment.intents],
        p_intent=assignment.p_intent,
        reasons=reasons_told(why, was_capped=was_capped),
        rounds=tuple(draft.rounds),
        pieces=replace(pieces, intents=rank[pieces.intents]),
        complete=not is_capped(draft, context),
        roles=draft.roles,
        suggested=context.heights.suggested,
        kinds=told,
        cascaded=context.judge.cascaded,
    )


def decide(draft: Draft, context: Context) -> Pieces:
    """Return the decision function of the run; `Pieces.intents` are places in `Draft.intents`."""
    context.tools.on_step("assign")
    pieces, coverage = pieces_of_draft(draft, context), context.settings.coverage
    if coverage == "auto" or is_capped(draft, context):
        return pieces
    return widen(pieces, context.data.X, assignment_roles(draft.roles, context), coverage, context.judge)


def pieces_of_draft(draft: Draft, context: Context) -> Pieces:
    """Return the pieces of a draft as its clusters are, before any of them is widened."""
    order = [(i, g) for g, group in enumerate(draft.intents) for i in group]
    roles, clusters = assignment_roles(draft.piece_roles, context), [draft.pieces[i] for i, _ in order]
    return build(context.data.X, clusters, [g for _, g in order], [roles[i] for i, _ in order])


def assignment_roles(roles: list[str], context: Context) -> list[str]:
    """Return the roles that restrict assignment: none where they were guessed, since a new sentence has no guess."""
    return roles if context.settings.roles == "auto" else [""] * len(roles)


@dataclass(frozen=True)
class Assignment:
    """Which intent each sentence belongs to, before the intents are numbered.

    Parameters
    ----------
    intents : ndarray of shape (n,), int64
        Place in `Draft.intents`; −1: none.
    p_intent : ndarray of shape (n,), float64
        P(that intent | sentence), in [0, 1].
    rows : list of ndarray
        Sentences of each intent, ascending; empty where all of them went elsewhere.
    n_occurrences : ndarray of shape (n_intents,), int64
        Utterances of each intent.
    """

    intents: NDArray[np.int64]
    p_intent: NDArray[np.float64]
    rows: list[Rows]
    n_occurrences: NDArray[np.int64]


def assign(pieces: Pieces, draft: Draft, context: Context) -> Assignment:
    """Apply the decision function to the sentences of the run, and count."""
    intents, p_intent = pieces.assign(context.data.X, assignment_roles(draft.roles, context))
    return assignment_of(intents, p_intent, len(draft.intents), context.data.counts)


def assignment_of(intents: Labels, p_intent: NDArray[np.float64], n: int, counts: Ints) -> Assignment:
    """Return an assignment of sentences to n intents, with the rows and the utterances of each."""
    found, rows = intents >= 0, rows_by(intents)
    n_occurrences = np.bincount(intents[found], weights=counts[found], minlength=n).astype(int)
    none = np.zeros(0, dtype=np.int64)
    return Assignment(intents, p_intent, [rows.get(g, none) for g in range(n)], n_occurrences)


def rows_to_name(draft: Draft, assignment: Assignment) -> list[Rows]:
    """Return the sentences that name each intent: its own, or those of its first piece where all went elsewhere."""
    return [
        own if len(own) else draft.pieces[group[0]] for own, group in zip(assignment.rows, draft.intents, strict=True)
    ]


def with_prevailing_kinds(
    intents: list[Intent], assignment: Assignment, kinds: Kinds | None, counts: Ints
) -> list[Intent]:
    """Return the intents with the kind of each and its share of the utterances; as they are where kinds are unknown."""
    if kinds is None:
        return intents
    found = [prevailing(kinds.at(rows), counts[rows]) for rows in assignment.rows]
    return [replace(intent, kind=kind, p_kind=p) for intent, (kind, p) in zip(intents, found, strict=True)]


def needs_first(intents: Sequence[Intent]) -> list[int]:
    """Return the intents that have sentences: needs first, then the most frequent first, equally frequent by name."""
    found = (g for g, intent in enumerate(intents) if intent.n_occurrences)
    return sorted(
        found, key=lambda g: (*needs_and_frequent_first(intents[g].kind, intents[g].n_occurrences), intents[g].name)
    )


def numbered_by_need(intents: Sequence[Intent]) -> tuple[list[int], Labels]:
    """Return the order of the intents (`needs_first`), and the number of each in it; −1 for none, and behind the last.

    So the numbers of labels are those of the array at them, and −1 stays −1.
    """
    order = needs_first(intents)
    rank = np.full(len(intents) + 1, -1)
    rank[order] = np.arange(len(order))
    return order, rank


def reasons_told(why: list[str], *, was_capped: bool) -> list[str]:
    """Return why sentences have no intent; after a cap of the budget, that is the reason of all."""
    return [reason and "budget" for reason in why] if was_capped else why


def intent_of(draft: Draft, context: Context, assignment: Assignment, g: int) -> Intent:
    """Return an intent of the draft, without number, name and kind; without P(good) where it has no sentences."""
    rows = assignment.rows[g]
    return Intent(
        intent_id=-1,
        name="",
        size=len(rows),
        n_occurrences=int(assignment.n_occurrences[g]),
        p_good=p_good_of(draft, context, draft.intents[g], rows) if len(rows) else 1.0,
        role=draft.piece_roles[draft.intents[g][0]],
        examples=tuple(context.data.texts[i] for i in typical_rows(context.data, rows, N_EXAMPLES)),
    )


def turn_of(intent: Intent, context: Context, rows: Rows, kinds: Kinds | None) -> Turn:
    """Return what the name of an intent goes by; with the user's own actions, it always claims one."""
    may_be_mixed = intent.p_good < MAX_MIXED and not context.settings.actions and is_fitted(context.data.embedder)
    is_mixed = may_be_mixed and closeness(context.data.own_vectors[rows]) < LOOSE
    if kinds is None:
        return Turn(intent.kind, intent.role, is_mixed)
    return replace(Turn.of(intent.kind, intent.role, kinds.at(rows), context.data.counts[rows]), is_mixed=is_mixed)


def closeness(X: NDArray[np.float32]) -> float:
    """Return the mean cosine between unit-norm vectors, shape (n, d), and their centroid, in [0, 1].

    Examples
    --------
    >>> round(closeness(np.eye(2, dtype=np.float32)), 3)  # 45° on either side
    0.707
    """
    return float(np.linalg.norm(X.mean(axis=0)))


def p_good_of(draft: Draft, context: Context, group: tuple[int, ...], rows: Rows) -> float:
    """Return P(good) of an intent: the judge's confidence, else its verdict, else the mean of its pieces'."""
    confidence = context.judge.confidence(rows)
    if confidence is not None:
        return confidence
    if group in draft.intent_verdicts:
        return draft.intent_verdicts[group].p_good
    sizes = [len(draft.pieces[i]) for i in group]
    return float(np.average([draft.verdicts[i].p_good for i in group], weights=sizes))


def min_sizes(draft: Draft, context: Context) -> NDArray[np.int64]:
    """Return the smallest cluster to keep in the stratum of each sentence, shape (n,)."""
    least = np.empty(len(context.data.texts), dtype=np.int64)
    for _, rows in context.strata(draft.roles):
        least[rows] = context.min_size(rows)
    return least
