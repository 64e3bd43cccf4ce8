"""A server: where it is, what it wants as a key, and the log of what it was paid for."""

from __future__ import annotations

from collections import Counter
from threading import Lock
from typing import ClassVar

import httpx

from servers.exchange import Asked
from servers.mind import key_of

KEY = "sk-conformance-0123456789"
"""The right key of every server that wants one."""


class Personality:
    """A server with a model.

    Attributes
    ----------
    base : str
        Its base URL, as a user writes it.
    model : str
        Name of its model.
    key : str
        The key that it wants; "" for none.
    draws : int
        How often a question may be paid: more than once where verdicts come from repeated answers.
    """

    base: ClassVar[str]
    model: ClassVar[str]
    key: ClassVar[str] = KEY
    draws: ClassVar[int] = 1

    def __init__(self) -> None:
        self.paid: Counter[str] = Counter()
        self.n_asked = 0
        self._lock = Lock()

    @property
    def spec(self) -> str:
        """What a user gives as ``--llm`` or ``--embedder``."""
        return f"openai:{self.model}@{self.base}"

    def answer(self, asked: Asked) -> httpx.Response:
        """Answer a request."""
        raise NotImplementedError

    def pay(self, *questions: str) -> None:
        """Note that questions, or texts, were answered."""
        with self._lock:
            self.paid.update(map(key_of, questions))

    def count(self) -> int:
        """Return which request this is, from 1."""
        with self._lock:
            self.n_asked += 1
            return self.n_asked
