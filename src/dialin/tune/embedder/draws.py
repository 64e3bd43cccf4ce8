"""Draw what each step learns from; a draw depends only on the data, the settings and the number of the step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dialin.arrays import Floats
from dialin.tune.embedder.intents import IntentSource
from dialin.tune.embedder.settings import EmbedderSettings
from dialin.tune.labels import humanised

N_DISTILLED = 64
"""Number of sentences whose cosines should stay those of the base."""


@dataclass(frozen=True)
class IntentBatch:
    """Sentences of one source, with a number for the intent of each."""

    texts: list[str]
    intents: list[int]


def source_shares(sizes: Sequence[int], power: float) -> Floats:
    """Return the probability of each source, proportional to its number of sentences to a power.

    Examples
    --------
    >>> source_shares([400, 100], 0.5).round(3).tolist(), source_shares([400, 100], 0).tolist()
    ([0.667, 0.333], [0.5, 0.5])
    """
    weights = np.asarray(sizes, dtype=np.float64) ** power
    return np.asarray(weights / weights.sum())


def intent_batch(sources: Sequence[IntentSource], settings: EmbedderSettings, step: int) -> IntentBatch:
    """Return the batch of a step (0, 1, …): intents of one source, or all that it has, with members of each.

    Members are drawn with replacement only where an intent has too few. With `EmbedderSettings.learn_labels`, the last
    member of each intent is the text of its label.
    """
    rng = np.random.default_rng([settings.seed, step])
    shares = source_shares([source.n_sentences for source in sources], settings.sampling)
    source = sources[int(rng.choice(len(sources), p=shares))]
    labels = list(source.intents)
    n_drawn = settings.sentences - settings.learn_labels
    texts, intents = list[str](), list[int]()
    for number in rng.choice(len(labels), min(settings.intents, len(labels)), replace=False):
        label = labels[number]
        members = source.intents[label]
        rows = rng.choice(len(members), n_drawn, replace=len(members) < n_drawn)
        texts += [members[row] for row in rows] + [humanised(label)] * settings.learn_labels
        intents += [int(number)] * settings.sentences
    return IntentBatch(texts, intents)


def distilled_texts(texts: Sequence[str], seed: int, step: int) -> list[str]:
    """Return at most `N_DISTILLED` different sentences for a step."""
    rows = np.random.default_rng([seed, step, 1]).choice(len(texts), min(N_DISTILLED, len(texts)), replace=False)
    return [texts[row] for row in rows]
