"""Names branches of a tree of intents without an LLM: by what the names of the intents below have in common.

"activate-card" and "report-lost-card" are about "card". A word counts by how well it marks its branch off from the
branches beside it: the harmonic mean of the share of the branch's intents that have it and of its share of all intents
that have it. It names a branch if it stands in the names of more than half of its intents, and of two at least; so do
two words together, "alarm-and-timer", "闹钟与计时器", if each stands in two names; and so does an action that tells
something, such as "cancel". Where the names share nothing, those of the two most important intents name the branch: a
word of one intent alone would say of the others what nobody knows. Names such as "various-requests" say nothing of
their branch.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

from dialin.name.actions import ACTION_WORDS
from dialin.name.catch_all import AND, DETAILS, VARIOUS, without_topic
from dialin.name.kinds import NEED
from dialin.name.labels import number
from dialin.name.turns import Turn

ENOUGH = 0.5
"""Share of a branch's intents; what they share is in the names of more."""
LEAST = 2
"""Fewest intents that share a word."""
SAYING_LITTLE = frozenset(
    {*("inquire", "ask", "get", "request", "check", "report", "find", "say", "tell", "give", "make", "want", "need")}
    | {*("查询", "咨询", "询问", "反馈")}
)
"""Actions of so many needs that they name no branch."""
_TWO, _OTHERS = {"en": " and ", "zh": "、"}, {"en": " and others", "zh": "等"}
_COMMA = {"en": ", ", "zh": "、"}
N_LONGEST = 6
"""Most characters of a Chinese word."""
_SMALL = frozenset(
    {*("a", "an", "the", "of", "to", "for", "and", "or", "in", "on", "at", "by", "with", "from", "into", "about")}
    | {*("my", "your", "is", "are", "not", "no", "up", "off", "out")}
)
"""Words that no branch is about. A list for searching has more, such as bill and call, which branches are about."""
_BETWEEN = re.compile(r"[\s_/.\-]+")
_HAN = re.compile(r"[\u3400-\u9fff]+")
_NUMBER = re.compile(r"-\d+$")
_TURNS = Turn(NEED, p_turn=0.0), Turn(NEED, p_turn=1.0), Turn("answer", "agent")
_SILENT = frozenset([*DETAILS.values(), *(without_topic(language, turn) for language in VARIOUS for turn in _TURNS)])
Words = frozenset[str]


def shared_names(
    branches: Sequence[Sequence[str]], language: str, taken: Collection[str] = (), rest: Sequence[str] = ()
) -> list[str]:
    """Return a name for each of some branches that stand side by side, all different.

    Parameters
    ----------
    branches : sequence of sequence of str
        The names of the intents in each branch, at least one each, the most important first.
    language : {"en", "zh"}
        Language of the names.
    taken : collection of str
        Names that no branch may have: those of the intents, and of what lies above.
    rest : sequence of str
        Names of intents that stand beside the branches: their words mark no branch off.

    Examples
    --------
    >>> shared_names([["activate-card", "order-new-card"], ["check-balance", "transfer-balance"]], "en")
    ['card', 'balance']
    >>> shared_names([["激活-信用卡", "挂失-信用卡"], ["查询-账单", "下载-电子账单"]], "zh")
    ['信用卡', '账单']
    """
    words = [[words_of_name(name, language) for name in own if not _is_silent(name)] for own in branches]
    everywhere = Counter(word for own in words for one in own for word in one)
    everywhere.update(word for name in rest if not _is_silent(name) for word in words_of_name(name, language))
    order = sorted(range(len(branches)), key=lambda i: (-len(branches[i]), i))
    found, used = dict[int, str](), {name.casefold() for name in taken}
    for i in order:
        names = [*_candidates(words[i], everywhere, language), *_action(branches[i]), _first_two(branches[i], language)]
        found[i] = next((name for name in names if name not in used), names[-1])
        used.add(found[i])
    numbered = number([*taken, *(found[i] for i in order)])[len(taken) :]
    return [name for _, name in sorted(zip(order, numbered, strict=True))]


def _is_silent(name: str) -> bool:
    """Return whether a name says nothing of what its intent is about.

    Examples
    --------
    >>> [_is_silent(name) for name in ("various-requests-2", "各种-答复", "provide-details", "various-lock-and-bike")]
    [True, True, True, False]
    """
    return _NUMBER.sub("", name) in _SILENT


