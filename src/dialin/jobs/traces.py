"""Looks for forgotten texts in every file of a folder, in the forms in which dialin and others write them."""

from __future__ import annotations

import html
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import pyarrow as pa
import pyarrow.parquet as pq

from dialin import files, saved
from dialin.errors import InputError
from dialin.prompts.quoted import BULLET_CHARS, QUOTE_CHARS, as_quote

_SHORT, _SHORT_WIDE = 12, 5
"""Below this length, of any text and of one that is not ASCII, only a whole cell or line counts as the text."""


@dataclass(frozen=True)
class Traces:
    """Texts that are looked for, and those in which they may stand.

    Parameters
    ----------
    texts : tuple of str
        The forgotten texts.
    kept : tuple of str
        Texts that stay: where one of them contains a forgotten one, it is not a trace.
    """

    texts: tuple[str, ...]
    kept: tuple[str, ...] = ()

    @cached_property
    def _forms(self) -> list[str]:
        """The texts as they are, and as they are quoted in a question to an LLM."""
        return [form for form in dict.fromkeys(form for text in self.texts for form in forms_of(text)) if form]

    @cached_property
    def _around(self) -> list[str]:
        """The forms of texts that stay and contain a forgotten one, the longest first."""
        long = [form for form in self._forms if not is_short(form)]
        holding = [text for text in self.kept if any(form in text for form in long)]
        return sorted({form for text in holding for form in forms_of(text)} - set(self._forms), key=len, reverse=True)

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        long = sorted((form for form in self._forms if not is_short(form)), key=len, reverse=True)
        return re.compile("|".join(map(_with_edges, long))) if long else None

    @cached_property
    def _short(self) -> frozenset[str]:
        return frozenset(form for form in self._forms if is_short(form))

    def are_in(self, content: str) -> bool:
        """Return whether a cell or a page of text holds a forgotten text.

        Examples
        --------
        >>> traces = Traces(("my boiler is called Bertha", "ok"), ("so my boiler is called Bertha too",))
        >>> [traces.are_in(t) for t in ("- my boiler is called Bertha", "so my boiler is called Bertha too", "- ok")]
        [True, False, True]
        """
        if self._short and any(line.strip(' \\t-"') in self._short for line in content.splitlines()):
            return True
        if self._pattern is None or not self._pattern.search(content):
            return False
        return bool(self._pattern.search(self._masked(content)))

    def without(self, name: str) -> str:
        """Return a name or a description without the forgotten texts in it."""
        if not self.are_in(name):
            return name
        cut = name if self._pattern is None else self._pattern.sub("…", name)
        return "…" if cut.strip() in self._short else cut

    def _masked(self, content: str) -> str:
        for text in self._around:
            content = content.replace(text, "\0")
        return content


def forms_of(text: str) -> tuple[str, ...]:
    """Return a text as it is, and as it is quoted in questions."""
    return text, as_quote(text, BULLET_CHARS), as_quote(text, QUOTE_CHARS)


def is_short(form: str) -> bool:
    """Return whether a text is so short that it may be a part of anything."""
    return len(form) < (_SHORT if form.isascii() else _SHORT_WIDE)


def _with_edges(form: str) -> str:
    """Return the pattern of a text that is not a part of a longer word."""
    before = r"(?<![0-9A-Za-z])" if form[0].isascii() and form[0].isalnum() else ""
    after = r"(?![0-9A-Za-z])" if form[-1].isascii() and form[-1].isalnum() else ""
    return before + re.escape(form) + after


# --- files ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LookedAt:
    """A file that was searched, and whether it holds a forgotten text."""

    path: Path
    holds: bool


def search_folder(folder: Path, traces: Traces) -> list[LookedAt]:
    """Search every file of a folder, and of those in it."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return [LookedAt(path, file_holds(path, traces)) for path in paths]


def file_holds(path: Path, traces: Traces) -> bool:
    """Return whether a file holds a forgotten text: in what it says when it is read, or anywhere in its bytes."""
    return any(map(traces.are_in, contents_of(path))) or _bytes_hold(path, traces)


def contents_of(path: Path) -> Iterator[str]:
    """Yield what a file says: the cells of a table, the strings of JSON, the questions and replies of a store.

    The fixed part of a question, dialin's own words, is left out. What cannot be read as what it seems to be is read
    as plain text.
    """
    readers = {".parquet": _cells, ".sqlite": _replies, ".npz": _names, ".zip": _packed, ".xlsx": _packed}
    readers |= {".json": _strings, ".jsonl": _strings}
    try:
        yield from readers.get(path.suffix, _page)(path)
    except (InputError, ValueError, OSError, pa.ArrowException, sqlite3.DatabaseError, BadZipFile):
        yield from _page(path)


def _cells(path: Path) -> Iterator[str]:
    for column in pq.read_table(path).columns:
        yield from _strings_in(column.unique().to_pylist() if pa.types.is_string(column.type) else column.to_pylist())


def _strings(path: Path) -> Iterator[str]:
    whole = path.read_text("utf-8")
    lines = whole.splitlines() if path.suffix == ".jsonl" else [whole]
    for line in filter(str.strip, lines):
        yield from _strings_in(json.loads(line))


def _strings_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _strings_in([*value, *value.values()])
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _strings_in(one)


def _names(path: Path) -> Iterator[str]:
    for array in saved.read_arrays(path).values():
        if array.dtype.kind == "U":
            yield from map(str, array.ravel())


def _replies(path: Path) -> Iterator[str]:
    with closing(sqlite3.connect(path)) as db:
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if "replies" in tables:
            for prompt, options, reply in db.execute("SELECT prompt, options, reply FROM replies"):
                yield from question_and_reply(prompt, options, reply)


def question_and_reply(prompt: str, options: str, reply: str) -> Iterable[str]:
    """Return what a stored reply says of the sentences: the last turn of its question, the options, the answer."""
    messages = json.loads(prompt)
    return [str(messages[-1]["content"]), *map(str, json.loads(options)), reply] if messages else [reply]


def _packed(path: Path) -> Iterator[str]:
    with ZipFile(path) as packed:
        for name in packed.namelist():
            yield from _readings(packed.read(name).decode("utf-8", "replace"))


def _page(path: Path) -> Iterator[str]:
    yield from _readings(path.read_bytes().decode("utf-8", "replace"))


def _readings(text: str) -> Iterator[str]:
    """Yield a page as it is, and with the escapes of HTML and JSON undone."""
    yield text
    yield html.unescape(re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)).replace('\\"', '"')


def _bytes_hold(path: Path, traces: Traces) -> bool:
    """Return whether the bytes of a file of dialin hold a long text, even where no reader of its format looks."""
    if path.name not in (files.REPLIES, files.SENTENCES, files.INTENTS, "replies.sqlite", "embeddings.sqlite"):
        return False
    data = path.read_bytes()
    forms = [text for text in traces.texts if not is_short(text)]
    return any(form.encode() in data for form in forms) and traces.are_in(data.decode("utf-8", "replace"))


def still_holding(looked: Sequence[LookedAt]) -> list[Path]:
    """Return the files that hold a forgotten text."""
    return [one.path for one in looked if one.holds]
