"""From evidence to a probability: what embeddings and answers say about a cluster, in one P(good).

Two kinds of evidence meet in log-odds: the geometry (how close the sentences of the cluster are, against how close
any two sentences of the corpus are, and what share of the corpus the cluster holds: the larger, the less likely one
intent) and the mean log-odds of the LLM's answers. The LLM's coefficients are fitted by ``dialin tune calibrate``,
those of the geometry chosen by ``studies.own.choose_geometry``, both on data sets that no benchmark evaluates. Of
clusters that a run kept, their neighbours tell more (`Calibration.confidence`); ``studies.own.calibrate_kept`` fits it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dialin.errors import InputError
from dialin.judge.isolation import Isolation
from dialin.llm.spec import has_adapter, is_server, without_fingerprint
from dialin.prompts.templates import VERSIONS, Form

_MADE_BY = "make one with: dialin tune calibrate"
N_MEASURED = 10_000
"""Sentences of the largest corpora that the geometry was tried on: above, sizes count as in a sample of so many."""


@dataclass(frozen=True)
class Geometry:
    """Closeness of a set of sentences.

    Parameters
    ----------
    tightness : float
        Mean pairwise cosine, rescaled so that two random sentences of the corpus score 0 and equal ones 1.
    base : float
        Mean pairwise cosine before rescaling.
    """

    tightness: float
    base: float


def geometry_of(X: NDArray[np.floating], base: float = 0.0) -> Geometry:
    """Return the closeness of the rows of X against `base`, the mean pairwise cosine of the corpus.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Unit-norm embeddings.
    base : float
        What two random sentences of the corpus have.

    Examples
    --------
    Two orthogonal pairs of equal vectors have six pairwise cosines, two of them 1, four 0:

    >>> X = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    >>> round(geometry_of(X).base, 4)
    0.3333
    """
    n = len(X)
    if n < 2:
        return Geometry(1.0, 1.0)
    total = X.sum(axis=0, dtype=np.float64)
    cosine = float((total @ total - n) / (n * (n - 1)))
    if cosine > 1.0 - 1e-6:
        return Geometry(1.0, cosine)
    return Geometry((cosine - base) / max(1.0 - base, 1e-6), cosine)


def sigmoid(logit: float) -> float:
    """Return 1 / (1 + exp(−logit)), safe for large values."""
    return float(0.5 * (1.0 + np.tanh(0.5 * logit)))


def weighed(weights: tuple[float, ...], shape: Geometry, size: int, n: int) -> float:
    """Return intercept + weights · (tightness, log(size), log(n / size)), sizes as in a sample of `N_MEASURED`."""
    a, b, c, d = weights
    sampled = size * min(1.0, N_MEASURED / n)
    return a + b * shape.tightness + c * float(np.log(sampled)) + d * float(np.log(n / size))


@dataclass(frozen=True)
class Calibration:
    """Logistic models of P(good), in log-odds.

    Parameters
    ----------
    name : str
        Which LLM and question form it was fitted for.
    geometry_weights : tuple of 4 floats
        Intercept, and weights of tightness, log(size) and log(n / size): where no granularity can be measured.
    llm_weights : tuple of 2 floats
        Intercept and weight of the mean log-odds of the answers.
    joint_weights : tuple of 3 floats
        Intercept and weights of the LLM's and the geometry's log-odds.
    answer_span : float
        90th percentile of how far this LLM's answer shifts the log-odds. Beyond it the geometry's verdict cannot be
        overturned, so the LLM is not asked. The default belongs to P = .95.
    language_shift : mapping of str to float
        Added to the log-odds of an answer, by language: an LLM may be stricter in one language.
    kept_weights : tuple of 4 floats, optional
        Like `geometry_weights`, for clusters as they are, which no search selected among many candidates.
    confidence_weights : tuple of 4 floats, optional
        Intercept, and weights of what `dialin.judge.isolation.Isolation.evidence` returns: for clusters that were kept.
        The search keeps the most likely of many candidates, so what it decided by says little of them.
    form : {"pairs", "list", "tuned"}
        How the questions are asked.
    n_shown : int
        Sentences that the judge reads in the last two forms: as many as it has learnt from (paper: 20).
    audit_weights : tuple of 3 floats, optional
        Like `joint_weights`, for auditing clusters that did not come from dialin's search; used with `kept_weights`.
    height_slope : float
        Log-odds of "good" for each factor e by which a set joins lower in the tree than the corpus falls into the
        clusters that it suggests (`dialin.judge.evidence.HeightEvidence`).
    prompt_version : int, optional
        Version of the prompt of `form` whose answers were fitted; None: of no LLM's answers.
    steering : str
        Digest of what the LLM was told beside the sentences (`dialin.prompts.steering.Steering.key`); "" for nothing.
    """

    name: str
    geometry_weights: tuple[float, ...]
    llm_weights: tuple[float, ...]
    joint_weights: tuple[float, ...]
    answer_span: float = 2.944
    language_shift: Mapping[str, float] = field(default_factory=dict)
    kept_weights: tuple[float, ...] | None = None
    confidence_weights: tuple[float, ...] | None = None
    form: Form = "pairs"
    n_shown: int = 20
    audit_weights: tuple[float, ...] | None = None
    height_slope: float = 4.0
    prompt_version: int | None = None
    steering: str = ""

    @property
    def is_current(self) -> bool:
        """Whether it was fitted with today's prompt of its form; the general one was fitted with none."""
        return self.prompt_version in {None, VERSIONS[self.form]}

    def for_audit(self) -> Calibration:
        """Return the calibration for clusters as they are; the weights of the search serve to choose among many."""
        return replace(
            self,
            geometry_weights=self.kept_weights or self.geometry_weights,
            joint_weights=self.audit_weights or self.joint_weights,
        )

    def confidence(self, apart: Isolation, size: int) -> float | None:
        """Return P(good) of a cluster that was kept, from its neighbours; None where that was not calibrated."""
        if self.confidence_weights is None:
            return None
        a, b, c, d = self.confidence_weights
        near, wide, log_size = apart.evidence(size)
        return sigmoid(a + b * near + c * wide + d * log_size)

    def llm_p(self, answers: float) -> float:
        """Return P(good) from the LLM alone; `answers` is the mean log-odds of its answers."""
        a, b = self.llm_weights
        return sigmoid(a + b * answers)

    def combined_p(self, answers: float, geometry: float) -> float:
        """Return P(good) from both."""
        a, b, c = self.joint_weights
        return sigmoid(a + b * answers + c * geometry)


