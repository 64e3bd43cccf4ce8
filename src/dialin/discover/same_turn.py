"""Joins intents that are one turn without a need: to thank is one intent, in however many ways people thank.

The paper merges by label. Without an LLM only such turns have a label that is sure, since few phrases say them all
(`dialin.name.said_turns`).
"""

from __future__ import annotations

import numpy as np

from dialin.discover.context import Context
from dialin.discover.naming import language_at, may_be_general
from dialin.discover.state import Draft
from dialin.name.kinds import Kinds, prevailing
from dialin.name.said_turns import said_turns
from dialin.name.turn_phrases import is_one_turn
from dialin.name.turns import Turn

MOST = 0.4
"""Share of the sentences of an intent that must say the same turn; of the others, many say it in words of their own."""


def join_turns(draft: Draft, context: Context) -> Draft:
    """Join the intents of a role whose sentences mostly say the same turn; none of them states a need.

    Intents of known sentences stay as they are.
    """
    can_tell = context.tools.ranks_names and may_be_general(context) and context.settings.merge != "none"
    if not can_tell or context.data.kinds is None:
        return draft
    together = dict[tuple[str, ...], list[tuple[int, ...]]]()
    kinds = context.data.kinds.with_roles(draft.roles)
    for group, turn in zip(draft.intents, turns_said(draft, context, kinds), strict=True):
        together.setdefault((draft.piece_roles[group[0]], turn) if turn else (str(group[0]),), []).append(group)
    draft.intents = [tuple(i for group in groups for i in group) for groups in together.values()]
    return draft


def turns_said(draft: Draft, context: Context, kinds: Kinds) -> list[str]:
    """Return the name of the turn that the sentences of each intent mostly say; "" where there is none."""
    rows, counts = [np.concatenate([draft.pieces[i] for i in group]) for group in draft.intents], context.data.counts
    turns = [
        Turn.of(prevailing(kinds.at(own), counts[own])[0], draft.piece_roles[group[0]], kinds.at(own), counts[own])
        for own, group in zip(rows, draft.intents, strict=True)
    ]
    languages, found = [language_at(context.data, own) for own in rows], [""] * len(rows)
    for language in dict.fromkeys(languages):
        ids = [g for g, own in enumerate(languages) if own == language and context.data.has_open(rows[g])]
        vectors = [context.data.own_vectors[rows[g]] for g in ids]
        said = said_turns(vectors, [turns[g] for g in ids], language, context.tools.embed)
        for g, shares in zip(ids, said, strict=True):
            found[g] = next((name for name, share in shares.items() if share >= MOST and is_one_turn(name)), "")
    return found
