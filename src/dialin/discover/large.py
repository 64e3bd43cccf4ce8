"""A large corpus: a sample of each stratum is clustered, and the other sentences are assigned to what was found there.

An intent looks the same among sixty thousand sentences as among a million. So how fine the intents are, how many
questions the LLM is asked, and the time of all steps but the last do not grow beyond that. Assigning is one product of
matrices. An intent is missed if the sample has fewer than the least size of a cluster of it: of a million sentences,
about one that has less than one in ten thousand.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dialin.arrays import Floats, Labels, Rows
from dialin.cluster.strata import grouped
from dialin.discover.assign import reasons
from dialin.discover.conclude import needs_first
from dialin.discover.context import min_size_of
from dialin.discover.frequent import frequent
from dialin.discover.settings import Settings
from dialin.discover.state import Data, Intent, Result
from dialin.name.kinds import Kinds, prevailing

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
    labels, p_intent = assigned(found, rows, data, settings)
    roles = roles_after(found, rows, data, labels if settings.roles == "label" else np.full(len(labels), -1))
    kinds = data.kinds and data.kinds.with_roles(roles)
    counted = [counted_anew(one, np.flatnonzero(labels == one.intent_id), data, kinds) for one in found.intents]
    order = needs_first(counted)
    rank = np.full(len(counted) + 1, -1)  # the last entry keeps −1 at −1
    rank[order] = np.arange(len(order))
    why = reasons(data.X, labels, np.full(len(labels), min_size_of(len(rows), settings)))
    return replace(
        found,
        intents=tuple(replace(counted[g], intent_id=i) for i, g in enumerate(order)),
        labels=rank[labels],
        p_intent=p_intent,
        reasons=why if found.complete else [reason and "budget" for reason in why],
        rounds=tuple((part, replace(r, clusters=tuple(rows[own] for own in r.clusters))) for part, r in found.rounds),
        pieces=replace(found.pieces, intents=rank[found.pieces.intents]),
        roles=roles,
        kinds=kinds,
    )


def assigned(found: Result, rows: Rows, data: Data, settings: Settings) -> tuple[Labels, Floats]:
    """Return the intent of each sentence (n,), as numbered in `found`, and P(that intent)."""
    labels, p_intent = np.full(len(data.texts), -1), np.zeros(len(data.texts))
    labels[rows], p_intent[rows] = found.labels, found.p_intent
    rest = np.setdiff1d(np.arange(len(labels)), rows)
    roles = [data.roles[row] if settings.roles == "auto" else "" for row in rest.tolist()]
    labels[rest], p_intent[rest] = found.pieces.assign(data.X[rest], roles)
    return labels, p_intent


def roles_after(found: Result, rows: Rows, data: Data, labels: Labels) -> list[str]:
    """Return the role of each sentence: in the sample as used there, else that of its intent, if it has a label."""
    roles = list(data.roles)
    for row in np.flatnonzero(labels >= 0).tolist():
        roles[row] = found.intents[labels[row]].role
    for row, role in zip(rows.tolist(), found.roles, strict=True):
        roles[row] = role
    return roles


def counted_anew(intent: Intent, rows: Rows, data: Data, kinds: Kinds | None) -> Intent:
    """Return an intent with the size, the occurrences and the kind of all its sentences."""
    counts = data.counts[rows]
    kind, p_kind = (
        prevailing([kinds.names[row] for row in rows.tolist()], counts) if kinds else (intent.kind, intent.p_kind)
    )
    return replace(intent, size=len(rows), n_occurrences=int(counts.sum()), kind=kind, p_kind=p_kind)
