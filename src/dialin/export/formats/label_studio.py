"""Label Studio: tasks with the intent as a prediction to accept or correct, and the configuration of the project.

Intents with branches above them are a taxonomy to choose from, others a list.

Sources: docs/source/guide/predictions.md in the repository HumanSignal/label-studio, and labelstud.io/tags/taxonomy.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as ET

from dialin.export.base import BotIntent, Content, ExportFormat, Files, Labelled, Phrase
from dialin.export.checks import broken, check_shape, json_in
from dialin.export.names import Naming
from dialin.export.packing import json_bytes

TASKS, CONFIG = "tasks.json", "label_config.xml"
_VALUES = {"choices": [str], "taxonomy": [[str]]}


def _shape(kind: str) -> Any:
    result = {"id": str, "type": kind, "from_name": "intent", "to_name": "text", "value": {kind: _VALUES[kind]}}
    prediction = {"model_version": "dialin", "score": float, "result": [result]}
    return [{"data": {"text": str, "language": str, "count": int}, "predictions": [prediction]}]


def write(content: Content) -> Files:
    """Return the files."""
    kind = "taxonomy" if any(intent.path for intent in content.intents) else "choices"
    tasks = [_task(intent, phrase, n, kind) for intent in content.intents for n, phrase in enumerate(intent.phrases)]
    return {TASKS: json_bytes(tasks), CONFIG: _config(content.intents, kind)}


def _task(intent: BotIntent, phrase: Phrase, n: int, kind: str) -> dict[str, Any]:
    value = {kind: [[*intent.path, intent.name]] if kind == "taxonomy" else [intent.name]}
    choice = {"id": f"{intent.name}-{n}", "type": kind, "from_name": "intent", "to_name": "text", "value": value}
    return {
        "data": {"text": phrase.text, "language": phrase.language, "count": phrase.count},
        "predictions": [{"model_version": "dialin", "score": round(phrase.p_intent, 4), "result": [choice]}],
    }


def _config(intents: Sequence[BotIntent], kind: str) -> bytes:
    view = ET.Element("View")
    ET.SubElement(view, "Text", name="text", value="$text")
    about = {"name": "intent", "toName": "text"}
    top = (
        ET.SubElement(view, "Taxonomy", about | {"leafsOnly": "true", "maxUsages": "1"})
        if kind == "taxonomy"
        else ET.SubElement(view, "Choices", about | {"choice": "single"})
    )
    branches = dict[tuple[str, ...], ET.Element]()
    for intent in intents:
        ET.SubElement(_branch(top, intent.path, branches), "Choice", value=intent.name)
    ET.indent(view)
    return ET.tostring(view, encoding="unicode").encode() + b"\n"


def _branch(top: ET.Element, path: tuple[str, ...], branches: dict[tuple[str, ...], ET.Element]) -> ET.Element:
    """Return the choice that holds those of a path; it is made where it is missing."""
    if not path:
        return top
    if path not in branches:
        branches[path] = ET.SubElement(_branch(top, path[:-1], branches), "Choice", value=path[-1])
    return branches[path]


def validate(files: Files) -> list[Labelled]:
    """Check the files and return the phrases."""
    tasks, config = json_in(files, TASKS), ET.fromstring(files[CONFIG].decode())
    kind = "choices" if config.find("Taxonomy") is None else "taxonomy"
    check_shape(tasks, _shape(kind), TASKS)
    known = {choice.get("value") for choice in config.iter("Choice") if choice.find("Choice") is None}
    results = [task["predictions"][0]["result"][0] for task in tasks]
    chosen = [one["value"][kind][0] for one in results]
    names = [one if isinstance(one, str) else one[-1] for one in chosen]
    found = [(name, task["data"]["text"]) for name, task in zip(names, tasks, strict=True)]
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
