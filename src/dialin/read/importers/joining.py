"""Joins what one speaker says without a break into one turn: words, and pieces that a recogniser cut."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import NamedTuple

from dialin.read.importers.base import SourceTurn

WORD_PAUSE = 0.5
"""Seconds of silence that end a piece where a source has only words, as recognisers do; `joined_turns` comes after."""
_LEFT = frozenset(".,!?;:%…")
"""Marks that stand without a blank after the word before them."""
_DENSE = re.compile("[\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uff9f\U00020000-\U000323af]")
"""Letters and marks of scripts without blanks: Chinese and Japanese; Korean has blanks."""


class Word(NamedTuple):
    """A word, with its time in seconds and the label of who says it; a mark is glued to the word before it."""

    text: str
    speaker: str = ""
    start: float | None = None
    end: float | None = None
    is_mark: bool = False


def turns_of_words(words: Iterable[Word]) -> Iterator[SourceTurn]:
    """Yield the turns of words: each ends where another one speaks, or where nobody does for `WORD_PAUSE`.

    Examples
    --------
    >>> said = [Word("hello", "0", 0.1, 0.4), Word("there", "0", 0.5, 0.9), Word("!", is_mark=True), Word("hi", "1", 1)]
    >>> [(turn.speaker, turn.text, turn.start, turn.end) for turn in turns_of_words(said)]
    [('0', 'hello there!', 0.1, 0.9), ('1', 'hi', 1, None)]
    """
    kept: list[Word] = []
    last: Word | None = None  # that is no mark, which has neither a speaker nor a time that counts
    for word in words:
        if not word.is_mark:
            if last and not _goes_on(last, word):
                yield _turn(kept)
                kept = []
            last = word
        kept.append(word)
    if kept:
        yield _turn(kept)


def _goes_on(last: Word, word: Word) -> bool:
    return last.speaker == word.speaker and _is_near(last.end, word.start, WORD_PAUSE)


def _turn(words: Sequence[Word]) -> SourceTurn:
    said = [word for word in words if not word.is_mark] or words
    end = next((word.end for word in reversed(said) if word.end is not None), None)
    text = glued([word.text for word in words], [word.is_mark for word in words])
    return SourceTurn(text, speaker=said[0].speaker, start=said[0].start, end=end)


def glued(texts: Sequence[str], are_marks: Sequence[bool] = ()) -> str:
    """Return texts joined by blanks, but where a mark follows, or Chinese or Japanese stands on both sides.

    Examples
    --------
    >>> glued(["我想", "退款", "。", "iPad", "坏了"]), glued(["well", ",", "yes"])
    ('我想退款。iPad坏了', 'well, yes')
    """
    said, before = "", "\u3000"
    for text, is_mark in zip_longest(texts, are_marks):
        is_next = is_mark or text in _LEFT or not text or _DENSE.match(before) or _DENSE.match(text)
        said += text if is_next else f" {text}"
        before = text[-1:] or before
    return said


def joined_turns(turns: Iterable[SourceTurn], pause: float) -> list[SourceTurn]:
    """Return turns with those neighbours joined that one speaker says with at most `pause` seconds between.

    Parameters
    ----------
    turns : iterable of SourceTurn
        In the order in which they were said; those without times stay apart.
    pause : float
        Seconds; 0 joins none.

    Examples
    --------
    >>> said = [SourceTurn("I want", "customer", start=0, end=1), SourceTurn("a refund", "customer", start=1.4, end=2)]
    >>> [turn.text for turn in joined_turns(said, 1.0)], len(joined_turns(said, 0.2))
    (['I want a refund'], 2)
    """
    runs: list[list[SourceTurn]] = []
    for turn in turns:
        if pause > 0 and runs and _is_one(runs[-1][-1], turn, pause):
            runs[-1].append(turn)
        else:
            runs.append([turn])
    return [_as_one(run) if len(run) > 1 else run[0] for run in runs]


def _is_one(before: SourceTurn, turn: SourceTurn, pause: float) -> bool:
    who = (before.role, before.speaker)
    return who == (turn.role, turn.speaker) and any(who) and _is_known_near(before.end, turn.start, pause)


def _is_known_near(end: float | None, start: float | None, pause: float) -> bool:
    return end is not None and start is not None and round(start - end, 3) <= pause


def _is_near(end: float | None, start: float | None, pause: float) -> bool:
    return end is None or start is None or round(start - end, 3) <= pause


def _as_one(run: Sequence[SourceTurn]) -> SourceTurn:
    return replace(run[0], text=glued([turn.text for turn in run]), end=run[-1].end)


def in_order(turns: Iterable[SourceTurn]) -> list[SourceTurn]:
    """Return turns by their beginnings, if all of them have one, as those of several channels are not in order."""
    said = list(turns)
    return said if any(turn.start is None for turn in said) else sorted(said, key=lambda turn: turn.start or 0.0)
