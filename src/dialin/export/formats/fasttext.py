"""FastText: ``train.txt``, each line a label and a phrase.

Source: the documentation of fastText on supervised training. It splits words at blanks alone.
"""

from __future__ import annotations

import re

from dialin.export.base import Content, ExportFormat, Files, Labelled
from dialin.export.checks import broken
from dialin.export.names import Naming

FILE, MARK = "train.txt", "__label__"
_LINE = re.compile(rf"{MARK}(\S+) (.+)")


def without_labels(text: str) -> str:
    """Return a phrase that names no label itself."""
    return text.replace(MARK, "")


def write(content: Content) -> Files:
    """Return the file."""
    return {FILE: "".join(f"{MARK}{name} {text}\n" for name, text in content.rows).encode()}


def validate(files: Files) -> list[Labelled]:
    """Check the file and return the phrases."""
    lines = [_LINE.fullmatch(line) for line in files[FILE].decode().split("\n")[:-1]]
    if not all(lines):
        raise broken(FILE, f"line {lines.index(None) + 1} is not a label and a phrase")
    return [(line[1], line[2]) for line in lines if line]


FORMAT = ExportFormat(
    "fasttext",
    "fastText (train.txt)",
    write,
    validate,
    naming=Naming(re.compile(r"\S+")),
    clean=without_labels,
)
