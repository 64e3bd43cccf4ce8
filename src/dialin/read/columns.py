"""What the user says of a source: the names of its columns, or its format; finds columns by their usual names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dialin.errors import InputError
from dialin.read.source import ColumnFilter

Tiers = tuple[frozenset[str], ...]


def _tiers(*tiers: str) -> Tiers:
    return tuple(frozenset(tier.split()) for tier in tiers)


# Usual names, most likely first. If a source has two names of one tier, the user has to choose.
TEXT = _tiers(
    "text 文本",
    "utterance sentence 句子 话语 语句",
    "query question message content transcript 内容 消息 问题",
    "texts utterances sentences queries messages turns",
)
TURNS = _tiers(
    "turns dialogue dialog conversation messages utterances dialogues 对话 轮次 对话内容",
    "text texts utterance sentences history content 内容 文本",
)
DIALOGUE = _tiers(
    "dialogueid dialogid 对话id 对话编号",
    "conversationid convid chatid callid sessionid 会话id 会话编号 通话id",
    "dialogue dialog conversation session call 对话 会话 通话",
)
DIALOGUE_OF_TURNS = (*DIALOGUE, *_tiers("id"))
ROLE = _tiers("role 角色", "speaker sender author from 说话人 发言人")
TURN = _tiers("turn turnindex turnidx 轮次", "turnid turnno turnnumber 轮次id")
_DATES = (
    "date datetime timestamp createdat startedat starttime startdate calldate calltime createtime sentat time "
    "日期 时间 通话时间 开始时间 创建时间 会话时间 发送时间"
)
DATE = _tiers(*_DATES.split())  # one name per tier: several dates are common, and the user need not choose
PAUSE = 1.0
"""Seconds. Recognisers cut at half a second, in the middle of sentences; in conversation, a silence of more than about
one second is no longer one within a turn (Jefferson 1989, on the standard maximum silence)."""
_KNOWN_NAMES = frozenset[str]().union(*TEXT, *TURNS, *DIALOGUE_OF_TURNS, *ROLE, *TURN, *DATE)


@dataclass(frozen=True)
class Columns:
    """Names of the columns, and how to read an export, as given by the user; None finds a column by its usual names.

    Parameters
    ----------
    text : str, optional
        The sentences, the lists of turns, or the text within each turn.
    dialogue, role, turn : str, optional
        Dialogue id, speaker's role, and number of the turn within its dialogue.
    date : str, optional
        Date of the utterance, or of the start of the dialogue.
    format : str, optional
        Name of the importer of an export (`dialin.read.importers.known`); by default it is recognised.
    speakers : str
        Roles of the speakers of an export that only numbers them: "0=agent,1=customer".
    pause : float
        Seconds; the neighbours of one speaker that are no farther apart are one turn. 0 leaves them apart.
    sheet : str, optional
        Sheet of a workbook; by default the first.
    split : bool
        Whether each sentence of a turn becomes a row (`dialin.read.split`).
    outcomes : tuple of str
        Columns that tell what came of a dialogue, such as its duration (`dialin.read.outcomes`).
    """

    text: str | None = None
    dialogue: str | None = None
    role: str | None = None
    turn: str | None = None
    date: str | None = None
    format: str | None = None
    speakers: str = ""
    pause: float = PAUSE
    sheet: str | None = None
    split: bool = False
    outcomes: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """The names that the user gave."""
        return [name for name in (self.text, self.dialogue, self.role, self.turn, self.date) if name is not None]


DEFAULT = Columns()


def wanted_of(columns: Columns) -> ColumnFilter:
    """Return the test for a column that may be needed: one that the user names, or one with a usual name."""
    keys = _KNOWN_NAMES | set(map(_key, (*columns.names, *columns.outcomes)))
    return lambda name: _key(name) in keys


def pick(names: Sequence[str], given: str | None, tiers: Tiers, where: str, kind: str) -> str | None:
    """Return the column with the given name or a usual one; None if no name is given and no usual name occurs.

    Parameters
    ----------
    names : sequence of str
        The columns to choose from.
    given : str or None
        Name given by the user.
    tiers : tuple of frozenset of str
        Usual names, in tiers like those of `TEXT`.
    where, kind : str
        Source and kind of column, for messages.

    Raises
    ------
    InputError
        If the named column does not exist, or several fit equally well.
    """
    if given is not None:
        hits = matching_columns(names, given)
        if not hits:
            raise InputError(f"{where} has no column {given!r}; it has {_listed(names)}", hint="name one of these")
        return _only(hits, names, where, kind)
    for tier in tiers:
        if hits := [name for name in names if _key(name) in tier]:
            return _only(hits, names, where, kind)
    return None


def matching_columns(names: Sequence[str], given: str) -> list[str]:
    """Return the column with exactly this name; else those that differ only in case, spaces and punctuation."""
    return [given] if given in names else [name for name in names if _key(name) == _key(given)]


def _only(hits: list[str], names: Sequence[str], where: str, kind: str) -> str:
    if len(hits) > 1:
        raise equally_likely(where, kind, hits, names)
    return hits[0]


def _key(name: str) -> str:
    return re.sub(r"[\W_]+", "", str(name)).casefold()


# --- messages -------------------------------------------------------------------------------------


def equally_likely(where: str, kind: str, hits: Sequence[str], names: Sequence[str]) -> InputError:
    """Return the error for several columns (`hits` among all `names`) that fit equally well."""
    return InputError(
        f"{where} has {len(hits)} columns that could be the {kind}: {_listed(hits)}; all columns: {_listed(names)}",
        hint=f"name one with --{kind} NAME or Columns({kind}=NAME)",
    )


def no_column(where: str, kind: str, names: Sequence[str]) -> InputError:
    """Return the error for a source in which no column has a usual name."""
    return InputError(
        f"{where} has no column with a usual name for the {kind}; it has {_listed(names)}",
        hint=f"name it with --{kind} NAME or Columns({kind}=NAME); the first line of a CSV must name the columns",
    )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name)[:60] for name in names[:20])
    return f"{shown} and {len(names) - 20} more" if len(names) > 20 else shown or "no columns"
