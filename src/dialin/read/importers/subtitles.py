"""Subtitles, WebVTT and SubRip, as recognisers write them: what is said when, and by which voice."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from dialin.errors import InputError
from dialin.read.importers.base import Dialogue, NothingSaidError, SourceTurn
from dialin.read.roles import usual_role
from dialin.read.source import shortened_repr

_TIME = r"(?:\d{1,3}:)?\d{1,2}:\d{2}(?:[.,]\d{1,3})?"
_TIMES = re.compile(rf"[ \t]*({_TIME})[ \t]+-->[ \t]+({_TIME})(?:[ \t].*)?")
_LIKE_TIMES = re.compile(r"(?!NOTE\b).*-->|\s*\d+:\d+:\d+[.,]\d")
_HEAD = re.compile(rf"(?:\d+[ \t]*\n)?[ \t]*{_TIME}[ \t]+-->[ \t]+{_TIME}")
_ASIDE = re.compile(r"(WEBVTT|NOTE|STYLE|REGION)\b")
_TAG = re.compile(r"<[^<>]*>|\{\\[^{}]*\}")
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)*[ \t]+([^<>]+)>")
_BRACKETED = re.compile(r"\[([^\[\]]{1,40})\]\s*[:：]\s*(.*)")
_NAMED = re.compile(r"([^\W\d_][\w .'’-]{0,39}?)\s*(?:：\s*|:\s+)(.*)")


@dataclass(frozen=True)
class _Cue:
    """A subtitle: its text, with tags, and its times in seconds."""

    text: str
    start: float
    end: float


class Subtitles:
    """Files of subtitles."""

    name, one, many = "subtitles", "file of subtitles", "files of subtitles"

    def recognises(self, document: object) -> bool:
        """Return whether a document is text that begins as WebVTT does, or with a time and perhaps a number."""
        return isinstance(document, str) and is_subtitles(document)

    def dialogues(self, document: object, where: str) -> Iterator[Dialogue]:
        """Yield the dialogue of a file: a turn for each subtitle, or for each voice in it.

        A voice is named by ``<v Name>``, by ``[Name]:``, or by ``Name:`` if at least half of the subtitles begin so.
        """
        if not isinstance(document, str):
            raise InputError(f"{where} is JSON, not subtitles", hint="leave --format out")
        cues = list(_cues(document, where))
        if not cues:
            raise NothingSaidError("no subtitles")
        turns = [turn for cue in cues for turn in _turns_of(cue, is_named=_are_named(cues))]
        yield Dialogue("", tuple(turns), outcomes={"duration": max(cue.end for cue in cues)})


def is_subtitles(text: str) -> bool:
    r"""Return whether a text is a file of subtitles: it begins as WebVTT does, or with a time and perhaps a number.

    Examples
    --------
    >>> is_subtitles("1\n00:00:01,000 --> 00:00:02,500\nhello"), is_subtitles("hello --> you")
    (True, False)
    """
    head = text.lstrip("\ufeff \n\r\t")[:1000].replace("\r\n", "\n")
    return re.match(r"WEBVTT\b", head) is not None or _HEAD.match(head) is not None


def _cues(text: str, where: str) -> Iterator[_Cue]:
    """Yield the subtitles; in SubRip, a block without a time belongs to the subtitle before."""
    kept: _Cue | None = None
    is_web = text.lstrip("\ufeff \n\r\t").startswith("WEBVTT")
    for first, lines in _blocks(text):
        at = next((i for i, line in enumerate(lines[:2]) if _LIKE_TIMES.match(line)), None)
        if at is not None:
            yield from [kept] if kept else ()
            kept = _cue(lines, at, f"line {first + at} of {where}")
        elif kept and not is_web and not _ASIDE.match(lines[0]):
            kept = replace(kept, text="\n".join([kept.text, *lines]))
    yield from [kept] if kept else ()


def _blocks(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of the first line, from 1, and the lines of each block between blank lines."""
    kept: list[str] = []
    n = 0
    for n, line in enumerate(re.split(r"\r\n|\r|\n", text.lstrip("\ufeff")), start=1):
        if line.strip():
            kept.append(line)
        elif kept:
            yield n - len(kept), kept
            kept = []
    if kept:
        yield n - len(kept) + 1, kept


def _cue(lines: Sequence[str], at: int, place: str) -> _Cue:
    found = _TIMES.fullmatch(lines[at])
    if not found:
        raise InputError(
            f"{place} is not the time of a subtitle: {shortened_repr(lines[at])}",
            hint="write it like 00:01:02.500 --> 00:01:04.000",
        )
    start, end = map(_seconds, found.groups())
    if end < start:
        raise InputError(f"{place}: the subtitle ends before it begins: {shortened_repr(lines[at])}", hint="correct it")
    return _Cue("\n".join(lines[at + 1 :]), start, end)


def _seconds(time: str) -> float:
    """Return a time in seconds.

    Examples
    --------
    >>> _seconds("01:02:03,5"), _seconds("2:03.250")
    (3723.5, 123.25)
    """
    *hours, minutes, seconds = time.replace(",", ".").split(":")
    return round(3600 * float(hours[0] if hours else 0) + 60 * float(minutes) + float(seconds), 3)


# --- voices ---------------------------------------------------------------------------------------


def _are_named(cues: Sequence[_Cue]) -> bool:
    """Return whether names before a colon are voices: they are if half of the subtitles have one."""
    return 2 * sum(_NAMED.match(_plain(cue.text)) is not None for cue in cues) >= len(cues)


def _turns_of(cue: _Cue, *, is_named: bool) -> Iterator[SourceTurn]:
    for voice, text in _voices(cue.text, is_named=is_named):
        if text:
            yield SourceTurn(text, usual_role(voice), voice, cue.start, cue.end)


def _voices(text: str, *, is_named: bool) -> Iterator[tuple[str, str]]:
    """Yield each voice in a subtitle, "" if it is not told, and what it says."""
    before, *others = _VOICE.split(text)
    for voice, said in [("", before), *zip(others[::2], others[1::2], strict=True)]:
        speaker, kept = html.unescape(voice).strip(), list[str]()
        for line in _plain(said).split("\n"):
            found = _BRACKETED.fullmatch(line) or (_NAMED.fullmatch(line) if is_named and not voice else None)
            if found:
                yield speaker, " ".join(kept)
                speaker, line = found[1].strip(), found[2]  # noqa: PLW2901
                kept = []
            kept.append(line)
        yield speaker, " ".join(kept).strip()


def _plain(text: str) -> str:
    return html.unescape(_TAG.sub("", text)).strip()
