"""Holds what the service asks of its callers: a key, and limits on what they send."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from dialin.errors import InputError

SHORTEST_KEY = 16


@dataclass(frozen=True)
class Rules:
    """What the service asks of its callers.

    Parameters
    ----------
    key : str
        API key; "" asks for none.
    hosts : frozenset of str
        Accepted values of the Host header, against DNS rebinding; empty accepts any.
    max_body : int
        Length of a request's body in bytes.
    max_texts : int
        Utterances of a request that is answered in one piece.
    max_waiting : int
        Requests that may wait for the model; for more, the service is busy.
    window : float
        Seconds for which the model waits for more requests to answer at once.
    patience : float
        Seconds within which each next part of a body has to arrive.
    """

    key: str = field(default="", repr=False)
    hosts: frozenset[str] = frozenset()
    max_body: int = 4 << 20
    max_texts: int = 1_000
    max_waiting: int = 256
    window: float = 0.003
    patience: float = 30.0


def api_key_in(key: str, where: str) -> str:
    """Return an API key without surrounding white space; raise InputError if it cannot be one.

    Parameters
    ----------
    key : str
        What was found.
    where : str
        Where, for the message.
    """
    found = key.strip()
    if len(found) < SHORTEST_KEY or not all("!" <= letter <= "~" for letter in found):
        raise InputError(
            f"{where} does not hold an API key of at least {SHORTEST_KEY} letters, digits and signs without blanks",
            hint="make one with: openssl rand -hex 24",
        )
    return found


def key_in_file(path: Path) -> str:
    """Return the API key in a file; raise InputError if it cannot be read or holds none."""
    try:
        content = path.read_text("utf-8")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text", hint="write the key alone into the file") from error
    return api_key_in(content, str(path))
