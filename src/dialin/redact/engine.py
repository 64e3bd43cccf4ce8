"""Who finds what must not be seen: the rules alone, or a model of names and places beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Protocol

from dialin import __version__
from dialin.errors import InputError
from dialin.redact.choice import ENGINES, OFF
from dialin.redact.finding import Finding, without_overlaps
from dialin.redact.plain import placeholders_in

MAY_HOLD = r"[\p{N}@＠]|://"
"""What a text has that any rule finds something in, for RE2."""


class Finder(Protocol):
    """Finds what must not be seen."""

    @property
    def name(self) -> str:
        """One of `ENGINES`."""

    @property
    def may_hold(self) -> str:
        """RE2 pattern of the texts in which it may find something; the others are not read."""

    @property
    def versions(self) -> dict[str, str]:
        """Versions of the libraries and models that decide what is found."""

    def find_all(self, texts: Sequence[str]) -> list[list[Finding]]:
        """Return the findings in each text, in its order and without overlaps."""


class RuleFinder:
    """The rules alone."""

    name, may_hold = "rules", MAY_HOLD

    @property
    def versions(self) -> dict[str, str]:
        """Versions of dialin and of the libraries that know numbers."""
        libraries = {package: version(package) for package in ("phonenumbers", "python-stdnum")}
        return {"dialin": __version__, **libraries}

    def find_all(self, texts: Sequence[str]) -> list[list[Finding]]:
        """Return the findings in each text, in its order and without overlaps."""
        from dialin.redact.rules import find_private  # noqa: PLC0415  (its number plans and checksums take long to load)

        return [find_private(text) for text in texts]


class ModelFinder:
    """A model beside the rules: what the rules find stays, and the model adds what it finds elsewhere.

    Parameters
    ----------
    name : str
        One of `ENGINES`.
    named : callable
        Function of texts that returns the findings of the model in each.
    versions : dict of str to str
        Versions of the model and its library.
    """

    may_hold = "."

    def __init__(
        self, name: str, named: Callable[[Sequence[str]], list[list[Finding]]], versions: dict[str, str]
    ) -> None:
        self.name, self._named, self._versions = name, named, versions

    @property
    def versions(self) -> dict[str, str]:
        """Versions of the rules, the model and its library."""
        return RuleFinder().versions | self._versions

    def find_all(self, texts: Sequence[str]) -> list[list[Finding]]:
        """Return the findings in each text, in its order and without overlaps."""
        by_rule = RuleFinder().find_all(texts)
        return [_both(text, sure, more) for text, sure, more in zip(texts, by_rule, self._named(texts), strict=True)]


def _both(text: str, sure: list[Finding], more: list[Finding]) -> list[Finding]:
    """Return the findings of the rules, and those of a model that touch neither them nor a placeholder."""
    taken = [*((one.start, one.end) for one in sure), *placeholders_in(text)]
    free = [one for one in more if all(one.end <= start or end <= one.start for start, end in taken)]
    return without_overlaps([*sure, *free])


def finder_of(name: str) -> Finder | None:
    """Open who finds what must not be seen; None for "off".

    Raises
    ------
    InputError
        The name is not one of `ENGINES`, or the library or the model is not installed.
    """
    if name not in ENGINES:
        raise InputError(f"nobody redacts by {name!r}", hint=f"choose one of {', '.join(ENGINES)}")
    if name == "presidio":
        from dialin.redact.presidio import presidio_finder  # noqa: PLC0415  (an extra)

        return presidio_finder()
    if name == "gliner":
        from dialin.redact.gliner import gliner_finder  # noqa: PLC0415  (an extra)

        return gliner_finder()
    return None if name == OFF else RuleFinder()
