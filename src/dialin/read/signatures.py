"""Tells by how a file begins that it holds no text, whatever its name is."""

from __future__ import annotations

from dialin.errors import InputError

_TEXT = "export the text as .txt or .csv"
_TABLE = "export the table as .csv or .parquet"
_SPEECH = "transcribe it, and give the transcript"
_SIGNATURES = (
    (0, b"%PDF-", "a PDF", _TEXT),
    (0, b"{\\rtf", "a rich text document (.rtf)", _TEXT),
    (0, b"\x89PNG\r\n\x1a\n", "a PNG image", _TEXT),
    (0, b"\xff\xd8\xff", "a JPEG image", _TEXT),
    (0, b"GIF8", "a GIF image", _TEXT),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it"),
    (0, b"Rar!\x1a\x07", "a RAR archive", "unpack it"),
    (257, b"ustar", "a tar archive", "unpack it, and give the folder"),
    (0, b"SQLite format 3\x00", "an SQLite database", _TABLE),
    (0, b"ARROW1\x00\x00", "an Arrow file (Feather)", _TABLE),
    (8, b"WAVEfmt ", "a WAV recording", _SPEECH),
    (0, b"ID3", "an MP3 recording", _SPEECH),
    (0, b"\xff\xfb", "an MP3 recording", _SPEECH),
    (0, b"OggS", "an Ogg recording", _SPEECH),
    (0, b"fLaC", "a FLAC recording", _SPEECH),
    (4, b"ftyp", "an MP4 recording", _SPEECH),
)
"""Where a signature stands, the signature, what it is one of, and what helps: list of Wikipedia, "File signatures"."""

_IN_LETTERS = (b"%PDF-", b"{\\rtf")
"""Signatures of files that may be letters throughout; any other has a NUL within the first bytes, and no text has."""
_BEGIN = 4096


def check_may_be_text(data: bytes, where: str) -> None:
    """Raise InputError if a file begins as one of images, recordings, databases and documents that hold no plain text.

    Parameters
    ----------
    data : bytes
        The file, unpacked.
    where : str
        Its name in the message.

    Raises
    ------
    InputError
        It is such a file; the message says which.
    """
    is_binary = b"\x00" in data[:_BEGIN]
    for start, signature, what, remedy in _SIGNATURES:
        if data.startswith(signature, start) and (is_binary or signature in _IN_LETTERS):
            raise InputError(f"{where} is {what}, not text", hint=remedy)
