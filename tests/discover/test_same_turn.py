"""Intents that are one turn without a need are joined."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dialin.discover.context import Context, Tools
from dialin.discover.data import Data
from dialin.discover.same_turn import join_turns
from dialin.discover.settings import Settings
from dialin.discover.state import Draft
from dialin.embed.choose import ENGLISH
from dialin.judge.verdict import Verdict
from dialin.name.kinds import KINDS, Kinds
from phrase_axes import embed

PIECES = (
    ("thanks", "great, thanks", "to you too"),
    ("thank you very much", "I appreciate it", "to you too"),
    ("how are you?", "are you a robot?"),
    ("where are you based?", "nice weather today"),
    ("I want my money back", "thanks"),
)
KIND = ("social", "social", "social", "social", "need")


def draft_of(roles: Sequence[str] = ("customer",) * 5) -> tuple[Draft, Data]:
    """Return a piece for each of `PIECES`, each an intent of its own, with its role and the kind of its sentences."""
    texts, of = [text for piece in PIECES for text in piece], [i for i, piece in enumerate(PIECES) for _ in piece]
    P = np.eye(len(KINDS))[[KINDS.index(KIND[i]) for i in of]]
    own = [roles[i] for i in of]
    data = Data(texts, embed(texts), np.ones(len(texts), np.int64), own, f"local:{ENGLISH}", kinds=Kinds(P))
    draft = Draft(own)
    for i in range(len(PIECES)):
        draft.pieces.append(np.flatnonzero(np.array(of) == i))
        draft.verdicts.append(Verdict.of(1.0, "geometry"))
        draft.piece_roles.append(roles[i])
        draft.intents.append((i,))
    return draft, data


def joined(draft: Draft, data: Data, settings: Settings | None = None) -> list[tuple[int, ...]]:
    """Return the intents after the step."""
    return join_turns(draft, Context.of(data, Tools(None, embed), settings or Settings())).intents


def test_thanks_become_one_intent_and_small_talk_and_needs_stay() -> None:
    """Two of three say thanks in either piece; small talk may be about anything, and a need is no turn."""
    assert joined(*draft_of()) == [(0, 1), (2,), (3,), (4,)]


def test_each_role_thanks_by_itself() -> None:
    assert len(joined(*draft_of(("customer", "agent", "customer", "customer", "customer")))) == 5


def test_nothing_is_joined_where_nothing_is_to_be_merged() -> None:
    assert len(joined(*draft_of(), Settings(merge="none"))) == 5


def test_known_intents_stay_as_they_are() -> None:
    """The second piece is of sentences whose intent is known."""
    draft, data = draft_of()
    known = np.full(len(data.texts), -1)
    known[draft.pieces[1]] = 0
    assert len(joined(draft, Data(**{**vars(data), "known": known}))) == 5


def test_without_kinds_nothing_is_joined() -> None:
    draft, data = draft_of()
    assert len(joined(draft, Data(**{**vars(data), "kinds": None}))) == 5
