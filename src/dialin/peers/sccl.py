"""SCCL: sentences learn to be near their own shortened versions, and clusters to be sharper, both at once.

Notes
-----
Followed: Zhang, Nan, Wei, Li, Zhu, McKeown, Nallapati, Arnold and Xiang, "Supporting Clustering with Contrastive
Learning" (NAACL 2021), and the code that they published. Centres begin as those of k-means at the true k. Each step
takes 400 sentences and lowers the sum of two losses: 10 times a contrastive one, over two augmentations of each
sentence through a head of two layers (temperature 0.5), and the divergence of Student-t memberships (one degree of
freedom) from a sharper target. After 1,000 steps of Adam (theirs: 1,000 to 3,000), k-means at the true k on what was
learnt; the likeliest membership is worse.

Different: the paper fine-tunes DistilBERT on a GPU. Here the embedder is frozen, and a *linear map* of its vectors
learns in its place, from the identity. Augmentations are not words that a language model puts in, but words left out
(in Chinese, characters): a fifth of them, at least one, embedded again by the same embedder. Unit vectors are made 10
long, since memberships of near vectors are flat, and unit vectors again at the end. The learning rate of the map (1e-4;
the code has 1e-5 for DistilBERT) is the best of 1e-5, 3e-5, 1e-4 and 3e-4 on HWU64 (3,000 sentences, three seeds, by
ARI), where none was clearly better than k-means alone; that of heads and centres (1e-3) is theirs. torch comes with
``pip install 'dialin[tune]'``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Floats, Labels, Matrix
from dialin.peers.base import Kit, Problem, centroids_of, k_means, unit
from dialin.peers.head import Head, batches, layer, mapped, one_core, tensor
from dialin.peers.library import TORCH, Library

N_BATCH = 400
N_CONTRAST = 128
ALPHA = 1.0
ETA = 10.0
TAU = 0.5
DROPPED_SHARE = 0.2
# An ideograph or kana, or a run of anything else but space, each with the space after it.
_UNITS = re.compile("[\u3040-\u30ff\u3400-\u9fff]\\s*|[^\\s\u3040-\u30ff\u3400-\u9fff]+\\s*")


@dataclass(frozen=True)
class SCCLPeer:
    """SCCL with a linear map on frozen embeddings, told k; asks nothing, embeds 2n shortened sentences.

    Parameters
    ----------
    n_steps : int
        Steps of learning.
    learning_rate : float
        Of the linear map.
    head_rate : float
        Learning rate of the contrastive head and the centres.
    """

    n_steps: int = 1000
    learning_rate: float = 1e-4
    head_rate: float = 1e-3
    name: str = "sccl"
    needs_llm: bool = False
    told_k: bool = True
    library: Library = TORCH

    def __call__(self, problem: Problem, kit: Kit) -> Labels:
        """Return labels (n,) of at most `problem.n_clusters` clusters; raise InputError where torch is missing."""
        torch = self.library.load(self.name)
        rng = np.random.default_rng(problem.seed)
        views = [kit.embed([shortened(text, rng) for text in problem.texts]) for _ in range(2)]
        with one_core(torch):
            Z = self._learnt(torch, problem, np.stack([problem.X, *views]), rng)
        return k_means(Z, problem.n_clusters, problem.seed)

    def _learnt(self, torch: Any, problem: Problem, views: NDArray[np.float32], rng: np.random.Generator) -> Matrix:
        """Return vectors (n, d) after all steps; `views` (3, n, d) are the sentences and two augmentations."""
        labels = k_means(problem.X, problem.n_clusters, problem.seed)
        model = SCCLNetwork(torch, centroids_of(problem.X, labels), rng)
        groups = [{"params": model.head.weights, "lr": self.learning_rate}, {"params": model.others}]
        optimizer = torch.optim.Adam(groups, lr=self.head_rate)
        rows = tensor(torch, views)
        for batch in islice(_endless(len(labels), rng), self.n_steps):
            optimizer.zero_grad()
            model.loss(rows[:, torch.from_numpy(batch)]).backward()
            optimizer.step()
        return unit(model.head.vectors(rows[0]))


def _endless(n: int, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    while True:
        yield from batches(n, N_BATCH, rng)


class SCCLNetwork:
    """What learns: the map, the contrastive head of two layers, and the centres.

    Parameters
    ----------
    torch : module
    centres : float64 array of shape (k, d)
        Where the clusters begin, in unit vectors.
    rng : Generator
        Of the first weights.
    """

    def __init__(self, torch: Any, centres: Floats, rng: np.random.Generator) -> None:
        d = centres.shape[1]
        self._torch = torch
        self.head = Head(torch, d)
        self._centres = tensor(torch, centres).requires_grad_()
        self._contrast = [layer(torch, d, d, rng), layer(torch, d, N_CONTRAST, rng)]
        self.others = [self._centres, *self._contrast[0], *self._contrast[1]]

    def loss(self, rows: Any) -> Any:
        """Return the loss of a batch (3, m, d): sentences, and two augmentations of each."""
        sentences, *views = (self.head(part) for part in rows)
        contrast = contrastive_loss(self._torch, *(self._features(view) for view in views))
        return ETA * contrast + self._divergence(sentences)

    def _features(self, view: Any) -> Any:
        first, second = self._contrast
        return self._torch.nn.functional.normalize(mapped(mapped(view, first).relu(), second), dim=1)

    def _divergence(self, sentences: Any) -> Any:
        """Return the divergence of the memberships from their target, the mean over the sentences, in nats."""
        D = (sentences**2).sum(1)[:, None] - 2 * sentences @ self._centres.T + (self._centres**2).sum(1)[None, :]
        q = memberships(D.clamp_min(0))
        target = target_of(q).detach()
        return (target * (target.log() - q.log())).sum(1).mean()


def contrastive_loss(torch: Any, first: Any, second: Any) -> Any:
    """Return the loss of not telling the other view of a sentence from the views of the others, in nats.

    Parameters
    ----------
    torch : module
    first, second : float32 tensors of shape (m, c)
        Unit rows; the same row in both is the same sentence.
    """
    m, both = len(first), torch.cat([first, second])
    is_self = torch.eye(2 * m, dtype=torch.bool)
    logits = (both @ both.T / TAU).masked_fill(is_self, -torch.inf)
    return torch.nn.functional.cross_entropy(logits, torch.arange(2 * m).roll(m))


def memberships(D: Any) -> Any:
    """Return how much each row belongs to each cluster: Student's t of its distance, rows sum to 1.

    Parameters
    ----------
    D : float array or tensor of shape (n, k)
        Squared distances of rows to centres.

    Examples
    --------
    >>> memberships(np.array([[0.0, 1.0, 3.0]])).round(3).tolist()
    [[0.571, 0.286, 0.143]]
    """
    weight = (1 + D / ALPHA) ** (-(ALPHA + 1) / 2)
    return weight / weight.sum(1)[:, None]


def target_of(q: Any) -> Any:
    """Return the target of memberships (n, k), sharper and with large clusters held back; rows sum to 1.

    Squares of the memberships over the size of the cluster: the target of DEC (Xie, Girshick and Farhadi 2016).
    """
    weight = q**2 / q.sum(0)
    return weight / weight.sum(1)[:, None]


def shortened(text: str, rng: np.random.Generator) -> str:
    """Return a text without a fifth of its words, at least one; of Chinese, without characters. One word stays."""
    units = _UNITS.findall(text)
    if len(units) < 2:
        return text
    gone = set(rng.choice(len(units), max(1, int(DROPPED_SHARE * len(units))), replace=False).tolist())
    return "".join(unit for i, unit in enumerate(units) if i not in gone).strip()
