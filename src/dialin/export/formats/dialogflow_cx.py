"""Dialogflow CX: the folder ``intents`` of an agent's JSON package.

Sources: the message `Intent` in googleapis, google/cloud/dialogflow/cx/v3/intent.proto (fields, descriptions, labels);
the layout of the folder is that of other people's exported agents.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from dialin.export.base import BotIntent, Content, ExportFormat, Files, Labelled, PlatformLimits, always
from dialin.export.checks import broken, check_shape, json_in
from dialin.export.names import Naming
from dialin.export.packing import json_bytes

LIMITS = PlatformLimits(usual=50, phrases=2_000, length=768)
"""2,000 phrases an intent: python-dialogflow issue 89, about ES; 768 characters a phrase: from memory."""
LONGEST_NAME = 64
"""Characters of a display name: from memory."""
LONGEST_DESCRIPTION = 140
"""Characters of a description: intent.proto."""
PRIORITY = 500_000
"""What the platform gives an intent without a priority: intent.proto."""
NEGATIVES = "Default Negative Intent"
"""The intent that each agent has, whose phrases are examples of what belongs to none."""
CX_NAMES = Naming(
    re.compile(r"[\w .-]+"),
    re.compile(r"[\w.-][\w .-]*"),
    longest=LONGEST_NAME,
    reserved=("Default Welcome Intent", NEGATIVES),
)
_INTENT = {"displayName": str, "priority": PRIORITY, "description?": str, "isFallback?": True}
_PHRASE = {"parts": [{"text": str, "auto": True}], "repeatCount": 1, "languageCode": str}
_PATH = re.compile(r"intents/([^/]+)/trainingPhrases/([\w-]+)\.json")


def cx_language(language: str) -> str:
    """Return the code of a language as Dialogflow writes it."""
    return "zh-cn" if language == "zh" else language.lower()


def write(content: Content) -> Files:
    """Return the files."""
    files = dict[str, bytes]()
    for intent in content.intents:
        folder = f"intents/{intent.name}"
        files[f"{folder}/{intent.name}.json"] = json_bytes(_intent(intent))
        for language in dict.fromkeys(phrase.language for phrase in intent.phrases):
            code = cx_language(language)
            phrases = [_phrase(text, code) for text in intent.texts(language)]
            files[f"{folder}/trainingPhrases/{code}.json"] = json_bytes({"trainingPhrases": phrases})
    return files


def _intent(intent: BotIntent) -> dict[str, Any]:
    found: dict[str, Any] = {"displayName": intent.name, "priority": PRIORITY}
    about = intent.description or (intent.label if intent.label != intent.name else "")
    if about:
        found["description"] = about[:LONGEST_DESCRIPTION]
    return found | ({"isFallback": True} if intent.is_none else {})


def _phrase(text: str, code: str) -> dict[str, Any]:
    return {"parts": [{"text": text, "auto": True}], "repeatCount": 1, "languageCode": code}


def validate(files: Files) -> list[Labelled]:
    """Check the files and return the phrases."""
    found = []
    for path in files:
        parts = _PATH.fullmatch(path)
        if not parts:
            _check_intent(files, path)
            continue
        value = json_in(files, path)
        check_shape(value, {"trainingPhrases": [_PHRASE | {"languageCode": parts[2]}]}, path)
        name = json_in(files, f"intents/{parts[1]}/{parts[1]}.json")["displayName"]
        found += [(name, "".join(part["text"] for part in one["parts"])) for one in value["trainingPhrases"]]
    return found


def _check_intent(files: Files, path: str) -> None:
    value = json_in(files, path)
    check_shape(value, _INTENT, path)
    name = value["displayName"]
    if path != f"intents/{name}/{name}.json":
        raise broken(path, f"holds the intent {name!r}")
    if len(value.get("description", "")) > LONGEST_DESCRIPTION:
        raise broken(path, "the description is too long")


FORMAT = ExportFormat(
    "dialogflow-cx",
    "Dialogflow CX (intents of an agent's JSON package)",
    write,
    validate,
    naming=CX_NAMES,
    limits=partial(always, LIMITS),
    none_name=NEGATIVES,
)
