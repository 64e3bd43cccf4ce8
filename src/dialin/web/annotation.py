"""Build the content of the annotation pages, one dataclass per page; the templates decide how it looks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialin.cluster.labels import centroid
from dialin.judge.sample import ConvexSampler
from dialin.review.stages import Stage, Standing, open_for, standing_of
from dialin.review.state import NO_INTENT
from dialin.review.verdicts import GROUPS, JUDGES, VERIFIERS, agreement_text, by_person, fleiss_agreement
from dialin.web.desk import View
from dialin.web.pages import Pager, SentenceLine, lines, pager

N_SHOWN = 20
"""Sentences of a cluster that a judge sees at first: as many as an LLM reads."""
MAX_SHOWN = 500
N_NEAR = 3


@dataclass(frozen=True)
class Person:
    """An annotator, with the number of verdicts given and still possible."""

    name: str
    group: int
    n_verdicts: int
    n_open: int


@dataclass(frozen=True)
class ProgressRow:
    """An intent on the progress page."""

    intent: int
    name: str
    stage: Stage
    size: int
    n_occurrences: int


@dataclass(frozen=True)
class ProgressPage:
    """Progress of an annotation: work done and left in each step, the people, and their agreement."""

    n_clusters: int
    n_decided: int
    n_tied: int
    n_to_name: int
    n_to_share_out: int
    n_named: int
    n_verified: int
    n_utterances: int
    n_labelled: int
    wanted: int
    is_ready: bool
    people: tuple[Person, ...]
    agreements: tuple[str, ...]
    intents: tuple[ProgressRow, ...]


@dataclass(frozen=True)
class JudgePage:
    """One cluster, or for the second group one named intent, to judge as good or bad.

    Parameters
    ----------
    n_done, n_open : int
        Items that this person has judged, and items that they still can judge, including this one.
    more : int
        Number of sentences that can be shown instead; 0 if no more can be shown.
    """

    intent: int
    name: str
    group: int
    look: int
    size: int
    n_occurrences: int
    shown: tuple[SentenceLine, ...]
    more: int
    n_done: int
    n_open: int


@dataclass(frozen=True)
class NearIntent:
    """An intent near a sentence or a cluster, and the cosine to its centroid."""

    intent: int
    name: str
    cosine: float


@dataclass(frozen=True)
class NamePage:
    """One good cluster that needs a name; `names` are the existing names."""

    intent: int
    size: int
    n_occurrences: int
    shown: tuple[SentenceLine, ...]
    n_open: int
    near: tuple[NearIntent, ...]
    names: tuple[str, ...]


@dataclass(frozen=True)
class SharePage:
    """Sentences of one bad cluster, of a rejected intent or without an intent (−1), each with its nearest intents."""

    intent: int
    name: str
    is_rejected: bool
    lines: tuple[tuple[SentenceLine, tuple[NearIntent, ...]], ...]
    pager: Pager
    names: tuple[str, ...]
    after: int | None
    n_left: int


def progress_page(view: View) -> ProgressPage:
    """Return the progress page."""
    state, standing = view.state, standing_of(view.state)
    judged, found = state.judged, view.run.found_names
    at = standing.n_at()
    n_decided = sum(judged.decision(JUDGES, intent) is not None for intent in found)
    labelled = [standing.rows[i] for i in standing.at(Stage.VERIFY, Stage.VERIFIED)]
    return ProgressPage(
        n_clusters=n_decided + at[Stage.JUDGE],
        n_decided=n_decided,
        n_tied=sum(judged.is_tied(JUDGES, intent) for intent in standing.at(Stage.JUDGE)),
        n_to_name=at[Stage.NAME],
        n_to_share_out=sum(map(len, standing.to_share_out.values())),
        n_named=len(standing.named),
        n_verified=at[Stage.VERIFIED],
        n_utterances=int(view.counts.sum()),
        n_labelled=sum(int(view.counts[rows].sum()) for rows in labelled),
        wanted=judged.wanted,
        is_ready=standing.is_ready,
        people=tuple(person for group in GROUPS for person in people_of(view, standing, group)),
        agreements=tuple(agreement_text(fleiss_agreement(judged, group)) for group in GROUPS),
        intents=tuple(_stood(view, standing, i) for i in standing.named),
    )


def people_of(view: View, standing: Standing, group: int) -> list[Person]:
    """Return the people of a group, sorted by name."""
    counts = by_person(view.state.judged, group)
    return [Person(by, group, n, len(open_for(view.state, standing, group, by))) for by, n in counts.items()]


def _stood(view: View, standing: Standing, intent: int) -> ProgressRow:
    rows = standing.rows[intent]
    return ProgressRow(intent, view.name(intent), standing.stages[intent], len(rows), int(view.counts[rows].sum()))


def judge_page(view: View, group: int, by: str, after: int, n_shown: int) -> JudgePage | None:
    """Return the page of the next open item after `after`, else of the first; None if nothing is left to judge."""
    standing, judged = standing_of(view.state), view.state.judged
    is_open = open_for(view.state, standing, group, by)
    if not is_open or (group == VERIFIERS and not standing.is_ready):
        return None
    intent = _next(is_open, after)
    rows, n = standing.rows[intent], min(max(n_shown, N_SHOWN), MAX_SHOWN)
    return JudgePage(
        intent=intent,
        name=view.name(intent) if group == VERIFIERS else f"Cluster {intent}",
        group=group,
        look=judged.item(group, intent)[-1],
        size=len(rows),
        n_occurrences=int(view.counts[rows].sum()),
        shown=lines(view, sample_of(view.X, rows, n)),
        more=min(len(rows), MAX_SHOWN) if n < len(rows) and n < MAX_SHOWN else 0,
        n_done=by_person(judged, group).get(by, 0),
        n_open=len(is_open),
    )


def _next(intents: list[int], after: int) -> int:
    return next((intent for intent in intents if intent > after), intents[0])


def sample_of(X: NDArray[np.float32] | None, rows: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """Return at most n of the rows, sampled as for an LLM, the most central first; everybody gets the same sample.

    Examples
    --------
    >>> X = np.array([[0, 1], [0.6, 0.8], [0.6, -0.8], [1, 0]], np.float32)
    >>> sample_of(X, np.array([1, 2, 3]), 20).tolist()
    [3, 1, 2]
    """
    if X is None:
        return rows[:n]
    chosen = rows[ConvexSampler()(X[rows], n, np.random.default_rng([len(rows), int(rows[0])]))]
    cosine = np.round(X[chosen] @ centroid(X[rows]), 6)
    return chosen[np.lexsort((chosen, -cosine))]


def name_page(view: View, after: int) -> NamePage | None:
    """Return the page of the next good cluster without a name; None if every good cluster has one."""
    standing = standing_of(view.state)
    waiting = standing.at(Stage.NAME)
    if not waiting:
        return None
    intent = _next(waiting, after)
    rows = standing.rows[intent]
    mean = None if view.X is None else centroid(view.X[rows])[None, :]
    return NamePage(
        intent=intent,
        size=len(rows),
        n_occurrences=int(view.counts[rows].sum()),
        shown=lines(view, sample_of(view.X, rows, N_SHOWN)),
        n_open=len(waiting),
        near=near_to(view, standing, mean, NO_INTENT)[0] if mean is not None else (),
        names=known_names(view, standing),
    )


def known_names(view: View, standing: Standing) -> tuple[str, ...]:
    """Return the existing names, each once, in alphabetical order."""
    return tuple(sorted({view.name(intent) for intent in standing.named}))


def near_to(view: View, standing: Standing, points: NDArray[np.float32], but: int) -> list[tuple[NearIntent, ...]]:
    """Return the three named intents with the nearest centroids for each of the points (m, d), except intent `but`."""
    intents = [intent for intent in standing.named if intent != but]
    if view.X is None or not intents:
        return [()] * len(points)
    S = points @ np.array([centroid(view.X[standing.rows[intent]]) for intent in intents]).T
    best = np.argsort(-S, axis=1, kind="stable")[:, :N_NEAR]
    return [
        tuple(NearIntent(intents[i], view.name(intents[i]), float(own[i])) for i in places)
        for own, places in zip(S, best, strict=True)
    ]


def share_page(view: View, intent: int, page: int) -> SharePage | None:
    """Return a page of the sentences to share out; None if none is left.

    An `intent` with nothing to share out gives the first one that has. Sentences near the same intent are listed
    together, so that a person can select many at once.
    """
    standing = standing_of(view.state)
    left = standing.to_share_out
    if not left:
        return None
    ids = list(left)
    own = intent if intent in left else ids[0]
    rows = left[own]
    points = np.zeros((len(rows), 0), np.float32) if view.X is None else view.X[rows]
    near = near_to(view, standing, points, own)
    order = sorted(range(len(rows)), key=lambda i: (near[i][0].intent, -near[i][0].cosine) if near[i] else (0, 0.0))
    at = pager(len(rows), page)
    place = ids.index(own)
    return SharePage(
        intent=own,
        name=view.name(own),
        is_rejected=standing.stages.get(own) is Stage.REJECTED,
        lines=tuple((lines(view, [rows[i]])[0], near[i]) for i in order[at.span]),
        pager=at,
        names=known_names(view, standing),
        after=ids[place + 1] if place + 1 < len(ids) else None,
        n_left=sum(map(len, left.values())),
    )
