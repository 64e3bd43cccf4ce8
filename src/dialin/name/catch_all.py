"""Names of clusters that no name holds for: they say what is in them, and claim no more.

"inquire-screws" over a manual, screws and a cable that are missing says what two of seven ask; "various-screws-and-
cable" is true, and tells the cluster from others like it. The things in such a name are objectives of the sentences.
Each is said by two sentences or more, one in ten at least; together, two of them, or three, by a quarter. That is less
than the third that must say what a name with an action is about, for "various" claims only that they are there. Where
no things are said so often, the name says so little that it is numbered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from dialin.name.candidates import Material
from dialin.name.general import GENERAL_OBJECTIVES
from dialin.name.kinds import NEED, SAYING_NOTHING
from dialin.name.sightings import MIN_SENTENCES
from dialin.name.turns import Turn

VARIOUS = {"en": "various", "zh": "各种"}
"""What stands in the place of an action."""
AND = {"en": "-and-", "zh": "与"}
"""What stands between two things."""
_COMMA = {"en": "-", "zh": "、"}
SAID_BY = 1 / 3
"""Share of the sentences whose words carry a name, wherever it lies."""
SOME = 0.1
"""Share of the sentences from which on a name counts as said by some."""
PROBLEMS = 0.5
"""Share of the sentences that makes a cluster one of problems."""
IDLE = 0.5
"""Share of the sentences that state nothing from which on they are remarks."""
TOGETHER = 1 / 4
"""Share of the sentences that must say one of the things in a name."""
FEWEST, MOST = 2, 3
"""Things in a name: the most where the fewest are said by too few sentences."""
N_NAMES = 6
"""Names of a cluster, in case that others have the first."""
KNOWN = frozenset(objective for own in GENERAL_OBJECTIVES.values() for objective in own)
"""Words that people have for their needs."""
_REQUESTS, _REPLIES = {"en": "requests", "zh": "请求"}, {"en": "replies", "zh": "答复"}
_REMARKS = {"en": "remarks", "zh": "话语"}
DETAILS = {"en": "provide-details", "zh": "提供-信息"}
"""The name of data of which nothing more is sure."""
_NUMBER = re.compile(r"-\d+$")
REPORT, _PROBLEM = {"en": "report", "zh": "反馈"}, {"en": "problem", "zh": "问题"}


def catch_all_names(material: Material, language: str, turn: Turn) -> list[str]:
    """Return the names of a cluster of which nothing more is sure, the best first.

    Parameters
    ----------
    material : Material
        What its sentences say.
    language : {"en", "zh"}
        Language of the names.
    turn : Turn
        What is known of it.

    Examples
    --------
    >>> told = [{"lock", "bike"}, {"lock"}, {"light"}, {"light"}, {"map"}, set()]
    >>> shares = {"lock": 1 / 3, "light": 1 / 3, "bike": 1 / 6, "map": 1 / 6}
    >>> catch_all_names(Material(shares, told=told), "en", Turn())
    ['various-light-and-lock', 'various-requests']
    >>> catch_all_names(Material(shares, told=told, problems=0.7), "en", Turn())
    ['report-light-and-lock', 'report-problem']
    """
    found = dict.fromkeys(_joined(things, language) for things in islice(_sets_of_things(material), N_NAMES))
    if turn.is_open and material.problems > PROBLEMS:
        return [f"{REPORT[language]}-{objective}" for objective in (*found, _PROBLEM[language])]
    return [*(f"{VARIOUS[language]}-{objective}" for objective in found), without_topic(language, turn)]


def without_topic(language: str, turn: Turn) -> str:
    """Return the name of a cluster whose sentences share no objective, either.

    It has no requests where half of the sentences or more state nothing, though more are needs than of any other kind,
    and no replies where most of them greet, thank or show attention.

    Examples
    --------
    >>> without_topic("en", Turn("need", p_turn=0.2)), without_topic("zh", Turn("answer", "agent"))
    ('various-requests', '各种-答复')
    >>> without_topic("en", Turn("need", p_turn=0.6))
    'various-remarks'
    """
    if turn.kind in SAYING_NOTHING or (turn.kind == NEED and turn.p_turn >= IDLE):
        return f"{VARIOUS[language]}-{_REMARKS[language]}"
    return f"{VARIOUS[language]}-{(_REQUESTS if turn.is_open else _REPLIES)[language]}"


def is_catch_all(name: str) -> bool:
    """Return whether a name says of a need no more than what it is about, or that it is a problem, or only gives data.

    Examples
    --------
    >>> [is_catch_all(name) for name in ("report-problem-2", "各种-请求", "various-lock-and-bike", "report-lock")]
    [True, True, True, False]
    >>> is_catch_all("provide-details-2"), is_catch_all("provide-name")
    (True, False)
    """
    name = _NUMBER.sub("", name)
    action, _, objective = name.partition("-")
    if action in VARIOUS.values() or name in DETAILS.values():
        return True
    return any(
        action == REPORT[language] and (objective == _PROBLEM[language] or AND[language] in objective)
        for language in REPORT
    )


def _joined(things: Sequence[str], language: str) -> str:
    """Return things as one objective, in their order."""
    first, last = things[:-1], things[-1]
    return f"{_COMMA[language].join(first)}{AND[language]}{last}" if first else last


def _sets_of_things(material: Material) -> Iterator[list[str]]:
    """Yield things that together are said by enough of the sentences: the commonest ones first."""
    sayers = _sayers(material)
    for first in sayers:
        things = [first]
        while len(things) < MOST:
            rest = {thing: own.difference(*(sayers[each] for each in things)) for thing, own in sayers.items()}
            best = max(rest, key=lambda thing: len(rest[thing]))  # of equals, the commonest
            if not rest[best]:
                break
            things.append(best)
            if len(things) >= FEWEST and _are_enough(things, sayers, material):
                break
        if _are_enough(things, sayers, material):
            yield sorted(things, key=list(sayers).index)


def _are_enough(things: Sequence[str], sayers: dict[str, frozenset[int]], material: Material) -> bool:
    """Return whether enough of the sentences say one of the things; one alone must be said by half of them."""
    least = TOGETHER if len(things) >= FEWEST else 1 / 2
    return len(frozenset[int]().union(*(sayers[each] for each in things))) >= least * len(material.told)


def _sayers(material: Material) -> dict[str, frozenset[int]]:
    """Return the places of the sentences that say each thing, what most of them say first.

    Of things that equally many say, a word that people have for a need comes first; of words that the same ones say,
    there is the longest.
    """
    least = max(MIN_SENTENCES, SOME * len(material.told))
    said = {thing: frozenset(i for i, own in enumerate(material.told) if thing in own) for thing in material.objectives}
    common = {thing: own for thing, own in said.items() if len(own) >= least}
    whole = {own: max((thing for thing in common if common[thing] == own), key=len) for own in common.values()}
    return {thing: own for own, thing in sorted(whole.items(), key=lambda each: (-len(each[0]), each[1] not in KNOWN))}
