"""How many of alike cases are tried: some by default, all with ``DIALIN_THOROUGH=1``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

IS_THOROUGH = os.environ.get("DIALIN_THOROUGH", "") not in {"", "0"}
N_EXAMPLES = 200 if IS_THOROUGH else 40
"""Examples of a property, unless its test wants fewer."""


def some(cases: Sequence[T], n: int) -> list[T]:
    """Return n of the cases, evenly spaced, the first and the last among them; all if the tests are thorough."""
    if IS_THOROUGH or len(cases) <= n:
        return list(cases)
    return [cases[round(i * (len(cases) - 1) / (n - 1))] for i in range(n)]
