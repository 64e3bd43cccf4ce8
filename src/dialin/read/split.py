"""Splits turns into sentences, in English and Chinese: each becomes an utterance of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sentencex import segment

from dialin.read.cells import clean

_ENDS = " .!?。！？．…‼⁇⁈⁉\r\n\v\f\x85\u2028\u2029"
_MAY_SPLIT = re.compile(f"[{re.escape(_ENDS[1:])}]")
"""A mark or a line break, which may end a sentence; without one before its end, a text is one sentence."""
_CHINESE = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
_PART = re.compile(r".{1,4000}[.!?。！？]|.{1,4000}")
"""What is split at once; only a longer line may be cut where no sentence ends."""
_LETTER = re.compile(r"[^\W\d_]")
_GOES_ON = (",", "，", "、")
_LONGEST = 4000
"""Characters of a line that may go on in the next."""
_WRAPPED = 60
"""Characters; a line as long as this that goes on with a small letter was broken by a mail program."""


def split_rows(table: pa.Table, said: pa.Array) -> pa.Table:
    """Return a table of `dialin.read.table.read_table` with a row for each sentence.

    Parameters
    ----------
    table : pyarrow.Table
        A turn in each row. All that it says of a turn, its number too, holds for each sentence of it.
    said : pyarrow.Array of large_string
        The texts before they were cleaned, with their line breaks.
    """
    is_said = pc.is_valid(table["text"]).to_pylist()
    pieces, lengths = list[str | None](), np.ones(table.num_rows, dtype=np.int64)
    for i, text in enumerate(said.to_pylist()):
        found = sentences_in(text) if is_said[i] else [None]
        pieces += found
        lengths[i] = len(found)
    rows = table.take(pa.array(np.repeat(np.arange(table.num_rows), lengths)))
    return rows.set_column(rows.column_names.index("text"), "text", clean(pa.array(pieces, pa.large_string())))


def sentences_in(text: str) -> list[str]:
    r"""Return the sentences of a text that is not blank, without the space around them; at least one.

    A line break ends a sentence, too. What has no letters, such as a number or an emoji, is no sentence of its own.

    Examples
    --------
    >>> sentences_in("Hello Dr. Wu. I lost card No. 5 😡\nHow do I block it? 急！怎么办？")
    ['Hello Dr. Wu.', 'I lost card No. 5 😡', 'How do I block it?', '急！', '怎么办？']
    """
    if not _MAY_SPLIT.search(text.rstrip(_ENDS)):
        return [text]
    pieces = [piece for line in _lines(text) for piece in _segments(line)]
    return [*_with_letters(pieces)] or [text]


def _lines(text: str) -> Iterator[str]:
    """Yield the lines of a text; one that a mail program has broken, or that ends with a comma, goes on in the next."""
    kept = ""
    for line in map(str.strip, text.splitlines()):
        is_wrapped = len(kept) >= _WRAPPED and line[:1].islower()
        if (kept and not (is_wrapped or kept.endswith(_GOES_ON))) or len(kept) > _LONGEST:
            yield kept
            kept = ""
        kept = f"{kept} {line}".strip()
    yield kept


def _segments(line: str) -> list[str]:
    """Return the sentences of a line, with the space behind each.

    `segment` takes time that grows with the square of a Chinese line, and fails at some spaces that are not ASCII.
    """
    language = "zh" if _CHINESE.search(line) else "en"
    plain = f"{' '.join(line.split())} "
    parts = [plain] if len(plain) <= _LONGEST else _PART.findall(plain)
    return [piece for part in parts for piece in segment(language, part)]


def _with_letters(pieces: list[str]) -> Iterator[str]:
    """Yield pieces that have letters; others are joined to the one before, or to the next at the beginning."""
    kept, has_letters = "", False
    for piece in pieces:
        if has_letters and _LETTER.search(piece):
            yield kept.strip()
            kept, has_letters = "", False
        kept += piece
        has_letters = has_letters or _LETTER.search(piece) is not None
    if kept.strip():
        yield kept.strip()
