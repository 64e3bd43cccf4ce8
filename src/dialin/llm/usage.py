"""Counts calls, cached replies and tokens by step, and caps them.

A paid call is *reserved* before it is made, so that a cap on calls is exact, however many calls run at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

from dialin.errors import BudgetError, InputError


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
    """

    calls: int = 0
    cached: int = 0
    tokens_in: int = 0
    tokens_out: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.calls + other.calls,
            self.cached + other.cached,
            self.tokens_in + other.tokens_in,
            self.tokens_out + other.tokens_out,
        )

    def __sub__(self, other: Usage) -> Usage:
        return self + Usage(-other.calls, -other.cached, -other.tokens_in, -other.tokens_out)

    @property
    def tokens(self) -> int:
        """Tokens in and out together."""
        return self.tokens_in + self.tokens_out


@dataclass(frozen=True)
class Price:
    """Money per million tokens, in any one currency."""

    per_million_in: float
    per_million_out: float

    def cost(self, usage: Usage) -> float:
        """Return what `usage` costs, in the currency of the price."""
        return (usage.tokens_in * self.per_million_in + usage.tokens_out * self.per_million_out) / 1e6


@dataclass(frozen=True)
class Budget:
    """Caps on paid calls; None is no cap. Cached replies are free and never count.

    Parameters
    ----------
    max_calls, max_tokens : int, optional
        Most paid calls; most tokens in and out together.
    max_cost : float, optional
        Most money, in the currency of `price`.
    price : Price, optional
        Needed for `max_cost`.

    Raises
    ------
    InputError
        A cap is negative, or there is a cap on money without a price.
    """

    max_calls: int | None = None
    max_tokens: int | None = None
    max_cost: float | None = None
    price: Price | None = None

    def __post_init__(self) -> None:
        for name in ("max_calls", "max_tokens", "max_cost"):
            value = getattr(self, name)
            if value is not None and not value >= 0:  # also refuses NaN
                raise InputError(f"{name} must be 0 or more, got {value!r}")
        if self.max_cost is not None and self.price is None:
            raise InputError("a cap on money needs a price", hint="give --price-in and --price-out as well")

    def check(self, now: Usage, then: Usage) -> None:
        """Raise `BudgetError` if the usage `then`, after the next call, passes a cap; `now` is the usage so far."""
        _check_cap("calls", self.max_calls, now.calls, then.calls)
        _check_cap("tokens", self.max_tokens, now.tokens, then.tokens)
        if self.price is not None:
            _check_cap("money", self.max_cost, self.price.cost(now), self.price.cost(then))


class Ledger:
    """Counts the usage of every step; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._steps: dict[str, Usage] = {}
        self._reserved = Usage()

    def add(self, step: str, usage: Usage) -> None:
        """Add `usage` to a step ("judge", "name", …)."""
        with self._lock:
            self._steps[step] = self._steps.get(step, Usage()) + usage

    def by_step(self) -> dict[str, Usage]:
        """Return the usage of each step, in the order of first use."""
        with self._lock:
            return dict(self._steps)

    def total(self) -> Usage:
        """Return the usage of all steps together."""
        return sum(self.by_step().values(), Usage())

    def reserve(self, budget: Budget, following: Usage) -> None:
        """Check the budget and, in the same moment, set `following` aside for a call about to be made.

        Parameters
        ----------
        budget : Budget
            The caps.
        following : Usage
            The call to come, its tokens estimated.

        Raises
        ------
        BudgetError
            The call would pass a cap, counting the calls that are under way.
        """
        with self._lock:
            now = sum(self._steps.values(), self._reserved)
            budget.check(now, now + following)
            self._reserved += following

    def release(self, following: Usage) -> None:
        """Give back the amount that `reserve` set aside for a call that failed."""
        with self._lock:
            self._reserved -= following

    def settle(self, step: str, following: Usage, usage: Usage) -> None:
        """Replace the amount that `reserve` set aside for a call by its real usage."""
        with self._lock:
            self._reserved -= following
            self._steps[step] = self._steps.get(step, Usage()) + usage


def estimate_tokens(text: str) -> int:
    """Return an estimate of the tokens in `text`, too high rather than too low.

    One token for three bytes of UTF-8: English has about four letters a token, Chinese (three bytes a
    character) less than one token a character.
    """
    return len(text.encode("utf-8", "replace")) // 3 + 1


def _check_cap(what: str, cap: float | None, now: float, then: float) -> None:
    if cap is not None and then > cap:
        raise BudgetError(
            f"the next call would pass the budget of {cap:g} {what}: {now:g} taken so far, then {then:g}",
            hint="resume with a higher cap; all replies so far are kept",
        )
