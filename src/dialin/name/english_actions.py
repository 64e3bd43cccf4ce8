"""English actions: which of them a sentence implies, and which go with which objectives."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from dialin.name.english import are_akin, is_participle, word_set
from dialin.name.people import can_do_to

LONGEST = 3
"""Words of an objective; a particle of the action counts, too."""
_STATES = word_set("missing pending wrong incorrect failed unknown unexpected duplicate late broken")
GENERAL = word_set("inquire request check report explain find get fix")
"""Actions that go with most objectives, where sentences imply them."""
_NEUTRAL = "inquire"
"""The action that goes with all objectives, implied or not."""
MIN_SAID = 0.08
"""Share of the sentences with an objective that must say any other action of it."""
_CUES = {
    "inquire": "what what's how when which is are does whether who wondering",
    "check": "status already yet still did has have see show shows",
    "find": "where where's nearest closest near locate search looking look",
    "explain": "why why's reason mean means explain understand explanation",
    "get": "need want give get getting receive obtain",
    "request": "need want like give request requesting",
    "report": "not isn't wasn't won't doesn't didn't hasn't haven't never stolen lost wrong error problem issue failed",
    "fix": "working broken stuck fix repair problem issue trouble error failed",
    "dispute": "unauthorized unauthorised recognise recognize fraudulent mistake",
    "cancel": "stop terminate quit undo",
    "change": "switch edit modify different instead update",
    "update": "edit change new",
    "add": "include put",
    "remove": "delete drop erase rid",
    "order": "buy purchase",
    "send": "email mail forward",
    "contact": "speak talk chat reach call touch",
    "open": "create start",
    "book": "reserve schedule",
    "play": "hear listen",
    "reset": "recover retrieve restore forgot forgotten",
    "set": "put",
}
_PAIRS = [(word, action) for action, words in _CUES.items() for word in words.split()]
CUES: Mapping[str, frozenset[str]] = MappingProxyType(
    {cue: frozenset(action for word, action in _PAIRS if word == cue) for cue, _ in _PAIRS}
)
"""Word -> the actions that it implies: "where" a find, "why" an explain."""
_OF_STATES = word_set(
    "check report dispute fix explain resolve cancel return replace unblock block unlock reset find track "
    "recover refund reverse revert retrieve"
)
_NO_OBJECT = word_set(
    "complain apologise apologize notify inform listen wait reply count name like end move prepare mention "
    "follow present express clarify summarise summarize suggest propose thank greet answer say state spell guide "
    "deny measure acknowledge describe need want tell take give have turn log sign hang"
)
PHRASAL = word_set("turn switch log sign shut set pick")
"""Verbs that change their meaning with the particle that follows them, at once or after their object."""


def can_join(action: str, objective: str, said: float) -> bool:
    """Return whether an action and an objective can make a name.

    Parameters
    ----------
    action, objective : str
        To be joined; a particle follows its verb after a hyphen ("turn-off").
    said : float
        Share of the sentences that say or imply the action of the objective, in [0, 1]: all but the neutral one need
        `MIN_SAID`.

    Examples
    --------
    >>> can_join("inquire", "cash-machine", 0.0), can_join("lend", "cash-machine", 0.0), can_join("lend", "money", 0.5)
    (True, False, True)

    What is lost is not changed, and no name says a thing twice:

    >>> [can_join(action, "stolen-card", 0.5) for action in ("change", "report")], can_join("cancel", "cancellation", 1)
    ([False, True], False)
    """
    if action != _NEUTRAL and (said < MIN_SAID or action in _NO_OBJECT):  # most, so it is asked first
        return False
    words = objective.split("-")
    is_short = len(words) + action.count("-") <= LONGEST
    is_fitting = action in _OF_STATES or not any(is_participle(word) or word in _STATES for word in words)
    is_fitting &= can_do_to(action, objective)
    return is_short and is_fitting and not any(are_akin(action, word) for word in words)