def read_calibration(path: Path) -> Calibration:
    """Return the calibration that ``dialin tune calibrate`` wrote.

    Raises
    ------
    InputError
        The file cannot be read, or holds something else.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))["calibration"]
        if values["prompt_version"] is None:
            raise ValueError("it belongs to no version of a prompt")
        return calibration_in(values)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}", hint=_MADE_BY) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} holds no calibration: {error!r}", hint=_MADE_BY) from error


def calibration_in(values: Mapping[str, Any]) -> Calibration:
    """Return the calibration of its fields as JSON has them; raise TypeError where they are not these."""
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
    }
    return Calibration(**fields)


def form_of(llm: str) -> Form:
    """Return the default question form for the LLM with this label."""
    if has_adapter(llm):
        return "tuned"
    return "list" if is_server(llm) else "pairs"


def calibration_of(llm: str, form: Form | Literal["auto"] = "auto") -> Calibration:
    """Return the calibration shipped for this LLM, form and prompt, or the general one.

    Parameters
    ----------
    llm : str
        Label of the LLM, such as "local:qwen2.5-coder-0.5b".
    form : {"auto", "pairs", "list", "tuned"}
        Form of the question. "auto" is "tuned" for an LLM with an adapter; "list", as in the paper, for one on a
        server: that is one question per cluster, and large models answer it well; else "pairs", better for small ones.
    """
    shipped = shipped_calibration(llm, form)
    return shipped if shipped and shipped.is_current else general_calibration(llm, form)


def shipped_calibration(llm: str, form: Form | Literal["auto"] = "auto") -> Calibration | None:
    """Return the calibration shipped for this LLM and form, of whatever version of the prompt; None without one."""
    chosen = form_of(llm) if form == "auto" else form
    name = f"{without_fingerprint(llm)}/{chosen}"
    return _entry(name, chosen) if name in _table()["llms"] else None


def general_calibration(llm: str, form: Form | Literal["auto"] = "auto") -> Calibration:
    """Return the calibration of an LLM of which nothing is known."""
    return _entry("default", form_of(llm) if form == "auto" else form)


def _table() -> dict[str, Any]:
    text = resources.files("dialin.judge").joinpath("calibration.json").read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text)
    return table


def _entry(name: str, form: Form) -> Calibration:
    table = _table()
    weights = {key: table[key] for key in ("geometry_weights", "kept_weights", "confidence_weights")}
    return calibration_in({"name": name, "form": form, **weights, **table["llms"][name]})
