"""Rewrite the labels of labelled sets in the Action-Objective convention: ``alarm_set`` -> ``set-alarm``.

The rules and the tables below decide, without an LLM; ``docs/guide/tune.md`` describes them. All labels of a set get
different names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType

from dialin.errors import InputError
from dialin.name.actions import words_in
from dialin.prompts.templates import LANGUAGES
from dialin.text.script import language_of

MAX_OBJECTIVE = {"en": 3, "zh": 12}
"""Maximum length of an objective: words in English, characters in Chinese."""
FALLBACK = {"en": "inquire", "zh": "查询"}
"""Action of a label without one."""
GENERAL_OBJECTIVES = {"en": "general", "zh": "通用"}
"""Objective of a label that consists of an action only."""
FORMS: Mapping[str, str] = MappingProxyType(
    {
        **{"query": "inquire", "question": "inquire", "lookup": "find", "look up": "find", "getting": "get"},
        **{"recommendation": "recommend", "complaint": "complain", "greeting": "greet", "createoradd": "create"},
        **{"freeze": "block", "recover": "reset", "terminate": "close", "enroll": "join", "sign up": "register"},
        **{"launch": "open", "dial": "call", "file": "submit", "place": "make", "rent": "book", "replay": "repeat"},
        **{"hold": "pause", "ignore": "decline", "subtract": "remove", "sendcontacts": "send contacts"},
        **{"querycontact": "inquire contact", "addcontact": "add contact", "sendemail": "send email"},
        **{"volume up": "raise volume", "volume down": "lower volume", "volume mute": "turn off volume"},
        **{"wemo on": "turn on wemo", "wemo off": "turn off wemo", "hue lighton": "turn on light"},
        **{"hue lightoff": "turn off light", "hue lightup": "raise light", "hue lightdim": "lower light"},
        **{"hue lightchange": "change light"},
    }
)
"""Spelling of an action in labelled sets (one or two words at either end of a label) -> action and first objective."""
_NOUNS = (
    "call contact end exchange file follow hold lock name pair pay place plan post press promise question raise "
    "rate record refund rent report return share start state test transfer visit"
)
_PROPERTIES = (
    "charge charged date failed fee fees history issue issues limit limits name not number options policy problem "
    "rate status time timing"
)
_SMALL = "a after an and at be by for from i in into is my of on or s t the to via with your"
NOUNS = frozenset(_NOUNS.split())
"""Actions and forms that are also common nouns; as the last word of a label, they are not an action."""
AMBIGUOUS_WORDS = NOUNS | {"book", "order", "play", "schedule"}
"""First words that are no action before one of `PROPERTIES` (``order_status``) or an action (``refund_request``)."""
PROPERTIES = frozenset(_PROPERTIES.split())
SMALL_WORDS = frozenset(_SMALL.split())
"""Words that are dropped first if a label is too long."""
MAX_WORDS_BEFORE_ACTION = 2
"""Maximum number of words before an action at the end; a longer label is read as a sentence."""

_MARKER = re.compile(r"^\s*(?:[a-z]{1,2}|intent|label|act)\s*:\s*(?=\S)", re.IGNORECASE)
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z0-9]+")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_HAN_PIECE = re.compile(r"[\u4e00-\u9fffa-z0-9]+")
_NEGATED = re.compile("[不未没无]")


@dataclass(frozen=True)
class _Name:
    """A name in parts, with all words of its label in order; `is_turned` means that the label ended with the action."""

    language: str
    action: str
    objective: tuple[str, ...]
    words: tuple[str, ...]
    is_turned: bool = False

    @property
    def text(self) -> str:
        objective = _cut(self.objective, self.language) or (GENERAL_OBJECTIVES[self.language],)
        return "-".join((self.action, *objective))


def action_objective(label: str, language: str = "auto", actions: Sequence[str] = ()) -> str:
    """Return a label in the Action-Objective convention.

    Parameters
    ----------
    label : str
        Label from a labelled set.
    language : {"auto", "en", "zh"}
        Language of the rules; "auto" follows the script of the label. Labels are not translated, so a label without a
        letter of the language follows the rules of the other language.
    actions : sequence of str
        Vocabulary of first words, to which `FALLBACK` is added; empty: the vocabulary of `dialin.name.actions`.

    Returns
    -------
    str
        English: two to four words in lower case. Chinese: an action and at most twelve characters.

    Raises
    ------
    InputError
        The language is unknown, or `actions` has words but none in the language.

    Examples
    --------
    >>> [action_objective(label) for label in ("IN:GET_WEATHER", "alarm_set", "card_arrival", "播放音乐")]
    ['get-weather', 'set-alarm', 'inquire-card-arrival', '播放-音乐']
    """
    return _parsed(label, language, tuple(actions)).text


def names_of(labels: Iterable[str], language: str = "auto", actions: Sequence[str] = ()) -> dict[str, str]:
    """Return a unique name for each label of a set.

    Equal names are resolved in three steps: the names are rebuilt from the words in which the labels differ; a label
    that ends with its action keeps its word order, after "inquire"; the remaining equal names are numbered.

    Parameters
    ----------
    labels : iterable of str
        All labels of the set, in any order.
    language, actions : str, sequence of str
        As in `action_objective`.

    Examples
    --------
    >>> names_of(["not_paid_after_bank_transfer", "not_paid_after_bank_holiday"])
    {'not_paid_after_bank_holiday': 'inquire-not-paid-holiday', 'not_paid_after_bank_transfer': \
'inquire-not-paid-transfer'}
    >>> list(names_of(["Schedule meeting", "meeting_schedule", "schedule_meeting"]).values())
    ['schedule-meeting', 'inquire-meeting-schedule', 'schedule-meeting-2']
    """
    names = {label: _parsed(label, language, tuple(actions)) for label in sorted(set(labels))}
    for group in _equal(names):
        shared = frozenset.intersection(*(frozenset(names[label].objective) for label in group))
        names |= {label: _by_difference(names[label], shared) for label in group}
    for group in _equal(names):
        names |= {label: _unturned(names[label]) for label in group if names[label].is_turned}
    return _numbered(names)


def humanised(label: str) -> str:
    """Return a label as a person would write it: words in lower case with spaces between them.

    A label with letters that are not Latin keeps its words; only "-" and "_" become spaces.

    Examples
    --------
    >>> [humanised(label) for label in ("cancel_order", "CancelOrder", "cancel-order", "IN:GET_WEATHER", "app.LAUNCH")]
    ['cancel order', 'cancel order', 'cancel order', 'get weather', 'app launch']
    >>> [humanised(label) for label in ("查询-天气", "cannot log in", "?")]
    ['查询 天气', 'cannot log in', '?']
    """
    plain = _unaccented(label)
    words = _split(plain) if not any(c.isalpha() and not c.isascii() for c in plain) else []
    return " ".join(words or re.sub("[-_]", " ", label).split())


# --- one label ------------------------------------------------------------------------------------


def _parsed(label: str, language: str, actions: tuple[str, ...]) -> _Name:
    used = _script(label, language)
    vocabulary = _vocabulary(used, actions)
    return _chinese(label, vocabulary) if used == "zh" else _english(label, vocabulary)


def _script(label: str, language: str) -> str:
    if language not in ("auto", *LANGUAGES):
        raise InputError(f"language must be auto, {' or '.join(LANGUAGES)}, got {language!r}")
    used = language_of([label]) if language == "auto" else language
    if not _HAN.search(label):
        return "en"
    return used if re.search("[A-Za-z]", label) else "zh"


@cache
def _vocabulary(language: str, actions: tuple[str, ...]) -> frozenset[str]:
    return frozenset({*words_in(language, actions), FALLBACK[language]})


def _english(label: str, vocabulary: frozenset[str]) -> _Name:
    words = _words(label)
    if len(words) > 1 and words[0] in AMBIGUOUS_WORDS and words[1] in PROPERTIES:
        return _Name("en", FALLBACK["en"], words, words)
    for head, rest, is_turned in _splits(words):
        action, *about = FORMS.get(head, head).split()
        if action in vocabulary and (head in FORMS or not about):
            return _Name("en", action, tuple(dict.fromkeys((*about, *rest))), words, is_turned)
    return _Name("en", FALLBACK["en"], tuple(dict.fromkeys(words)), words)


def _words(label: str) -> tuple[str, ...]:
    """Return the words of a label in lower case, split at camel case and separators, without markers and accents."""
    return tuple("not" if word == "cannot" else word for word in _split(_unaccented(label)))


def _unaccented(label: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", label) if not unicodedata.combining(c))


def _split(plain: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(_MARKER.sub("", plain).replace("'", "").replace("’", ""))]


def _splits(words: tuple[str, ...]) -> list[tuple[str, tuple[str, ...], bool]]:
    """Return the possible actions, the most likely first: (one or two words, the other words, whether it is last)."""
    first = [(" ".join(words[:n]), words[n:], False) for n in (2, 1) if len(words) >= n]
    if not words or words[-1] in NOUNS:
        return first
    last = [(" ".join(words[-n:]), words[:-n], True) for n in (2, 1) if 0 < len(words) - n <= MAX_WORDS_BEFORE_ACTION]
    return last + first if words[0] in AMBIGUOUS_WORDS and words[-1] not in AMBIGUOUS_WORDS else first + last


def _chinese(label: str, vocabulary: frozenset[str]) -> _Name:
    whole = "".join(_HAN_PIECE.findall(unicodedata.normalize("NFKC", label).lower()))
    for action in sorted(vocabulary, key=lambda word: (-len(word), word)):
        if whole.startswith(action):
            return _Name("zh", action, _one(whole.removeprefix(action)), (whole,))
    for action in sorted(vocabulary, key=lambda word: (-len(word), word)):
        if whole.endswith(action) and not _NEGATED.search(whole):
            return _Name("zh", action, _one(whole.removesuffix(action)), (whole,), True)
    return _Name("zh", FALLBACK["zh"], _one(whole), (whole,))


def _one(text: str) -> tuple[str, ...]:
    return (text,) if text else ()


def _cut(objective: tuple[str, ...], language: str) -> tuple[str, ...]:
    limit = MAX_OBJECTIVE[language]
    if language == "zh":
        return tuple(text[:limit] for text in objective)
    if len(objective) <= limit:
        return objective
    words = _large(objective) or objective
    start = max(words.index("not") - 1, 0) if "not" in words[1:-1] else 0  # a negation says more than the first words
    return words[start : start + limit]


def _large(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for word in words if word not in SMALL_WORDS)


# --- labels of one set ----------------------------------------------------------------------------


def _equal(names: Mapping[str, _Name]) -> list[list[str]]:
    """Return the groups of labels with equal names."""
    groups: dict[str, list[str]] = {}
    for label, name in names.items():
        groups.setdefault(name.text, []).append(label)
    return [group for group in groups.values() if len(group) > 1]


def _by_difference(name: _Name, shared: frozenset[str]) -> _Name:
    """Return the name with the words that only some labels of its group have; unchanged if there are none."""
    limit, words = MAX_OBJECTIVE[name.language], _large(name.objective)
    own = [word for word in words if word not in shared]
    if name.language == "zh" or not own:
        return name
    common = [word for word in words if word in shared]
    n_common = max(limit - len(own), 1)
    kept = {*common[:n_common], *own[: limit - min(n_common, len(common))]}
    chosen = [word for word in words if word in kept]
    return replace(name, objective=tuple(chosen[:-1] if chosen[-1] == "not" else chosen))


def _unturned(name: _Name) -> _Name:
    return replace(name, action=FALLBACK[name.language], objective=name.words, is_turned=False)


def _numbered(names: Mapping[str, _Name]) -> dict[str, str]:
    """Return the text of each name; a number replaces the last word if the text is already in use."""
    taken, numbered = {name.text for name in names.values()}, dict[str, str]()
    first = set[str]()
    for label, name in names.items():
        text, n = name.text, 2
        while text in (taken if name.text in first else ()):
            text, n = _with_number(name.text, name.language, n), n + 1
        first.add(name.text)
        taken.add(text)
        numbered[label] = text
    return numbered


def _with_number(text: str, language: str, n: int) -> str:
    action, *objective = text.split("-")
    limit = MAX_OBJECTIVE[language]
    if language == "zh":
        return f"{action}-{objective[0][: limit - len(str(n))]}{n}"
    return "-".join((action, *objective[: limit - 1], str(n)))
