"""What `dialin.llm.remote.RemoteBackend` needs to know of a protocol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from dialin.llm.accepts import Accepts
from dialin.llm.base import Request
from dialin.llm.options import Candidate
from dialin.llm.providers import OPENAI

SHORT_ANSWER = 8
"""Tokens of an answer in words: room for an option."""


@dataclass(frozen=True)
class KeyHeader:
    """How a protocol shows who asks.

    Parameters
    ----------
    variable : str
        The environment variable that holds the key.
    header, prefix : str
        The header that carries it, and what stands before it there.
    others : mapping of str to str
        Headers that go with each request.
    """

    variable: str = OPENAI.key_variables[0]
    header: str = "Authorization"
    prefix: str = "Bearer "
    others: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What a model wrote.

    Parameters
    ----------
    text : str
        The answer, without the thoughts before it.
    candidates : tuple of Candidate, optional
        Candidates for the token with which the answer begins; empty if the server sends none for that token, None if
        it sends no token probabilities at all.
    tokens_in, tokens_out : int
        Tokens as the server counts them; 0 where it counts none.
    tokens_cached : int
        Part of `tokens_in` that the server had in its prompt cache.
    is_cut : bool
        Whether the answer ended before it began, for lack of tokens: the model wrote thoughts or marks.
    has_thoughts : bool
        Whether the model wrote thoughts.
    refused : str
        Why the provider refuses this question although it takes others; "" if it does not.
    """

    text: str
    candidates: tuple[Candidate, ...] | None = None
    tokens_in: int = 0
    tokens_out: int = 0
    is_cut: bool = False
    has_thoughts: bool = False
    refused: str = ""
    tokens_cached: int = 0


class ChatDialect(Protocol):
    """A protocol: pure functions between requests, answers and JSON."""

    key_header: KeyHeader
    start: Accepts

    @property
    def kind(self) -> str:
        """The first word of the specs."""
        ...

    def path(self, model: str, accepts: Accepts) -> str:
        """Return what follows the base URL."""
        ...

    def models_path(self) -> str:
        """Return what follows the base URL to the list of models, which is free."""
        ...

    def body(self, model: str, request: Request, accepts: Accepts) -> dict[str, Any]:
        """Return the JSON object to send."""
        ...

    def read(self, answer: dict[str, Any]) -> Answer:
        """Return what a model wrote; raise one of `UNREADABLE` if the answer has another shape."""
        ...


UNREADABLE = (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError)
"""What `ChatDialect.read` raises for an answer of another shape."""


def n_answer_tokens(request: Request, accepts: Accepts) -> int:
    """Return the tokens that a model may write, thoughts included."""
    in_words = bool(request.options) and (accepts.n_top == 0 or request.draw > 0)
    return (SHORT_ANSWER if in_words else request.max_tokens) + accepts.room


def wants_candidates(request: Request, accepts: Accepts) -> bool:
    """Return whether to ask for the candidates for each token."""
    return bool(request.options) and request.draw == 0 and accepts.n_top > 0


def token_count(count: Any) -> int:
    """Return a server's count; 0 where it is none, since no count may lower what was spent."""
    return count if isinstance(count, int) and not isinstance(count, bool) and count > 0 else 0


def messages_of(request: Request, accepts: Accepts) -> list[dict[str, str]]:
    """Return chat messages; the instruction stands in the first one of the user where no system message is taken."""
    messages = request.prompt.messages()
    if accepts.system or not request.prompt.system:
        return messages
    system, first, *rest = messages
    return [{"role": "user", "content": f"{system['content']}\n\n{first['content']}"}, *rest]
