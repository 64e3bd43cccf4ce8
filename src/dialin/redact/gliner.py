"""Finds names and addresses with GLiNER, a small model that finds what is named in words: the extra `redact-gliner`."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

from dialin.errors import InputError
from dialin.redact.engine import ModelFinder
from dialin.redact.finding import NAME, PLACE, Finding

MODEL = "urchade/gliner_multi_pii-v1"
"""A model of the Hugging Face Hub, in several languages, tuned to find what is private."""
LABELS = {"person": NAME, "address": PLACE}
"""What is asked for; all else, the rules know better."""
LEAST = 0.5
"""Probability from which something is taken for what the model says that it is."""
_BATCH = 32


def gliner_finder() -> ModelFinder:
    """Open GLiNER with its model, which the library fetches from the Hub if it is not here.

    Raises
    ------
    InputError
        The extra is not installed, or the model is neither here nor can be fetched.
    """
    if find_spec("gliner") is None:
        raise InputError("redaction by gliner needs the package gliner", hint='pip install "dialin[redact-gliner]"')
    return ModelFinder("gliner", GlinerNames(_model()), {"gliner": version("gliner"), "model": MODEL})


def _model() -> Any:
    from gliner import GLiNER  # noqa: PLC0415  (an extra)

    try:
        return GLiNER.from_pretrained(MODEL)
    except (OSError, ValueError) as error:  # no network, no such model, a file that is cut short
        raise InputError(
            f"the model {MODEL} is not here, and could not be fetched: {type(error).__name__}",
            hint=f"where there is a network: huggingface-cli download {MODEL}",
        ) from error


class GlinerNames:
    """GLiNER as a function: texts -> the names and addresses in each.

    Parameters
    ----------
    model : object
        Has `inference(texts, labels, threshold=…)`, as a GLiNER model.
    """

    def __init__(self, model: Any) -> None:
        self._model = model

    def __call__(self, texts: Sequence[str]) -> list[list[Finding]]:
        """Return the findings in each text."""
        found = list[list[Finding]]()
        for first in range(0, len(texts), _BATCH):
            part = list(texts[first : first + _BATCH])
            for entities in self._model.inference(part, list(LABELS), threshold=LEAST):
                found.append([Finding(one["start"], one["end"], LABELS[one["label"]]) for one in entities])
        return found
