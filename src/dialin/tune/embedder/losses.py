"""The losses of an embedder, as functions of torch tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from dialin.tune.embedder.settings import Loss


def supcon(Z: Any, intents: Any, temperature: float) -> Any:
    """Return the supervised contrastive loss (Khosla et al. 2020, the mean over positives outside the logarithm).

    Parameters
    ----------
    Z : float tensor of shape (n, d)
        Vectors of unit norm.
    intents : int tensor of shape (n,)
        Intent of each; every intent occurs at least twice.
    temperature : float
        Cosines are divided by it.

    Returns
    -------
    float tensor of shape ()
        Mean over all vectors of −log of the share of a positive among all others, averaged over its positives; in nats.

    Notes
    -----
    By hand, with temperature 1: p = q = (1, 0) and r = (0, 1) have one intent, m = n = (0, 1) another. The others of p
    have the cosines 1 (q), 0 (r), 0, 0, so its loss is log(e + 3) − (1 + 0)/2 = 1.2437; q has the same. That of r is
    log(2e + 2) − 0 = 2.0064, and those of m and n are log(2e + 2) − 1 = 1.0064. The mean of the five is 1.3013.
    """
    import torch  # noqa: PLC0415

    itself = torch.eye(len(intents), dtype=torch.bool, device=Z.device)
    scaled = (Z @ Z.T / temperature).masked_fill(itself, -torch.inf)
    positive = (intents[:, None] == intents[None]) & ~itself
    logs = (scaled - scaled.logsumexp(dim=1, keepdim=True)).masked_fill(~positive, 0.0)
    return -(logs.sum(dim=1) / positive.sum(dim=1)).mean()


def cosent(Z: Any, intents: Any, temperature: float) -> Any:
    """Return the CoSENT loss: every pair of one intent should have a higher cosine than every pair of two.

    Parameters
    ----------
    Z, intents, temperature
        As in `supcon`.

    Returns
    -------
    float tensor of shape ()
        log(1 + Σ exp((cos of a negative pair − cos of a positive pair) / temperature)) over all such pairs of pairs.

    Notes
    -----
    The sum is a product, Σ exp(cos⁻/t) · Σ exp(−cos⁺/t). By hand, for the vectors of `supcon` and temperature 1:
    positive pairs pq 1, pr 0, qr 0, mn 1; negative pairs 0 for p and q with m and n, and 1 for r with m and n. So
    log(1 + (4 + 2e)(2 + 2/e)) = log(1 + 9.4366 · 2.7358) = 3.2890.
    """
    import torch  # noqa: PLC0415

    rows, columns = torch.triu_indices(len(intents), len(intents), offset=1, device=Z.device)
    cosines = (Z @ Z.T)[rows, columns] / temperature
    positive = intents[rows] == intents[columns]
    total = cosines[~positive].logsumexp(dim=0) + (-cosines[positive]).logsumexp(dim=0)
    return torch.nn.functional.softplus(total)


LOSSES: Mapping[Loss, Callable[[Any, Any, float], Any]] = MappingProxyType({"supcon": supcon, "cosent": cosent})


def distillation(Z: Any, base: Any) -> Any:
    """Return 100 times the mean squared difference of the cosines of two sets of unit vectors, each of shape (n, d).

    Notes
    -----
    By hand: (1, 0), (1, 0) against (1, 0), (0, 1) differ in two of four cosines, by 1 each: 100 · 2/4 = 50.
    """
    return 100 * (Z @ Z.T - base @ base.T).square().mean()
