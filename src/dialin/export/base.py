"""Defines what an export holds, and what a format has to say about itself.

A format is pure: it turns a `Content` into the bytes of its files, and the bytes of its files back into rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from dialin.export.names import UNICODE_NAMES, Naming

Files = Mapping[str, bytes]
"""Content of each file, by its path from the folder of the export, with "/" between folders."""
Labelled = tuple[str, str]
"""The exported name of an intent, and one of its phrases."""
SKLEARN = "sklearn"
"""Name of the format that is a trained classifier, which has no phrases and so is none of the registry's."""
NO_INTENT_ID = -1
"""Number of the intent that holds what belongs to none."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase of an intent.

    Parameters
    ----------
    text : str
        The phrase, on one line.
    language : str
        "zh", or the language of what is not Chinese, such as "en".
    count : int
        How often it was said.
    p_intent : float
        P(intent | phrase), in [0, 1]; 0 for a phrase without an intent.
    """

    text: str
    language: str
    count: int
    p_intent: float


@dataclass(frozen=True)
class BotIntent:
    """An intent as a platform gets it.

    Parameters
    ----------
    intent_id : int
        Its number in the run; −1 for the intent that holds what belongs to none.
    label, name : str
        Its name in the run, and in the export.
    description : str
        A sentence about it; "" where there is none.
    phrases : tuple of Phrase
        Its phrases, those of one language together.
    path : tuple of str
        Names of the branches that it is in, from the top; none where it stands alone.
    figures : mapping of str to float
        Its share and what came of its dialogues (`dialin.export.figures`); empty if that is unknown.
    """

    intent_id: int
    label: str
    name: str
    description: str
    phrases: tuple[Phrase, ...]
    path: tuple[str, ...] = ()
    figures: Mapping[str, float | None] = field(default_factory=dict)

    @property
    def is_none(self) -> bool:
        """Whether it holds what belongs to no intent."""
        return self.intent_id == NO_INTENT_ID

    def texts(self, language: str) -> list[str]:
        """Return its phrases in a language."""
        return [phrase.text for phrase in self.phrases if phrase.language == language]


@dataclass(frozen=True)
class Content:
    """What an export holds.

    Parameters
    ----------
    project : str
        Name of the run's folder.
    languages : tuple of str
        Languages of the phrases, the one with most phrases first.
    intents : tuple of BotIntent
        The intents, in the order of the run; last, where there is one, the intent of what belongs to none.
    """

    project: str
    languages: tuple[str, ...]
    intents: tuple[BotIntent, ...]

    @property
    def rows(self) -> list[Labelled]:
        """Each phrase with the name of its intent."""
        return list(self.pairs())

    def pairs(self) -> Iterator[Labelled]:
        """Yield the rows: all of them at once take as much as the phrases themselves."""
        return ((intent.name, phrase.text) for intent in self.intents for phrase in intent.phrases)


@dataclass(frozen=True)
class PlatformLimits:
    """What a platform takes; None for no limit.

    Parameters
    ----------
    usual : int, optional
        Phrases of an intent in each language unless the user wants another number; None: all.
    phrases : int, optional
        Phrases that an intent may have in each language.
    length : int, optional
        Length of a phrase.
    intents, total_phrases, total_length : int, optional
        Intents, phrases, and the length of all phrases together.
    utf16 : bool
        Whether lengths count units of UTF-16 (an emoji is two) rather than characters.
    """

    usual: int | None
    phrases: int | None = None
    length: int | None = None
    intents: int | None = None
    total_phrases: int | None = None
    total_length: int | None = None
    utf16: bool = False

    def length_of(self, text: str) -> int:
        """Return the length of a text as the platform counts it."""
        return len(text.encode("utf-16-le")) // 2 if self.utf16 else len(text)


def no_limits(_language: str) -> PlatformLimits:
    """Return the limits of a format that takes everything."""
    return PlatformLimits(None)


def always(limits: PlatformLimits, _language: str) -> PlatformLimits:
    """Return the limits of a platform that are the same in every language."""
    return limits


def as_it_is(text: str) -> str:
    """Return a phrase as it is."""
    return text


def any_will_do(_text: str) -> bool:
    """Return True: a platform without advice takes every phrase equally."""
    return True


@dataclass(frozen=True)
class ExportFormat:
    """A format: how it is written and checked, and what its platform takes.

    Parameters
    ----------
    name, title : str
        Its name on the command line, and what it is for in a few words.
    write : callable
        Turns a `Content` into `Files`.
    validate : callable
        Checks the shape of `Files` and returns each phrase with the name of its intent, as they are read back; raises
        `dialin.errors.InputError`.
    naming : Naming
        Names that the platform takes.
    limits : callable
        Returns the `PlatformLimits` of a language.
    one_language : bool
        Whether a project has one language, so that each language gets a folder of its own.
    per_language : bool
        Whether the limits hold for each language rather than for all of them together.
    languages : frozenset of str
        Languages that the platform takes; empty: any.
    none_name : str
        Name of the intent of what belongs to none; "" if the platform takes no phrases for it.
    clean : callable
        Takes out of a phrase what the platform would read as a mark of its own.
    advised : callable
        Tells whether a phrase is of the kind that the platform advises; such phrases are preferred.
    library : str
        Library of an extra without which it cannot be written; "" for none.
    """

    name: str
    title: str
    write: Callable[[Content], Files]
    validate: Callable[[Files], list[Labelled]]
    naming: Naming = UNICODE_NAMES
    limits: Callable[[str], PlatformLimits] = no_limits
    one_language: bool = False
    per_language: bool = True
    languages: frozenset[str] = frozenset()
    none_name: str = "none"
    clean: Callable[[str], str] = as_it_is
    advised: Callable[[str], bool] = any_will_do
    library: str = ""
