"""Botpress v12: one JSON file for each intent. Botpress Cloud has no such file: there, an LLM finds the intents.

Sources: the repository and the issues of botpress/v12; its page of intents breaks above 100 phrases (issue 1603).
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from dialin.export.base import BotIntent, Content, ExportFormat, Files, Labelled, PlatformLimits, always
from dialin.export.checks import check_shape, json_in
from dialin.export.names import ascii_naming
from dialin.export.packing import json_bytes

LIMITS = PlatformLimits(usual=50, phrases=100)
_NAME = re.compile(r"[a-z0-9_-]+")


def write(content: Content) -> Files:
    """Return the files."""
    return {f"intents/{intent.name}.json": json_bytes(_intent(intent)) for intent in content.intents}


def _intent(intent: BotIntent) -> dict[str, Any]:
    languages = dict.fromkeys(phrase.language for phrase in intent.phrases)
    return {
        "name": intent.name,
        "contexts": ["global"],
        "utterances": {language: intent.texts(language) for language in languages},
        "slots": [],
        "metadata": {"enabled": True},
    }


def validate(files: Files) -> list[Labelled]:
    """Check the files and return the phrases."""
    found = []
    for path in files:
        value = json_in(files, path)
        name = path.removeprefix("intents/").removesuffix(".json")
        said = {f"{language}?": [str] for language in value.get("utterances", {})}
        shape = {
            "name": name,
            "contexts": ["global"],
            "utterances": said,
            "slots": [dict],
            "metadata": {"enabled": True},
        }
        check_shape(value, shape, path)
        found += [(name, text) for texts in value["utterances"].values() for text in texts]
    return found


FORMAT = ExportFormat(
    "botpress",
    "Botpress v12 (JSON of intents)",
    write,
    validate,
    naming=ascii_naming(valid=_NAME, lower=True),
    limits=partial(always, LIMITS),
)
