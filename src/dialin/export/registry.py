"""Lists the formats."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from dialin.errors import InputError
from dialin.export.base import SKLEARN, ExportFormat
from dialin.export.formats import (
    botpress,
    clu,
    cognigy,
    copilot,
    csv_table,
    dialogflow_cx,
    dialogflow_cx_csv,
    dialogflow_es,
    fasttext,
    hf,
    jsonl,
    label_studio,
    lex,
    rasa,
    spacy,
    watson,
    xenioo,
    xlsx,
)

_PLATFORMS = (
    *(rasa.FORMAT, dialogflow_cx.FORMAT, dialogflow_cx_csv.FORMAT, dialogflow_es.FORMAT, lex.FORMAT, clu.FORMAT),
    *(copilot.FORMAT, botpress.FORMAT, cognigy.FORMAT, watson.FORMAT, xenioo.FORMAT),
)
_TOOLS = (label_studio.FORMAT, hf.FORMAT, spacy.FORMAT, fasttext.FORMAT, csv_table.FORMAT, jsonl.FORMAT, xlsx.FORMAT)
FORMATS: Mapping[str, ExportFormat] = MappingProxyType({form.name: form for form in (*_PLATFORMS, *_TOOLS)})
"""The formats by name: bot platforms first, then what people and programs read."""


def format_named(name: str) -> ExportFormat:
    """Return a format; raise InputError, which lists all, if there is none of this name.

    Examples
    --------
    >>> format_named("watson").title
    'IBM watsonx Assistant (CSV)'
    """
    if name not in FORMATS:
        raise InputError(f"there is no format {name!r}", hint=f"use one of: {', '.join([*FORMATS, SKLEARN])}")
    return FORMATS[name]
