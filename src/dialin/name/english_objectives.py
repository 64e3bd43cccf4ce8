"""Objectives of English sentences: what a name can be about.

They are of five kinds: words in a row ("exchange rate"), a thing and what was done to it ("my card was stolen"), a
thing that a caller disowns ("a payment I did not make"), two nouns that a preposition links ("fee for a transfer"), and
what is asked of a thing ("how long does a transfer take").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dialin.name.english import (
    ARTICLES,
    PRONOUNS,
    are_akin,
    is_participle,
    participle_of,
    singular,
    stop_words,
    verb_of,
    word_set,
)
from dialin.name.english_actions import LONGEST
from dialin.name.english_usage import WINDOW, EnglishUsage

_LINKS = word_set("of for on about")
"""Prepositions that link two nouns; after "in", "at", "from" or "to" stand places and people."""
_EMPTY = word_set("issue problem question trouble error detail information info thing item status type kind number")
"""Nouns that need another word: "billing issue"."""
_COMING = word_set("receive arrive deliver come show appear received arrived delivered came appeared")
_LOSS = word_set("lose steal break forget freeze block lock damage")
_HAVING = word_set("have had has ve just already")
_DISOWNED = word_set("make do authorize authorise recognize recognise perform approve initiate")
_AUXILIARY = word_set("do does did is are will can could should would must may has have am")
_UNITS = word_set("day days hour hours minute minutes week weeks time")
ASKED = {"fee": "fee", "fees": "fee", "charge": "fee", "charges": "fee", "charged": "fee", "cost": "cost"} | {
    "costs": "cost",
    "price": "cost",
    "limit": "limit",
    "limits": "limit",
    "maximum": "limit",
}
"""Words that ask for something of whatever the sentence is about -> how a name says it."""
DISOWNED = "unrecognised"
"""What a thing is called that a caller disowns."""
_OTHER, _ARTICLE = "~", ""


def objectives_in(tokens: Sequence[str], usage: EnglishUsage) -> set[str]:
    """Return the objectives of a sentence, their words joined by hyphens.

    Parameters
    ----------
    tokens : sequence of str
        The sentence, as `dialin.name.english.tokens_of` returns it.
    usage : EnglishUsage
        How the corpus uses its words.
    """
    words = _content(tokens, usage)
    runs = list(_runs(words, usage))
    found = [*runs, *_described(words, usage), *_linked(words, usage), *_asked(tokens, runs), *_disowned(tokens, runs)]
    names = {"-".join(each).replace("+", "-") for each in found}
    return {name for name in names if not _repeats(name.split("-"))}


def _content(tokens: Sequence[str], usage: EnglishUsage) -> list[str]:
    """Return the content words of a sentence; `_ARTICLE` for an article, any other word after `_OTHER`."""
    found = list[str]()
    for token, after in zip(tokens, [*tokens, ""][1:], strict=True):
        word = token.removesuffix("'s")
        pair = (verb_of(word, usage.forms), after)
        if found and "+" in found[-1] and found[-1].endswith("+" + word):
            continue
        if pair in usage.joined:
            found.append("+".join(pair))
        elif word in ARTICLES:
            found.append(_ARTICLE)
        else:
            lemma = singular(word, usage.forms)
            is_other = not {word, lemma, *_bases(word)}.isdisjoint(stop_words()) or not word.isalpha() or len(word) < 2
            found.append(_OTHER + word if is_other else lemma)
    return found


def _bases(word: str) -> Iterator[str]:
    """Yield what "says" and "goes" are forms of."""
    return (word.removesuffix(ending) for ending in ("s", "es") if word.endswith(ending) and len(word) > 3)


def _runs(words: Sequence[str], usage: EnglishUsage) -> Iterator[tuple[str, ...]]:
    """Yield one to three words in a row, the last a noun and none a verb."""
    for end, last in enumerate(words, 1):
        if not _is_content(last) or not usage.is_noun(last):
            continue
        for start in range(end - 1, max(end - 1 - LONGEST, -1), -1):
            if not _is_content(words[start]) or not usage.is_modifier(words[start]):
                break
            if end - start > 1 or last not in _EMPTY:
                yield tuple(words[start:end])


def _described(words: Sequence[str], usage: EnglishUsage) -> Iterator[tuple[str, ...]]:
    """Yield what was done to a thing and the thing: "my card was declined"; "missing" if it has not come."""
    places = [i for i, word in enumerate(words) if _is_content(word) and usage.is_noun(word)]
    for i, word in enumerate(words):
        state = _state(words, i, usage) if _is_content(word) and is_participle(word) else ""
        yield from ((state, words[j]) for j in places if state and 0 < abs(i - j) <= WINDOW)


def _state(words: Sequence[str], i: int, usage: EnglishUsage) -> str:
    """Return what a participle says of a thing; "" where it tells what somebody did ("I ordered a card")."""
    before = [word.removeprefix(_OTHER) for word in words[max(0, i - 3) : i]]
    base = verb_of(words[i], usage.forms)
    is_coming = base in _COMING or words[i] in _COMING
    if any(map(_is_negation, before)):
        return "missing" if is_coming else ""
    is_done = before[-1:] != [] and before[-1] in PRONOUNS | _HAVING
    return "" if is_coming or (is_done and base not in _LOSS) else participle_of(words[i])


def _linked(words: Sequence[str], usage: EnglishUsage) -> Iterator[tuple[str, ...]]:
    """Yield what a preposition links, turned round: "limit for virtual cards" becomes "virtual card limit"."""
    for i in range(1, len(words) - 1):
        first, is_link = words[i - 1], words[i].removeprefix(_OTHER) in _LINKS and words[i].startswith(_OTHER)
        if not (is_link and _is_content(first) and usage.is_noun(first)):
            continue
        begin = i + 2 if words[i + 1] == _ARTICLE else i + 1
        end = begin
        while end < len(words) and _is_content(words[end]) and usage.is_modifier(words[end]):
            end += 1
        if end > begin and usage.is_noun(words[end - 1]):
            yield from ((*words[start:end], first) for start in range(max(begin, end - LONGEST + 1), end))


def _asked(tokens: Sequence[str], runs: Sequence[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Yield things with what a sentence asks of them: "how long does a transfer take" asks the transfer's time.

    Nothing is asked so of a fee or a limit itself: "charge fee".
    """
    asked = sorted(set(_questions(tokens)))
    yield from ((*run, each) for each in asked for run in runs if len(run) < LONGEST and run[-1] not in ASKED)


