"""Read labelled files as intents with their sentences, and divide the sources into learnt and held-out ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dialin.errors import InputError
from dialin.tune.sources import Reading, TrainingSource, check_names, read_source

MIN_SENTENCES = 2
"""Intents with fewer distinct sentences are left out."""
MIN_INTENTS = 2


@dataclass(frozen=True)
class IntentSource:
    """Intents of one file, with the distinct sentences of each.

    Parameters
    ----------
    name : str
        Name of the file, without extensions.
    intents : mapping of str to tuple of str
        Label -> sentences; at least two labels with at least two sentences each.
    files : mapping of str to str
        File name -> sha256.
    """

    name: str
    intents: Mapping[str, tuple[str, ...]]
    files: Mapping[str, str]

    @property
    def n_sentences(self) -> int:
        """Number of sentences of all intents."""
        return sum(map(len, self.intents.values()))

    def sample(self, n: int, seed: int) -> LabelledSample:
        """Return at most n sentences with their labels; the choice depends only on the source and the seed."""
        pairs = [(text, label) for label, texts in self.intents.items() for text in texts]
        if len(pairs) > n:
            rows = np.random.default_rng(seed).choice(len(pairs), n, replace=False)
            pairs = [pairs[row] for row in np.sort(rows)]
        return LabelledSample(self.name, [text for text, _ in pairs], [label for _, label in pairs])


@dataclass(frozen=True)
class LabelledSample:
    """Sentences of a source with the label of each."""

    source: str
    texts: list[str]
    labels: list[str]


@dataclass(frozen=True)
class SourceParts:
    """Sources to learn from, and sources held out for the scores."""

    learnt: tuple[IntentSource, ...]
    held_out: tuple[IntentSource, ...]


def read_intents(paths: Sequence[Path], reading: Reading) -> list[IntentSource]:
    """Return the intents of each file, without sentences that have no label or a label of noise.

    Raises
    ------
    InputError
        Two files have the same name, a file cannot be read, lacks a column, or has fewer than two intents with two
        distinct sentences.
    """
    sources = [read_source(str(path), reading) for path in paths]
    check_names(source.name for source in sources)
    return [_intent_source(source) for source in sources]


def _intent_source(source: TrainingSource) -> IntentSource:
    found = dict[str, list[str]]()
    for text, label in zip(source.texts, source.labels, strict=True):
        if label is not None:
            found.setdefault(label, []).append(text)
    kept = {label: tuple(found[label]) for label in sorted(found) if len(found[label]) >= MIN_SENTENCES}
    if len(kept) < MIN_INTENTS:
        raise InputError(
            f"{source.name} has {len(kept)} intents with at least {MIN_SENTENCES} distinct sentences",
            hint=f"at least {MIN_INTENTS} are needed; leave the file out, or name another column with --label",
        )
    return IntentSource(source.name, kept, source.files)


def parts_of_sources(sources: Sequence[IntentSource], held_out: Sequence[str]) -> SourceParts:
    """Return the sources divided into learnt and held-out ones.

    Raises
    ------
    InputError
        A held-out source is not in the data, or no source is left to learn from.
    """
    names = [source.name for source in sources]
    unknown = sorted(set(held_out) - set(names))
    if unknown:
        raise InputError(f"no file of the held-out source {unknown[0]!r}", hint=f"there are: {', '.join(names)}")
    learnt = tuple(source for source in sources if source.name not in held_out)
    if not learnt:
        raise InputError("all sources are held out, so none is left to learn from", hint="hold out fewer")
    return SourceParts(learnt, tuple(source for source in sources if source.name in held_out))
