"""Follow topics from month to month as BERTopic does: a model each month, put together by ``merge_models``.

It needs ``pip install umap-learn hdbscan plotly safetensors`` and ``pip install --no-deps bertopic``: without its
embedders, for which it would bring PyTorch.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from dialin.arrays import Matrix
from studies.own.months_score import Seen, Strings

DEFAULT = 0.7
"""BERTopic's `min_similarity`: topics of the later model whose nearest topic is farther than that are new."""
SIMILARITIES = (0.5, 0.6, DEFAULT, 0.8, 0.9)


def fitted(texts: list[str], X: Matrix, seed: int) -> Any:
    """Return a model with BERTopic's defaults, seeded, on given vectors."""
    umap, bertopic = (importlib.import_module(name) for name in ("umap", "bertopic"))
    mapped = umap.UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=seed)
    model = bertopic.BERTopic(umap_model=mapped, embedding_model=None)
    with warnings.catch_warnings(action="ignore"):
        model.fit(texts, embeddings=X.astype(np.float64))
    return model


def followed(models: list[Any], golds: list[Strings], similarity: float) -> Iterator[Seen]:
    """Yield what the models say about each month, each merged into what the months before left.

    Topics of a merged model keep their numbers; a new topic has a number that none had.
    """
    merge = importlib.import_module("bertopic").BERTopic.merge_models
    merged = models[0]
    before = set[str]()
    for number, gold in enumerate(golds):
        if number:
            merged = merge([merged, models[number]], min_similarity=similarity)
        topics = list(merged.topics_)[-len(gold) :]
        uids = np.array([str(topic) if topic >= 0 else "" for topic in topics])
        now = set(uids.tolist()) - {""}
        known = {str(topic) for topic in list(merged.topics_)[: -len(gold)]}
        yield Seen(gold, uids, new=now - known, gone=before - now)
        before = now
