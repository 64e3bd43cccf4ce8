"""Measure how much noise lands in intents, and how it affects the sentences in scope (CLINC150, out-of-scope rows).

The sample has at most ``--n`` sentences. A share ``--share`` is out of scope, 18 % by default as in the test set of
CLINC150 (1,000 of 5,500), and the rest is drawn evenly from the 150 intents. Every out-of-scope sentence has a label of
its own, so the perfect judge finds no good set among them. Each method runs with the noise, and on the same sentences
without it. K-means and Ward are told that there are 150 intents, and cannot leave noise unassigned. ``density`` is UMAP
and HDBSCAN; it is skipped if umap-learn is not installed. "only members" is dialin without the slack of its radii.
Writes ``studies/paper/results/NAME.json`` and ``.md``.
"""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dialin.arrays import Labels
from dialin.embed.cache import CachedEmbedder
from dialin.embed.choose import embedder_of
from dialin.llm.spec import NO_LLM
from dialin.models.home import cache_home
from dialin.peers.base import Kit, Problem
from dialin.peers.registry import peer_of
from studies.own import data
from studies.own.ablation import PARTS
from studies.own.quality import Case, with_judge, with_llm
from studies.paper.tables import Row, scores_of, write

NOISE = "oos"
Bools = NDArray[np.bool_]


def noisy(n: int, share: float, seed: int) -> tuple[list[str], NDArray[np.str_]]:
    """Return distinct sentences and their labels, sorted by sentence; out-of-scope sentences have the label `NOISE`.

    Parameters
    ----------
    n : int
        Largest number of sentences.
    share : float
        Out-of-scope share, in [0, 1).
    seed : int
        Seed of the sample.
    """
    table = pq.read_table(data.folder() / "clinc150_full_with_oos.parquet", columns=["text", "label"]).to_pylist()
    label = {row["text"]: row["label"] for row in reversed(table)}
    texts = sorted(label)
    gold = np.array([label[text] for text in texts])
    rows = sample(gold, n, share, np.random.default_rng(seed))
    return [texts[i] for i in rows], gold[rows]


