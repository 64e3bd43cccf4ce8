"""Counts calls, cached replies and tokens, by step and model; and estimates the tokens that a server does not count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dialin.llm.base import Reply, Request

MOST_TOKENS = 10**9
"""No call has so many tokens: a larger number is a fault of the server, and no count."""


@dataclass(frozen=True)
class Usage:
    """Calls and tokens.

    Parameters
    ----------
    calls : int
        Calls that the provider answered (paid).
    cached : int
        Replies that came from a store (free).
    tokens_in, tokens_out : int
        Tokens of the paid calls.
    tokens_cached : int
        Part of `tokens_in` that the provider had in its prompt cache, and sells cheaper.
    """

    calls: int = 0
    cached: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.calls + other.calls,
            self.cached + other.cached,
            self.tokens_in + other.tokens_in,
            self.tokens_out + other.tokens_out,
            self.tokens_cached + other.tokens_cached,
        )

    def __sub__(self, other: Usage) -> Usage:
        negative = (other.calls, other.cached, other.tokens_in, other.tokens_out, other.tokens_cached)
        return self + Usage(*(-count for count in negative))

    @property
    def tokens(self) -> int:
        """Tokens in and out together."""
        return self.tokens_in + self.tokens_out


@dataclass(frozen=True)
class Account:
    """What a call is booked on.

    Parameters
    ----------
    step : str
        The step that asks: "judge", "name", …
    model : str
        The name of the model that is asked, which has a price of its own.
    batch : bool
        Whether the question went through the provider's batch interface, which is cheaper.
    """

    step: str
    model: str = ""
    batch: bool = False


Bill = Mapping[Account, Usage]
"""Usage by account."""


def usage_by_step(bill: Bill) -> dict[str, Usage]:
    """Return the usage of each step, over all models, in the order of first use."""
    steps: dict[str, Usage] = {}
    for account, usage in bill.items():
        steps[account.step] = steps.get(account.step, Usage()) + usage
    return steps


def estimate_tokens(text: str) -> int:
    """Return an estimate of the tokens in `text`, too high rather than too low.

    One token for three bytes of UTF-8: English has about four letters a token, Chinese (three bytes a
    character) less than one token a character.
    """
    return len(text.encode("utf-8", "replace")) // 3 + 1


def prompt_tokens(request: Request) -> int:
    """Return an estimate of the tokens of a prompt."""
    return sum(estimate_tokens(message["content"]) for message in request.prompt.messages())


def expected_usage(request: Request) -> Usage:
    """Return the most that a call should take, to be set aside before it is made; its tokens are estimated."""
    return Usage(1, 0, prompt_tokens(request), request.max_tokens)


def with_token_counts(reply: Reply, request: Request) -> Reply:
    """Return the reply with an estimate wherever the server sent no count of tokens, or an impossible one.

    Every prompt has tokens, and so has every answer with text: a count of 0 there is none. What a server refuses, it
    need not count.
    """
    if reply.refused:
        return reply
    tokens_in = reply.tokens_in if 0 < reply.tokens_in < MOST_TOKENS else prompt_tokens(request)
    is_counted = 0 < reply.tokens_out < MOST_TOKENS or not (reply.tokens_out or reply.text)
    tokens_out = reply.tokens_out if is_counted else estimate_tokens(reply.text)
    tokens_cached = min(max(reply.tokens_cached, 0), tokens_in)
    return replace(reply, tokens_in=tokens_in, tokens_out=tokens_out, tokens_cached=tokens_cached)


def usage_of_reply(reply: Reply) -> Usage:
    """Return the usage of one paid call."""
    return Usage(1, 0, reply.tokens_in, reply.tokens_out, reply.tokens_cached)
