"""SCCL: training pulls each sentence towards shortened versions of itself and sharpens the clusters at the same time.

Notes
-----
Follows Zhang, Nan, Wei, Li, Zhu, McKeown, Nallapati, Arnold and Xiang, "Supporting Clustering with Contrastive
Learning" (NAACL 2021), and the code that they published. The centres start at the k-means centroids for the true k.
Each step takes 400 sentences and lowers the sum of two losses. The first, with weight 10, is contrastive: it compares
two augmentations of each sentence through a head of two layers (temperature 0.5). The second is the divergence of
Student-t memberships (one degree of freedom) from a sharper target. After 1,000 steps of Adam (the authors take 1,000
to 3,000), k-means at the true k clusters the learnt vectors; assigning each sentence to its most likely centre does
worse.

Differences: the paper fine-tunes DistilBERT on a GPU. Here the embedder is frozen, and a *linear map* of its vectors,
initially the identity, learns instead. An augmentation does not substitute words with a language model: it drops a
fifth of the words (of the characters in Chinese), at least one, and embeds the rest with the same embedder. Unit
vectors are scaled to length 10, because memberships of close vectors are flat, and back to length 1 at the end. The
map's learning rate of 1e-4 (the authors' code uses 1e-5 for DistilBERT) is the best of 1e-5, 3e-5, 1e-4 and 3e-4 on
HWU64 (3,000 sentences, three seeds, by ARI), where no rate clearly beat plain k-means; the rate of heads and centres
(1e-3) is the authors'. ``pip install 'dialin[tune]'`` installs torch.
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
# One ideograph or kana, or a run of other characters without spaces; each with the spaces after it.
_UNITS = re.compile("[\u3040-\u30ff\u3400-\u9fff]\\s*|[^\\s\u3040-\u30ff\u3400-\u9fff]+\\s*")


@dataclass(frozen=True)
class SCCLPeer:
    """SCCL with a linear map on frozen embeddings: told k, no LLM; embeds 2n shortened sentences.

    Parameters
    ----------
    n_steps : int
        Training steps.
    learning_rate : float
        Learning rate of the linear map.
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
        """Return labels (n,) of at most `problem.n_clusters` clusters; raise InputError if torch is missing."""
        torch = self.library.load(self.name)
        rng = np.random.default_rng(problem.seed)
        views = [kit.embed([shortened(text, rng) for text in problem.texts]) for _ in range(2)]
        with one_core(torch):
            Z = self._learnt(torch, problem, np.stack([problem.X, *views]), rng)
        return k_means(Z, problem.n_clusters, problem.seed)

    def _learnt(self, torch: Any, problem: Problem, views: NDArray[np.float32], rng: np.random.Generator) -> Matrix:
        """Return the vectors (n, d) after all steps; `views` (3, n, d) are the sentences and two augmentations."""
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
    """The trainable parts: the linear map, the contrastive head of two layers, and the centres.

    Parameters
    ----------
    torch : module
    centres : float64 array of shape (k, d)
        Initial centres of the clusters, on the scale of unit vectors.
    rng : Generator
        Source of the initial weights.
    """

    def __init__(self, torch: Any, centres: Floats, rng: np.random.Generator) -> None:
        d = centres.shape[1]
        self._torch = torch
        self.head = Head(torch, d)
        self._centres = tensor(torch, centres).requires_grad_()
        self._contrast = [layer(torch, d, d, rng), layer(torch, d, N_CONTRAST, rng)]
        self.others = [self._centres, *self._contrast[0], *self._contrast[1]]

    def loss(self, rows: Any) -> Any:
        """Return the loss of a batch (3, m, d): the sentences and two augmentations of each."""
        sentences, *views = (self.head(part) for part in rows)
        contrast = contrastive_loss(self._torch, *(self._features(view) for view in views))
        return ETA * contrast + self._divergence(sentences)

    def _features(self, view: Any) -> Any:
        first, second = self._contrast
        return self._torch.nn.functional.normalize(mapped(mapped(view, first).relu(), second), dim=1)

    def _divergence(self, sentences: Any) -> Any:
        """Return the divergence of the memberships from their target, averaged over the sentences, in nats."""
        D = (sentences**2).sum(1)[:, None] - 2 * sentences @ self._centres.T + (self._centres**2).sum(1)[None, :]
        q = memberships(D.clamp_min(0))
        target = target_of(q).detach()
        return (target * (target.log() - q.log())).sum(1).mean()


def contrastive_loss(torch: Any, first: Any, second: Any) -> Any:
    """Return the contrastive loss: each view should be closest to the other view of its own sentence, in nats.

    Parameters
    ----------
    torch : module
    first, second : float32 tensors of shape (m, c)
        Unit rows; row i of both belongs to the same sentence.
    """
    m, both = len(first), torch.cat([first, second])
    is_self = torch.eye(2 * m, dtype=torch.bool)
    logits = (both @ both.T / TAU).masked_fill(is_self, -torch.inf)
    return torch.nn.functional.cross_entropy(logits, torch.arange(2 * m).roll(m))


def memberships(D: Any) -> Any:
    """Return the membership of each row in each cluster, shape (n, k): Student's t of the distance; rows sum to 1.

    Parameters
    ----------
    D : float array or tensor of shape (n, k)
        Squared distances from rows to centres.

    Examples
    --------
    >>> memberships(np.array([[0.0, 1.0, 3.0]])).round(3).tolist()
    [[0.571, 0.286, 0.143]]
    """
    weight = (1 + D / ALPHA) ** (-(ALPHA + 1) / 2)
    return weight / weight.sum(1)[:, None]


def target_of(q: Any) -> Any:
    """Return the target for memberships (n, k): sharper, and with less weight for large clusters; rows sum to 1.

    It divides the squared memberships by the cluster sizes, as DEC does (Xie, Girshick and Farhadi 2016).
    """
    weight = q**2 / q.sum(0)
    return weight / weight.sum(1)[:, None]


def shortened(text: str, rng: np.random.Generator) -> str:
    """Return a text without a random fifth (at least one) of its words or Chinese characters; a single word stays."""
    units = _UNITS.findall(text)
    if len(units) < 2:
        return text
    gone = set(rng.choice(len(units), max(1, int(DROPPED_SHARE * len(units))), replace=False).tolist())
    return "".join(unit for i, unit in enumerate(units) if i not in gone).strip()
