"""Converts text bytes in any encoding to UTF-8, by byte order mark, by UTF-8 validity, or by the best guess."""

from __future__ import annotations

import codecs
import warnings
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

from charset_normalizer import from_bytes

from dialin.errors import InputError, InputWarning

_WESTERN = ["cp1252", "cp1250", "cp1254"]
_ENCODINGS = ["gb18030", "big5", "cp932", "euc_jp", "cp949", "cp1251", "koi8_r", "cp1253", "cp1255", "cp1256"]
_GUESS_BYTES = 100_000
_FIFTHS = 5
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_MIXED_SHARE = 0.05  # of the non-ASCII bytes; a few short GB18030 lines are valid UTF-8 by chance


def to_utf8(data: bytes, where: str) -> bytes:
    """Return text bytes as UTF-8 without a byte order mark.

    UTF-8 is tried first; UTF-16 is recognised by its byte order mark, or by the NUL of
    its ASCII; any other encoding is guessed. The guess is
    good for encodings of Chinese, Japanese, Korean and Cyrillic text. Czech, Polish or Turkish accents may be decoded
    as those of cp1252, because the bytes cannot tell these encodings apart.

    Raises
    ------
    InputError
        If the bytes are binary, mix encodings, or cannot be decoded in the encoding that fits best.
    """
    n_mark = len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
    if data.startswith(UTF16_MARKS):
        data = _decode(data, "utf-16", where).encode()
    if b"\0" in data:
        data = _without_nul(_of_wide(data) or data, where)
    try:
        data[n_mark:].decode()
    except UnicodeDecodeError as error:
        return _from_other(data, n_mark + error.start, where)
    return data[n_mark:]


def _of_wide(data: bytes) -> bytes | None:
    """Return UTF-16 without a byte order mark as UTF-8, known by the many NUL of its ASCII; None for anything else."""
    for start, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if 3 * data[start::2].count(0) > len(data) // 2 and b"\0" not in data[1 - start :: 2]:
            try:
                return data.decode(encoding).encode()
            except UnicodeError:
                return None
    return None


def _without_nul(data: bytes, where: str) -> bytes:
    """Return text without its NUL, of which a broken export has a few; raise InputError if there are many."""
    n, at = data.count(b"\0"), data.find(b"\0")
    line = data.count(b"\n", 0, at) + 1
    if not n:
        return data
    if n > data.count(b"\n") or not _is_utf8(data):
        raise InputError(
            f"{where} is binary, not text: byte {at} (line {line}) is NUL", hint="save it as CSV (UTF-8) or Parquet"
        )
    warnings.warn(f"{where} has {n:,} NUL, the first in line {line}: left out", InputWarning, stacklevel=2)
    return data.replace(b"\0", b"")


def other_encoding(lines: Iterable[bytes]) -> str | None:
    """Return the encoding that fits best to the lines of a text that is not UTF-8.

    Parameters
    ----------
    lines : iterable of bytes
        The lines, without their line feeds; few of them are kept.

    Returns
    -------
    str or None
        None if no encoding fits, all lines are ASCII, or the text mixes encodings.
    """
    odd = _OddLines.of(lines)
    return None if odd.is_ascii or odd.share_utf8 > _MIXED_SHARE else odd.guess()


def _from_other(data: bytes, at: int, where: str) -> bytes:
    odd = _OddLines.of(data.split(b"\n"))
    if odd.share_utf8 > _MIXED_SHARE:
        line = data.count(b"\n", 0, at) + 1
        raise InputError(
            f"{where} mixes encodings: most likely UTF-8, but byte {at} (line {line}) is 0x{data[at]:02x}",
            hint="save the whole file as UTF-8",
        )
    guess = odd.guess()
    if guess is None:
        raise InputError(
            f"{where} is in no known encoding: not UTF-8 at byte {at} (0x{data[at]:02x})",
            hint="save it as UTF-8",
        )
    return _decode(data, guess, where).encode()


def _decode(data: bytes, encoding: str, where: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(
            f"{where} looks like {encoding} but fails at byte {error.start} (0x{data[error.start]:02x})",
            hint="save it as UTF-8",
        ) from error


class _OddLines:
    """What the lines of a text that are not ASCII tell of its encoding: few of them are in memory."""

    def __init__(self) -> None:
        self._n = self._n_high = self._n_valid = 0
        self._all, self._fifths = _Sample(), [_Sample() for _ in range(_FIFTHS)]

    @classmethod
    def of(cls, lines: Iterable[bytes]) -> _OddLines:
        """Look at the lines of a text."""
        odd = cls()
        for line in lines:
            if not line.isascii():
                odd._add(line)
        return odd

    def _add(self, line: bytes) -> None:
        n_high = len(line) - len(line.decode("ascii", "ignore"))
        self._n_high += n_high
        self._n_valid += n_high if _is_utf8(line) else 0
        self._all.add(line)
        self._fifths[self._n % _FIFTHS].add(line)
        self._n += 1

    @property
    def is_ascii(self) -> bool:
        """Whether there are no such lines."""
        return self._n == 0

    @property
    def share_utf8(self) -> float:
        """The share of the non-ASCII bytes that lie in valid UTF-8 lines, in [0, 1]."""
        return self._n_valid / self._n_high

    def guess(self) -> str | None:
        """Return the encoding that wins a vote among fifths of the lines, so that no single broken line decides."""
        parts = self._fifths if self._n >= 2 * _FIFTHS else [self._all]
        votes = Counter(_guess_part(bytes(part.text)) for part in parts)
        votes.pop(None, None)
        return votes.most_common(1)[0][0] if votes else None


class _Sample:
    """The first lines of some, up to `_GUESS_BYTES`, or the first one, however long."""

    def __init__(self) -> None:
        self.text, self._is_full = bytearray(), False

    def add(self, line: bytes) -> None:
        if not self.text:
            self.text += line
        elif not self._is_full:
            self._is_full = len(self.text) + len(line) > _GUESS_BYTES
            self.text += b"" if self._is_full else b"\n" + line


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _guess_part(sample: bytes) -> str | None:
    # Western accents occur singly between ASCII letters; letters of other scripts occur in runs
    is_western = all(a < 0x80 or b < 0x80 for a, b in pairwise(sample))
    return _best(sample, _WESTERN) if is_western else _best(sample, _ENCODINGS + _WESTERN)


def _best(sample: bytes, encodings: list[str]) -> str | None:
    """Return the most likely encoding; cp1252, by far the most common, wins ties among Western ones."""
    matches = from_bytes(sample, cp_isolation=encodings)
    best = matches.best()
    if best is None:
        return None
    ties = {name for match in matches if match.chaos == best.chaos for name in match.could_be_from_charset}
    return "cp1252" if encodings == _WESTERN and "cp1252" in ties else best.encoding
