"""IBM watsonx Assistant: a CSV file without a header, each row a phrase and its intent.

Source: the product's documentation on importing intents.
"""

from __future__ import annotations

import re
from functools import partial

from dialin.export.base import Content, ExportFormat, Files, Labelled, PlatformLimits, always
from dialin.export.checks import broken, csv_in
from dialin.export.names import Naming
from dialin.export.packing import csv_bytes
from dialin.export.text import inert

FILE = "intents.csv"
LIMITS = PlatformLimits(usual=50, length=1024)
"""A phrase has at most 1,024 characters (from memory: the documentation of the classic experience)."""


def write(content: Content) -> Files:
    """Return the file."""
    return {FILE: csv_bytes((text, name) for name, text in content.rows)}


def validate(files: Files) -> list[Labelled]:
    """Check the file and return the phrases."""
    rows = list(csv_in(files, FILE))
    if any(len(row) != 2 for row in rows):
        raise broken(FILE, "a row has not two cells")
    return [(name, text) for text, name in rows]


FORMAT = ExportFormat(
    "watson",
    "IBM watsonx Assistant (CSV)",
    write,
    validate,
    naming=Naming(valid=re.compile(r"(?!sys-)[\w.-]+"), longest=128),
    limits=partial(always, LIMITS),
    one_language=True,
    none_name="",
    clean=inert,
)
