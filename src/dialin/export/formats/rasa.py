"""Rasa 3.1: ``nlu.yml`` with the phrases and ``domain.yml`` with the names of the intents.

Source of the shape: docs/training-data-format.mdx and the schema of ``nlu.yml`` in the repository RasaHQ/rasa.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from dialin.export.base import Content, ExportFormat, Files, Labelled
from dialin.export.checks import broken, check_shape
from dialin.export.names import ascii_naming

VERSION = "3.1"
OUT_OF_SCOPE = "out_of_scope"
_BRACKETS = str.maketrans("[]", "()")
_NAME = re.compile(r"[a-z0-9_-]+")
_SHAPE = {"version": VERSION, "nlu": [{"intent": _NAME, "examples": str}]}


class Block(str):
    """Text that YAML writes as a block of lines."""

    __slots__ = ()


class BlockDumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Writer of YAML that knows `Block`."""


BlockDumper.add_representer(
    Block, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", str(text), "|")
)


def yaml_bytes(value: Any) -> bytes:
    """Return a value as YAML in UTF-8, its keys in their order."""
    dumped: bytes = yaml.dump(
        value, Dumper=BlockDumper, sort_keys=False, allow_unicode=True, encoding="utf-8", width=2**20
    )
    return dumped


def yaml_in(files: Files, path: str) -> Any:
    """Return the YAML value of a file; raise InputError if there is none."""
    if path not in files:
        raise broken(path, "is missing")
    try:
        return yaml.load(files[path], Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise broken(path, f"is no YAML: {' '.join(str(error).split())}") from error


def without_entities(text: str) -> str:
    """Return a phrase in which nothing is marked as an entity: [x](y) becomes (x)(y)."""
    return text.translate(_BRACKETS)


def write(content: Content) -> Files:
    """Return the files."""
    nlu = [
        {"intent": intent.name, "examples": Block("".join(f"- {phrase.text}\n" for phrase in intent.phrases))}
        for intent in content.intents
    ]
    return {
        "nlu.yml": yaml_bytes({"version": VERSION, "nlu": nlu}),
        "domain.yml": yaml_bytes({"version": VERSION, "intents": [intent.name for intent in content.intents]}),
    }


def validate(files: Files) -> list[Labelled]:
    """Check the files and return the phrases."""
    nlu, domain = yaml_in(files, "nlu.yml"), yaml_in(files, "domain.yml")
    check_shape(nlu, _SHAPE, "nlu.yml")
    check_shape(domain, {"version": VERSION, "intents": [_NAME]}, "domain.yml")
    if [one["intent"] for one in nlu["nlu"]] != domain["intents"]:
        raise broken("domain.yml", "has other intents than nlu.yml")
    return [(one["intent"], line) for one in nlu["nlu"] for line in examples_in(one)]


def examples_in(intent: dict[str, str]) -> list[str]:
    """Return the phrases of an intent in ``nlu.yml``."""
    lines = intent["examples"].splitlines()
    if not all(line.startswith("- ") for line in lines):
        raise broken("nlu.yml", f"a line of {intent['intent']} does not begin with '- '")
    return [line.removeprefix("- ") for line in lines]


FORMAT = ExportFormat(
    "rasa",
    "Rasa 3 (nlu.yml and domain.yml)",
    write,
    validate,
    naming=ascii_naming(lower=True, valid=_NAME, reserved=("nlu_fallback", "restart", "session_start", "back")),
    one_language=True,
    none_name=OUT_OF_SCOPE,
    clean=without_entities,
)
