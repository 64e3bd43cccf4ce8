"""What a job has open: the embedder, the LLMs and the store of their replies."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from dialin.discover.measured import Measurements
from dialin.discover.settings import Auto
from dialin.judge.calibration import Calibration
from dialin.llm.base import Backend
from dialin.name.kinds import Kinds


@dataclass(frozen=True)
class Connections:
    """The open models of a run; a context manager that closes them.

    Parameters
    ----------
    backend : Backend or None
        The LLM; None with ``--llm none``.
    embed : callable
        Texts -> float32 unit vectors, shape (n, d), with the cache of vectors before the embedder.
    embedder_name : str
        The spec that gives the embedder again, never "auto".
    reason : str
        Why this embedder was chosen.
    judge : Backend or None
        The judge, if it is another LLM.
    calibration : Calibration or "auto"
        Of the judge; "auto": the one shipped for it.
    dear : Backend or None
        The dear judge of a cascade.
    dear_calibration : Calibration or "auto"
        Of the dear judge.
    fallbacks : tuple of Backend
        Those that stand in for an LLM that fails.
    on_note : callable
        Told in one line what the user should know.
    measurements : Measurements or None
        The trees and suggested heights of a session that predicts its run; None: each run measures its own.
    kinds : callable
        Texts and their roles -> what each sentence does; by default unknown.
    """

    backend: Backend | None
    embed: Callable[[Sequence[str]], NDArray[np.float32]]
    embedder_name: str
    reason: str
    judge: Backend | None = None
    calibration: Calibration | Auto = "auto"
    dear: Backend | None = None
    dear_calibration: Calibration | Auto = "auto"
    fallbacks: tuple[Backend, ...] = ()
    on_note: Callable[[str], None] = warnings.warn
    measurements: Measurements | None = None
    kinds: Callable[[Sequence[str], Sequence[str]], Kinds | None] = lambda _texts, _roles: None

    @property
    def llm_names(self) -> list[str]:
        """The names of the LLMs."""
        return [backend.name for backend in (self.backend, self.judge, self.dear) if backend]

    def close(self) -> None:
        """Give back the models or the connections."""
        opened = (self.backend, self.judge, self.dear, *self.fallbacks)
        for backend in {id(one): one for one in opened if one}.values():
            backend.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
