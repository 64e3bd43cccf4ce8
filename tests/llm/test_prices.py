from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, date, datetime, time

import genai_prices
import pytest

from dialin.errors import InputError
from dialin.llm.prices import Cost, Price, PriceList, cost_json, known_price
from dialin.llm.usage import Account, Usage

MINI, LOCAL, MINE = "openai:gpt-4o-mini", "local:gemma-3-270m", "openai:mine@http://127.0.0.1:1/v1"


def test_price() -> None:
    """2,000,000 tokens in at 0.5 and 100,000 out at 3: 1.0 + 0.3."""
    assert Price(0.5, 3.0).cost(Usage(9, 0, 2_000_000, 100_000)) == pytest.approx(1.3)


def test_cached_tokens_of_the_prompt_and_calls_have_their_own_price() -> None:
    """1.5 million at 0.5, 0.5 million cached at 0.1, and nine calls at 0.01."""
    usage = Usage(9, 0, 2_000_000, 0, 500_000)
    assert Price(0.5, 3.0, 0.1, 0.01).cost(usage) == pytest.approx(0.75 + 0.05 + 0.09)
    assert Price(0.5, 3.0).cost(usage) == pytest.approx(1.0)


@pytest.mark.parametrize("bad", [-1.0, float("nan"), float("inf")], ids=["negative", "nan", "infinite"])
def test_a_price_is_a_number(bad: float) -> None:
    with pytest.raises(InputError, match=r"0 or more.*--price-in"):
        Price(1.0, bad)


# --- known prices ---------------------------------------------------------------------------------


KNOWN = {
    "spec": MINI,
    "label": "openai:gpt-4o-mini@https://api.openai.com/v1",
    "label of completions": "openai:gpt-4o-mini@https://api.openai.com/v1+completions",
    "dated": "openai:gpt-4o-mini-2024-07-18",
    "azure": "openai:gpt-4o-mini@https://mine.openai.azure.com/openai/v1",
    "anthropic": "openai:claude-haiku-4-5@https://api.anthropic.com/v1",
    "gemini": "openai:gemini-2.5-flash-lite@https://generativelanguage.googleapis.com/v1beta/openai",
    "mistral": "openai:mistral-small-latest@https://api.mistral.ai/v1",
    "deepseek": "openai:deepseek-chat@https://api.deepseek.com",
    "groq": "openai:llama-3.3-70b-versatile@https://api.groq.com/openai/v1",
    "openrouter": "openai:openai/gpt-4o-mini@https://openrouter.ai/api/v1",
}
UNKNOWN = {
    "loopback": MINE,
    "a known name at home": "openai:gpt-4o-mini@http://localhost:8000/v1",
    "a known name at work": "openai:gpt-4o-mini@https://llm.company.example/v1",
    "local": LOCAL,
    "no LLM": "none",
    "no spec": "test:scripted",
    "unheard of": "openai:no-such-model",
    "writes nothing": "openai:text-embedding-3-small",
    "listed without a number": "openai:gpt-4o@https://api.githubcopilot.com",
}


@pytest.mark.parametrize("model", KNOWN.values(), ids=KNOWN)
def test_known_models_have_a_price_with_its_source_and_date(model: str) -> None:
    price = known_price(model)
    assert price is not None
    assert price.currency == "USD"
    assert 0 < price.per_million_in <= price.per_million_out
    found = re.fullmatch(r"genai-prices (\S+), prices up to (\S+)", price.source)
    assert found is not None
    assert found[1] == genai_prices.__version__
    assert date(2026, 1, 1) < date.fromisoformat(found[2]) <= date.today()


@pytest.mark.parametrize("model", UNKNOWN.values(), ids=UNKNOWN)
def test_what_is_not_known_is_unknown_and_never_free(model: str) -> None:
    assert known_price(model) is None


def test_a_known_price_is_what_the_package_says() -> None:
    price, tokens = known_price(MINI), {"input_tokens": 2000, "cache_read_tokens": 1500, "output_tokens": 30}
    usage = genai_prices.Usage(**tokens)
    expected = genai_prices.calc_price(usage, "gpt-4o-mini", provider_id="openai").total_price
    assert price is not None
    assert price.cost(Usage(1, 0, 2000, 30, 1500)) == pytest.approx(float(expected))


