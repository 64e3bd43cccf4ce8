"""Tells whether sentences hold what the rules would replace."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dialin.redact.engine import RuleFinder
from dialin.redact.finding import CARD, EMAIL, IBAN, ID, PHONE

_MOST_TEXTS = 10_000
"""Texts that are looked at, spread over all: a second of work."""
_NOUNS = {
    CARD: "card numbers",
    ID: "national ids",
    IBAN: "bank accounts",
    PHONE: "telephone numbers",
    EMAIL: "e-mail addresses",
}
"""What is said of each type, the worst to lose first."""
_MAY_HOLD = re.compile(r"@|(?:[0-9\uff10-\uff19][^0-9\uff10-\uff19]{0,2}){7}")


def suggestion(texts: Sequence[str]) -> str:
    """Return a line that suggests to redact these texts; "" if the rules find nothing that is surely private.

    Examples
    --------
    >>> suggestion(["write to ana@example.com", "hello"])
    '1 text holds what looks like e-mail addresses: --redact rules replaces them'
    """
    seen = texts[:: 1 + (len(texts) - 1) // _MOST_TEXTS] if texts else []
    found = RuleFinder().find_all([text for text in seen if _MAY_HOLD.search(text)])
    kinds = [{one.type for one in each} & _NOUNS.keys() for each in found]
    n = sum(map(bool, kinds))
    if not n:
        return ""
    nouns = [noun for kind, noun in _NOUNS.items() if any(kind in each for each in kinds)]
    such = " or ".join([", ".join(nouns[:-1]), nouns[-1]] if nouns[1:] else nouns)
    of = "" if len(seen) == len(texts) else f" of {len(seen):,}"
    return f"{n:,}{of} text{'' if n == 1 else 's'} hold{'s' if n == 1 else ''} what looks like {such}: " + (
        "--redact rules replaces them"
    )
