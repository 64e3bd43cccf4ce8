"""What models cost: prices that the user gives, or those of the package genai-prices, which needs no network.

A price knows where it is from, and every amount of money is shown with it. Local models cost nothing, and of them no
money is spoken at all. A server whose price nobody knows is not free: what it costs is unknown.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from dialin.errors import InputError
from dialin.llm.spec import NO_LLM, Spec, is_local
from dialin.llm.usage import Account, Bill, Usage, usage_by_step

GIVEN = "prices as given"
"""Source of the prices that the user types in."""
PRICE_HINT = "give --price-in and --price-out, per million tokens"
_BATCH = {"processing": "batch"}
"""What genai-prices calls the price of questions that go through a provider's batch interface."""
_DAY = [timedelta(hours=hour) for hour in range(24)]


@dataclass(frozen=True)
class Price:
    """Price of a model.

    Parameters
    ----------
    per_million_in, per_million_out : float
        Money per million tokens, 0 or more.
    per_million_cached : float, optional
        Money per million tokens of the prompt that the provider has cached; None: as for others.
    per_call : float
        Money per call, besides its tokens.
    currency : str
        "USD"; "" where nobody has said.
    source : str
        Where the price is from, and from when.

    Raises
    ------
    InputError
        A price is negative or no finite number.
    """

    per_million_in: float
    per_million_out: float
    per_million_cached: float | None = None
    per_call: float = 0.0
    currency: str = ""
    source: str = GIVEN

    def __post_init__(self) -> None:
        amounts = (self.per_million_in, self.per_million_out, self.per_million_cached or 0.0, self.per_call)
        if not all(math.isfinite(amount) and amount >= 0 for amount in amounts):
            got = f"{self.per_million_in:g} for input, {self.per_million_out:g} for output"
            raise InputError(f"a price must be a number of 0 or more, got {got}", hint=PRICE_HINT)

    def cost(self, usage: Usage) -> float:
        """Return what `usage` costs, in the currency of the price."""
        for_cached = self.per_million_in if self.per_million_cached is None else self.per_million_cached
        full = (usage.tokens_in - usage.tokens_cached) * self.per_million_in
        return (full + usage.tokens_cached * for_cached + usage.tokens_out * self.per_million_out) / 1e6 + (
            usage.calls * self.per_call
        )


@dataclass(frozen=True)
class Cost:
    """Money, by step.

    Parameters
    ----------
    by_step : dict of str to float
        Money of each step that asked a server.
    currency, source : str
        As in `Price`.
    """

    by_step: dict[str, float]
    currency: str
    source: str

    @property
    def total(self) -> float:
        """The money of all steps."""
        return sum(self.by_step.values())

    @property
    def amount(self) -> str:
        """The total with its currency."""
        return " ".join(filter(None, [shown_money(self.total), self.currency]))

    def __str__(self) -> str:
        return f"{self.amount} ({self.source})"


@dataclass(frozen=True)
class PriceList:
    """Prices of all models.

    Parameters
    ----------
    given : Price, optional
        The user's price, for every model on a server; by default each has the one that is known for it.
    """

    given: Price | None = None

    def of(self, account: Account) -> Price | None:
        """Return the price for a model on a server; None if nobody knows it."""
        return self.given or known_price(account.model, account.batch)

    def cost(self, bill: Bill) -> Cost | None:
        """Return what a bill comes to; None if it has no model on a server, or one of unknown price was called."""
        paid = {account: usage for account, usage in bill.items() if is_paid(account.model)}
        prices = {account: price for account in paid if (price := self.of(account))}
        if not prices or any(usage.calls for account, usage in paid.items() if account not in prices):
            return None
        by_step = dict.fromkeys(usage_by_step({account: paid[account] for account in prices}), 0.0)
        for account, price in prices.items():
            by_step[account.step] += price.cost(paid[account])
        first = next(iter(prices.values()))
        return Cost(by_step, first.currency, first.source)

    def unknown(self, models: Iterable[str]) -> list[str]:
        """Return the models on a server whose price nobody knows."""
        return [model for model in dict.fromkeys(models) if is_paid(model) and not self.of(Account("", model))]

    def require(self, models: Iterable[str]) -> None:
        """Raise `InputError` if there is no price for one of the models on a server."""
        if unknown := self.unknown(models):
            raise InputError(f"a cap on money needs a price, and none is known for {unknown[0]}", hint=PRICE_HINT)


