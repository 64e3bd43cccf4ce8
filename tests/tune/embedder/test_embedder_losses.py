"""The losses against sums written out, with the vectors of their docstrings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dialin.tune.embedder.losses import LOSSES, cosent, distillation, supcon

torch = pytest.importorskip("torch", reason="needs the extra `tune`")

VECTORS = [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [0.0, 1.0]]
INTENTS = [0, 0, 0, 1, 1]


def drawn(n_intents: int, n_each: int) -> tuple[Any, Any]:
    vectors = np.random.default_rng(0).normal(size=(n_intents * n_each, 5))
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return torch.tensor(unit, requires_grad=True), torch.arange(n_intents).repeat_interleave(n_each)


def test_supcon_by_hand() -> None:
    assert float(supcon(torch.tensor(VECTORS), torch.tensor(INTENTS), 1.0)) == pytest.approx(1.3013, abs=1e-4)


def test_cosent_by_hand() -> None:
    assert float(cosent(torch.tensor(VECTORS), torch.tensor(INTENTS), 1.0)) == pytest.approx(3.2890, abs=1e-4)


def test_cosent_is_the_sum_over_pairs_of_pairs() -> None:
    Z, intents = drawn(3, 3)
    cosines, y = (Z @ Z.T).detach().numpy(), intents.numpy()
    pairs = [(i, j) for i in range(9) for j in range(i)]
    differences = [cosines[q] - cosines[p] for p in pairs if y[p[0]] == y[p[1]] for q in pairs if y[q[0]] != y[q[1]]]
    assert len(differences) == 9 * 27
    assert float(cosent(Z, intents, 0.2).detach()) == pytest.approx(np.log1p(np.exp(np.array(differences) / 0.2).sum()))


@pytest.mark.parametrize("name", list(LOSSES))
def test_vectors_of_one_intent_together_cost_less(name: Any) -> None:
    """Two intents in opposite directions are as good as it gets; mixed up, they are as bad as it gets."""
    Z = torch.tensor([[1.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [-1.0, 0.0]])
    apart, mixed = (float(LOSSES[name](Z, torch.tensor(y), 0.07)) for y in ([0, 0, 1, 1], [0, 1, 0, 1]))
    assert apart == pytest.approx(0, abs=1e-6)
    assert mixed > 10


@pytest.mark.parametrize("name", list(LOSSES))
def test_gradients_are_finite(name: Any) -> None:
    Z, intents = drawn(4, 3)
    LOSSES[name](Z, intents, 0.01).backward()
    assert torch.isfinite(Z.grad).all()
    assert Z.grad.abs().max() > 0


def test_distillation_by_hand() -> None:
    same, turned = torch.tensor([[1.0, 0.0], [1.0, 0.0]]), torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    assert float(distillation(same, turned)) == 50
    assert float(distillation(turned, turned)) == 0
