"""Compare ways to merge the same pieces with the same names (paper: Table 7).

The search keeps pieces, and every sentence goes to the piece that it would join in a run; a way to merge only decides
which pieces form one intent. The paper's four ways, {geodesic, cosine} × {probabilistic, deterministic}, run without
verification, once with θ estimated from the labels and once with θ = 0.8 in the unit of each distance (0.8 rad is 46°,
a cosine distance of 0.8 is 78°). Dialin's own way lets the judge verify each union.

Names come from an LLM (give its SPEC; ``--store`` keeps the replies), or need none. ``medoid`` is the most central
sentence of the piece. ``gold`` is the most frequent label of its sentences as an Action-Objective name, the best that
names could do. The judge, which also finds the pieces, is ``perfect`` (the gold labels), ``geometry`` (the embeddings
alone) or the SPEC of an LLM. Writes ``studies/paper/results/NAME.json`` and ``.md``.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import product
from statistics import fmean
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Labels, Matrix
from dialin.discover.conclude import decide
from dialin.discover.context import Context, Tools
from dialin.discover.method import collect
from dialin.discover.naming import central_rows, example_of
from dialin.discover.settings import Settings
from dialin.discover.state import Draft
from dialin.discover.steps import merge_role
from dialin.llm.backends import backend_of
from dialin.llm.base import LLM
from dialin.llm.cache import ReplyStore
from dialin.llm.client import Client
from dialin.models.home import cache_home
from dialin.name.labels import name_clusters
from dialin.name.merge import MergeResult, NearestGroups
from dialin.tune.labels import names_of as rules_of
from studies.own.oracle import OracleJudge
from studies.own.quality import Case, case_of
from studies.paper.naming_accuracy import labels_of, plain
from studies.paper.tables import SCORES, Row, scores_of, write

SETS = ("bank77_small", "clinc_i_small", "massive_i_small", "massive_i_zh_small", "dstc11_dev_insurance_task1_turns")
PAPER_THETA = 0.8
AUTO = 0.0
DISTANCES: tuple[Literal["geodesic", "cosine"], ...] = ("geodesic", "cosine")


CENTROIDS = "centroids alone, verified"
"""The way to merge that ignores the names."""
MEASURED = (*SCORES, "coverage", "largest", "clusters / true")


def variants() -> dict[str, Settings]:
    """Return the settings of each way to merge, by name."""
    found = {"not merged": Settings(merge="none")}
    for theta, distance, probabilistic in product((AUTO, PAPER_THETA), DISTANCES, (True, False)):
        settings = Settings(merge="paper", merge_distance=distance, merge_probabilistic=probabilistic, theta=theta)
        found[f"{distance}, {'probabilistic' if probabilistic else 'deterministic'}, θ {theta or 'auto'}"] = settings
    for theta in (AUTO, PAPER_THETA):
        found[f"geodesic, probabilistic, θ {theta or 'auto'}, verified"] = Settings(theta=theta)
    return found | {CENTROIDS: Settings()}


@dataclass(frozen=True)
class Found:
    """The pieces of a data set before merging.

    Parameters
    ----------
    work : Context
        Context of the run, with the judge that found the pieces.
    draft : Draft
        The pieces.
    piece : int64 array of shape (n,)
        Piece of each sentence; -1 for a sentence without a piece.
    """

    work: Context
    draft: Draft
    piece: Labels


def found_by(case: Case, tools: Tools, seed: int) -> Found:
    """Return the pieces that the search keeps."""
    work = Context.of(case.data, tools, Settings(seed=seed))
    draft = Draft([""] * len(case.texts))
    collect(draft, work)
    return Found(work, draft, decide(draft, work).assign(case.X, draft.roles)[0])


def names_of(found: Found, case: Case, how: str, llm: LLM | None) -> list[str]:
    """Return a name for each piece: from the LLM, from the gold labels, or from the piece's own sentences."""
    clusters = found.draft.pieces
    if llm is not None:
        return name_clusters(llm, [example_of(found.work, rows) for rows in clusters])
    if how == "gold":
        names = gold_names(case)
        return [names[most_frequent(case.gold[rows])] for rows in clusters]
    return [case.texts[central_rows(case.X, rows, 1)[0]] for rows in clusters]


def gold_names(case: Case) -> dict[str, str]:
    """Return each gold label as an Action-Objective name, in the language of the sentences."""
    labels = sorted(set(case.gold.tolist()))
    shown = labels_of(case.name, labels)
    rules = rules_of(shown)
    return {label: rules[own] for label, own in zip(labels, shown, strict=True)}


