"""Reads subtitles (WebVTT and SubRip): what was said, without numbers, times and voices."""

from __future__ import annotations

import html
import re

from dialin.read.json_records import of_records
from dialin.read.source import ColumnFilter, RawTable

_CUE = re.compile(r"^[\d:.,]+\s+-->\s+[\d:.,]+.*$", re.MULTILINE)
_TAG = re.compile(r"<[^<>]*>|\{\\[^{}]*\}")


def is_subtitles(text: str) -> bool:
    r"""Return whether a text is a file of subtitles: it begins as WebVTT does, or with a number and a time.

    Examples
    --------
    >>> is_subtitles("1\n00:00:01,000 --> 00:00:02,500\nhello"), is_subtitles("hello --> you")
    (True, False)
    """
    head = text.lstrip("\ufeff \n\r\t")[:1000]
    return head.startswith("WEBVTT") or bool(re.match(r"\d+\s*\n[\d:.,]+\s+-->\s+[\d:.,]+", head))


def of_subtitles(text: str, where: str, wanted: ColumnFilter) -> RawTable:
    """Return a row for each subtitle, with one column ``text``.

    Voices (``<v Speaker 1>``) are left out: a recogniser numbers them anew in each file, so they are no roles.

    Raises
    ------
    InputError
        If there are no subtitles.
    """
    blocks = re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").replace("\r", "\n"))
    said = [block[cue.end() :] for block in blocks if (cue := _CUE.search(block))]
    return of_records([{"text": html.unescape(_TAG.sub("", one))} for one in said], where, wanted)
