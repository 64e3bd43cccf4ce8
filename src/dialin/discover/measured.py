"""Trees and suggested heights, measured once: the prediction of a run needs them, and the run itself does again."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from dialin.cluster.granularity import SuggestedNumber
from dialin.discover.data import Data
from dialin.discover.heights import heights_of, trees_for
from dialin.discover.settings import Settings
from dialin.judge.evidence import SuggestedHeights


class MeasuredOnce:
    """The trees of some sentences, and the suggested heights, measured when they are first asked for.

    Parameters
    ----------
    data : Data
        The sentences.
    settings : Settings
        The settings of the run.

    Attributes
    ----------
    trees : FittedOnce
        The trees of the strata.
    seconds : float
        Wall-clock seconds that measuring took; 0 before.
    """

    def __init__(self, data: Data, settings: Settings) -> None:
        self.trees = trees_for(settings)
        self.seconds = 0.0
        self._data, self._settings = data, settings
        self._found: SuggestedHeights | None = None

    def __call__(self) -> SuggestedHeights:
        """Return the heights."""
        if self._found is None:
            begin = time.perf_counter()
            self._found = heights_of(self._data, self._settings, self.trees)
            self.seconds = time.perf_counter() - begin
        return self._found

    @property
    def suggested(self) -> SuggestedNumber | None:
        """The number of intents that they suggest; None where nobody asked for them, or no stratum was measured."""
        return self._found.suggested if self._found else None

    def is_of(self, data: Data, settings: Settings) -> bool:
        """Tell whether these sentences and settings have the same trees and heights."""
        return _read_by_measuring(self._settings) == _read_by_measuring(settings) and _same(self._data, data)


class Measurements:
    """What was measured in a session."""

    def __init__(self) -> None:
        self._known = list[MeasuredOnce]()

    def of(self, data: Data, settings: Settings) -> MeasuredOnce:
        """Return the trees and heights of some sentences: the same ones if they were asked for before."""
        for known in self._known:
            if known.is_of(data, settings):
                return known
        self._known.append(MeasuredOnce(data, settings))
        return self._known[-1]

    @property
    def seconds(self) -> float:
        """Wall-clock seconds that all of it took."""
        return sum(known.seconds for known in self._known)


def _read_by_measuring(settings: Settings) -> Settings:
    """Return the settings without the one in which a prediction differs from its run, and which measuring ignores."""
    return replace(settings, cascade_target=1.0)


def _same(a: Data, b: Data) -> bool:
    if a is b:
        return True
    told = (a.texts, a.roles, a.embedder) == (b.texts, b.roles, b.embedder)
    return told and np.array_equal(a.X, b.X) and np.array_equal(a.own_vectors, b.own_vectors) and _same_kinds(a, b)


def _same_kinds(a: Data, b: Data) -> bool:
    if a.kinds is None or b.kinds is None:
        return a.kinds is b.kinds
    return np.array_equal(a.kinds.P, b.kinds.P, equal_nan=True)