@pytest.mark.parametrize("provider", ["spec", "anthropic"])
def test_batches_are_sold_at_half_the_price(provider: str) -> None:
    price, batch = known_price(KNOWN[provider]), known_price(KNOWN[provider], batch=True)
    assert price is not None
    assert batch is not None
    assert (batch.per_million_in, batch.per_million_out) == (price.per_million_in / 2, price.per_million_out / 2)


def test_a_model_without_a_price_for_batches_has_its_usual_one() -> None:
    assert known_price(KNOWN["groq"], batch=True) == known_price(KNOWN["groq"])


def test_of_prices_that_change_with_the_hour_the_highest_counts() -> None:
    price, today = known_price(KNOWN["deepseek"]), datetime.now(UTC).date()
    assert price is not None
    for hour in range(24):
        at = genai_prices.calc_price(
            genai_prices.Usage(input_tokens=1000),
            "deepseek-chat",
            provider_id="deepseek",
            genai_request_timestamp=datetime.combine(today, time(hour), UTC),
        )
        assert price.per_million_in >= float(at.total_price) * 1000 - 1e-9


def test_a_fee_for_each_call_is_part_of_the_price() -> None:
    price = known_price("openai:sonar@https://api.perplexity.ai")
    assert price is not None
    assert price.per_call > 0
    assert price.per_million_in < 10


def test_the_package_is_loaded_for_a_server_alone_and_stays_off_the_network() -> None:
    code = (
        "import sys, threading; from dialin.llm.prices import known_price, PriceList; "
        f"PriceList().unknown([{LOCAL!r}, 'none']); assert 'genai_prices' not in sys.modules; "
        "import socket; socket.socket.connect = None; socket.getaddrinfo = None; "
        f"assert known_price({MINI!r}); assert threading.active_count() == 1"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# --- costs ----------------------------------------------------------------------------------------


def test_a_bill_has_each_model_at_its_price_and_local_ones_for_nothing() -> None:
    mini, large = known_price(MINI), known_price("openai:gpt-4o")
    assert mini is not None
    assert large is not None
    usage = Usage(1, 5, 1000, 10)
    bill = {Account("judge", MINI): usage, Account("name", "openai:gpt-4o"): usage, Account("merge", LOCAL): usage}
    cost = PriceList().cost(bill)
    assert cost is not None
    assert cost.by_step == {"judge": mini.cost(usage), "name": large.cost(usage)}
    assert cost.total == pytest.approx(mini.cost(usage) + large.cost(usage))


def test_two_models_of_one_step_add_up() -> None:
    usage = Usage(1, 0, 1000, 10)
    cost = PriceList(Price(1.0, 0.0)).cost({Account("judge", MINI): usage, Account("judge", MINE): usage})
    assert cost == Cost({"judge": 0.002}, "", "prices as given")


def test_batches_have_their_own_price_on_the_bill() -> None:
    usage = Usage(1, 0, 1000, 10)
    dear = PriceList().cost({Account("judge", MINI): usage})
    half = PriceList().cost({Account("judge", MINI, batch=True): usage})
    assert dear is not None
    assert half is not None
    assert half.total == pytest.approx(dear.total / 2)


def test_an_unknown_price_makes_the_cost_unknown_unless_nothing_was_asked() -> None:
    bill = {Account("judge", MINI): Usage(1, 0, 1000, 10)}
    assert PriceList().cost(bill | {Account("name", MINE): Usage(1, 0, 10, 1)}) is None
    assert PriceList().cost(bill | {Account("name", MINE): Usage(cached=3)}) == PriceList().cost(bill)
    assert PriceList().unknown([MINE, MINI, LOCAL, MINE]) == [MINE]


def test_local_models_alone_have_no_cost_even_at_a_price() -> None:
    assert PriceList(Price(1.0, 1.0)).cost({Account("judge", LOCAL): Usage(1, 0, 1000, 10)}) is None
    assert PriceList().cost({}) is None


def test_money_is_shown_with_its_currency_and_source() -> None:
    assert str(Cost({"judge": 0.5, "name": 1.0}, "USD", "genai-prices 9, prices up to 2026-11-09")) == (
        "1.50 USD (genai-prices 9, prices up to 2026-11-09)"
    )
    assert str(Cost({"judge": 0.0123}, "", "prices as given")) == "0.0123 (prices as given)"


def test_json_of_a_cost() -> None:
    assert cost_json(Cost({"judge": 0.5}, "USD", "s")) == {
        "cost": 0.5,
        "cost_by_step": {"judge": 0.5},
        "currency": "USD",
        "price_source": "s",
    }
    assert cost_json(None) == {"cost": None}
