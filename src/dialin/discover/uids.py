"""Makes the uid of an intent: the name of its identity, which outlives runs and renamings.

A uid comes from the sentences that the intent had when it was first found, so the same data gives the same uids,
whatever the order of its rows and however often each is said.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Sequence

N_DIGITS = 12
"""Hexadecimal digits of a uid: among a million intents, the chance that two share one is below 1 in 500."""


def uid_of(sentences: Iterable[tuple[str, str]], taken: Collection[str] = ()) -> str:
    """Return the uid of an intent that is born with these sentences.

    Parameters
    ----------
    sentences : iterable of (str, str)
        Text and role of each, in any order; "" for no role.
    taken : collection of str
        Uids of other intents. An intent that left one sentence after the other to another may be found again with
        all of them, when its own uid is that of the other.

    Examples
    --------
    >>> uid_of([("where is my parcel", ""), ("parcel?", "")]) == uid_of([("parcel?", ""), ("where is my parcel", "")])
    True
    >>> one = uid_of([("parcel?", "")])
    >>> one, uid_of([("parcel?", "")], {one}) == one
    ('i3b8029d4b130', False)
    """
    lines = sorted(f"{text}\0{role}\0" for text, role in set(sentences))
    uid = _hashed(lines)
    while uid in taken:
        uid = _hashed([uid, *lines])
    return uid


def uids_of_parts(uids: Iterable[str]) -> Callable[[int], str]:
    """Return the function that gives the uid of an intent that a person makes in the review of a run, by its number.

    A uid stays while the person goes on to move sentences, since it comes from the number that the review gave it, and
    from the `uids` of the intents that the run found.
    """
    lines = sorted(uids)
    begun = hashlib.sha256("".join(f"{uid}\n" for uid in lines).encode("utf-8", "replace"))

    def uid_of_part(intent: int) -> str:
        whole = begun.copy()
        whole.update(str(intent).encode())
        return _digits(whole.hexdigest())

    return uid_of_part


def _hashed(parts: Sequence[str]) -> str:
    return _digits(hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest())


def _digits(hexadecimal: str) -> str:
    return "i" + hexadecimal[:N_DIGITS]
