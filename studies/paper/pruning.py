"""Measure how often the LLM proposes the best k of the next round (paper: Table 8, .26 .47 .74 .84 .89 for top 1 to 5).

The paper's loop runs with a judge that knows the gold labels and judges every candidate k in every round. Before each
round but the first, the LLM reads the log of the earlier rounds (`dialin.search.prune.build_prune_prompt`) and names
its five candidates, best first. It scores a hit at j if the best k of the round is among its first j. All rounds have
the same candidates, evenly spaced in log from 8 to n / least size, except those above the number of sentences left.
Rounds without a good cluster have no best k and do not count.

Three orders without an LLM serve as comparison: the best k of the last round followed by its neighbours (the smaller of
two equally near ones first, because fewer sentences are left), the ratios of the last round, and a random order. Writes
``studies/paper/results/NAME.json`` and ``.md``.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from dialin.cluster.partition import partitioner_of
from dialin.discover.context import default_min_size
from dialin.llm.backends import backend_of
from dialin.llm.base import LLM
from dialin.llm.cache import ReplyStore
from dialin.llm.client import Client
from dialin.models.home import cache_home
from dialin.search.best_k import KSearch
from dialin.search.iterate import Loop, iterate
from dialin.search.prune import prune_with
from dialin.search.trial import Trial, Unit
from studies.own.oracle import OracleJudge
from studies.own.quality import Case, case_of
from studies.paper.tables import Row, write

SETS = (
    "bank77_small",
    "clinc_i_small",
    "massive_i_small",
    "massive_i_zh_small",
    "mtop_i_small",
    "hwu64",
    "bitext_customer_support",
    "dstc11_dev_insurance_task1_turns",
)
UNITS: tuple[Unit, ...] = ("sentences", "clusters")
TOP = 5
SMALLEST = 8


@dataclass(frozen=True)
class Question:
    """The question which k to try next, with everything known before a round, and the answer that the round found.

    Parameters
    ----------
    log : tuple of Trial
        All trials of the earlier rounds.
    last : tuple of Trial
        Trials of the last of these rounds.
    candidates : tuple of int
        Candidate k.
    n_rest : int
        Number of sentences left.
    best : int
        The k with the best ratio in the round.
    """

    log: tuple[Trial, ...]
    last: tuple[Trial, ...]
    candidates: tuple[int, ...]
    n_rest: int
    best: int


def spaced(n: int, least: int, n_candidates: int) -> tuple[int, ...]:
    """Return candidates for n sentences, evenly spaced in log.

    Examples
    --------
    >>> spaced(3080, 7, 5)
    (8, 22, 59, 162, 440)
    """
    return tuple(sorted(set(np.geomspace(SMALLEST, n // least, n_candidates).round().astype(int).tolist())))


def questions_of(case: Case, unit: Unit, wrong: float, n_candidates: int) -> list[Question]:
    """Run the paper's loop with a judge that knows the labels, and return the question before each round."""
    n = len(case.texts)
    least = default_min_size(n)
    search = KSearch(spaced(n, least, n_candidates), unit, least)
    loop = Loop(partitioner_of("agglomerative", case.seed), lambda _: search)
    rounds = list(iterate(case.X, np.arange(n), OracleJudge(case.gold, wrong, case.seed), loop))
    found, log = list[Question](), tuple[Trial, ...]()
    for before, after in pairwise(rounds):
        log += before.trials
        if any(trial.good for trial in after.trials):
            candidates = tuple(trial.k for trial in after.trials)
            found.append(Question(log, before.trials, candidates, after.n_rest, after.best_k))
    return found


def by_neighbours(question: Question) -> list[int]:
    """Return the candidates by their distance, in steps, from the best k of the last round; the smaller wins a tie."""
    best = best_of(question.last)
    place = np.searchsorted(question.candidates, best)
    return sorted(question.candidates, key=lambda k: (abs(question.candidates.index(k) - place), k))


def by_ratio(question: Question) -> list[int]:
    """Return the candidates by their ratio in the last round, best first."""
    ratio = {trial.k: trial.ratio for trial in question.last}
    return sorted(question.candidates, key=lambda k: (-ratio.get(k, 0.0), k))


def best_of(trials: Sequence[Trial]) -> int:
    """Return the k with the best ratio; the smallest wins a tie, as in `KSearch`."""
    return max(trials, key=lambda trial: (trial.ratio, -trial.k)).k


def hits(proposed: Sequence[Sequence[int]], questions: Sequence[Question]) -> dict[str, float]:
    """Return the share of questions whose best k is among the first 1 to 5 proposals."""
    pairs = list(zip(proposed, questions, strict=True))
    return {f"top {j}": float(np.mean([q.best in ks[:j] for ks, q in pairs])) for j in range(1, TOP + 1)}


def by_chance(questions: Sequence[Question]) -> dict[str, float]:
    """Return the expected share of hits of a random order."""
    sizes = [len(question.candidates) for question in questions]
    return {f"top {j}": float(np.mean([min(j / size, 1.0) for size in sizes])) for j in range(1, TOP + 1)}


def asked(llm: LLM, questions: Sequence[Question]) -> list[list[int]]:
    """Return the LLM's proposals, at most five for each question."""
    propose = prune_with(llm, TOP)
    return [propose(question.log, question.candidates, question.n_rest) for question in questions]


def compared(name: str, proposed: Sequence[Sequence[int]], questions: Sequence[Question]) -> list[Row]:
    """Return a row for the proposals of the LLM with this name and a row for each order without an LLM."""
    orders: dict[str, Row] = {
        name: {**hits(proposed, questions), "proposals": float(np.mean([len(ks) for ks in proposed]))},
        "last best k and its neighbours": hits([by_neighbours(q) for q in questions], questions),
        "ratios of the last round": hits([by_ratio(q) for q in questions], questions),
        "random": by_chance(questions),
    }
    return [{"order": name, "questions": len(questions), **row} for name, row in orders.items()]


def main() -> None:
    """Run the loop, ask the LLM and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", default=list(SETS))
    parser.add_argument("--llm", default="local:qwen2.5-coder-0.5b")
    parser.add_argument("--wrong", type=float, default=0.0, help="share of false verdicts of the judge")
    parser.add_argument("--candidates", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--store", default=str(cache_home() / "calibration.sqlite"))
    parser.add_argument("--name", default="pruning", help="name of the results file")
    options = parser.parse_args()
    found = list[tuple[str, Unit, Question]]()
    for case in (case_of(name, options.seed) for name in options.data):
        for unit in UNITS:
            own = questions_of(case, unit, options.wrong, options.candidates)
            found += [(case.name, unit, question) for question in own]
            print(case.name, unit, [question.best for question in own], flush=True)
    questions = [question for _, _, question in found]
    with Client(backend_of(options.llm), [ReplyStore(options.store)]) as llm:
        proposed = asked(llm, questions)
    rows = compared(options.llm, proposed, questions)
    each = [
        {"data": name, "unit": unit, "n_rest": q.n_rest, "candidates": q.candidates, "best": q.best, "proposed": ks}
        for (name, unit, q), ks in zip(found, proposed, strict=True)
    ]
    print(write(options.name, rows, llm=options.llm, data=options.data, seed=options.seed, each=each))


if __name__ == "__main__":
    main()
