"""Dialogflow ES: a zip of an agent, for "Restore from ZIP" or "Import from ZIP" in its settings.

The shape is that of other people's exported agents; the limits are named in issues about them.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from dialin.export.base import BotIntent, Content, ExportFormat, Files, Labelled, PlatformLimits, always
from dialin.export.checks import broken, check_shape, json_in
from dialin.export.formats.dialogflow_cx import cx_language
from dialin.export.names import Naming
from dialin.export.packing import Unzipped, json_bytes, zip_bytes

FILE = "dialogflow-es.zip"
LIMITS = PlatformLimits(usual=50, phrases=2_000, length=768, intents=2_000)
"""2,000 intents: wit issue 2116; 2,000 phrases an intent: python-dialogflow issue 89; 768 characters: from memory."""
LARGEST = 128_000_000
"""Bytes of the zip: python-dialogflow issue 75."""
LONGEST_NAME = 100
"""Characters of a name: from memory."""
FALLBACK = "Default Fallback Intent"
_RESPONSE = {
    "resetContexts": False,
    "action": "",
    "affectedContexts": [],
    "parameters": [],
    "messages": [],
    "speech": [],
}
_INTENT = {
    "id": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "name": str,
    "auto": True,
    "contexts": [str],
    "responses": [dict],
    "priority": int,
    "webhookUsed": False,
    "webhookForSlotFilling": False,
    "fallbackIntent": bool,
    "events": [dict],
}
_PHRASE = {
    "id": _INTENT["id"],
    "data": [{"text": str, "userDefined": False}],
    "isTemplate": False,
    "count": 0,
    "lang": str,
    "updated": 0,
}
_PATH = re.compile(r"intents/(.+)_usersays_([\w-]+)\.json")


def _id(*parts: str) -> str:
    return str(uuid5(NAMESPACE_URL, "/".join(("dialin", *parts))))


def write(content: Content) -> Files:
    """Return the file."""
    codes = [cx_language(language) for language in content.languages]
    files = {"package.json": json_bytes({"version": "1.0.0"}), "agent.json": json_bytes(_agent(content.project, codes))}
    for intent in content.intents:
        files[f"intents/{intent.name}.json"] = json_bytes(_intent(intent))
        for language in dict.fromkeys(phrase.language for phrase in intent.phrases):
            code = cx_language(language)
            phrases = [_phrase(intent.name, text, code) for text in intent.texts(language)]
            files[f"intents/{intent.name}_usersays_{code}.json"] = json_bytes(phrases)
    return {FILE: zip_bytes(files)}


def _agent(project: str, codes: list[str]) -> dict[str, Any]:
    return {
        "description": f"Intents of the run {project}",
        "language": codes[0],
        "supportedLanguages": codes[1:],
        "defaultTimezone": "Etc/GMT",
        "isPrivate": True,
        "mlMinConfidence": 0.3,
    }


def _intent(intent: BotIntent) -> dict[str, Any]:
    return {
        "id": _id(intent.name),
        "name": intent.name,
        "auto": True,
        "contexts": [],
        "responses": [_RESPONSE],
        "priority": 500_000,
        "webhookUsed": False,
        "webhookForSlotFilling": False,
        "fallbackIntent": intent.is_none,
        "events": [],
    }


def _phrase(name: str, text: str, code: str) -> dict[str, Any]:
    data = [{"text": text, "userDefined": False}]
    return {"id": _id(name, code, text), "data": data, "isTemplate": False, "count": 0, "lang": code, "updated": 0}


def validate(files: Files) -> list[Labelled]:
    """Check the file and return the phrases."""
    if len(files[FILE]) > LARGEST:
        raise broken(FILE, f"has more than {LARGEST:,} bytes")
    inner = Unzipped(files[FILE])
    check_shape(json_in(inner, "package.json"), {"version": "1.0.0"}, "package.json")
    found = []
    for path in inner:
        parts = _PATH.fullmatch(path)
        if parts:
            phrases = json_in(inner, path)
            check_shape(phrases, [_PHRASE | {"lang": parts[2]}], path)
            found += [(parts[1], one["data"][0]["text"]) for one in phrases]
        elif path.startswith("intents/"):
            check_shape(json_in(inner, path), _INTENT | {"name": path[len("intents/") : -len(".json")]}, path)
    return found


FORMAT = ExportFormat(
    "dialogflow-es",
    "Dialogflow ES (zip of an agent)",
    write,
    validate,
    naming=Naming(
        re.compile(r"[\w .-]+"),
        re.compile(r"[\w.-][\w .-]*"),
        longest=LONGEST_NAME,
        reserved=("Default Welcome Intent", FALLBACK),
    ),
    limits=partial(always, LIMITS),
    per_language=False,
    none_name=FALLBACK,
)
