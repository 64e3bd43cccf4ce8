"""Opens a text file as UTF-8, packed or not, as often as it has to be read: its text is never in memory whole."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, BinaryIO

from dialin.bounded import most_bytes, open_unpacked, packing_of_file
from dialin.read.input_file import InputFile

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_HEAD_BYTES = 1 << 20
_CHUNK = 1 << 20
_MARK = codecs.BOM_UTF8
UTF_8 = "utf-8"


@dataclass(frozen=True)
class TextFile:
    """A text file, which may begin with a byte order mark, and be packed by gzip, bzip2 or xz.

    Parameters
    ----------
    file : InputFile
        The file.
    encoding : str
        How its text is encoded; it is read as UTF-8 all the same.
    """

    file: InputFile
    encoding: str = UTF_8

    @cached_property
    def packing(self) -> str:
        """What packed it, as `dialin.bounded.packing_of` tells; raises OSError if it cannot be read."""
        return packing_of_file(self.file.place)

    @cached_property
    def head(self) -> bytes:
        """How it begins, in UTF-8 without the mark; raises one of `BROKEN_PACKING`, or UnicodeDecodeError."""
        with self.opened() as file:
            return file.read(_HEAD_BYTES)

    @property
    def has_mark(self) -> bool:
        """Whether it begins with the byte order mark of UTF-8; raises one of `BROKEN_PACKING`."""
        with open_unpacked(self.file.place) as file:
            return file.read(len(_MARK)) == _MARK

    def opened(self) -> BinaryIO:
        """Return the open file, unpacked, in UTF-8, behind the mark.

        Reading raises UnicodeDecodeError where the bytes are not in the `encoding`, unless that is UTF-8.
        """
        file = open_unpacked(self.file.place)
        if self.encoding != UTF_8:
            return io.BufferedReader(_AsUtf8(file, self.encoding), _CHUNK)
        file.seek(len(_MARK) if file.read(len(_MARK)) == _MARK else 0)
        return file

    def byte_lines(self) -> Iterator[bytes]:
        """Yield its lines as they are, unpacked, without their line feeds, up to one beyond `most_bytes`."""
        most = most_bytes()
        with open_unpacked(self.file.place) as file:
            while (line := file.readline(most + 1)) and len(line) <= most:
                yield line.removesuffix(b"\n")

    def text(self, newline: str | None = "") -> io.TextIOWrapper:
        """Return it open as text, with the ends of lines as `newline` of `open` has it."""
        return io.TextIOWrapper(self.opened(), UTF_8, newline=newline)

    def lines(self, newline: str | None = "") -> Iterator[str]:
        """Yield its lines, with their ends."""
        with self.text(newline) as file:
            yield from file

    def is_plain(self, *, in_lines: bool) -> bool:
        """Return whether it is in its encoding, without NUL and the end mark of DOS; raises one of `BROKEN_PACKING`.

        Parameters
        ----------
        in_lines : bool
            Whether it is read line by line: then no line may have more bytes than `dialin.bounded.most_bytes`.
        """
        chunk, n_line, longest = b"", 0, most_bytes() if in_lines else None
        try:
            for more in self._decoded_chunks():
                chunk = more
                n_line = _behind_last_line(chunk, n_line)
                if b"\0" in chunk or (longest is not None and n_line > longest):
                    return False
        except UnicodeDecodeError:
            return False
        return not chunk.endswith(b"\x1a")

    def _decoded_chunks(self) -> Iterator[bytes]:
        """Yield its bytes; raise UnicodeDecodeError where they are not in its encoding."""
        decoder = codecs.getincrementaldecoder(UTF_8)()
        with self.opened() as file:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
                yield chunk
        decoder.decode(b"", final=True)


class _AsUtf8(io.RawIOBase):
    """The bytes of a text in another encoding, as UTF-8, decoded as they are read."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self._file, self._left, self._is_done = file, b"", False
        self._decoder = codecs.getincrementaldecoder(encoding)()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        while not self._left and not self._is_done:
            chunk = self._file.read(_CHUNK)
            self._is_done = not chunk
            self._left = self._decoder.decode(chunk, final=self._is_done).encode()
        place = memoryview(buffer)
        n = min(len(place), len(self._left))
        place[:n], self._left = self._left[:n], self._left[n:]
        return n

    def close(self) -> None:
        self._file.close()
        super().close()


def _behind_last_line(chunk: bytes, before: int) -> int:
    """Return the number of bytes behind the last line break; `before` is that of the bytes before the chunk."""
    last = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
    return before + len(chunk) if last < 0 else len(chunk) - last - 1
