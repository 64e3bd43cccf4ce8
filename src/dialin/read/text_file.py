"""Opens a text file in UTF-8, packed or not, as often as it has to be read: it is never in memory whole."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from dialin.bounded import most_bytes, open_unpacked, packing_of_file

_HEAD_BYTES = 1 << 20
_CHUNK = 1 << 20
_MARK = codecs.BOM_UTF8


@dataclass(frozen=True)
class TextFile:
    """A text file in UTF-8, which may begin with a byte order mark, and be packed by gzip, bzip2 or xz.

    Parameters
    ----------
    path : Path
        The file.
    """

    path: Path

    @cached_property
    def packing(self) -> str:
        """What packed it, as `dialin.bounded.packing_of` tells; raises OSError if it cannot be read."""
        return packing_of_file(self.path)

    @cached_property
    def head(self) -> bytes:
        """How it begins, without the mark; raises one of `BROKEN_PACKING`."""
        with self.opened() as file:
            return file.read(_HEAD_BYTES)

    def opened(self) -> BinaryIO:
        """Return the open file, unpacked, behind the mark."""
        file = open_unpacked(self.path)
        file.seek(len(_MARK) if file.read(len(_MARK)) == _MARK else 0)
        return file

    def text(self, newline: str | None = "") -> io.TextIOWrapper:
        """Return it open as text, with the ends of lines as `newline` of `open` has it."""
        return io.TextIOWrapper(self.opened(), "utf-8", newline=newline)

    def lines(self, newline: str | None = "") -> Iterator[str]:
        """Yield its lines, with their ends."""
        with self.text(newline) as file:
            yield from file

    def is_plain(self, *, in_lines: bool) -> bool:
        """Return whether it is UTF-8 without NUL and without the end mark of DOS; raises one of `BROKEN_PACKING`.

        Parameters
        ----------
        in_lines : bool
            Whether it is read line by line: then no line may have more bytes than `dialin.bounded.most_bytes`.
        """
        decoder, chunk, n_line = codecs.getincrementaldecoder("utf-8")(), b"", 0
        longest = most_bytes() if in_lines else None
        with open_unpacked(self.path) as file:
            while more := file.read(_CHUNK):
                chunk = more
                n_line = _behind_last_line(chunk, n_line)
                if b"\0" in chunk or not _goes_on(decoder, chunk) or (longest is not None and n_line > longest):
                    return False
        return _goes_on(decoder, b"", is_end=True) and not chunk.endswith(b"\x1a")


def _goes_on(decoder: codecs.IncrementalDecoder, chunk: bytes, *, is_end: bool = False) -> bool:
    """Return whether bytes go on in the encoding of a decoder."""
    try:
        decoder.decode(chunk, is_end)
    except UnicodeDecodeError:
        return False
    return True


def _behind_last_line(chunk: bytes, before: int) -> int:
    """Return the number of bytes behind the last line break; `before` is that of the bytes before the chunk."""
    last = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
    return before + len(chunk) if last < 0 else len(chunk) - last - 1
