"""What an importer says of its source: dialogues, turn by turn, and what it left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol


class NothingSaidError(Exception):
    """A document of this source holds no transcript, for the reason in the message: it is skipped and counted."""


@dataclass(frozen=True, slots=True)
class SourceTurn:
    """What one speaker says without a break.

    Parameters
    ----------
    text : str
        The words, as they are in the source; HTML has become text.
    role : str
        "customer", "agent", another role, or "" if the source does not tell.
    speaker : str
        Who speaks, as in the source; neighbours with the same speaker and role may be one turn.
    start, end : float or None
        Seconds from the beginning of the dialogue.
    date : str
        When it was said (ISO 8601), or "".
    """

    text: str
    role: str = ""
    speaker: str = ""
    start: float | None = None
    end: float | None = None
    date: str = ""


@dataclass(frozen=True)
class Dialogue:
    """A call, a chat or a ticket.

    Parameters
    ----------
    id : str
        Its id in the source, or "": then its file names it.
    turns : tuple of SourceTurn
        In the order in which they were said.
    date : str
        When it began (ISO 8601), or "".
    outcomes : mapping of str to str or float
        What the source says of the whole dialogue: ``duration`` (seconds), ``rating``, ``queue``, ``channel``,
        ``tags`` (joined by ", "), and so on.
    left_out : mapping of str to int
        How many of its records are no turn of a person, by kind: "private notes", "events", "bot turns".
    """

    id: str
    turns: tuple[SourceTurn, ...]
    date: str = ""
    outcomes: Mapping[str, str | float] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)


class Importer(Protocol):
    """Reads the documents of one source: what one file holds, or one line of NDJSON.

    Attributes
    ----------
    name : str
        As ``--format`` takes it: "contact-lens".
    one, many : str
        What a document is called in messages: "Contact Lens call", "Contact Lens calls".
    """

    name: str
    one: str
    many: str

    def recognises(self, document: object) -> bool:
        """Return whether a document is of this source: a JSON value, or text, which may be cut after 4,096 bytes."""

    def dialogues(self, document: object, where: str) -> Iterator[Dialogue]:
        """Yield the dialogues of a document.

        Raises
        ------
        NothingSaidError
            The document has no transcript: an event, a call that failed.
        InputError
            It is of this source and broken; the message names `where` and the place in it.
        """
