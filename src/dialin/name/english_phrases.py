"""Objectives and actions of English sentences, without a tagger: what a corpus says about its own words.

Whether a word is a noun, an adjective or a verb shows in its neighbours: "the", "my" and "for" stand before nouns,
"to", "can" and "please" before verbs, and an adjective seldom ends a run of words. Objectives are then of three kinds:
words in a row ("exchange rate"), a thing and what was done to it ("my card was stolen"), and two nouns that a
preposition links ("fee for a transfer").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from dialin.name.actions import ACTION_WORDS
from dialin.name.english import (
    ARTICLES,
    BASES,
    BEFORE_NOUNS,
    BEFORE_VERBS,
    PARTICLES,
    PRONOUNS,
    STOP_WORDS,
    are_akin,
    is_participle,
    participle_of,
    singular,
    tokens_of,
    verb_of,
    word_set,
)
from dialin.name.english_actions import CUES, GENERAL, LONGEST, PHRASAL, can_join
from dialin.name.english_deeds import CONTAINED, governed
from dialin.name.english_particles import MIN_SEEN, is_plain, joined_words

WINDOW = 4
"""A participle and the noun that it describes, or a verb and its particle, stand at most this many words apart."""
MIN_NOUN = 0.5
"""Noun-like share of the uses of a noun, among those that tell."""
MAX_VERB = 0.3
"""Noun-like share of the uses of a verb."""
MIN_END = 0.3
"""Share of the uses of a noun that end a run of content words; an adjective has fewer."""
MIN_OBJECTS = 0.5
"""Share of the uses of an action before an article or a content word."""
_LINKS = word_set("of for on about")
"""Prepositions that link two nouns; after "in", "at", "from" or "to" stand places and people."""
_EMPTY = word_set("issue problem question trouble error detail information info thing item status type kind number")
"""Nouns that need another word: "billing issue"."""
_COMING = word_set("receive arrive deliver come show appear received arrived delivered came appeared")
_LOSS = word_set("lose steal break forget freeze block lock damage")
_HAVING = word_set("have had has ve just already")
_THINGS_IN_ING = word_set(
    "billing booking banking shopping shipping parking meeting training spending saving checking routing opening "
    "closing heating housing lighting wedding building funding pricing rating setting listing pending missing "
    "incoming outgoing existing ongoing upcoming recurring roaming streaming gaming washing cleaning cooking "
    "hearing reading"
)
_OTHER, _ARTICLE = "~", ""


@dataclass(frozen=True)
class EnglishPhrases:
    """What a corpus says about its words; each is counted as a singular.

    Parameters
    ----------
    nouns, verbs : Counter of str
        Uses after a word that stands before nouns, and before verbs.
    ends, inner : Counter of str
        Uses at the end of a run of content words, and inside it.
    with_object : Counter of str
        Uses as a verb before an article or a content word.
    joined : frozenset of (str, str)
        Verbs with a particle that make one word: ("top", "up").
    forms : frozenset of str
        All words as they are spelt.
    known : set of str
        The objectives that were found so far.
    """

    nouns: Counter[str] = field(default_factory=Counter)
    verbs: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    inner: Counter[str] = field(default_factory=Counter)
    with_object: Counter[str] = field(default_factory=Counter)
    joined: frozenset[tuple[str, str]] = frozenset()
    forms: frozenset[str] = frozenset()
    known: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, texts: Sequence[str]) -> EnglishPhrases:
        """Count the words of these sentences."""
        sentences = [tokens_of(text) for text in texts]
        forms = frozenset(token for tokens in sentences for token in tokens)
        found = cls(joined=joined_words(sentences), forms=forms)
        for tokens in sentences:
            of_noun = False
            for before, word, after in zip(["", *tokens], tokens, [*tokens[1:], ""], strict=False):
                of_noun = before in BEFORE_NOUNS or (of_noun and _may_be_noun(before) and _may_be_noun(word))
                found._count((before, word, after), of_noun=of_noun)
        return found

    def _count(self, window: tuple[str, str, str], *, of_noun: bool) -> None:
        before, word, after = window
        lemma, is_inner = singular(word, self.forms), after.isalpha() and after not in STOP_WORDS
        is_verb = before in BEFORE_VERBS or (before in PRONOUNS and not is_participle(word))
        self.nouns[lemma] += of_noun
        self.verbs[lemma] += is_verb
        self.with_object[lemma] += is_verb and (after in ARTICLES or is_inner)
        (self.inner if is_inner else self.ends)[lemma] += 1

    def nounness(self, word: str) -> float:
        """Return the share of noun-like uses among those that tell, in (0, 1); ½ where none tells."""
        return (self.nouns[word] + 1) / (self.nouns[word] + self.verbs[word] + 2)

    def is_noun(self, word: str) -> bool:
        """Return whether a word can end an objective."""
        if "+" in word:
            return True
        ends = (self.ends[word] + 1) / (self.ends[word] + self.inner[word] + 2)
        is_form = word.endswith(("ly", "ed", "ing")) or word in BASES
        return self.nounness(word) >= MIN_NOUN and ends >= MIN_END and not is_form

    def actions(self) -> list[str]:
        """Return verbs with particles, and the verbs of the corpus that take an object and are not in the table."""
        phrasal = [f"{verb}-{particle}" for verb in sorted(PHRASAL) for particle in sorted(PARTICLES)]
        return phrasal + [
            word
            for word, count in self.verbs.most_common()
            if count >= MIN_SEEN
            and self.nounness(word) < MAX_VERB
            and self.with_object[word] >= MIN_OBJECTS * count
            and _is_base_form(word)
        ]

    def acts(self, text: str) -> set[str]:
        """Return the base forms of all verbs of a sentence, verbs with particles, and the actions that it implies."""
        tokens = tokens_of(text)
        implied = (CUES.get(token, frozenset()) for token in tokens)
        verbs = {action for _, action in self._verbs(tokens)}
        return verbs.union({CONTAINED[verb][0] for verb in verbs & CONTAINED.keys()}, *implied)

    def _verbs(self, tokens: Sequence[str]) -> Iterator[tuple[int, str]]:
        """Yield the places of verbs with their base forms, and with a particle where that changes the meaning."""
        bases = [verb_of(token, self.forms) for token in tokens]
        for i, (base, token, before) in enumerate(zip(bases, tokens, ["", *tokens], strict=False)):
            is_verb = self.nounness(base) < MIN_NOUN or before in BEFORE_VERBS | PRONOUNS | {"", "and"}
            if is_verb and not is_participle(token):
                yield i, base
            if base in PHRASAL:
                yield from ((i, f"{base}-{after}") for after in bases[i + 1 : i + 1 + WINDOW] if after in PARTICLES)

    def deeds(self, text: str, objectives: Collection[str]) -> set[tuple[str, str]]:
        """Return which actions a sentence says or implies of which of its objectives.

        A general action is implied of all of them, and of "", any other objective; a special one, of those whose last
        word its verb governs.
        """
        tokens = tokens_of(text)
        heads = [singular(token.removesuffix("'s"), self.forms) for token in tokens]
        said = list(self._said(tokens))
        of = {(action, heads[j]) for i, action in said if action not in GENERAL for j in governed(tokens, i)}
        general = {action for _, action in said if action in GENERAL}
        return (
            {(action, objective) for objective in objectives for action, head in of if objective.split("-")[-1] == head}
            | {(action, objective) for objective in [*objectives, ""] for action in general}
            | {CONTAINED[verb] for _, verb in said if verb in CONTAINED}
        )

    def _said(self, tokens: Sequence[str]) -> Iterator[tuple[int, str]]:
        yield from self._verbs(tokens)
        yield from ((i, action) for i, token in enumerate(tokens) for action in CUES.get(token, ()))

    def fits(self, action: str, objective: str, said: float) -> bool:
        """Return whether an action, said in this share of the sentences, and an objective can make a name.

        What is itself an objective can not: "exchange-rate" would be read as one.
        """
        return f"{action}-{objective}" not in self.known and can_join(action, objective, said)

    def objectives(self, text: str) -> set[str]:
        """Return the objectives that a sentence could give a name, their words joined by hyphens."""
        words = self._content(text)
        found = [*self._runs(words), *self._described(words), *self._linked(words)]
        contained = {CONTAINED[verb][1] for _, verb in self._verbs(tokens_of(text)) if verb in CONTAINED}
        names = contained.union("-".join(each).replace("+", "-") for each in found)
        kept = {name for name in names if not _repeats(name.split("-"))}
        self.known.update(kept)
        return kept

    def _content(self, text: str) -> list[str]:
        """Return the content words of a sentence; `_ARTICLE` for an article, any other word after `_OTHER`."""
        tokens, found = tokens_of(text), list[str]()
        for token, after in zip(tokens, [*tokens[1:], ""], strict=True):
            word = token.removesuffix("'s")
            pair = (verb_of(word, self.forms), after)
            if found and "+" in found[-1] and found[-1].endswith("+" + word):
                continue
            if pair in self.joined:
                found.append("+".join(pair))
            elif word in ARTICLES:
                found.append(_ARTICLE)
            else:
                lemma = singular(word, self.forms)
                is_other = not {word, lemma}.isdisjoint(STOP_WORDS) or not word.isalpha() or len(word) < 2
                found.append(_OTHER + word if is_other else lemma)
        return found

    def _runs(self, words: Sequence[str]) -> Iterator[tuple[str, ...]]:
        """Yield one to three words in a row, the last a noun and none a verb."""
        for end, last in enumerate(words, 1):
            if not _is_content(last) or not self.is_noun(last):
                continue
            for start in range(end - 1, max(end - 1 - LONGEST, -1), -1):
                if not _is_content(words[start]) or not self._is_modifier(words[start]):
                    break
                if end - start > 1 or last not in _EMPTY:
                    yield tuple(words[start:end])

    def _is_modifier(self, word: str) -> bool:
        if word.endswith("ing") and word not in _THINGS_IN_ING:
            return verb_of(word, self.forms) == word
        return "+" in word or is_participle(word) or self.nounness(word) >= MIN_NOUN

    def _described(self, words: Sequence[str]) -> Iterator[tuple[str, ...]]:
        """Yield what was done to a thing and the thing: "my card was declined"; "missing" if it has not come."""
        places = [i for i, word in enumerate(words) if _is_content(word) and self.is_noun(word)]
        for i, word in enumerate(words):
            state = self._state(words, i) if _is_content(word) and is_participle(word) else ""
            yield from ((state, words[j]) for j in places if state and 0 < abs(i - j) <= WINDOW)

    def _state(self, words: Sequence[str], i: int) -> str:
        """Return what a participle says of a thing; "" where it tells what somebody did ("I ordered a card")."""
        before = [word.removeprefix(_OTHER) for word in words[max(0, i - 3) : i]]
        base = verb_of(words[i], self.forms)
        if any(word in {"not", "never"} or word.endswith("n't") for word in before):
            return "missing" if base in _COMING or words[i] in _COMING else ""
        is_done = before[-1:] != [] and before[-1] in PRONOUNS | _HAVING
        return (
            "" if base in _COMING or words[i] in _COMING or (is_done and base not in _LOSS) else participle_of(words[i])
        )

    def _linked(self, words: Sequence[str]) -> Iterator[tuple[str, ...]]:
        """Yield two nouns that a preposition links, turned round: "fee for a transfer" becomes "transfer fee"."""
        for i in range(1, len(words) - 1):
            first, after = words[i - 1], next((word for word in words[i + 1 : i + 3] if word != _ARTICLE), "")
            is_link = words[i].startswith(_OTHER) and words[i].removeprefix(_OTHER) in _LINKS
            if is_link and all(_is_content(word) and self.is_noun(word) for word in (first, after)):
                yield after, first


def _may_be_noun(word: str) -> bool:
    return word.isalpha() and word not in STOP_WORDS and not is_participle(word)


def _is_base_form(word: str) -> bool:
    return is_plain(word) and word not in STOP_WORDS and word not in ACTION_WORDS


def _is_content(word: str) -> bool:
    return word != _ARTICLE and not word.startswith(_OTHER)


def _repeats(words: Sequence[str]) -> bool:
    return any(are_akin(word, other) for i, word in enumerate(words) for other in words[:i])
