"""What reading tells beside what it gives: its warnings, and its error."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from dialin.errors import InputError


def told(work: Callable[[], Any]) -> tuple[Any, list[str]]:
    """Return what work gives, or the error that it raises, and its warnings."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            found = work()
        except InputError as error:
            found = str(error), error.hint
    return found, [str(each.message) for each in said]
