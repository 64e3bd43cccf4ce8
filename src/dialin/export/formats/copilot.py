"""Microsoft Copilot Studio: one YAML file for each topic, with its trigger phrases.

Sources: the repository microsoft/skills-for-copilot-studio; Microsoft Learn on trigger phrases (5 to 10, no single
words, fewer than 10 words).
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from dialin.export.base import BotIntent, Content, ExportFormat, Files, Labelled, PlatformLimits, always
from dialin.export.checks import broken, check_shape
from dialin.export.formats.rasa import yaml_bytes, yaml_in
from dialin.export.names import Naming
from dialin.text.script import is_chinese

ENDING = ".topic.mcs.yml"
LIMITS = PlatformLimits(usual=10)
LONGEST_NAME = 100
"""Characters of a topic's name: from memory."""
FEWEST_WORDS, MOST_WORDS = 2, 9
_SHAPE = {
    "kind": "AdaptiveDialog",
    "modelDescription": str,
    "beginDialog": {
        "kind": "OnRecognizedIntent",
        "id": "main",
        "intent": {"displayName": str, "triggerQueries": [str]},
        "actions": [{"kind": "SendActivity", "id": re.compile(r"sendActivity_\w+"), "activity": str}],
    },
}


def has_some_words(text: str) -> bool:
    """Return whether a phrase has as many words as is advised; Chinese has none between blanks, and will do."""
    return is_chinese(text) or FEWEST_WORDS <= len(text.split()) <= MOST_WORDS


def write(content: Content) -> Files:
    """Return the files."""
    return {f"topics/{intent.name}{ENDING}": yaml_bytes(_topic(intent)) for intent in content.intents}


def _topic(intent: BotIntent) -> dict[str, Any]:
    about = intent.description or intent.label
    said = {"kind": "SendActivity", "id": f"sendActivity_{intent.intent_id}", "activity": about}
    known = {"displayName": intent.name, "triggerQueries": [phrase.text for phrase in intent.phrases]}
    begin = {"kind": "OnRecognizedIntent", "id": "main", "intent": known, "actions": [said]}
    return {"kind": "AdaptiveDialog", "modelDescription": about, "beginDialog": begin}


def validate(files: Files) -> list[Labelled]:
    """Check the files and return the phrases."""
    found = []
    for path in files:
        topic = yaml_in(files, path)
        check_shape(topic, _SHAPE, path)
        known = topic["beginDialog"]["intent"]
        if path != f"topics/{known['displayName']}{ENDING}":
            raise broken(path, f"holds the topic {known['displayName']!r}")
        found += [(known["displayName"], text) for text in known["triggerQueries"]]
    return found


FORMAT = ExportFormat(
    "copilot",
    "Microsoft Copilot Studio (YAML of topics)",
    write,
    validate,
    naming=Naming(re.compile(r"[\w -]+"), re.compile(r"[\w-][\w -]*"), longest=LONGEST_NAME),
    limits=partial(always, LIMITS),
    one_language=True,
    none_name="",
    advised=has_some_words,
)
