"""Microsoft conversational language understanding (Azure AI Language): one JSON file of a project.

Source: Microsoft Learn, data formats and service limits of conversational language understanding.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from dialin.export.base import Content, ExportFormat, Files, Labelled, PlatformLimits, always
from dialin.export.checks import broken, check_shape, json_in
from dialin.export.names import Naming, ascii_naming, slug
from dialin.export.packing import json_bytes

FILE = "clu.json"
LIMITS = PlatformLimits(50, length=500, intents=499, total_phrases=50_000, utf16=True)
"""500 intents, one of them None; 50,000 phrases, 500 characters a phrase: service limits (an older page: 25,000)."""
VERSION = "2023-04-01"
NONE = "None"
LONGEST_PROJECT = 50
_NAME = re.compile(r"[^:$&%*()+~#/?]{1,50}")
_PROJECT = ascii_naming(
    allowed=re.compile(r"[A-Za-z0-9_.-]+"), valid=re.compile(r"[A-Za-z0-9_.-]{1,50}"), longest=LONGEST_PROJECT
)


def clu_language(language: str) -> str:
    """Return the code of a language as the service writes it."""
    return "zh-hans" if language == "zh" else language.lower()


def write(content: Content) -> Files:
    """Return the file."""
    names = [NONE, *(intent.name for intent in content.intents if not intent.is_none)]
    utterances = [
        _utterance(intent.name, phrase.text, clu_language(phrase.language))
        for intent in content.intents
        for phrase in intent.phrases
    ]
    assets = {
        "projectKind": "Conversation",
        "intents": [{"category": name} for name in names],
        "entities": [],
        "utterances": utterances,
    }
    project = {
        "projectFileVersion": VERSION,
        "stringIndexType": "Utf16CodeUnit",
        "metadata": _metadata(content),
        "assets": assets,
    }
    return {FILE: json_bytes(project)}


def _metadata(content: Content) -> dict[str, Any]:
    return {
        "projectKind": "Conversation",
        "projectName": slug(content.project, 0, _PROJECT),
        "multilingual": len(content.languages) > 1,
        "description": f"Intents of the run {content.project}",
        "language": clu_language(content.languages[0]),
        "settings": {"confidenceThreshold": 0},
    }


def _utterance(name: str, text: str, language: str) -> dict[str, Any]:
    return {"text": text, "intent": name, "language": language, "dataset": "Train", "entities": []}


def validate(files: Files) -> list[Labelled]:
    """Check the file and return the phrases."""
    value = json_in(files, FILE)
    check_shape(value, _SHAPE, FILE)
    names = [one["category"] for one in value["assets"]["intents"]]
    unknown = {one["intent"] for one in value["assets"]["utterances"]} - set(names)
    if names[0] != NONE or unknown:
        raise broken(FILE, f"it does not list the intent {min(unknown, default=NONE)!r}")
    return [(one["intent"], one["text"]) for one in value["assets"]["utterances"]]


_SHAPE = {
    "projectFileVersion": VERSION,
    "stringIndexType": "Utf16CodeUnit",
    "metadata": {
        "projectKind": "Conversation",
        "projectName": _PROJECT.valid,
        "multilingual": bool,
        "description": str,
        "language": str,
        "settings": {"confidenceThreshold": 0},
    },
    "assets": {
        "projectKind": "Conversation",
        "intents": [{"category": _NAME}],
        "entities": [dict],
        "utterances": [{"text": str, "intent": _NAME, "language": str, "dataset": "Train", "entities": [dict]}],
    },
}

FORMAT = ExportFormat(
    "clu",
    "Microsoft CLU, conversational language understanding (JSON)",
    write,
    validate,
    naming=Naming(re.compile(r"[\w .-]+"), _NAME, longest=50),
    limits=partial(always, LIMITS),
    per_language=False,
    none_name=NONE,
)
