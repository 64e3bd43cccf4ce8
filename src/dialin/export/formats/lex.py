"""Amazon Lex V2: a zip of a bot, one locale for each language, for "Import" or `StartImport`.

Sources: the Lex V2 developer guide (format of an import, quotas) and the shapes of `lexv2-models` in botocore; empty
settings are null as in other people's exported bots.
"""

from __future__ import annotations

import re
from typing import Any

from dialin.errors import InputError
from dialin.export.base import BotIntent, Content, ExportFormat, Files, Labelled, PlatformLimits
from dialin.export.checks import broken, check_shape, json_in
from dialin.export.names import ascii_naming, slug
from dialin.export.packing import Unzipped, json_bytes, zip_bytes

FILE = "lex.zip"
ENGLISH = PlatformLimits(50, 1_500, 500, intents=999, total_length=2_000_000, utf16=True)
OTHER = PlatformLimits(50, 1_500, 500, intents=249, total_length=200_000, utf16=True)
"""Quotas of the developer guide: 1,000 intents in English (AU, GB, US), else 250, one of them the fallback."""
NAME = re.compile(r"([0-9a-zA-Z][_-]?){1,100}")
LONGEST_DESCRIPTION = 2_000
MANIFEST = {"metaData": {"schemaVersion": "1", "fileFormat": "LexJson", "resourceType": "BOT"}}
FALLBACK, SIGNATURE = "FallbackIntent", "AMAZON.FallbackIntent"
LOCALES = {"en": ("en_US", "English (US)"), "zh": ("zh_CN", "Chinese (Mandarin)")}
"""Locale and its name for a language; "de-DE" becomes de_DE."""
_LARGE = {"en_US", "en_GB", "en_AU"}
_EMPTY = dict.fromkeys(
    (
        *("intentConfirmationSetting", "intentClosingSetting", "inputContexts", "outputContexts"),
        *("kendraConfiguration", "dialogCodeHook", "fulfillmentCodeHook"),
    )
)
_INTENT = {
    "name": NAME,
    "identifier": re.compile(r"[0-9A-Z]{10}"),
    "description": str,
    "parentIntentSignature": None,
    "sampleUtterances": [{"utterance": str}],
    "slotPriorities": [dict],
    **_EMPTY,
}
_PATH = re.compile(r"([^/]+)/BotLocales/(\w+)/Intents/([^/]+)/Intent\.json")
_LOCALE = re.compile(r"[a-z]{2,3}_[A-Z]{2}")
_SLOT_MARKS = re.compile(r"[{}]")


def locale_of(language: str) -> tuple[str, str]:
    """Return the locale of a language and its name.

    Examples
    --------
    >>> locale_of("zh"), locale_of("de-DE")
    (('zh_CN', 'Chinese (Mandarin)'), ('de_DE', 'de_DE'))

    Raises
    ------
    InputError
        It is another language without a country.
    """
    code = language.replace("-", "_")
    if language not in LOCALES and not _LOCALE.fullmatch(code):
        raise InputError(
            f"Lex takes a language with its country, got --language {language}", hint="write it like de-DE"
        )
    return LOCALES.get(language, (code, code))


def limits_of(language: str) -> PlatformLimits:
    """Return the quotas of a locale."""
    return ENGLISH if locale_of(language)[0] in _LARGE else OTHER


def without_slots(text: str) -> str:
    """Return a phrase in which nothing is a slot: braces become blanks."""
    return " ".join(_SLOT_MARKS.sub(" ", text).split())


def write(content: Content) -> Files:
    """Return the file."""
    bot = slug(content.project, 0, FORMAT.naming)
    files = {"Manifest.json": json_bytes(MANIFEST), f"{bot}/Bot.json": json_bytes(_bot(bot))}
    for language in content.languages:
        code, title = locale_of(language)
        folder = f"{bot}/BotLocales/{code}"
        files[f"{folder}/BotLocale.json"] = json_bytes(_locale(code, title))
        files[f"{folder}/Intents/{FALLBACK}/Intent.json"] = json_bytes(_fallback())
        for n, intent in enumerate(content.intents):
            if texts := intent.texts(language):
                files[f"{folder}/Intents/{intent.name}/Intent.json"] = json_bytes(_intent(intent, n, texts))
    return {FILE: zip_bytes(files)}


def _bot(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "identifier": "DIALINBOT1",
        "version": "DRAFT",
        "description": None,
        "dataPrivacy": {"childDirected": False},
        "idleSessionTTLInSeconds": 300,
    }


def _locale(code: str, title: str) -> dict[str, Any]:
    return {
        "name": title,
        "identifier": code,
        "version": None,
        "description": None,
        "voiceSettings": None,
        "nluConfidenceThreshold": 0.4,
    }


def _intent(intent: BotIntent, n: int, texts: list[str]) -> dict[str, Any]:
    return {
        "name": intent.name,
        "identifier": f"INTENT{n:04d}",
        "description": (intent.description or intent.label)[:LONGEST_DESCRIPTION],
        "parentIntentSignature": None,
        "sampleUtterances": [{"utterance": text} for text in texts],
        **_EMPTY,
        "slotPriorities": [],
    }


def _fallback() -> dict[str, Any]:
    return {
        "name": FALLBACK,
        "identifier": "FALLBCKINT",
        "description": "What belongs to no other intent",
        "parentIntentSignature": SIGNATURE,
        "sampleUtterances": None,
        **_EMPTY,
        "slotPriorities": [],
    }


def validate(files: Files) -> list[Labelled]:
    """Check the file and return the phrases."""
    inner = Unzipped(files[FILE])
    check_shape(json_in(inner, "Manifest.json"), MANIFEST, "Manifest.json")
    found, fallbacks, locales = list[Labelled](), set[str](), set[str]()
    for path in inner:
        parts = _PATH.fullmatch(path)
        if path.endswith("/BotLocale.json"):
            locales.add(json_in(inner, path)["identifier"])
        elif parts and parts[3] == FALLBACK:
            fallbacks.add(parts[2])
        elif parts:
            value = json_in(inner, path)
            check_shape(value, _INTENT | {"name": parts[3]}, path)
            found += [(parts[3], one["utterance"]) for one in value["sampleUtterances"]]
    if fallbacks != locales:
        raise broken(FILE, f"locales are {sorted(locales)}, and those with a fallback {sorted(fallbacks)}")
    if any(_SLOT_MARKS.search(text) for _, text in found):
        raise broken(FILE, "a phrase has a slot")
    return found


FORMAT = ExportFormat(
    "lex",
    "Amazon Lex V2 (zip of a bot)",
    write,
    validate,
    naming=ascii_naming(valid=NAME, longest=100, reserved=(FALLBACK,)),
    limits=limits_of,
    none_name="",
    clean=without_slots,
)
