"""Label Studio: tasks with the intent as a prediction to accept or correct, and the configuration of the project.

Intents with branches above them are a taxonomy to choose from, others a list.

Sources: docs/source/guide/predictions.md in the repository HumanSignal/label-studio, and labelstud.io/tags/taxonomy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree import ElementTree as ET

from dialin.export.base import BotIntent, Content, ExportFormat, Files, Labelled, Phrase
from dialin.export.checks import broken, check_shape, labelled, text_in
from dialin.export.names import Naming
from dialin.export.packing import json_list_bytes
from dialin.read.json_text import WholeNeededError, array_items

TASKS, CONFIG = "tasks.json", "label_config.xml"
_VALUES = {"choices": [str], "taxonomy": [[str]]}


def _shape(kind: str) -> Any:
    result = {"id": str, "type": kind, "from_name": "intent", "to_name": "text", "value": {kind: _VALUES[kind]}}
    prediction = {"model_version": "dialin", "score": float, "result": [result]}
    return [{"data": {"text": str, "language": str, "count": int}, "predictions": [prediction]}]


def write(content: Content) -> Files:
    """Return the files."""
    kind = "taxonomy" if any(intent.path for intent in content.intents) else "choices"
    tasks = (_task(intent, phrase, n, kind) for intent in content.intents for n, phrase in enumerate(intent.phrases))
    return {TASKS: json_list_bytes(tasks), CONFIG: _config(content.intents, kind)}


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
    config = ET.fromstring(files[CONFIG].decode())
    kind = "choices" if config.find("Taxonomy") is None else "taxonomy"
    known = {choice.get("value") for choice in config.iter("Choice") if choice.find("Choice") is None}
    ids = set[str]()
    found = labelled(_name_and_text(task, kind, ids) for task in _tasks_in(files, kind))
    if len(ids) < len(found) or {name for name, _ in found} != known:
        raise broken(TASKS, f"two results share an id, or the choices are not those of {CONFIG}")
    return found


def _tasks_in(files: Files, kind: str) -> Iterator[Any]:
    """Yield the tasks, one after another: as Python's values, all of them take three times the memory of the file."""
    try:
        for n, task in enumerate(array_items(text_in(files, TASKS).read)):
            check_shape([task], _shape(kind), f"{TASKS} from {n}")
            yield task
    except WholeNeededError as error:
        raise broken(TASKS, "is no JSON") from error


def _name_and_text(task: Any, kind: str, ids: set[str]) -> Labelled:
    result = task["predictions"][0]["result"][0]
    ids.add(result["id"])
    chosen = result["value"][kind][0]
    return chosen if isinstance(chosen, str) else chosen[-1], task["data"]["text"]


FORMAT = ExportFormat(
    "label-studio",
    "Label Studio (tasks with predictions, and the configuration)",
    write,
    validate,
    naming=Naming(re.compile(r"[^<>&\"'\s]+")),
)
