"""Read labelled sentences from a file: distinct texts, one label each, and the first row of each text."""

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
    """Options for reading the inputs.

    Parameters
    ----------
    label : str or None
        Column of the intents; not needed for a run folder.
    text : str or None
        Column of the sentences; None looks for the usual names.
    language : {"auto", "en", "zh"}
        Language of sentences and names; "auto" follows the script.
    noise : tuple of str
        Labels of sentences without an intent, such as "oos".
    """

    label: str | None = None
    text: str | None = None
    language: str = "auto"
    noise: tuple[str, ...] = ()


@dataclass(frozen=True)
class TrainingSource:
    """Labelled sentences of one input.

    Parameters
    ----------
    name : str
        Name of the file or the run folder, without extensions.
    language : str
        Language of most sentences, "en" or "zh", or the requested one (`is_asked`).
    texts : list of str, n sentences
        Distinct sentences, sorted.
    labels : list of str or None, n labels
        Intent of each sentence; None for noise.
    rows : list of int, n rows
        First row of each sentence in the input; sentence ids for a run folder.
    names : mapping of str to str
        Action-Objective name of each label.
    files : mapping of str to str
        File name -> sha256 of every file that was read.
    is_asked : bool
        Whether the user requested the language.
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
    """Read a file of labelled sentences; a text with several labels gets its most frequent one.

    Raises
    ------
    InputError
        The file cannot be read, lacks a column, or has fewer than two intents.
    """
    if path == "-":
        raise InputError("standard input cannot be read again to rebuild the table", hint="give the path of a file")
    if reading.label is None:
        raise InputError(f"the label column of {path} is not given", hint="give --label COL")
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
    """Return the first row and the most frequent label of each text; a tie goes to the first in alphabetical order."""
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


def check_names(names: Iterable[str]) -> None:
    """Raise InputError if two inputs have the same name."""
    for name, n in Counter(names).items():
        if n > 1:
            raise InputError(
                f"{n} inputs are called {name!r}", hint="rename all but one, because results are kept by input name"
            )


def stem(path: str) -> str:
    """Return the name of a file without the extensions for format and compression.

    Examples
    --------
    >>> stem("data/calls.csv.gz"), stem("runs/may")
    ('calls', 'may')
    """
    return Path(Path(path).name.removesuffix(".gz")).stem


def hashes(paths: Iterable[Path]) -> dict[str, str]:
    """Return {file name: sha256} of these files."""
    return {path.name: sha256_of(path) for path in paths}
