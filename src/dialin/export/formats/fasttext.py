"""FastText: ``train.txt``, each line a label and a phrase.

Source: the documentation of fastText on supervised training. It splits words at blanks alone.
"""

from __future__ import annotations

import io
import re

from dialin.export.base import Content, ExportFormat, Files, Labelled
from dialin.export.checks import broken, labelled
from dialin.export.names import Naming
from dialin.export.packing import text_bytes

FILE, MARK = "train.txt", "__label__"
_LINE = re.compile(rf"{MARK}(\S+) (.+)")


def without_labels(text: str) -> str:
    """Return a phrase that names no label itself."""
    return text.replace(MARK, "")


def write(content: Content) -> Files:
    """Return the file."""
    return {FILE: text_bytes(f"{MARK}{name} {text}\n" for name, text in content.pairs())}


def validate(files: Files) -> list[Labelled]:
    """Check the file and return the phrases."""
    return labelled(_name_and_text(n, line.decode()) for n, line in enumerate(io.BytesIO(files[FILE]), 1))


def _name_and_text(n: int, line: str) -> Labelled:
    found = _LINE.fullmatch(line.removesuffix("\n"))
    if not found:
        raise broken(FILE, f"line {n} is not a label and a phrase")
    return found[1], found[2]


FORMAT = ExportFormat(
    "fasttext",
    "fastText (train.txt)",
    write,
    validate,
    naming=Naming(re.compile(r"\S+")),
    clean=without_labels,
)
