"""A large corpus: a sample of each stratum is clustered, and the other sentences are assigned to what was found there.

An intent looks the same among sixty thousand sentences as among a million. So how fine the intents are, how many
questions the LLM is asked, and the time of all steps but the last do not grow beyond that. Assigning is one product of
matrices. An intent is missed if the sample has fewer than the least size of a cluster of it: of a million sentences,
about one that has less than one in ten thousand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from dialin.arrays import Labels, Rows
from dialin.cluster.strata import grouped
from dialin.discover.assign import reasons
from dialin.discover.conclude import Assignment, assignment_of, numbered_by_need, reasons_told, with_prevailing_kinds
from dialin.discover.context import min_size_of
from dialin.discover.data import Data
from dialin.discover.frequent import frequent
from dialin.discover.only import Part
from dialin.discover.settings import Settings
from dialin.discover.state import Intent, Result

MAX_CLUSTERED = 60_000
"""Largest number of sentences of a stratum that are clustered: about as many as the paper's corpus has."""


def clustered_rows(data: Data, settings: Settings) -> Rows:
    """Return the sentences that are clustered, ascending: all of a stratum of up to 60,000, else a random sample.

    The frequent sentences (`dialin.discover.frequent`) belong to it: each may be an intent alone.
    """
    rng, chosen = np.random.default_rng(settings.seed), list[Rows]()
    for _, rows in grouped(data.stratum_ids(use_roles=settings.separates_roles).tolist()):
        chosen.append(rows if len(rows) <= MAX_CLUSTERED else stratum_sample(rows, data.counts[rows], settings, rng))
    return np.sort(np.concatenate([np.zeros(0, dtype=np.int64), *chosen]))


def stratum_sample(rows: Rows, counts: Labels, settings: Settings, rng: np.random.Generator) -> Rows:
    """Return `MAX_CLUSTERED` of the rows of a stratum, the frequent ones among them."""
    often = frequent(counts, min_size_of(MAX_CLUSTERED, settings))[: MAX_CLUSTERED // 2]
    others = np.setdiff1d(np.arange(len(rows)), often)
    chosen: Rows = rows[np.concatenate([often, rng.choice(others, MAX_CLUSTERED - len(often), replace=False)])]
    return chosen


def extended(found: Result, rows: Rows, data: Data, settings: Settings) -> Result:
    """Return the result for all sentences of `data`, where `found` is that of some rows: the others are assigned.

    The intents are counted and numbered anew; their names, examples and P(good) stay those of the sample.
    """
    known = Part(data, rows, "").joined(found)
    rest = np.setdiff1d(np.arange(len(data.texts)), rows)
    labels, p_intent = known.labels.copy(), known.p_intent.copy()
    said = [data.roles[row] if settings.roles == "auto" else "" for row in rest.tolist()]
    labels[rest], p_intent[rest] = found.pieces.assign(data.X[rest], said)
    roles = with_roles_of_intents(known, rest, labels) if settings.roles == "label" else known.roles
    kinds = data.kinds and data.kinds.with_roles(roles)
    assignment = assignment_of(labels, p_intent, len(found.intents), data.counts)
    intents = with_prevailing_kinds(counted_anew(found.intents, assignment), assignment, kinds, data.counts)
    order, rank = numbered_by_need(intents)
    why = reasons(data.X, labels, np.full(len(labels), min_size_of(len(rows), settings)))
    return replace(
        known,
        intents=tuple(replace(intents[g], intent_id=i) for i, g in enumerate(order)),
        labels=rank[labels],
        p_intent=p_intent,
        reasons=reasons_told(why, was_capped=not found.complete),
        pieces=replace(found.pieces, intents=rank[found.pieces.intents]),
        roles=roles,
        kinds=kinds,
    )


def with_roles_of_intents(known: Result, rows: Rows, labels: Labels) -> list[str]:
    """Return the role of each sentence; some rows have that of their intent, if they have one."""
    roles = list(known.roles)
    for row in rows[labels[rows] >= 0].tolist():
        roles[row] = known.intents[labels[row]].role
    return roles


def counted_anew(intents: Sequence[Intent], assignment: Assignment) -> list[Intent]:
    """Return the intents with the number of their sentences and utterances."""
    sizes = zip(intents, assignment.rows, assignment.n_occurrences.tolist(), strict=True)
    return [replace(one, size=len(rows), n_occurrences=n) for one, rows, n in sizes]
