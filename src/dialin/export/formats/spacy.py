"""SpaCy text categories: ``train.spacy`` and ``dev.spacy`` for `spacy train`.

Source: the documentation of spaCy on `DocBin`; the scores of exclusive categories are 1 for one and 0 for the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from dialin.errors import InputError
from dialin.export.base import BotIntent, Content, ExportFormat, Files, Labelled, Phrase
from dialin.export.checks import broken
from dialin.export.names import Naming

TRAIN, DEV = "train.spacy", "dev.spacy"
EVERY = 5
"""Each fifth phrase of an intent is for `dev.spacy`."""


def spacy_library() -> Any:
    """Return the module `spacy`; raise InputError if it is not installed."""
    try:
        import spacy  # noqa: PLC0415  (an extra)
    except ImportError as error:
        raise InputError("the format spacy needs spaCy", hint='pip install "dialin[spacy]"') from error
    return spacy


def write(content: Content) -> Files:
    """Return the files."""
    library = spacy_library()
    names, language = [intent.name for intent in content.intents], content.languages[0].partition("-")[0]
    rows = list(_split(content.intents))
    return {
        TRAIN: _doc_bin(library, language, names, [row for row, is_dev in rows if not is_dev]),
        DEV: _doc_bin(library, language, names, [row for row, is_dev in rows if is_dev]),
    }


def _split(intents: Iterable[BotIntent]) -> Iterator[tuple[tuple[str, Phrase], bool]]:
    """Yield each phrase with its intent, and whether it is for ``dev.spacy``."""
    for intent in intents:
        for n, phrase in enumerate(intent.phrases):
            yield (intent.name, phrase), n % EVERY == EVERY - 1


def _doc_bin(library: Any, language: str, names: Sequence[str], rows: Sequence[tuple[str, Phrase]]) -> bytes:
    pipeline, found = library.blank(language), library.tokens.DocBin(attrs=["ORTH", "SPACY"], store_user_data=True)
    for intent, phrase in rows:
        doc = pipeline.make_doc(phrase.text)
        doc.cats = {name: float(name == intent) for name in names}
        found.add(doc)
    data: bytes = found.to_bytes()
    return data


def validate(files: Files) -> list[Labelled]:
    """Check the files and return the phrases."""
    library = spacy_library()
    vocabulary = library.blank("xx").vocab
    docs = [
        doc for path in (TRAIN, DEV) for doc in library.tokens.DocBin().from_bytes(files[path]).get_docs(vocabulary)
    ]
    if any(sorted(doc.cats.values()) != [0.0] * (len(doc.cats) - 1) + [1.0] for doc in docs):
        raise broken(TRAIN, "a text has not one intent")
    return [(max(doc.cats, key=doc.cats.__getitem__), doc.text) for doc in docs]


FORMAT = ExportFormat(
    "spacy",
    "spaCy text categories (train.spacy and dev.spacy; extra spacy)",
    write,
    validate,
    naming=Naming(re.compile(r"\S+")),
    one_language=True,
    library="spacy",
)
