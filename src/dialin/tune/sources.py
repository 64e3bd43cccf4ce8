"""Labelled sentences out of a file: distinct texts, one label each, and the row where each text stands first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dialin.errors import InputError
from dialin.models.store import sha256_of
from dialin.read.columns import Columns
from dialin.read.label_column import column_of
from dialin.read.table import read_table
from dialin.text.script import language_of
from dialin.tune.labels import names_of


@dataclass(frozen=True)
class Reading:
    """How the inputs are read.

    Parameters
    ----------
    label : str or None
        Column of the intents; a run folder needs none.
    text : str or None
        Column of the sentences; None finds it by its usual names.
    language : {"auto", "en", "zh"}
        Language of sentences and names; "auto": of the script.
    noise : tuple of str
        Labels of sentences that belong to no intent, such as "oos".
    """

    label: str | None = None
    text: str | None = None
    language: str = "auto"
    noise: tuple[str, ...] = ()


@dataclass(frozen=True)
class TrainingSource:
    """Sentences with what is known about them.

    Parameters
    ----------
    name : str
        Of the file or the run folder, without its ending.
    language : str
        Of most sentences, "en" or "zh", or as asked (`is_asked`).
    texts : list of str, n sentences
        Distinct, sorted.
    labels : list of str or None, n labels
        Intent of each; None: noise.
    rows : list of int, n rows
        Where each stands first in the input; sentence ids for a run folder.
    names : mapping of str to str
        The Action-Objective name of each label.
    files : mapping of str to str
        File name -> sha256 of all that was read.
    """

    name: str
    language: str
    texts: list[str]
    labels: list[str | None]
    rows: list[int]
    names: Mapping[str, str]
    files: Mapping[str, str]
    is_asked: bool = False


def read_source(path: str, reading: Reading) -> TrainingSource:
    """Read a file of labelled sentences; a text with several labels has its most frequent one.

    Raises
    ------
    InputError
        The file cannot be read, lacks a column, or names fewer than two intents.
    """
    if path == "-":
        raise InputError("standard input cannot be read again to rebuild the table", hint="give a file")
    if reading.label is None:
        raise InputError(f"the column with the intents in {path} is not named", hint="give --label COL")
    found = labels_by_text(path, reading.label, reading.text)
    texts = sorted(found)
    labels = [None if found[text][1] in reading.noise else found[text][1] for text in texts]
    intents = sorted({label for label in labels if label is not None})
    if len(intents) < 2:
        raise InputError(
            f"column {reading.label!r} of {path} has too few intents: {', '.join(intents) or 'none'}",
            hint="at least 2 are needed; name another column with --label",
        )
    language = language_of(texts) if reading.language == "auto" else reading.language
    return TrainingSource(
        name=stem(path),
        language=language,
        texts=texts,
        labels=labels,
        rows=[found[text][0] for text in texts],
        names=names_of(intents, language),
        files=hashes([Path(path)]),
        is_asked=reading.language != "auto",
    )


def labels_by_text(path: str, label: str, text: str | None) -> dict[str, tuple[int, str]]:
    """Return for each labelled text its first row and its most frequent label (of equals, the first by alphabet)."""
    table, gold = read_table(path, Columns(text=text)), column_of(path, label)
    if len(gold) < table.num_rows:
        raise InputError(
            f"column {label!r} of {path} has {len(gold)} values, one for each dialogue", hint="give one for each turn"
        )
    first, counts = dict[str, int](), dict[str, Counter[str]]()
    for row, sentence in zip(table["row"].to_pylist(), table["text"].to_pylist(), strict=True):
        own = gold[row]
        if sentence is not None and own is not None:
            first.setdefault(sentence, row)
            counts.setdefault(sentence, Counter())[own] += 1
    return {key: (first[key], min(own, key=lambda name: (-own[name], name))) for key, own in counts.items()}


def stem(path: str) -> str:
    """Return the name of a file without its endings of format and compression.

    Examples
    --------
    >>> stem("data/calls.csv.gz"), stem("runs/may")
    ('calls', 'may')
    """
    return Path(Path(path).name.removesuffix(".gz")).stem


def hashes(paths: Iterable[Path]) -> dict[str, str]:
    """Return {file name: sha256} of files that were read."""
    return {path.name: sha256_of(path) for path in paths}
