"""Give sentences to the names of a list as BERTopic's zero-shot topics do, and cluster the rest as BERTopic does."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dialin.arrays import Labels, Matrix

MIN_SIMILARITY = 0.7
"""BERTopic's default of `zeroshot_min_similarity`."""


def by_zero_shot(
    texts: list[str], X: Matrix, names: Sequence[str], embed: Callable[..., Matrix], seed: int
) -> tuple[Labels, Labels]:
    """Return the place of the name that each of n sentences gets, −1 for none, and its topic, both of shape (n,).

    All is BERTopic's default, but for its embedder, which is ours, and the seed of UMAP.
    """
    from bertopic import BERTopic  # noqa: PLC0415  (no dependency of dialin, and slow to import)
    from umap import UMAP  # noqa: PLC0415  (as above)

    warnings.filterwarnings("ignore")
    model = BERTopic(
        embedding_model=backend_of(embed),
        umap_model=UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=seed),
        zeroshot_topic_list=list(names),
        zeroshot_min_similarity=MIN_SIMILARITY,
    )
    topics, _ = model.fit_transform(texts, embeddings=X.astype(np.float64))
    place = model._topic_id_to_zeroshot_topic_idx  # it has no public name
    return np.array([place.get(topic, -1) for topic in topics]), np.array(topics)


def backend_of(embed: Callable[..., Matrix]) -> Any:
    """Return an embedder as BERTopic wants it."""
    from bertopic.backend import BaseEmbedder  # noqa: PLC0415  (as above)

    class Given(BaseEmbedder):  # type: ignore[misc]
        def embed(self, documents: Sequence[str], verbose: bool = False) -> Matrix:  # noqa: ARG002
            return embed(list(documents))

    return Given()
