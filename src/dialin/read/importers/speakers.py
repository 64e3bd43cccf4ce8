"""Gives roles to the speakers of a source that only numbers them: ``--speakers "0=agent,1=customer"``."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from dialin.errors import InputError

_HINT = 'write label=role, such as --speakers "0=agent,1=customer" or --speakers "SPEAKER_00=customer"'


@dataclass(frozen=True)
class SpeakerRoles:
    """Roles by the label of the speaker, whose case does not count.

    Parameters
    ----------
    roles : mapping of str to str
        The role of each label: all of it, or the number that it ends with, so that 0 means spk_0, SPEAKER_00 and a
        channel 0.
    """

    roles: Mapping[str, str]

    def __bool__(self) -> bool:
        return bool(self.roles)

    def role_of(self, label: str) -> str:
        """Return the role of a speaker; "" if none is given.

        Examples
        --------
        >>> given = speaker_roles("0=agent, b = customer")
        >>> [given.role_of(label) for label in ("SPEAKER_00", "spk_0", "0", "B", "spk_10")]
        ['agent', 'agent', 'agent', 'customer', '']
        """
        return next((self.roles[key] for key in _keys_of(label) if key in self.roles), "")

    def unused(self, labels: Collection[str]) -> list[str]:
        """Return what was named, but is the label of nobody."""
        found = {key for label in labels for key in _keys_of(label)}
        return [key for key in self.roles if key not in found]


def _keys_of(label: str) -> list[str]:
    """Return what a speaker may be called in the option, the most exact first."""
    whole, number = label.strip().casefold(), re.search(r"(\d+)$", label.strip())
    return [whole, str(int(number[1]))] if number else [whole]


def speaker_roles(given: str) -> SpeakerRoles:
    """Return the roles that an option gives; raise InputError if it cannot be understood."""
    roles: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in re.split("[,，]", given))):
        label, equals, role = (part.strip() for part in pair.partition("="))
        if not (label and equals and role):
            raise InputError(f"--speakers has {pair!r}, which gives nobody a role", hint=_HINT)
        key = str(int(label)) if label.isdecimal() else label.casefold()
        if roles.setdefault(key, role) != role:
            raise InputError(f"--speakers gives {label!r} two roles: {roles[key]} and {role}", hint=_HINT)
    return SpeakerRoles(roles)
