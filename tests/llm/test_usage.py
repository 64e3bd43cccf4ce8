from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.llm.base import Reply, Request
from dialin.llm.usage import (
    Account,
    Usage,
    estimate_tokens,
    expected_usage,
    prompt_tokens,
    usage_by_step,
    with_token_counts,
)
from dialin.prompts.prompt import Prompt

usages = st.builds(Usage, *[st.integers(0, 1000)] * 5)
REQUEST = Request(Prompt("Answer.", (("- where is my parcel", "good"),), "- 我的包裹到哪"), max_tokens=16)
N_IN = prompt_tokens(REQUEST)


@given(usages, usages)
def test_subtraction_undoes_addition(a: Usage, b: Usage) -> None:
    assert a + b - b == a


def test_steps_add_up_over_models_and_batches() -> None:
    bill = {Account("judge", "a"): Usage(1), Account("name", "a"): Usage(2), Account("judge", "b", True): Usage(4)}
    assert usage_by_step(bill) == {"judge": Usage(5), "name": Usage(2)}


def test_token_estimate_leans_high() -> None:
    """Twenty letters of English make about five tokens, six Chinese characters at most six."""
    assert 5 <= estimate_tokens("where is my parcel??") <= 10
    assert estimate_tokens("我的包裹到哪") == 7
    assert estimate_tokens("\ud800") >= 1


def test_a_call_is_expected_to_write_all_it_may() -> None:
    assert expected_usage(REQUEST) == Usage(1, 0, N_IN, 16)
    assert sum(estimate_tokens(text) for text in ("Answer.", "- where is my parcel", "good", "- 我的包裹到哪")) == N_IN


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ((20, 3, 8), (20, 3, 8)),
        ((0, 0, 0), (N_IN, estimate_tokens("inquire-parcel"), 0)),
        ((20, 0, 0), (20, estimate_tokens("inquire-parcel"), 0)),
        ((0, 3, 0), (N_IN, 3, 0)),
        ((-5, -1, -2), (N_IN, estimate_tokens("inquire-parcel"), 0)),
        ((10**20, 10**20, 10**20), (N_IN, estimate_tokens("inquire-parcel"), N_IN)),
        ((20, 3, 21), (20, 3, 20)),
    ],
    ids=["all counted", "nothing", "in alone", "out alone", "negative", "absurd", "more cached than read"],
)
def test_what_a_server_does_not_count_is_estimated(sent: tuple[int, int, int], expected: tuple[int, int, int]) -> None:
    reply = with_token_counts(Reply("inquire-parcel", (), *sent[:2], tokens_cached=sent[2]), REQUEST)
    assert (reply.tokens_in, reply.tokens_out, reply.tokens_cached) == expected
    assert reply.text == "inquire-parcel"


def test_an_empty_answer_may_have_no_tokens() -> None:
    assert with_token_counts(Reply("", (), 20, 0), REQUEST).tokens_out == 0
    assert with_token_counts(Reply("", (), 20, 16), REQUEST).tokens_out == 16  # hidden thoughts
    assert with_token_counts(Reply("", (), 0, 0, "filtered"), REQUEST).tokens_in == 0  # nobody pays for a refusal


def test_what_a_server_refuses_is_not_counted_for_it() -> None:
    refused = Reply("", (0.0, 0.0), 0, 0, refused="content filter")
    assert with_token_counts(refused, REQUEST) == refused
