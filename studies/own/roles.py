"""Measure the agreement of the unsupervised split into customer and agent with the truth, on sgd_dialogues.

The study hides the roles of the data, finds and names clusters, and splits them by the action word of their label
(paper §3.4). It reports two figures for comparison. Without a split, all turns get the more frequent role. With the
best possible split, each cluster gets the role of most of its turns; it falls short of 1 only because of clusters in
which both roles speak. ``--clusters K`` cuts Ward's tree into K clusters; 0 takes the clusters that dialin finds with
the geometry as judge. Writes ``studies/own/results/roles.json``.
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
    """Return the context of a run that splits roles and does not know the true ones."""
    embedder = CachedEmbedder(embedder_of("auto", corpus.texts), cache_home() / "embeddings.sqlite")
    n = len(corpus.texts)
    sentences = Data(corpus.texts, embedder.encode(corpus.texts), corpus.counts, [""] * n)
    return Context.of(sentences, Tools(llm, embedder.encode), Settings(roles="split", judge="geometry"))


def draft_of(work: Context, k: int) -> Draft:
    """Return a draft with named clusters: Ward's tree cut into k, or for k = 0 the clusters that dialin finds."""
    draft = Draft([""] * len(work.data.texts))
    if k:
        labels = partitioner_of("agglomerative", work.settings.seed).fit(work.data.X).cut(k)
        draft.pieces = [np.flatnonzero(labels == cluster) for cluster in range(k)]
    else:
        collect(draft, work)
    label_pieces(draft, work)
    return draft


def nearest_piece(draft: Draft, work: Context) -> NDArray[np.int64]:
    """Return the piece nearest to each sentence, which takes its role."""
    k = len(draft.pieces)
    pieces = build(work.data.X, draft.pieces, list(range(k)), [""] * k)
    everywhere = replace(pieces, radii=np.full(k, -1.0, np.float32))
    return everywhere.assign(work.data.X, [""] * len(work.data.texts))[0]


def best_split(piece: NDArray[np.int64], true: list[str], counts: NDArray[np.int64]) -> list[str]:
    """Return the role of each sentence if every piece gets the role of most of its turns; the customer wins a tie.

    Examples
    --------
    >>> best_split(np.array([0, 0, 1]), ["agent", "customer", "agent"], np.array([3, 1, 1]))
    ['agent', 'agent', 'agent']
    """
    known = np.array(true, dtype=object)
    agent, customer = (np.bincount(piece, counts * (known == role)) for role in (AGENT, CUSTOMER))
    return [AGENT if agent[p] > customer[p] else CUSTOMER for p in piece.tolist()]


def row_of(corpus: Corpus, work: Context, k: int) -> dict[str, object]:
    """Return the figures for one set of clusters."""
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
    """Split the roles, compare them with the truth and write the results."""
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