def sample(gold: NDArray[np.str_], n: int, share: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return at most n rows, ascending: a share of noise, and the same number of rows from each intent."""
    noise = np.flatnonzero(gold == NOISE)
    chosen = [rng.permutation(noise)[: round(share * n)]]
    intents = [label for label in np.unique(gold) if label != NOISE]
    for label in intents:
        chosen.append(rng.permutation(np.flatnonzero(gold == label))[: (n - len(chosen[0])) // len(intents)])
    return np.sort(np.concatenate(chosen))


def each_its_own(gold: NDArray[np.str_]) -> NDArray[np.str_]:
    """Return the labels, with a label of its own for every out-of-scope sentence."""
    return np.array([f"{label} {i}" if label == NOISE else label for i, label in enumerate(gold.tolist())])


def case_of(texts: list[str], gold: NDArray[np.str_], seed: int) -> Case:
    """Return the case of these sentences, embedded."""
    embedder = CachedEmbedder(embedder_of("auto", texts), cache_home() / "embeddings.sqlite")
    return Case("clinc150_full_with_oos", texts, each_its_own(gold), embedder, embedder.encode(texts), seed)


def without(case: Case, noise: Bools) -> Case:
    """Return the case without the noise."""
    texts = [text for text, out in zip(case.texts, noise.tolist(), strict=True) if not out]
    return replace(case, texts=texts, gold=case.gold[~noise], X=case.X[~noise])


def peer(name: str, case: Case) -> Labels:
    """Return the labels of a peer; a peer that is told k gets the number of intents without the noise."""
    n_intents = len({label for label in case.gold.tolist() if not label.startswith(f"{NOISE} ")})
    problem = Problem(case.texts, case.X, n_intents, case.seed)
    return peer_of(name)(problem, Kit(None, case.embedder.encode))


def members_only(case: Case, wrong: float | None) -> Labels:
    """Return the labels of dialin with radii that admit only the members of a piece."""
    without_slack, _ = PARTS["only members within the radius"]
    with without_slack():
        return with_judge(case, wrong).labels


def methods(llm: str) -> dict[str, Callable[[Case], Labels]]:
    """Return the methods by name."""
    found: dict[str, Callable[[Case], Labels]] = {
        "k-means, told k": lambda case: peer("kmeans", case),
        "Ward, told k": lambda case: peer("hierarchical", case),
        "dialin, no LLM": lambda case: with_judge(case, None).labels,
        "dialin, perfect judge": lambda case: with_judge(case, 0.0).labels,
        "dialin, judge 10 % wrong": lambda case: with_judge(case, 0.1).labels,
        "dialin, no LLM, only members": lambda case: members_only(case, None),
        "dialin, perfect judge, only members": lambda case: members_only(case, 0.0),
        "paper's loop, perfect judge": lambda case: with_judge(case, 0.0, strategy="paper").labels,
    }
    if importlib.util.find_spec("umap"):
        found["density"] = lambda case: peer("density", case)
    return found if llm == NO_LLM else found | {f"dialin, {llm}": lambda case: with_llm(case, llm).labels}


def where_noise_went(labels: Labels, noise: Bools) -> dict[str, object]:
    """Return the shares of noise and of sentences in scope that are in intents, and the intents that are mostly noise.

    Parameters
    ----------
    labels : int64 array of shape (n,)
        Intent of each sentence; -1 for a sentence without an intent.
    noise : bool array of shape (n,)
        Whether each sentence is out of scope.

    Examples
    --------
    Intent 0 has one sentence of noise in three, and intent 1 only noise. One sentence of noise and one sentence in
    scope have no intent:

    >>> where_noise_went(np.array([0, 0, 0, 1, -1, -1]), np.array([False, False, True, True, True, False]))
    {'noise assigned': 0.667, 'in scope assigned': 0.667, 'intents': 2, 'mostly noise': 1, 'noise in these': 0.333}
    """
    found = labels >= 0
    k = int(labels.max(initial=-1)) + 1
    sizes = np.bincount(labels[found], minlength=k)
    strange = np.flatnonzero(2 * np.bincount(labels[found & noise], minlength=k) > sizes)
    return {
        "noise assigned": share(found[noise]),
        "in scope assigned": share(found[~noise]),
        "intents": int((sizes > 0).sum()),
        "mostly noise": len(strange),
        "noise in these": share(np.isin(labels[noise], strange)),
    }


def share(which: Bools) -> float:
    """Return the share of true entries, or 0 for an empty array."""
    return round(float(which.mean()), 3) if len(which) else 0.0


def in_scope(labels: Labels, case: Case, noise: Bools) -> dict[str, object]:
    """Return the scores of the sentences in scope."""
    scores = scores_of(labels[~noise], case.gold[~noise].tolist())
    return {name.upper(): scores[name] for name in ("ami", "ari", "acc")}


def row_of(case: Case, noise: Bools, run: Callable[[Case], Labels]) -> dict[str, object]:
    """Run a method with and without the noise, and return its figures."""
    labels, clean = run(case), without(case, noise)
    alone = in_scope(run(clean), clean, np.zeros(len(clean.texts), dtype=np.bool_))
    return {
        **where_noise_went(labels, noise),
        **in_scope(labels, case, noise),
        **{f"{name}, no noise": value for name, value in alone.items()},
    }


def main() -> None:
    """Draw the sample, run every method and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=4_500, help="largest number of sentences")
    parser.add_argument("--share", type=float, default=1_000 / 5_500, help="out-of-scope share")
    parser.add_argument("--llm", default=NO_LLM, help="LLM for one more row, run by `dialin discover`")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--name", default="oos_noise", help="name of the results file")
    options = parser.parse_args()
    texts, gold = noisy(options.n, options.share, options.seed)
    case, noise = case_of(texts, gold, options.seed), gold == NOISE
    sizes = {"sentences": len(texts), "out_of_scope": int(noise.sum())}
    rows = list[Row]()
    for method, run in methods(options.llm).items():
        rows.append({"method": method, **row_of(case, noise, run)})
        print(rows[-1], flush=True)
        about = {"seed": options.seed, "llm": options.llm, "embedder": case.embedder.name}
        path = write(options.name, rows, data=case.name, **sizes, **about)
    print(path)


if __name__ == "__main__":
    main()