def _action(names: Sequence[str]) -> list[str]:
    """Return the action of more than half of the names, if there is one that tells something."""
    actions = Counter(name.partition("-")[0].casefold() for name in names if "-" in name)
    return [
        action
        for action, n in actions.most_common(1)
        if n > ENOUGH * len(names) and n >= LEAST and action in ACTION_WORDS and action not in SAYING_LITTLE
    ]


def _first_two(names: Sequence[str], language: str) -> str:
    """Return what names a branch whose intents share nothing: the names of the two most important ones.

    Examples
    --------
    >>> _first_two(["say-thanks", "say-hello"], "en"), _first_two(["a-b", "c-d", "e-f"], "en")
    ('say-thanks and say-hello', 'a-b, c-d and others')
    >>> _first_two(["询问-工号", "提供-地址", "提供-姓名"], "zh")
    '询问-工号、提供-地址等'
    """
    own = list(dict.fromkeys(name.casefold() for name in sorted(names, key=_is_silent)))
    if len(own) < LEAST:
        return own[0]
    return _TWO[language].join(own) if len(own) == LEAST else _COMMA[language].join(own[:2]) + _OTHERS[language]


def words_of_name(name: str, language: str) -> Words:
    """Return the words and phrases that a name could share with others; without its action, if anything is left.

    Examples
    --------
    >>> sorted(words_of_name("order-new-card", "en"))
    ['card', 'new', 'new-card']
    >>> sorted(words_of_name("查询-余额", "zh"))
    ['余额']
    """
    return _chinese(name) if language == "zh" else _english(name)


def _english(name: str) -> Words:
    parts = [part for part in _BETWEEN.split(name.casefold()) if part and part not in _SMALL]
    parts = parts[1:] if len(parts) > 1 and (parts[0] in ACTION_WORDS or parts[0] == VARIOUS["en"]) else parts
    return frozenset([*map(_singular, parts), *(f"{a}-{_singular(b)}" for a, b in pairwise(parts))])


def _singular(word: str) -> str:
    """Return a word without its plural's ending: "cards" and "card" are one word.

    Examples
    --------
    >>> [_singular(word) for word in ("cards", "address", "status", "movies", "gas")]
    ['card', 'address', 'status', 'movies', 'gas']
    """
    is_plural = len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is", "ies"))
    return word[:-1] if is_plural else word


def _chinese(name: str) -> Words:
    objective = name.partition("-")[2] or name
    runs = [run for run in _HAN.findall(objective) if len(run) > 1]
    spans = (run[i : i + n] for run in runs for n in range(2, N_LONGEST + 1) for i in range(len(run) - n + 1))
    return frozenset(spans)


def _candidates(own: Sequence[Words], everywhere: Counter[str], language: str) -> Iterator[str]:
    """Yield names of a branch, the best first: single words that cover enough, and pairs that do."""
    here = _whole(Counter(word for one in own for word in sorted(one, key=lambda word: (-len(word), word))))
    shared = [word for word in here if here[word] >= LEAST]
    marks = sorted(shared, key=lambda word: -_mark(here[word], len(own), everywhere[word]))  # of equals, the first said
    for word in marks:
        if here[word] > ENOUGH * len(own):
            yield word
    for first in marks:
        rest = Counter(word for one in own if first not in one for word in one)
        others = [word for word in marks if rest[word] >= LEAST and not _overlap(first, word)]
        second = max(others, key=lambda word: _mark(rest[word], len(own), everywhere[word]), default="")
        if second and here[first] + rest[second] > ENOUGH * len(own):
            yield f"{first}{AND[language]}{second}"


def _overlap(a: str, b: str) -> bool:
    return a in b or b in a


def _mark(n_here: int, n_own: int, n_everywhere: int) -> float:
    """Return how well a word marks a branch off, in [0, 1]."""
    return 2 * n_here / (n_own + n_everywhere)


def _whole(counts: Counter[str]) -> Counter[str]:
    """Return the words without parts of longer ones that as many names have: "卡" says less than "信用卡"."""
    longer = sorted(counts, key=len, reverse=True)
    gone = {part for word in longer for part in _parts(word) if part in counts and counts[part] == counts[word]}
    return Counter({word: n for word, n in counts.items() if word not in gone})


def _parts(word: str) -> Iterator[str]:
    if "-" in word:
        yield from map(_singular, word.split("-"))
    elif not word.isascii():
        yield from (word[i : i + n] for n in range(2, len(word)) for i in range(len(word) - n + 1))
