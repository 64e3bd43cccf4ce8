"""Label Studio: tasks with the intent as a prediction to accept or correct, and the configuration of the project.

Source: docs/source/guide/predictions.md in the repository HumanSignal/label-studio.
"""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree as ET

from dialin.export.base import BotIntent, Content, ExportFormat, Files, Labelled, Phrase
from dialin.export.checks import broken, check_shape, json_in
from dialin.export.names import Naming
from dialin.export.packing import json_bytes

TASKS, CONFIG = "tasks.json", "label_config.xml"
_RESULT = {
    "id": str,
    "type": "choices",
    "from_name": "intent",
    "to_name": "text",
    "value": {"choices": [str]},
}
_SHAPE = [
    {
        "data": {"text": str, "language": str, "count": int},
        "predictions": [{"model_version": "dialin", "score": float, "result": [_RESULT]}],
    }
]


def write(content: Content) -> Files:
    """Return the files."""
    tasks = [_task(intent, phrase, n) for intent in content.intents for n, phrase in enumerate(intent.phrases)]
    return {TASKS: json_bytes(tasks), CONFIG: _config([intent.name for intent in content.intents])}


def _task(intent: BotIntent, phrase: Phrase, n: int) -> dict[str, Any]:
    choice = {
        "id": f"{intent.name}-{n}",
        "type": "choices",
        "from_name": "intent",
        "to_name": "text",
        "value": {"choices": [intent.name]},
    }
    return {
        "data": {"text": phrase.text, "language": phrase.language, "count": phrase.count},
        "predictions": [{"model_version": "dialin", "score": round(phrase.p_intent, 4), "result": [choice]}],
    }


def _config(names: list[str]) -> bytes:
    view = ET.Element("View")
    ET.SubElement(view, "Text", name="text", value="$text")
    choices = ET.SubElement(view, "Choices", name="intent", toName="text", choice="single")
    for name in names:
        ET.SubElement(choices, "Choice", value=name)
    ET.indent(view)
    return ET.tostring(view, encoding="unicode").encode() + b"\n"


def validate(files: Files) -> list[Labelled]:
    """Check the files and return the phrases."""
    tasks = json_in(files, TASKS)
    check_shape(tasks, _SHAPE, TASKS)
    known = {choice.get("value") for choice in ET.fromstring(files[CONFIG].decode()).iter("Choice")}
    results = [task["predictions"][0]["result"][0] for task in tasks]
    found = [(one["value"]["choices"][0], task["data"]["text"]) for one, task in zip(results, tasks, strict=True)]
    if len({one["id"] for one in results}) < len(results) or {name for name, _ in found} != known:
        raise broken(TASKS, f"two results share an id, or the choices are not those of {CONFIG}")
    return found


FORMAT = ExportFormat(
    "label-studio",
    "Label Studio (tasks with predictions, and the configuration)",
    write,
    validate,
    naming=Naming(re.compile(r"[^<>&\"'\s]+")),
)
