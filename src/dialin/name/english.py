"""English words for names: which never stand in one, singulars, base forms, participles.

Tables and endings decide, without a tagger; what the words of a corpus are is told by `dialin.name.english_usage`.
"""

from __future__ import annotations

import re
from collections.abc import Container
from functools import cache

from dialin.name.actions import ACTION_WORDS
from dialin.name.stop_words import english_stop_words


def word_set(words: str) -> frozenset[str]:
    """Return the words of a table, which blanks separate."""
    return frozenset(words.split())


@cache
def stop_words() -> frozenset[str]:
    """Return the words that never stand in an objective."""
    return (english_stop_words() - word_set(_OBJECTS)) | word_set(_FILLERS)


_OBJECTS = "bill call computer detail fire front interest name part show side system top bottom"
_FILLERS = (
    "actually afternoon again ago ahead ain also alright always am anymore anything anyways appreciate april "
    "asap august automatically available aw awesome aye bad believe best better big bit btw bye cause certain "
    "certainly chance clear come coming cool cos couple cuz day dear december definitely did didn didnt "
    "different does doesn doing don done dont dude earlier early easy eh eight eighty else etc evening everyone "
    "everything exactly expect fact far february feel figure fine friday gave general getting give given giving "
    "gone gonna good goodbye got gotta gotten great guess guys ha happen happened happening happy having hello "
    "help hey hi hmm hope hopefully hour how huh hundred hows idea im important isn isnt ive january july june "
    "just keep kept kind kinda know last late later let lets like literally little live long longer look looking "
    "lot lots madam make march mate maybe mean meant mhm million minute monday month morning nah need needed "
    "next nice night nine ninety nope november oct october oh ok okay oops own particular people perfect perhaps "
    "person please pls plz possible probably quick quickly quite real really reason recall recently regarding "
    "remember right said saturday say saying sec second seem seems september seven seventy shall sir sixty small "
    "soon sorry sort start started stuff sunday suppose sure ta take taken taking tell ten th thank thanks that "
    "thats theres thing think thirty thought thousand three thursday time today told tomorrow tonight took tried "
    "true try trying tuesday twenty two ugh uh uhm um understand use used using usual usually various wait wanna "
    "want wanted wasn wasnt way wednesday week welcome well went whats wish won wondering wont work working "
    "works wow ya yah yeah year yep yes yesterday yet yup zero double triple dash once twice need instead born "
    "pm noon midday midnight st nd rd tell able advise assist april february eleven twelve fifteen fifty forty till "
    "until since end "
    "pound dollar euro quid buck penny pence cent pounds dollars euros bucks cents "
    "rid ur cheers brilliant rude year years hola expire arrive occur exist happen belong seem alive mean "
    "wife husband daughter son mum mom dad mother father brother sister kid kids bloke lady guy man woman"
)
ARTICLES = word_set("a an the my your our his her their its this that these those some any")
"""Words between a verb and its object, or a word and its noun, that count for nothing."""
PRONOUNS = word_set("i you we they he she it")
_NO_PLURALS = word_set("news series species sometimes besides whereas plus bus gas lens texas")
_IRREGULAR = (
    "lose lost/steal stole stolen/break broke broken/send sent/buy bought/pay paid/forget forgot "
    "forgotten/freeze froze frozen/withdraw withdrew withdrawn/find found/sell sold/lend lent/spend spent/hold "
    "held/hide hid hidden/eat ate eaten/leave left/write wrote written/choose chose chosen/see saw seen/hear "
    "heard/speak spoke spoken/drive drove driven/wear wore worn/tear tore torn/begin began begun/sing sang "
    "sung/run ran/catch caught/teach taught/build built/meet met/win won/make made/take took taken/get got "
    "gotten/give gave given/go went gone/wake woke woken/ring rang rung/bring brought/draw drew drawn/tell "
    "told/think thought/mean meant/keep kept/feel felt/say said/come came"
)
_VERBS = [verb.split() for verb in _IRREGULAR.split("/")]
BASES = {form: base for base, *forms in _VERBS for form in forms}
"""Irregular form -> base form of a verb."""
_PARTICIPLES = {form: forms[-1] for _, *forms in _VERBS for form in forms}
_TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)?|[^\s\w']+|\d+")
_TO_DO = re.compile(r"\bto[- ]do(?=s?\b[- ](?:list|item))")
_JOINT = re.compile(r"(?<=\w)[-/_](?=\w)")
PARTICLES = word_set("up in out off on down back")
BEFORE_NOUNS = ARTICLES | word_set("no another each every which what whose of for with about from in on at by")
"""Words before nouns."""
BEFORE_VERBS = word_set(
    "to can could will would should must may might do does did don't can't cannot won't didn't doesn't couldn't "
    "i'd i'll please never let's"
)
"""Words before verbs."""
_SUFFIXES = ("", "s", "es", "ed", "er", "al", "ing", "ment")
_DOUBLING = ("ing", "ed", "er")
MIN_STEM = 5
"""Letters that two words of one stem share, unless one is the other with an ending."""
_ENDINGS = ("ing", "ed", "es", "s")


def tokens_of(text: str) -> list[str]:
    """Return the words, numbers and marks of a sentence, in lower case.

    Examples
    --------
    >>> tokens_of("My top-up hasn't arrived.")
    ['my', 'top', 'up', "hasn't", 'arrived', '.']
    """
    return _TOKEN.findall(_JOINT.sub(" ", _TO_DO.sub("todo", text.lower().replace("’", "'"))))


def singular(word: str, forms: Container[str]) -> str:
    """Return the singular of a noun, if the corpus has it or the ending leaves no doubt; else the word itself.

    Parameters
    ----------
    word : str
        In lower case.
    forms : container of str
        All words of the corpus.

    Examples
    --------
    >>> [singular(word, {"fee"}) for word in ("fees", "currencies", "status", "news", "address")]
    ['fee', 'currency', 'status', 'news', 'address']
    """
    if len(word) < 4 or word in _NO_PLURALS or not word.endswith("s") or word.endswith(("ss", "us", "is", "'s")):
        return word
    if word.endswith("ies"):
        return word[:-1] if len(word) < 5 or word[:-1] in forms else word[:-3] + "y"
    if word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    return word[:-1] if word[:-1] in forms else word


def verb_of(word: str, forms: Container[str]) -> str:
    """Return the base form of a verb; the word itself where neither `forms` nor the table of actions has one.

    Examples
    --------
    >>> [verb_of(word, {"decline", "top"}) for word in ("declined", "topping", "lost", "cancelling", "card")]
    ['decline', 'top', 'lose', 'cancel', 'card']
    """
    if word in BASES:
        return BASES[word]
    stems = [word.removesuffix(ending) for ending in _ENDINGS if word.endswith(ending) and len(word) > len(ending) + 2]
    for stem in stems:
        undoubled = stem[:-1] if stem[-1] == stem[-2] else stem
        for base in (stem, stem + "e", undoubled):
            if base in ACTION_WORDS or base in forms:
                return base
    return word


def is_participle(word: str) -> bool:
    """Return whether a word can say what was done to a thing.

    Examples
    --------
    >>> [is_participle(word) for word in ("declined", "stolen", "card", "need")]
    [True, True, False, False]
    """
    return word in BASES or (word.endswith("ed") and not word.endswith("eed") and len(word) > 4)


def participle_of(word: str) -> str:
    """Return the participle of a past form.

    Examples
    --------
    >>> participle_of("stole"), participle_of("declined")
    ('stolen', 'declined')
    """
    return _PARTICIPLES.get(word, word)


def are_akin(first: str, second: str) -> bool:
    """Return whether two words are of one stem, so that a name needs only one of them.

    Examples
    --------
    >>> are_akin("cancel", "cancelled"), are_akin("verify", "verification"), are_akin("paid", "pay")
    (True, True, True)
    >>> are_akin("car", "card"), are_akin("transfer", "transaction"), are_akin("plan", "planning")
    (False, False, True)
    """
    short, long = sorted((BASES.get(first, first), BASES.get(second, second)), key=len)
    shared = next((i for i, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    rest = long[shared:]
    is_ending = shared == len(short) and (
        rest in _SUFFIXES or rest[1:] in _DOUBLING or (rest, short[-1:]) == ("d", "e")
    )
    return is_ending or (shared >= MIN_STEM and len(short) - shared <= 2)
