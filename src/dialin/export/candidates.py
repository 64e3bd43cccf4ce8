"""Finds the phrases that may be exported: each on one line, once, in one intent, short enough for the platform."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from dialin.arrays import Floats, Ints, Labels
from dialin.export.base import NO_INTENT_ID, ExportFormat, Phrase
from dialin.export.tally import Tally
from dialin.export.text import normalised, one_line
from dialin.export.wanted import Wanted
from dialin.text.script import is_chinese

CHINESE_CODE = "zh"


@dataclass(frozen=True, eq=False)
class Sentences:
    """The n sentences of a run after its review.

    Parameters
    ----------
    texts, roles : list of str
        What was said, and by whom; "" for an unknown role.
    counts : ndarray of shape (n,), int64
        How often.
    labels : ndarray of shape (n,), int64
        Intent of each; −1 for none.
    p_intent : ndarray of shape (n,), float64
        P(intent | sentence).
    """

    texts: list[str]
    roles: list[str]
    counts: Ints
    labels: Labels
    p_intent: Floats


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may be exported: its row in the run, and its phrase."""

    row: int
    phrase: Phrase

    @property
    def key(self) -> str:
        """What two of the same phrase share; not kept, as it is as long as the phrase."""
        return normalised(self.phrase.text)


def candidates(
    sentences: Sentences, rows: Iterable[int], wanted: Wanted, form: ExportFormat, tally: Tally
) -> list[Candidate]:
    """Return the rows of sentences that the platform takes, each as a phrase; the tally gets the others."""
    found = []
    for row in rows:
        intent = int(sentences.labels[row])
        said = sentences.texts[row]
        text = form.clean(one_line(said))
        text = said if text == said else text  # most are as they were: one string for both
        language = CHINESE_CODE if is_chinese(text) else wanted.language
        reason = _why_not(text, sentences.roles[row], language, wanted, form)
        if reason:
            tally.leave(intent, reason)
        else:
            phrase = Phrase(text, language, int(sentences.counts[row]), float(sentences.p_intent[row]))
            found.append(Candidate(row, phrase))
    return found


def _why_not(text: str, role: str, language: str, wanted: Wanted, form: ExportFormat) -> str:
    if not wanted.says(role):
        return "said by an agent" if wanted.role == "customer" else "said by a customer"
    if not any(map(str.isalnum, text)):
        return "no words"
    if form.languages and language.partition("-")[0] not in form.languages:
        return f"in a language that the format does not take ({language})"
    limits = form.limits(language)
    if limits.length is not None and limits.length_of(text) > limits.length:
        return f"longer than {limits.length:,} characters"
    return ""


def each_once(found: list[Candidate], labels: Labels, place: Mapping[int, int], tally: Tally) -> list[Candidate]:
    """Return the candidates of which no two are the same phrase, in their order.

    A phrase in several intents goes to the one in which it was said most often, of several to the one whose `place` is
    first. Of several forms of a phrase in this intent, the most frequent one stays, of several the first.

    Parameters
    ----------
    found : list of Candidate
        Candidates with an intent.
    labels : ndarray of shape (n,), int64
        Intent of each row.
    place : mapping of int to int
        Order of the intents.
    tally : Tally
        Gets what is left out.
    """
    reasons = dict[int, str]()
    for own in _said_again(found):
        reasons |= _why_not_again(own, labels, place)
    for one in found:
        if one.row in reasons:
            tally.leave(int(labels[one.row]), reasons[one.row])
    return [one for one in found if one.row not in reasons]


def _said_again(found: list[Candidate]) -> Iterable[list[Candidate]]:
    """Return the candidates of each phrase that several have, found by a hash: most phrases have one."""
    hashes = np.fromiter((hash(one.key) for one in found), np.int64, len(found))
    _, group, counts = np.unique(hashes, return_inverse=True, return_counts=True)
    again = dict[str, list[Candidate]]()
    for place in np.flatnonzero(counts[group] > 1).tolist():
        again.setdefault(found[place].key, []).append(found[place])
    return [own for own in again.values() if len(own) > 1]


def _why_not_again(own: list[Candidate], labels: Labels, place: Mapping[int, int]) -> dict[int, str]:
    """Return why the candidates of one phrase do not stay, by their rows, but for the one that does."""
    said = Counter[int]()
    for one in own:
        said[int(labels[one.row])] += one.phrase.count
    owner = min(said, key=lambda intent: (-said[intent], place[intent]))
    best = max((one for one in own if labels[one.row] == owner), key=lambda one: one.phrase.count)
    words = {True: "the same phrase again", False: "said more in another intent"}
    return {one.row: words[bool(labels[one.row] == owner)] for one in own if one is not best}


def of_none(
    sentences: Sentences, wanted: Wanted, form: ExportFormat, own: Iterable[list[Candidate]], tally: Tally
) -> list[Candidate]:
    """Return the phrases without an intent, each once and none of the intents' `own`; [] if they are not wanted."""
    rows = np.flatnonzero(sentences.labels == NO_INTENT_ID).tolist()
    if not wanted.with_none or not form.none_name:
        why = "no intent (--with-none takes them)" if form.none_name else "no intent (the format has no place for them)"
        tally.leave(NO_INTENT_ID, why, len(rows))
        return []
    found = candidates(sentences, rows, wanted, form, tally)
    taken = {one.key for of_intent in own for one in of_intent}
    free = [one for one in found if one.key not in taken]
    tally.leave(NO_INTENT_ID, "said in an intent, too", len(found) - len(free))
    return each_once(free, sentences.labels, {NO_INTENT_ID: 0}, tally)
