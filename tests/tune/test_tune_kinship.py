"""What a judge learns of pairs of sentences; skipped without the packages of the extra `tune`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tune_tiny
from dialin.tune import base as bases
from dialin.tune.batches import Batch, collate
from dialin.tune.kinship import WIDTH, kinship, layer_of, pair_loss
from dialin.tune.settings import TuneSettings
from dialin.tune.text import examples_of

torch = pytest.importorskip("torch")
pytest.importorskip("peft")


def batch(n: int, ends: list[list[int]]) -> Batch:
    none = np.zeros((n, 0), dtype=np.int64)
    return Batch(np.zeros((n, 4), dtype=np.int64), none, none, none, np.array(ends, dtype=np.int64).reshape(-1, 3))


class Given:
    """A form whose two sides are the hidden states themselves: one number each, the right one scaled by 8 = √64."""

    def __call__(self, hidden: Any) -> Any:
        return torch.cat([hidden, WIDTH**0.5 * hidden], dim=-1)


def test_the_loss_of_pairs_by_hand() -> None:
    """Three sentences with states 1, 2, −1, of intents a, a, b: log-odds 2, −1 and −2 of one intent.

    Losses: −log σ(2) for the equal pair; −log σ(1) and −log σ(2) for the others. The second row has one sentence:
    no pair, no loss.
    """
    hidden = torch.tensor([[[1.0], [2.0], [9.0], [-1.0]], [[5.0]] * 4])
    found = pair_loss(Given(), hidden, batch(2, [[0, 0, 0], [0, 1, 0], [0, 3, 1], [1, 2, 0]]))
    losses = np.log1p(np.exp(-np.array([2.0, 1.0, 2.0])))
    assert float(found) == pytest.approx(losses.mean(), rel=1e-5)


def test_without_ends_there_is_no_loss() -> None:
    assert float(pair_loss(Given(), torch.ones(2, 4, 1), batch(2, []))) == 0


def test_pairs_shape_the_layers_below_and_no_others(tmp_path: Path) -> None:
    from dialin.tune.learner import Learner  # noqa: PLC0415

    base = bases.load(bases.find(str(tune_tiny.write_base(tmp_path / "base"))), "cpu")
    learner = Learner(base, TuneSettings("m", rank=4), "cpu")
    rows = [row | {"shown_labels": list("aabb")} for row in tune_tiny.rows(2)]
    both = collate(base.encode(examples_of(rows, "judge")), base.pad)
    _, pairs = learner._both_losses(both)
    pairs.backward()
    named = [(name, weight) for name, weight in learner.model.named_parameters() if "lora_B" in name]
    moved = {name.split(".layers.")[1][0] for name, weight in named if weight.grad is not None and weight.grad.any()}
    assert layer_of(2) == 1
    assert moved == {"0"}


def test_pairs_are_learnt() -> None:
    """States of two intents: the form tells them apart after some steps."""
    torch.manual_seed(0)
    form = kinship(8, "cpu")
    means = torch.randn(2, 8)
    hidden = (means[[0, 1, 0, 1]] + 0.1 * torch.randn(4, 8))[None]
    told = batch(1, [[0, 0, 0], [0, 1, 1], [0, 2, 0], [0, 3, 1]])
    optimizer = torch.optim.AdamW(form.parameters(), lr=1e-2)
    first = float(pair_loss(form, hidden, told).detach())
    for _ in range(60):
        optimizer.zero_grad()
        pair_loss(form, hidden, told).backward()
        optimizer.step()
    assert float(pair_loss(form, hidden, told).detach()) < first / 4