def most_frequent(labels: NDArray[np.str_]) -> str:
    """Return the most frequent label; the alphabet breaks ties.

    Examples
    --------
    >>> most_frequent(np.array(["b", "a", "b", "a", "c"]))
    'a'
    """
    values, counts = np.unique(labels, return_counts=True)
    return str(values[counts.argmax()])


def merged(found: Found, L: Matrix | None, settings: Settings) -> MergeResult:
    """Return the merge of the pieces under these settings; L (n_pieces, d) are the vectors of their names."""
    if settings.merge == "none":
        return MergeResult(tuple((i,) for i in range(len(found.draft.pieces))), {})
    near = NearestGroups(found.work.data.X)
    return merge_role(found.draft.pieces, L, near, replace(found.work, settings=settings))


def grouped(groups: tuple[tuple[int, ...], ...], piece: Labels) -> Labels:
    """Return the group of each sentence, or -1 for a sentence without a piece.

    Examples
    --------
    >>> grouped(((0, 2), (1,)), np.array([0, 1, 2, -1])).tolist()
    [0, 1, 0, -1]
    """
    group = np.full(sum(map(len, groups)) + 1, -1, dtype=np.int64)  # the last entry keeps -1 at -1
    for number, members in enumerate(groups):
        group[list(members)] = number
    return group[piece]


def largest(labels: Labels) -> float:
    """Return the share of all sentences in the largest cluster."""
    return round(int(np.bincount(labels[labels >= 0], minlength=1).max()) / max(len(labels), 1), 3)


def rows_of(found: Found, case: Case, names: list[str]) -> Iterator[dict[str, object]]:
    """Yield the scores of each way to merge."""
    L = case.embedder.encode([plain(name) for name in names])
    for variant, settings in variants().items():
        labels = grouped(merged(found, None if variant == CENTROIDS else L, settings).groups, found.piece)
        scores = scores_of(labels, case.gold.tolist())
        ratio = round(int(str(scores["clusters"])) / int(str(scores["true"])), 3)
        yield {"merging": variant, **scores, "largest": largest(labels), "clusters / true": ratio}


def means(rows: Sequence[Row]) -> list[Row]:
    """Return the mean over data sets of each way to merge, by judge and names; [] for a single data set."""
    n_sets = len({row["data"] for row in rows})
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(str(row[column]) for column in ("judge", "names", "merging")), []).append(row)
    return [
        {"data": f"mean of {n_sets}", "judge": judge, "names": names, "merging": merging}
        | {column: round(fmean(float(str(row[column])) for row in own), 3) for column in MEASURED}
        for (judge, names, merging), own in groups.items()
        if len(own) == n_sets > 1
    ]


@contextmanager
def client_of(spec: str, store: str) -> Iterator[LLM | None]:
    """Open the LLM of a SPEC; yield None for a plain word such as "gold" or "perfect"."""
    if ":" not in spec:
        yield None
        return
    with Client(backend_of(spec), [ReplyStore(store)]) as client:
        yield client


def main() -> None:
    """Find the pieces, name them, merge them in every way and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", default=list(SETS))
    parser.add_argument("--judge", default="perfect", help="perfect, geometry or the SPEC of an LLM")
    parser.add_argument("--names", nargs="+", default=["gold", "medoid"], help="gold, medoid or the SPEC of an LLM")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--store", default=str(cache_home() / "calibration.sqlite"))
    parser.add_argument("--name", default="merge_variants", help="name of the results file")
    options = parser.parse_args()
    rows = list[Row]()
    for case in (case_of(name, options.seed) for name in options.data):
        with client_of(options.judge, options.store) as judge_llm:
            oracle = OracleJudge(case.gold, seed=options.seed) if options.judge == "perfect" else None
            found = found_by(case, Tools(None, case.embedder.encode, judge_llm, judge=oracle), options.seed)
            for how in options.names:
                with client_of(how, options.store) as llm:
                    names = names_of(found, case, how, llm)
                about = {"data": case.name, "judge": options.judge, "names": how, "pieces": len(names)}
                rows += [{**about, **row} for row in rows_of(found, case, names)]
                print(*rows[-len(variants()) :], sep="\n", flush=True)
                path = write(options.name, [*rows, *means(rows)], seed=options.seed, embedder=case.embedder.name)
    print(path)


if __name__ == "__main__":
    main()
