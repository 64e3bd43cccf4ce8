from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from dialin.errors import BudgetError, InputError
from dialin.llm.ledger import Budget, Ledger
from dialin.llm.prices import Price, PriceList
from dialin.llm.usage import Account, Usage

JUDGE, NAMER = Account("judge", "openai:judge"), Account("name", "openai:namer")


def test_usages_add_up_by_account_by_step_and_in_total() -> None:
    ledger, second = Ledger(), Account("judge", "openai:second")
    ledger.add(JUDGE, Usage(1, 0, 100, 1))
    ledger.add(NAMER, Usage(1, 0, 300, 8))
    ledger.add(JUDGE, Usage(cached=1))
    ledger.add(second, Usage(1, 0, 50, 1, 40))
    assert ledger.bill() == {
        JUDGE: Usage(1, 1, 100, 1),
        NAMER: Usage(1, 0, 300, 8),
        second: Usage(1, 0, 50, 1, 40),
    }
    assert ledger.by_step() == {"judge": Usage(2, 1, 150, 2, 40), "name": Usage(1, 0, 300, 8)}
    assert ledger.total() == Usage(3, 1, 450, 10, 40)


def test_the_call_that_would_pass_the_cap_is_refused_and_cached_replies_are_free() -> None:
    ledger, budget, call = Ledger(), Budget(max_calls=2), Usage(calls=1)
    ledger.add(JUDGE, Usage(calls=1, cached=50))
    ledger.reserve(budget, JUDGE, call)
    with pytest.raises(BudgetError, match="2 calls"):
        ledger.reserve(budget, NAMER, call)


def test_a_cap_of_zero_allows_nothing() -> None:
    with pytest.raises(BudgetError):
        Ledger().reserve(Budget(max_calls=0), JUDGE, Usage(calls=1))


def test_reserved_calls_count_until_settled_or_released() -> None:
    ledger, budget, call = Ledger(), Budget(max_tokens=100), Usage(1, 0, 50, 10)
    ledger.reserve(budget, JUDGE, call)
    with pytest.raises(BudgetError, match="100 tokens"):
        ledger.reserve(budget, NAMER, call)  # 60 + 60 > 100
    ledger.settle(JUDGE, call, Usage(1, 0, 30, 1))
    ledger.reserve(budget, NAMER, call)  # 31 + 60
    ledger.release(NAMER, call)
    assert ledger.total() == Usage(1, 0, 30, 1)


def test_what_a_call_really_took_counts_although_less_was_reserved() -> None:
    """A model may write hidden thoughts: the one call that passes the cap is the last."""
    ledger, budget, call = Ledger(), Budget(max_tokens=100), Usage(1, 0, 50, 10)
    ledger.reserve(budget, JUDGE, call)
    ledger.settle(JUDGE, call, Usage(1, 0, 50, 900))
    assert ledger.total().tokens == 950
    with pytest.raises(BudgetError, match="950 taken so far"):
        ledger.reserve(budget, JUDGE, Usage(1, 0, 1, 1))


def test_cap_on_money() -> None:
    """A million tokens in at 1.0 per million cost 1.0; one token more is too much."""
    budget, call = Budget(max_cost=1.0, prices=PriceList(Price(1.0, 1.0))), Usage(1, 0, 1_000_000, 0)
    Ledger().reserve(budget, JUDGE, call)
    with pytest.raises(BudgetError, match="1 money"):
        Ledger().reserve(budget, JUDGE, call + Usage(tokens_out=1))


def test_each_model_counts_at_its_own_price() -> None:
    """A million tokens in cost 0.15 USD at gpt-4o-mini, and many times that at gpt-4o."""
    call, cap = Usage(1, 0, 1_000_000, 0), Budget(max_cost=1.0)
    Ledger().reserve(cap, Account("judge", "openai:gpt-4o-mini"), call)
    with pytest.raises(BudgetError, match="budget of 1 USD"):
        Ledger().reserve(cap, Account("judge", "openai:gpt-4o"), call)


def test_a_cap_on_money_needs_a_price_of_every_model_on_a_server() -> None:
    capped, unknown = Budget(max_cost=1.0), "openai:mine@http://127.0.0.1:1/v1"
    capped.require_prices(["local:gemma-3-270m", "openai:gpt-4o-mini", "none"])
    Budget(max_tokens=5).require_prices([unknown])
    with pytest.raises(InputError, match="none is known for openai:mine"):
        capped.require_prices(["openai:gpt-4o-mini", unknown])
    with pytest.raises(InputError, match="--price-in and --price-out"):
        Ledger().reserve(capped, Account("judge", unknown), Usage(calls=1))


def test_local_models_are_free_under_any_cap_on_money() -> None:
    Ledger().reserve(Budget(max_cost=0.0), Account("judge", "local:gemma-3-270m"), Usage(1, 0, 10**6, 10**6))


@pytest.mark.parametrize("bad", [{"max_calls": -1}, {"max_cost": float("nan")}], ids=["calls", "cost"])
def test_caps_below_zero_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="must be 0 or more"):
        Budget(**bad)


@pytest.mark.parametrize(
    ("budget", "n"),
    [
        (Budget(max_calls=37), 37),
        (Budget(max_tokens=370), 37),
        (Budget(max_cost=0.37, prices=PriceList(Price(1000.0, 1000.0))), 37),
    ],
    ids=["calls", "tokens", "money"],
)
def test_the_cap_is_exact_with_many_threads(budget: Budget, n: int) -> None:
    ledger, call = Ledger(), Usage(1, 0, 8, 2)

    def one(i: int) -> bool:
        account = (JUDGE, NAMER)[i % 2]
        try:
            ledger.reserve(budget, account, call)
        except BudgetError:
            return False
        ledger.settle(account, call, call)
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(200))) == n
    assert ledger.total().calls == n
