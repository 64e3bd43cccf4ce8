"""The plan of a benchmark, and the listeners to its progress."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dialin.bench.cases import Case
from dialin.bench.results import Key, Row
from dialin.discover.specs import Specs
from dialin.tune.base import Weights


@dataclass(frozen=True)
class Bench:
    """The plan of a benchmark: the runs and the measurements.

    Parameters
    ----------
    cases : sequence of Case
        Data sets.
    methods : sequence of str
        Names from `dialin.bench.methods.METHODS`, or dialin with a cap.
    seeds : sequence of int
        Every method runs with every seed.
    specs : Specs
        Specs of the LLMs in the loop and of the embedder.
    out : Path
        Folder of the results; runs that it already holds are not repeated.
    goodness_llm : str
        Spec of the LLM that judges the clusters of every finished run; "" to skip goodness.
    held_out : mapping of str to Case
        Held-out labelled sentences for the classifier, by the name of the data set.
    encoder : Weights, optional
        Weights of an encoder that learns the clusters as well, beside the logistic regression.
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
        """Return the keys of the runs on a data set."""
        return [(case.name, method, seed) for method in self.methods for seed in self.seeds]


@dataclass(frozen=True)
class Watch:
    """Listeners to the progress of a benchmark.

    Parameters
    ----------
    on_step : callable
        Called with a line about each run that begins.
    on_row : callable
        Called with the row of each run that has ended, and again once it has been measured.
    on_reply : callable
        Called after each reply of the LLM.
    on_embed : callable
        Called with the number of texts encoded so far and the number of all texts to encode.
    on_note : callable
        Called with one line about something that could not be done.
    """

    on_step: Callable[[str], None] = lambda _: None
    on_row: Callable[[Row], None] = lambda _: None
    on_reply: Callable[[], None] = lambda: None
    on_embed: Callable[[int, int], None] = lambda _done, _total: None
    on_note: Callable[[str], None] = lambda _: None
