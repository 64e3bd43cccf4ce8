"""How well the unsupervised split into customer and agent agrees with the truth, on sgd_dialogues.

The roles of the data are hidden; clusters are found, named, and split by the action word of their label (paper §3.4).
Writes ``benchmarks/results/roles.json``.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from benchmarks import data, machine
from dialin.columns import Columns
from dialin.connect import cache_home
from dialin.discover import Settings
from dialin.embed import embedder_of
from dialin.embed_cache import CachedEmbedder
from dialin.llm import backend_of
from dialin.llm.cache import ReplyStore
from dialin.llm.client import Client
from dialin.pipeline import collect, name_pieces, split_roles
from dialin.read import read
from dialin.roles import agreement
from dialin.work import Data, Draft, Tools, Work


def main() -> None:
    """Split and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dialogues", type=int, default=100)
    parser.add_argument("--llm", default="local:qwen2.5-coder-0.5b")
    options = parser.parse_args()
    corpus = read(data.dialogues(options.dialogues), Columns())
    embedder = CachedEmbedder(embedder_of("auto", corpus.texts), cache_home() / "embeddings.sqlite")
    client = Client(backend_of(options.llm), [ReplyStore(":memory:")])
    n = len(corpus.texts)
    sentences = Data(corpus.texts, embedder.encode(corpus.texts), corpus.counts, [""] * n)
    begin = time.perf_counter()
    work = Work.of(sentences, Tools(client, embedder.encode), Settings(roles="split", judge="geometry"))
    draft = Draft([""] * n)
    collect(draft, work)
    name_pieces(draft, work)
    found, true = split_roles(draft, work), corpus.roles or []
    majority = max(agreement([role] * n, true, corpus.counts) for role in ("customer", "agent"))
    print(
        machine.write(
            "roles",
            machine.provenance(
                llm=options.llm,
                data="sgd_dialogues",
                dialogues=options.dialogues,
                sentences=n,
                clusters=len(draft.clusters),
                agreement=round(agreement(found, true, corpus.counts), 3),
                majority_role=round(majority, 3),
                n_customer_found=int(np.sum(np.array(found) == "customer")),
                calls=client.ledger.total().calls,
                seconds=round(time.perf_counter() - begin, 1),
                settings="judge=geometry, roles=split, seed 0",
                sample_of_names=[
                    f"{name} ({len(rows)})" for name, rows in zip(draft.names, draft.clusters, strict=True)
                ][:30],
            ),
        )
    )


if __name__ == "__main__":
    main()
