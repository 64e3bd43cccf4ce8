"""Build the pages that show lines of the log in words: the log itself, and what changed while a page was open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dialin.review.edits import (
    Accept,
    Edit,
    Entry,
    Merge,
    Move,
    Noise,
    Place,
    Quorum,
    Redo,
    Rename,
    RenameBranch,
    Split,
    Undo,
    Vote,
)
from dialin.review.verdicts import JUDGES
from dialin.web.desk import View
from dialin.web.pages import Pager, pager

N_SINCE = 10
"""Decisions that are listed when a page is too old."""


@dataclass(frozen=True)
class Event:
    """A line of the log in words."""

    line: int
    at: str
    by: str
    text: str
    status: str
    can_undo: bool
    can_redo: bool


@dataclass(frozen=True)
class LogPage:
    """Lines of the log, the latest first."""

    events: tuple[Event, ...]
    pager: Pager


@dataclass(frozen=True)
class StalePage:
    """What was decided while a page was open, the latest first, and how many older decisions are not listed."""

    events: tuple[Event, ...]
    n_more: int


def log_page(view: View, page: int, user: str) -> LogPage:
    """Return one page of the log as `user` may see it."""
    at = pager(len(view.entries), page)
    newest = view.entries[::-1][at.span]
    return LogPage(tuple(event(view, entry, user) for entry in newest), at)


def stale_page(view: View, entries: Sequence[Entry], user: str) -> StalePage:
    """Return the page that refuses a decision because of these later ones."""
    newest = entries[::-1][:N_SINCE]
    return StalePage(tuple(event(view, entry, user) for entry in newest), len(entries) - len(newest))


def event(view: View, entry: Entry, user: str) -> Event:
    """Return a line of the log as `user` may see it: others' verdicts stay hidden until the item is decided."""
    state, edit = view.state, entry.edit
    undone, void = entry.line in state.undone, entry.line in state.void
    status = "undone" if undone else "does not fit" if void else ""
    text, is_theirs = edit_text(view, edit), isinstance(edit, Vote) and entry.by != user
    if isinstance(edit, Vote) and is_theirs and state.judged.decision(edit.group, edit.intent) is None:
        text = f"judged {_judged(view, edit)}"
    can_turn = not is_theirs  # only the person who gave a verdict can undo it
    n_beside = sum(one.batch == entry.batch for one in view.entries) - 1 if entry.batch else 0
    text += f", with {n_beside:,} other{'s' * (n_beside > 1)} at once" if n_beside > 0 else ""
    return Event(
        entry.line, entry.at, entry.by, text, status, entry.line in state.active and can_turn, undone and can_turn
    )


def edit_text(view: View, edit: Edit) -> str:  # noqa: PLR0911, PLR0912  (one for each kind)
    """Return an edit in words, with the current names of its intents."""
    match edit:
        case Accept(intent):
            return f"accepted “{_name(view, intent)}”"
        case Rename(intent, name):
            return f"renamed intent {intent} to “{name}”"
        case Merge(intent, others, name):
            return f"merged {len(others)} other{'s' * (len(others) > 1)} into “{name or _name(view, intent)}”"
        case Split(intent, ()):
            return f"asked to split “{_name(view, intent)}”"
        case Split(_, parts):
            return "split into " + ", ".join(f"“{part.name}” ({len(part.sentences):,})" for part in parts)
        case Move(sentences, intent, name):
            return f"moved {_sentences(sentences)} to “{name or _name(view, intent)}”"
        case Noise(sentences):
            return f"marked {_sentences(sentences)} as noise"
        case RenameBranch(_, name):
            return f"renamed a branch to “{name}”"
        case Place(intents, branch, name):
            into = name or next((one.name for one in view.state.tree.above(branch)), "")
            names = ", ".join(f"“{_name(view, intent)}”" for intent in intents)
            return f"moved {names} " + (f"into the branch “{into}”" if into else "out of its branch")
        case Vote(_, good):
            return f"found {_judged(view, edit)} {'good' if good else 'bad'}"
        case Quorum(n):
            return f"asked for {n} verdict{'s' * (n > 1)} from each group"
        case Undo(at):
            return f"undid line {at}"
        case Redo(at):
            return f"redid line {at}"


def _judged(view: View, verdict: Vote) -> str:
    return f"cluster {verdict.intent}" if verdict.group == JUDGES else f"“{_name(view, verdict.intent)}”"


def _name(view: View, intent: int) -> str:
    known = view.state.intents.get(intent)
    return known.name if known else f"intent {intent}"


def _sentences(rows: tuple[int, ...]) -> str:
    return f"{len(rows):,} sentence{'s' * (len(rows) > 1)}"
