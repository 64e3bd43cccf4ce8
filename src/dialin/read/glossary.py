"""Reads a glossary: what words of a company mean, for whoever judges and names."""

from __future__ import annotations

from pathlib import Path

from dialin.errors import InputError
from dialin.prompts.glossary import MEANS, check_glossary
from dialin.read.short_list import ListForm, entries_of, text_of_entry

GLOSSARY = ListForm("terms", ("term", "meaning"), "- {term: FTTC, meaning: fibre to the cabinet}")


def read_glossary(path: Path) -> tuple[str, ...]:
    """Return the entries in a CSV, TSV, JSON, JSON lines, YAML, Excel or Parquet file, such as "FTTC = fibre line".

    Raises
    ------
    InputError
        The file cannot be read, has other columns than term and meaning, or an entry is not as
        `dialin.prompts.glossary.check_glossary` wants it.
    """
    entries = []
    for n, entry in enumerate(entries_of(path, GLOSSARY), 1):
        where = f"entry {n} of {path}"
        term, meaning = (text_of_entry(entry.get(name), name, where) for name in GLOSSARY.fields)
        if not (term and meaning):
            raise InputError(f"{where} has no {'meaning' if term else 'term'}", hint="give each term its meaning")
        entries.append(f"{term}{MEANS}{meaning}")
    check_glossary(entries)
    return tuple(entries)