def is_paid(model: str) -> bool:
    """Return whether a model may cost money: it is an LLM, and does not run in this process.

    Examples
    --------
    >>> [is_paid(model) for model in ("openai:gpt-4o-mini", "local:gemma-3-270m", "none")]
    [True, False, False]
    """
    return model != NO_LLM and not is_local(model)


@cache
def known_price(model: str, batch: bool = False) -> Price | None:
    """Return the price that genai-prices has for a model, with or without its URL; None if it has none.

    Of a price that changes with the hour it is the highest within a day, so that a cap holds whenever the run ends.
    A model that has no price for batches has its usual one.

    Examples
    --------
    >>> known_price("openai:some-model@http://127.0.0.1:8000/v1") is None
    True
    """
    spec = Spec.maybe(model)
    if spec is None or not spec.url:
        return None
    now = datetime.now(UTC)
    try:
        offers = [_price_at(spec, now + hours, batch) for hours in _DAY]
    except LookupError:
        return None
    of_in, of_out, of_cached, per_call = (max(amounts) for amounts in zip(*offers, strict=True))
    if of_in == 0 or of_out == 0:  # the package has no number there, which does not mean that it is free
        return None
    return Price(of_in, of_out, of_cached, per_call, "USD", _source())


def _price_at(spec: Spec, when: datetime, batch: bool) -> tuple[float, float, float, float]:
    """Return the price at a time: per million tokens in, out and cached, and per call; LookupError if there is none."""
    import genai_prices  # noqa: PLC0415  (most runs ask no server, and it takes a fifth of a second)

    def dollars(**tokens: int) -> float:
        return float(
            genai_prices.calc_price(
                genai_prices.Usage(**tokens),
                spec.model,
                provider_api_url=spec.url,
                genai_request_timestamp=when,
                price_context=_BATCH if batch else None,
            ).total_price
        )

    # of a thousand tokens, since long prompts have other prices
    per_call = dollars()
    some_in, some_out = dollars(input_tokens=1000), dollars(output_tokens=1000)
    some_cached = dollars(input_tokens=1000, cache_read_tokens=1000)
    million = [round(1000 * (some - per_call), 9) for some in (some_in, some_out, some_cached)]
    return million[0], million[1], million[2], per_call


@cache
def _source() -> str:
    """Return name, version and date of the price data: the package names none, so that of its newest price."""
    import genai_prices  # noqa: PLC0415
    from genai_prices.data_snapshot import get_snapshot  # noqa: PLC0415
    from genai_prices.types import StartDateConstraint  # noqa: PLC0415

    models = [model for provider in get_snapshot().providers for model in provider.models]
    rules = [rule for model in models if isinstance(model.prices, list) for rule in model.prices]
    limits = [rule.constraint for rule in rules]
    limits += [variant.constraint for model in models for variant in model.price_variants or ()]
    begun = [limit.start_date for limit in limits if isinstance(limit, StartDateConstraint)]
    newest = max(start for start in begun if start <= datetime.now(UTC).date())
    return f"genai-prices {genai_prices.__version__}, prices up to {newest}"


def shown_money(amount: float) -> str:
    """Return an amount of money with as many digits as matter.

    Examples
    --------
    >>> [shown_money(amount) for amount in (0.0, 0.00001, 0.0123, 4.5, 1234.5)]
    ['0.00', '<0.0001', '0.0123', '4.50', '1,234.50']
    """
    if amount == 0 or amount >= 1:
        return f"{amount:,.2f}"
    return f"{amount:.4f}" if amount >= 1e-4 else "<0.0001"


def cost_json(cost: Cost | None) -> dict[str, object]:
    """Return the values about money for JSON; only a cost of None where none is known."""
    if cost is None:
        return {"cost": None}
    rest = {"cost_by_step": cost.by_step, "currency": cost.currency, "price_source": cost.source}
    return {"cost": cost.total, **rest}
