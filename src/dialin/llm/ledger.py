"""Books the usage of every call, and keeps it under the caps.

A paid call is *reserved* before it is made, so that a cap is kept, however many calls run at once. Reserved is an
estimate; if the call takes more, such as the hidden thoughts of a model, what it took is what counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

from dialin.errors import BudgetError, InputError
from dialin.llm.prices import PriceList
from dialin.llm.usage import Account, Bill, Usage, usage_by_step


@dataclass(frozen=True)
class Budget:
    """Caps on paid calls; None is no cap. Cached replies are free and never count.

    Parameters
    ----------
    max_calls, max_tokens : int, optional
        Most paid calls; most tokens in and out together.
    max_cost : float, optional
        Most money, in the currency of the prices.
    prices : PriceList
        What the models cost.

    Raises
    ------
    InputError
        A cap is negative.
    """

    max_calls: int | None = None
    max_tokens: int | None = None
    max_cost: float | None = None
    prices: PriceList = PriceList()

    def __post_init__(self) -> None:
        for name in ("max_calls", "max_tokens", "max_cost"):
            value = getattr(self, name)
            if value is not None and not value >= 0:  # also refuses NaN
                raise InputError(f"{name} must be 0 or more, got {value!r}")

    def require_prices(self, models: list[str]) -> None:
        """Raise `InputError` if there is a cap on money, and no price for one of the models on a server."""
        if self.max_cost is not None:
            self.prices.require(models)

    def check(self, now: Bill, then: Bill) -> None:
        """Raise `BudgetError` if the bill `then`, after the next call, passes a cap; `now` is the bill so far.

        Raises `InputError` if there is a cap on money, and no price for a model on the bill.
        """
        before, after = total_usage(now), total_usage(then)
        _check_cap("calls", self.max_calls, before.calls, after.calls)
        _check_cap("tokens", self.max_tokens, before.tokens, after.tokens)
        if self.max_cost is not None:
            self.require_prices([account.model for account in then])
            costs = [self.prices.cost(bill) for bill in (now, then)]
            currency = (costs[1] and costs[1].currency) or "money"
            _check_cap(currency, self.max_cost, *(cost.total if cost else 0.0 for cost in costs))


class Ledger:
    """Counts the usage of every step and model; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._bill: dict[Account, Usage] = {}
        self._reserved: dict[Account, Usage] = {}

    def add(self, account: Account, usage: Usage) -> None:
        """Add `usage` to an account."""
        with self._lock:
            self._bill = _plus(self._bill, {account: usage})

    def bill(self) -> dict[Account, Usage]:
        """Return the usage of each account, in the order of first use."""
        with self._lock:
            return dict(self._bill)

    def by_step(self) -> dict[str, Usage]:
        """Return the usage of each step, in the order of first use."""
        return usage_by_step(self.bill())

    def total(self) -> Usage:
        """Return the usage of all steps together."""
        return total_usage(self.bill())

    def reserve(self, budget: Budget, account: Account, following: Usage) -> None:
        """Check the budget and, in the same moment, set `following` aside for a call about to be made.

        Parameters
        ----------
        budget : Budget
            The caps.
        account : Account
            Step and model of the call.
        following : Usage
            The call to come, its tokens estimated.

        Raises
        ------
        BudgetError
            The call would pass a cap, counting the calls that are under way.
        """
        with self._lock:
            now, more = _plus(self._bill, self._reserved), {account: following}
            budget.check(now, _plus(now, more))
            self._reserved = _plus(self._reserved, more)

    def release(self, account: Account, following: Usage) -> None:
        """Give back the amount that `reserve` set aside for a call that failed."""
        with self._lock:
            self._reserved[account] -= following

    def settle(self, account: Account, following: Usage, usage: Usage) -> None:
        """Replace the amount that `reserve` set aside for a call by its real usage."""
        with self._lock:
            self._reserved[account] -= following
            self._bill = _plus(self._bill, {account: usage})


def total_usage(bill: Bill) -> Usage:
    """Return the usage of all accounts together."""
    return sum(bill.values(), Usage())


def _plus(bill: Bill, more: Bill) -> dict[Account, Usage]:
    return {account: bill.get(account, Usage()) + more.get(account, Usage()) for account in {**bill, **more}}


def _check_cap(what: str, cap: float | None, now: float, then: float) -> None:
    if cap is not None and then > cap:
        raise BudgetError(
            f"the next call would pass the budget of {cap:g} {what}: {now:g} taken so far, then {then:g}",
            hint="resume with a higher cap; all replies so far are kept",
        )
