from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.errors import BudgetError, InputError
from dialin.llm.usage import Budget, Ledger, Price, Usage, estimate_tokens

usages = st.builds(Usage, *[st.integers(0, 1000)] * 4)


def test_usages_add_up_by_step_and_in_total() -> None:
    ledger = Ledger()
    ledger.add("judge", Usage(1, 0, 100, 1))
    ledger.add("name", Usage(1, 0, 300, 8))
    ledger.add("judge", Usage(cached=1))
    assert ledger.by_step() == {"judge": Usage(1, 1, 100, 1), "name": Usage(1, 0, 300, 8)}
    assert ledger.total() == Usage(2, 1, 400, 9)
    assert ledger.total().tokens == 409


@given(usages, usages)
def test_subtraction_undoes_addition(a: Usage, b: Usage) -> None:
    assert a + b - b == a


def test_price() -> None:
    """2,000,000 tokens in at 0.5 and 100,000 out at 3: 1.0 + 0.3."""
    assert Price(0.5, 3.0).cost(Usage(9, 0, 2_000_000, 100_000)) == pytest.approx(1.3)


def test_the_call_that_would_pass_the_cap_is_refused_and_cached_replies_are_free() -> None:
    ledger, budget, call = Ledger(), Budget(max_calls=2), Usage(calls=1)
    ledger.add("judge", Usage(calls=1, cached=50))
    ledger.reserve(budget, call)
    with pytest.raises(BudgetError, match="2 calls"):
        ledger.reserve(budget, call)


def test_a_cap_of_zero_allows_nothing() -> None:
    with pytest.raises(BudgetError):
        Ledger().reserve(Budget(max_calls=0), Usage(calls=1))


def test_reserved_calls_count_until_settled_or_released() -> None:
    ledger, budget, call = Ledger(), Budget(max_tokens=100), Usage(1, 0, 50, 10)
    ledger.reserve(budget, call)
    with pytest.raises(BudgetError, match="100 tokens"):
        ledger.reserve(budget, call)  # 60 + 60 > 100
    ledger.settle("judge", call, Usage(1, 0, 30, 1))
    ledger.reserve(budget, call)  # 31 + 60
    ledger.release(call)
    assert ledger.total() == Usage(1, 0, 30, 1)


def test_cap_on_money() -> None:
    """A million tokens in at 1.0 per million cost 1.0; one token more is too much."""
    budget, call = Budget(max_cost=1.0, price=Price(1.0, 1.0)), Usage(1, 0, 1_000_000, 0)
    Ledger().reserve(budget, call)
    with pytest.raises(BudgetError, match="1 money"):
        Ledger().reserve(budget, call + Usage(tokens_out=1))


def test_a_cap_on_money_needs_a_price() -> None:
    with pytest.raises(InputError, match="needs a price"):
        Budget(max_cost=1.0)


@pytest.mark.parametrize("bad", [{"max_calls": -1}, {"max_cost": float("nan")}])
def test_caps_below_zero_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="must be 0 or more"):
        Budget(**bad)


def test_the_cap_is_exact_with_many_threads() -> None:
    ledger, budget, call = Ledger(), Budget(max_calls=37), Usage(calls=1)

    def one(_: int) -> bool:
        try:
            ledger.reserve(budget, call)
        except BudgetError:
            return False
        ledger.settle("judge", call, call)
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(200))) == 37
    assert ledger.total().calls == 37


def test_token_estimate_leans_high() -> None:
    """Twenty letters of English make about five tokens, six Chinese characters at most six."""
    assert 5 <= estimate_tokens("where is my parcel??") <= 10
    assert estimate_tokens("我的包裹到哪") == 7
    assert estimate_tokens("\ud800") >= 1
