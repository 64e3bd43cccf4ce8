"""Run IDAS on the descriptions that its authors' LLM wrote, with dialin's embedder and no LLM (paper: Table 5).

The recorded files hold five runs, each with one description per sentence. ``original_index`` is the place of the
sentence in the authors' own file. It is the same in all runs, but it is not a row number of our data sets, so sentences
and labels come from the recorded rows in this order. Bank77 is the whole test set; CLINC is 2,250 sentences from three
splits, not the 4,500 of CLINC(I). Three reduced methods show the source of the gain: k-means on the sentences, k-means
on the descriptions, and IDAS with each sentence in place of its description. All methods are told k; run r has seed r.
Writes ``studies/paper/results/idas_recorded.json`` and ``.md``.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dialin.arrays import Labels, Matrix
from dialin.embed.choose import embedder_of
from dialin.errors import InputError
from dialin.peers.base import Kit, Problem
from dialin.peers.idas import cluster_described
from dialin.peers.registry import peer_of
from studies.own import data
from studies.paper.evaluator_accuracy import embed
from studies.paper.tables import SCORES, Row, scores_of, write

SETS = ("banking77", "clinc150")
Method = Callable[["Recorded", int], Labels]


@dataclass(frozen=True)
class Recorded:
    """A recorded run of the authors: distinct sentences, their gold labels and the LLM's descriptions."""

    texts: list[str]
    gold: NDArray[np.str_]
    descriptions: list[str]

    def problem(self, seed: int) -> Problem:
        """Return the problem for a method that is told k."""
        return Problem(self.texts, embed(self.texts), len(set(self.gold.tolist())), seed)


def unquoted(text: str) -> str:
    r"""Return a sentence without the CSV quotes that the recording may have kept.

    Examples
    --------
    >>> unquoted('"Where is the ""auto-top"" feature?"'), unquoted("where is it")
    ('Where is the "auto-top" feature?', 'where is it')
    """
    return next(csv.reader([text]))[0] if text.startswith('"') else text


def runs_of(rows: Sequence[dict[str, Any]]) -> Iterator[tuple[int, Recorded]]:
    """Yield the number and the content of each recorded run, with sentences in the order of ``original_index``.

    Raises
    ------
    ValueError
        If a run differs from the first run in a sentence, a label or an index, or has a sentence twice.
    """
    first: list[tuple[Any, ...]] = []
    for run in sorted({row["run"] for row in rows}):
        own = sorted((row for row in rows if row["run"] == run), key=lambda row: int(row["original_index"]))
        key = [(row["original_index"], row["text"], row["label"]) for row in own]
        first = first or [*key]
        if key != first or len({text for _, text, _ in key}) < len(key):
            raise ValueError(f"run {run} differs from the first run in sentences or labels, or repeats a sentence")
        gold = np.array([row["label"] for row in own])
        yield run, Recorded([unquoted(row["text"]) for row in own], gold, [row["generated_label"] for row in own])


def cluster_recorded(problem: Problem, recorded: Mapping[str, str], embed: Callable[[Sequence[str]], Matrix]) -> Labels:
    """Return the labels (n,) of IDAS with recorded descriptions in place of an LLM.

    Parameters
    ----------
    problem : Problem
        The n sentences and the true k.
    recorded : mapping of str to str
        Description of each sentence, such as ``generated_label`` in the authors' files.
    embed : callable
        Embedder, as in `Kit`.

    Raises
    ------
    InputError
        If a sentence has no description.
    """
    n, missing = len(problem.texts), [text for text in problem.texts if text not in recorded]
    if missing:
        raise InputError(f"{len(missing)} of {n} sentences lack a recorded description, the first: {missing[0][:60]!r}")
    return cluster_described(problem, [recorded[text] for text in problem.texts], embed)


def idas(recorded: Recorded, seed: int) -> Labels:
    """Return the labels of IDAS with the recorded descriptions."""
    known = dict(zip(recorded.texts, recorded.descriptions, strict=True))
    return cluster_recorded(recorded.problem(seed), known, embed)


def without_descriptions(recorded: Recorded, seed: int) -> Labels:
    """Return the labels of IDAS without descriptions, which shows the effect of its smoothing alone."""
    return cluster_described(recorded.problem(seed), recorded.texts, embed)


def descriptions_only(recorded: Recorded, seed: int) -> Labels:
    """Return the labels of k-means on the descriptions, without the sentences."""
    problem = recorded.problem(seed)
    return peer_of("kmeans")(Problem(problem.texts, embed(recorded.descriptions), problem.n_clusters, seed), _NOBODY)


def sentences_only(recorded: Recorded, seed: int) -> Labels:
    """Return the labels of k-means on the sentences."""
    return peer_of("kmeans")(recorded.problem(seed), _NOBODY)


_NOBODY = Kit(None, embed)
METHODS: dict[str, Method] = {
    "k-means, sentences": sentences_only,
    "k-means, descriptions": descriptions_only,
    "IDAS, sentences in place of descriptions": without_descriptions,
    "IDAS, recorded descriptions": idas,
}


def over_runs(runs: Sequence[Row]) -> dict[str, object]:
    """Return "mean ± standard deviation (n - 1)" of each score over the runs."""
    values = {name: [float(str(run[name])) for run in runs] for name in SCORES}
    return {name: f"{fmean(own):.3f} ± {stdev(own) if len(own) > 1 else 0.0:.3f}" for name, own in values.items()}


def measured(name: str, runs: dict[int, Recorded], method: str) -> list[Row]:
    """Return the scores of a method on each run of a data set."""
    found = {run: METHODS[method](recorded, run) for run, recorded in runs.items()}
    return [
        {"data": name, "method": method, "run": run, **scores_of(labels, runs[run].gold)}
        for run, labels in found.items()
    ]


def main() -> None:
    """Run and score every method and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", default=list(SETS), choices=SETS)
    options = parser.parse_args()
    table, scores = list[Row](), list[Row]()
    for name in options.data:
        rows = pq.read_table(data.folder() / f"idas_llm_labels_{name}.parquet").to_pylist()
        runs = dict(runs_of(rows))
        embedder = embedder_of("auto", runs[1].texts).name
        for method in METHODS:
            own = measured(name, runs, method)
            scores += own
            size = {"n": len(runs[1].texts), "k": own[0]["true"], "runs": len(own)}
            table.append({"data": name, **size, "method": method, **over_runs(own)})
            print(table[-1], flush=True)
            path = write("idas_recorded", table, seed="run r has seed r", embedder=embedder, runs=scores)
    print(path)


if __name__ == "__main__":
    main()
