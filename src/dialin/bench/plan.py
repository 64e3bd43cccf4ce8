"""What a benchmark is to run and to measure, and who is told of its progress."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dialin.bench.cases import Case
from dialin.bench.results import Key, Row
from dialin.discover.connect import Specs
from dialin.tune.base import Weights


@dataclass(frozen=True)
class Bench:
    """What is to be run and measured.

    Parameters
    ----------
    cases : sequence of Case
        Data sets.
    methods : sequence of str
        Names of `dialin.bench.methods.METHODS`, or dialin with a cap.
    seeds : sequence of int
        Each method is run with each.
    specs : Specs
        LLMs in the loop, and embedder.
    out : Path
        The folder; what it has already is not run again.
    goodness_llm : str
        Spec of the LLM that judges the clusters of every run afterwards; "": nobody does.
    held_out : mapping of str to Case
        Labelled sentences for the classifier, by the name of the data set.
    encoder : Weights, optional
        An encoder that learns the clusters, too, beside the logistic regression.
    """

    cases: Sequence[Case]
    methods: Sequence[str]
    seeds: Sequence[int]
    specs: Specs
    out: Path
    goodness_llm: str = ""
    held_out: Mapping[str, Case] = field(default_factory=dict)
    encoder: Weights | None = None

    def keys(self, case: Case) -> list[Key]:
        """Return the runs on a data set."""
        return [(case.name, method, seed) for method in self.methods for seed in self.seeds]


@dataclass(frozen=True)
class Watch:
    """Who is told of progress.

    Parameters
    ----------
    on_step : callable
        Told the run that begins.
    on_row : callable
        Told each run that has ended, and again when it has been measured.
    on_reply : callable
        Told of each reply of the LLM.
    on_embed : callable
        Told (texts encoded, texts to encode).
    on_note : callable
        Told what could not be done, in one line.
    """

    on_step: Callable[[str], None] = lambda _: None
    on_row: Callable[[Row], None] = lambda _: None
    on_reply: Callable[[], None] = lambda: None
    on_embed: Callable[[int, int], None] = lambda _done, _total: None
    on_note: Callable[[str], None] = lambda _: None
