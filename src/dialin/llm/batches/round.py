"""The questions that a client asks together, on their way through batches: what is left, answered and set aside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from dialin.errors import BudgetError
from dialin.llm.base import Reply, Request
from dialin.llm.retry import Retry


@dataclass(frozen=True)
class Books:
    """What a client does about a question, whichever way it is asked.

    Parameters
    ----------
    reserve, release : callable
        Set the usage of a question aside, or raise `BudgetError`; give it back.
    count : callable
        Book what a reply has cost.
    keep : callable
        Store a reply, given question and reply.
    ask : callable
        Ask questions at once, by key.
    retry : Retry
        How to repeat failed calls.
    has_others : bool
        Whether another model answers at once what this one refuses.
    """

    reserve: Callable[[Request], None]
    release: Callable[[Request], None]
    count: Callable[[Reply], None]
    keep: Callable[[Request, Reply], None]
    ask: Callable[[dict[str, Request]], dict[str, Reply]]
    retry: Retry
    has_others: bool = False


@dataclass
class BatchRound:
    """The questions of one call of the client, by key.

    Parameters
    ----------
    books : Books
        Of the client.
    left : dict
        Questions without a reply.
    at_once : dict
        Those for which a batch is no help.
    found : dict
        The replies.
    reserved : dict
        Questions whose usage is set aside.
    n_batches : dict
        How many batches a question was in.
    capped : BudgetError, optional
        The cap that lets no more questions pass.
    """

    books: Books
    left: dict[str, Request]
    at_once: dict[str, Request] = field(default_factory=dict)
    found: dict[str, Reply] = field(default_factory=dict)
    reserved: dict[str, Request] = field(default_factory=dict)
    n_batches: dict[str, int] = field(default_factory=dict)
    capped: BudgetError | None = None

    def reserve(self, key: str) -> bool:
        """Set the usage of a question aside, and return whether the budget allows it."""
        if self.capped is None:
            try:
                self.books.reserve(self.left[key])
                self.reserved[key] = self.left[key]
            except BudgetError as error:
                self.capped = error
        return self.capped is None

    def release(self, *keys: str) -> None:
        """Give back what was set aside for questions."""
        for request in filter(None, (self.reserved.pop(key, None) for key in keys)):
            self.books.release(request)

    def ask(self, wanted: dict[str, Request]) -> None:
        """Ask some of the questions at once."""
        self.found |= self.books.ask(wanted)
        for key in wanted:
            self.left.pop(key, None)

    def answer(self, key: str, reply: Reply) -> None:
        """Book and store the reply to a question."""
        self.books.count(reply)
        self.books.keep(self.left.pop(key), reply)
        self.found[key] = reply

    def move(self, *keys: str) -> None:
        """Let questions be asked at once."""
        self.at_once |= {key: self.left.pop(key) for key in keys if key in self.left}
