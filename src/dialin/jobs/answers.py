"""Tells whether the answers of an LLM could be read, so that a run does not pass off what it made without them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dialin.llm.cache import StoredAnswer
from dialin.name.labels import parse_reply
from dialin.prompts.templates import LANGUAGES
from dialin.report.terminal import on_one_line

MOST_UNREAD = 0.5
"""Share of unreadable answers from which on a run says so."""
_QUOTED = 80
_NAMES = "name"


def answers_note(answers: Iterable[StoredAnswer], refused: Sequence[str]) -> str:
    """Return what to say about answers that could not be read and questions that were refused; "" for nothing.

    Parameters
    ----------
    answers : iterable of StoredAnswer
        The answers of a run; verdicts and names are looked at.
    refused : sequence of str
        The words with which a server refused single questions.

    Examples
    --------
    >>> answers_note([StoredAnswer("judge", "Hm", (0.0, 0.0))], ["content filter"])
    "The LLM's only verdict is unreadable: 'Hm'. The server refused 1 question: 'content filter'."
    """
    held = list(answers)
    verdicts = [(answer.text, any(answer.probabilities)) for answer in held if answer.probabilities]
    names = [(answer.text, is_name(answer.text)) for answer in held if answer.step == _NAMES]
    parts = [_unread("verdict", verdicts), _unread("name", names), _refused(refused)]
    return " ".join(filter(None, parts))


def is_name(text: str) -> bool:
    """Return whether an answer holds a label in any language.

    Examples
    --------
    >>> is_name("inquire-refund"), is_name("I cannot help with that")
    (True, False)
    """
    return any(parse_reply(text, language) for language in LANGUAGES)


def _unread(what: str, answers: Sequence[tuple[str, bool]]) -> str:
    unread = [text for text, is_read in answers if not is_read]
    if not unread or len(unread) < MOST_UNREAD * len(answers):
        return ""
    if len(answers) == 1:
        return f"The LLM's only {what} is unreadable: {_quote(unread[0])}."
    if len(unread) == len(answers):
        return f"All of the LLM's {len(answers):,} {what}s are unreadable; the first is {_quote(unread[0])}."
    n = f"{len(unread):,} of the LLM's {len(answers):,} {what}s"
    return f"{n} are unreadable; the first of them is {_quote(unread[0])}."


def _refused(words: Sequence[str]) -> str:
    if not words:
        return ""
    return f"The server refused {len(words):,} question{'s' * (len(words) != 1)}: {_quote(words[0])}."


def _quote(text: str) -> str:
    short = on_one_line(text)
    return repr(short if len(short) <= _QUOTED else f"{short[:_QUOTED]}…") if short else "empty"
