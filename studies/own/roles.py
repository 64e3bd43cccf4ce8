"""How well the unsupervised split into customer and agent agrees with the truth, on sgd_dialogues.

The roles of the data are hidden; clusters are found, named, and split by the action word of their label (paper §3.4).
Beside the agreement stand what there is without a split (all are the more frequent role), and the most that clusters
allow: each has the role of most of its turns, so what is missing to 1 are clusters in which both speak. With
``--clusters K`` the clusters are those of Ward's tree cut at K; 0: those that dialin finds with the geometry as judge.
Writes ``benchmarks/results/roles.json``.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dialin.cluster.partition import partitioner_of
from dialin.discover.assign import build
from dialin.discover.context import Context, Tools
from dialin.discover.method import collect
from dialin.discover.settings import Settings
from dialin.discover.state import Data, Draft
from dialin.discover.steps import label_pieces, split_roles
from dialin.embed.cache import CachedEmbedder
from dialin.embed.choose import embedder_of
from dialin.llm.backends import backend_of
from dialin.llm.base import LLM
from dialin.llm.cache import ReplyStore
from dialin.llm.client import Client
from dialin.models.home import cache_home
from dialin.name.actions import ACTION_WORDS, AGENT, CUSTOMER, action_of
from dialin.name.roles import role_agreement
from dialin.read.columns import Columns
from dialin.read.corpus import Corpus
from dialin.read.table import read
from studies.own import data, machine


def work_of(corpus: Corpus, llm: LLM) -> Context:
    """Return the run that is to split roles, without knowing them."""
    embedder = CachedEmbedder(embedder_of("auto", corpus.texts), cache_home() / "embeddings.sqlite")
    n = len(corpus.texts)
    sentences = Data(corpus.texts, embedder.encode(corpus.texts), corpus.counts, [""] * n)
    return Context.of(sentences, Tools(llm, embedder.encode), Settings(roles="split", judge="geometry"))


def draft_of(work: Context, k: int) -> Draft:
    """Return named clusters: k of Ward's tree, or those that dialin finds."""
    draft = Draft([""] * len(work.data.texts))
    if k:
        labels = partitioner_of("agglomerative", work.settings.seed).fit(work.data.X).cut(k)
        draft.pieces = [np.flatnonzero(labels == cluster) for cluster in range(k)]
    else:
        collect(draft, work)
    label_pieces(draft, work)
    return draft


def nearest_piece(draft: Draft, work: Context) -> NDArray[np.int64]:
    """Return the piece whose role each sentence takes."""
    k = len(draft.pieces)
    pieces = build(work.data.X, draft.pieces, list(range(k)), [""] * k)
    everywhere = replace(pieces, radii=np.full(k, -1.0, np.float32))
    return everywhere.assign(work.data.X, [""] * len(work.data.texts))[0]


def best_split(piece: NDArray[np.int64], true: list[str], counts: NDArray[np.int64]) -> list[str]:
    """Return the role of each sentence where every piece has that of most of its turns; a tie is the customer's.

    Examples
    --------
    >>> best_split(np.array([0, 0, 1]), ["agent", "customer", "agent"], np.array([3, 1, 1]))
    ['agent', 'agent', 'agent']
    """
    known = np.array(true, dtype=object)
    agent, customer = (np.bincount(piece, counts * (known == role)) for role in (AGENT, CUSTOMER))
    return [AGENT if agent[p] > customer[p] else CUSTOMER for p in piece.tolist()]


def row_of(corpus: Corpus, work: Context, k: int) -> dict[str, object]:
    """Return the figures of one set of clusters."""
    draft, true = draft_of(work, k), corpus.roles or []
    found = split_roles(draft, work)
    best = best_split(nearest_piece(draft, work), true, corpus.counts)
    told = [ACTION_WORDS.get(action_of(name)) in {AGENT, CUSTOMER} for name in draft.names]
    return {
        "clusters": len(draft.pieces),
        "by": f"Ward at {k}" if k else "dialin",
        "agreement": round(role_agreement(found, true, corpus.counts), 3),
        "best_split_of_these_clusters": round(role_agreement(best, true, corpus.counts), 3),
        "names_with_a_role_in_the_table": round(float(np.mean(told)), 3),
        "n_customer_found": found.count(CUSTOMER),
        "sample_of_names": [f"{n} ({len(rows)})" for n, rows in zip(draft.names, draft.pieces, strict=True)][:30],
    }


def main() -> None:
    """Split and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dialogues", type=int, default=100)
    parser.add_argument("--clusters", type=int, nargs="+", default=[0, 100])
    parser.add_argument("--llm", default="local:qwen2.5-coder-0.5b")
    parser.add_argument("--store", default=str(cache_home() / "calibration.sqlite"))
    options = parser.parse_args()
    corpus = read(data.dialogues(options.dialogues), Columns())
    n = len(corpus.texts)
    alone = {role: role_agreement([role] * n, corpus.roles or [], corpus.counts) for role in (CUSTOMER, AGENT)}
    about = {"data": "sgd_dialogues", "dialogues": options.dialogues, "sentences": n, "llm": options.llm, "seed": 0}
    with Client(backend_of(options.llm), [ReplyStore(options.store)]) as client:
        work = work_of(corpus, client)
        rows = [row_of(corpus, work, k) for k in options.clusters]
    print(
        machine.write("roles", machine.provenance(**about, majority_role=round(max(alone.values()), 3), rows=rows)),
        *rows,
        sep="\n",
    )


if __name__ == "__main__":
    main()
