"""The two batched methods of every LLM, and the one seam under them.

The stages use an ``LLM``; a user may bring one. ``Backend`` is the seam that a provider
implements: one request in, one reply out. `dialin.llm.client.Client` makes an ``LLM`` of a backend, with cache,
ledger, budget and concurrency.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from dialin.prompts.prompt import Prompt


@dataclass(frozen=True)
class Request:
    """One call: a prompt, and either options to choose from or a number of tokens to write.

    Parameters
    ----------
    prompt : Prompt
        The conversation so far.
    options : tuple of str
        Answers to choose from; empty for free text.
    max_tokens : int
        Upper bound of tokens to write; 1 token suffices where token probabilities are offered.
    grammar : str
        GBNF grammar that the answer must obey, if the backend can constrain answers; "" for none.
    draw : int
        0 asks for the likeliest answer; 1, 2, … draw others, where a model gives no probabilities.
    """

    prompt: Prompt
    options: tuple[str, ...] = ()
    max_tokens: int = 1
    grammar: str = ""
    draw: int = 0


@dataclass(frozen=True)
class Reply:
    """The answer to one request.

    Parameters
    ----------
    text : str
        What the model wrote.
    probabilities : tuple of float
        One per option of the request, in [0, 1], sum at most 1; the rest went to no option
        (an unreadable answer is all zeros). Empty for free text.
    tokens_in, tokens_out : int
        Tokens of the prompt and of the answer, as the provider counts them.
    refused : str
        The provider's words if it refused this one question for its content or its length; "" for an answer.
    tokens_cached : int
        Part of `tokens_in` that the provider had in its prompt cache.
    """

    text: str
    probabilities: tuple[float, ...]
    tokens_in: int
    tokens_out: int
    refused: str = ""
    tokens_cached: int = 0


@runtime_checkable
class LLM(Protocol):
    """An LLM as the stages see it."""

    name: str

    def choose(self, prompts: Sequence[Prompt], options: Sequence[str]) -> NDArray[np.float64]:
        """Return probabilities, shape (n_prompts, n_options); rows sum to at most 1."""
        ...

    def complete(self, prompts: Sequence[Prompt], max_tokens: int, grammar: str = "") -> list[str]:
        """Return the text written for each prompt, n_prompts strings."""
        ...


class Backend(Protocol):
    """A provider: one request in, one reply out; must be thread-safe up to `n_parallel` calls.

    `n_draws` is how often a question with options is asked where the answer comes in words, without probabilities.
    """

    name: str
    n_parallel: int
    n_draws: int

    def reply(self, request: Request) -> Reply:
        """Answer one request; raise `dialin.errors.ProviderError` if the provider fails."""
        ...

    def close(self) -> None:
        """Give back memory, threads and connections."""
        ...
