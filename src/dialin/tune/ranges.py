"""Checks that the numbers of settings are in their ranges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dialin.errors import InputError


def check_at_least(settings: object, least: Mapping[str, float]) -> None:
    """Raise InputError if one of some fields of the settings is smaller than it may be."""
    for name, value in least.items():
        if getattr(settings, name) < value:
            raise InputError(f"{name} must be at least {value}, got {getattr(settings, name)}")


def check_positive(settings: object, names: Iterable[str]) -> None:
    """Raise InputError if one of some fields of the settings is not above 0."""
    for name in names:
        if not getattr(settings, name) > 0:
            raise InputError(f"{name} must be above 0, got {getattr(settings, name)}")


def check_not_negative(settings: object, names: Iterable[str]) -> None:
    """Raise InputError if one of some fields of the settings is not 0 or more."""
    for name in names:
        if not getattr(settings, name) >= 0:
            raise InputError(f"{name} must be 0 or more, got {getattr(settings, name)}")


def check_below_one(settings: object, names: Iterable[str]) -> None:
    """Raise InputError if one of some fields of the settings is not in [0, 1)."""
    for name in names:
        if not 0 <= getattr(settings, name) < 1:
            raise InputError(f"{name} must be in [0, 1), got {getattr(settings, name)}")