def _questions(tokens: Sequence[str]) -> Iterator[str]:
    for token, after, third in zip(tokens, [*tokens[1:], ""], [*tokens[2:], "", ""], strict=False):
        if token in ASKED:
            yield ASKED[token]
        elif token == "how" and after in {"long", "soon", "fast", "quickly"}:
            yield "time"
        elif token == "how" and after in {"much", "many"}:
            yield "time" if third in _UNITS else "cost" if after == "much" else "limit"
        elif token == "when" and after in _AUXILIARY:
            yield "time"


def _disowned(tokens: Sequence[str], runs: Sequence[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Yield things that are none of the caller's: "a payment that I did not make"."""
    denied = [i for i, token in enumerate(tokens) if _is_negation(token)]
    if any(_DISOWNED.intersection(tokens[i + 1 : i + 2]) or "mine" in tokens[i + 1 : i + 3] for i in denied):
        yield from ((DISOWNED, *run) for run in runs if len(run) < LONGEST)


def _is_negation(word: str) -> bool:
    return word in {"not", "never"} or word.endswith("n't")


def _is_content(word: str) -> bool:
    return word != _ARTICLE and not word.startswith(_OTHER)


def _repeats(words: Sequence[str]) -> bool:
    return any(are_akin(word, other) for i, word in enumerate(words) for other in words[:i])
