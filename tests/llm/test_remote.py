from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.errors import InputError, ProviderError
from dialin.llm.base import Reply, Request
from dialin.llm.client import Client
from dialin.llm.dialects.openai import OPENAI, usage
from dialin.llm.http import RETRYABLE_CODES
from dialin.llm.llama import LlamaBackend, LlamaOptions
from dialin.llm.options import match_answer, option_probabilities
from dialin.llm.rate import Bucket, Clock
from dialin.llm.remote import RemoteBackend, ServerOptions
from dialin.llm.render import PromptPart, render, written_out
from dialin.models.store import ensure
from dialin.prompts.prompt import Prompt

KEY = "sk-secret-123"
URL = "http://127.0.0.1:1/v1"
JUDGE = Request(Prompt("Same intent?", (("a / b", "Yes"),), "c / d"), ("Yes", "No"))
Handler = Callable[[httpx.Request], httpx.Response]


def backend(handler: Handler, **options: Any) -> RemoteBackend:
    return RemoteBackend("m1", URL, KEY, ServerOptions(**options, transport=httpx.MockTransport(handler)))


def chat(content: str | None, top: dict[str, float] | None = None, **message: Any) -> dict[str, Any]:
    entries = [{"token": token, "logprob": math.log(p), "bytes": None} for token, p in (top or {}).items()]
    logprobs = {"content": [{"token": content, "top_logprobs": entries}]} if top else None
    choice = {"message": {"content": content, **message}, "logprobs": logprobs}
    return {"choices": [choice], "usage": {"prompt_tokens": 20, "completion_tokens": 1}}


def answering(*bodies: Any) -> tuple[Handler, list[dict[str, Any]]]:
    """Return a handler that sends the bodies in turn, and the list of what it was asked."""
    asked: list[dict[str, Any]] = []
    left = list(bodies)

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(
            {"path": request.url.path, "auth": request.headers.get("authorization")} | json.loads(request.content)
        )
        body = left.pop(0) if len(left) > 1 else left[0]
        return body if isinstance(body, httpx.Response) else httpx.Response(200, json=body)

    return handler, asked


# ---- options


def test_probabilities_of_tokens() -> None:
    """yes: 0.5 + 0.1 (" Yes.") + 0.05 ("Y"); no: 0.2 ("NO"); "Nothing" goes on, "" and "Hm" fit none."""
    top = {"yes": 0.5, " Yes.": 0.1, "Y": 0.05, "NO": 0.2, "Nothing": 0.05, "": 0.01, "Hm": 0.02}
    p = option_probabilities([(t.encode(), math.log(v)) for t, v in top.items()], ["Yes", "No"])
    assert p == pytest.approx((0.65, 0.2))


def test_a_beginning_of_two_options_counts_for_none() -> None:
    top = [(b"Go", math.log(0.5)), (b"Goo", math.log(0.2)), (b"Gol", math.log(0.1))]
    assert option_probabilities(top, ["Good", "Gold"]) == pytest.approx((0.2, 0.1))


def test_chinese_options_and_parts_of_characters() -> None:
    """是 = e6 98 af, 否 = e5 90 a6: the first byte tells them apart; 是的 begins with 是."""
    top = [("是的".encode(), math.log(0.3)), (b"\xe6", math.log(0.2)), (b"\xe5\x90", math.log(0.4))]
    assert option_probabilities(top, ["是", "否"]) == pytest.approx((0.5, 0.4))


@given(st.lists(st.tuples(st.binary(max_size=4), st.floats(-20, 0.01)), max_size=20))
def test_probabilities_sum_to_at_most_one(candidates: list[tuple[bytes, float]]) -> None:
    p = option_probabilities(candidates, ["Yes", "No"])
    assert all(value >= 0 for value in p)
    assert sum(p) <= 1 + 1e-9


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" yes", (1.0, 0.0)),
        ("**No**, they differ", (0.0, 1.0)),
        ("“NO”", (0.0, 1.0)),
        ("Not really", (0.0, 0.0)),
        ("I think yes", (0.0, 0.0)),
        ("The answer is: **Yes**.", (1.0, 0.0)),
        ("答案：no", (0.0, 1.0)),
        ("My view: I cannot say", (0.0, 0.0)),
        ("", (0.0, 0.0)),
        ("...", (0.0, 0.0)),
    ],
)
def test_written_answers(text: str, expected: tuple[float, float]) -> None:
    assert match_answer(text, ["Yes", "No"]) == expected


def test_written_answers_in_chinese_and_of_several_words() -> None:
    assert match_answer("“是”。", ["是", "否"]) == (1.0, 0.0)
    assert match_answer("否，不一样", ["是", "否"]) == (0.0, 1.0)
    assert match_answer("不是", ["是", "否"]) == (0.0, 0.0)
    assert match_answer("Not-same: x", ["not same", "same", "not"]) == (1.0, 0.0, 0.0)


# ---- prompts as text


def test_chatml_and_plain() -> None:
    prompt = Prompt("S", (("q", "a"),), "u")
    head, rest = render(prompt, "chatml")
    assert written_out(prompt, "chatml") == (
        "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\na<|im_end|>\n"
        "<|im_start|>user\nu<|im_end|>\n<|im_start|>assistant\n"
    )
    assert [part.text for part in rest[:2]] == ["<|im_start|>", "user\nu"]
    assert written_out(prompt, "plain") == "S\n\nq\na\n\nu\n"
    assert render(prompt, "plain") == ([PromptPart("S\n\nq\na\n\n")], [PromptPart("u\n")])
    assert {part.text for part in head + rest if part.is_control} == {"<|im_start|>", "<|im_end|>"}


# ---- talking to a server


def test_chat_with_logprobs() -> None:
    handler, asked = answering(chat("Yes", {"Yes": 0.7, "No": 0.2}))
    reply = backend(handler).reply(JUDGE)
    assert reply.probabilities == pytest.approx((0.7, 0.2))
    assert (reply.text, reply.tokens_in, reply.tokens_out) == ("Yes", 20, 1)
    assert asked[0]["path"] == "/v1/chat/completions"
    assert asked[0]["auth"] == f"Bearer {KEY}"
    assert (asked[0]["model"], asked[0]["max_tokens"], asked[0]["temperature"]) == ("m1", 1, 0)
    assert (asked[0]["logprobs"], asked[0]["top_logprobs"]) == (True, 20)
    assert [m["role"] for m in asked[0]["messages"]] == ["system", "user", "assistant", "user"]


def test_completions_with_the_older_shape_of_logprobs() -> None:
    answer = {"choices": [{"text": " No", "logprobs": {"top_logprobs": [{" No": math.log(0.9)}]}}]}
    handler, asked = answering(answer)
    reply = backend(handler, mode="completions").reply(JUDGE)
    assert reply.probabilities == pytest.approx((0.0, 0.9))
    assert (reply.text, reply.tokens_in, reply.tokens_out) == ("No", 0, 0)
    assert asked[0]["path"] == "/v1/completions"
    assert asked[0]["prompt"] == "Same intent?\n\na / b\nYes\n\nc / d\n"


NAME = Request(Prompt("Name it", (), "x"), (), 12, "root ::= [a-z]+")


def test_free_text_asks_for_no_logprobs_and_sends_the_grammar_as_each_server_takes_it() -> None:
    for wanted in (False, True):
        handler, asked = answering(chat(" check-order \n"))
        assert backend(handler, grammar=wanted).reply(NAME) == Reply("check-order", (), 20, 1)
        assert asked[0]["max_tokens"] == 12
        assert "logprobs" not in asked[0]
        assert ("grammar" in asked[0]) is wanted
    assert (
        asked[0]["grammar"] == asked[0]["guided_grammar"] == asked[0]["structured_outputs"]["grammar"] == NAME.grammar
    )


def test_a_server_that_refuses_grammars_is_asked_without_from_then_on() -> None:
    refusal = httpx.Response(400, json={"error": {"message": "Unrecognized request argument supplied: grammar"}})
    handler, asked = answering(refusal, chat("check-order"))
    bound = backend(handler)
    assert bound.reply(NAME).text == "check-order"
    assert bound.reply(NAME).text == "check-order"
    assert ["grammar" in body for body in asked] == [True, False, False]


def test_a_call_that_is_refused_whatever_is_left_out_fails_and_teaches_nothing() -> None:
    refusal = httpx.Response(400, json={"error": {"message": "no"}})
    handler, asked = answering(*[refusal] * 7, chat("check-order"))
    bound = backend(handler)
    with pytest.raises(ProviderError, match="no"):
        bound.reply(NAME)
    assert bound.reply(NAME).text == "check-order"
    assert ["grammar" in body for body in asked] == [True, False, True, True, True, False, False, True]
    assert asked[6]["messages"][-1]["content"] == "Say yes."  # is it this question, or any?


@pytest.mark.parametrize(
    "refusal",
    [
        chat("Y"),
        httpx.Response(400, json={"error": {"message": "logprobs are not supported by this model"}}),
    ],
)
def test_where_there_are_no_logprobs_written_answers_are_read_from_then_on(refusal: Any) -> None:
    handler, asked = answering(refusal, chat("No, they differ"), chat("yes."))
    server = backend(handler)
    assert server.reply(JUDGE).probabilities == (0.0, 1.0)
    assert server.reply(JUDGE).probabilities == (1.0, 0.0)
    assert ["logprobs" in body for body in asked] == [True, False, False]
    assert [body["max_tokens"] for body in asked] == [1, 8, 8]


def test_newer_name_of_max_tokens() -> None:
    complaint = {"error": {"message": "Unsupported: 'max_tokens'. Use 'max_completion_tokens' instead."}}
    handler, asked = answering(httpx.Response(400, json=complaint), chat("Yes", {"Yes": 0.7}))
    server = backend(handler)
    server.reply(JUDGE)
    server.reply(JUDGE)
    assert ["max_tokens" in body for body in asked] == [True, False, False]
    assert [body.get("max_completion_tokens") for body in asked] == [None, 1, 1]


@pytest.mark.parametrize("answer", [chat(None, refusal="I cannot help"), chat(""), chat("Banana", {"Banana": 0.9})])
def test_refused_empty_and_strange_answers_are_unreadable_not_faults(answer: dict[str, Any]) -> None:
    handler, asked = answering(answer)
    server = backend(handler)
    assert server.reply(JUDGE).probabilities == (0.0, 0.0)
    assert server.learnt.now.n_top
    assert len(asked) == 1


@pytest.mark.parametrize("status", sorted(RETRYABLE_CODES))
def test_passing_faults_may_be_retried(status: int) -> None:
    handler, _ = answering(httpx.Response(status, json={"error": {"message": "busy"}}))
    with pytest.raises(ProviderError, match=f"{status}: busy") as caught:
        backend(handler).reply(JUDGE)
    assert caught.value.retryable


@pytest.mark.parametrize(
    ("status", "hint"),
    [(400, ""), (401, "OPENAI_API_KEY"), (403, "OPENAI_API_KEY"), (404, "'m1'"), (422, "")],
)
def test_lasting_faults_say_what_to_do(status: int, hint: str) -> None:
    said = f"bad\nthing with {KEY}"
    handler, _ = answering(httpx.Response(status, json={"error": {"message": said}}))
    with pytest.raises(ProviderError) as caught:
        backend(handler).reply(JUDGE)
    assert not caught.value.retryable
    assert hint in caught.value.hint
    assert "bad thing" in str(caught.value)
    assert KEY not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [("7", 7, 7), ("0.5", 0.5, 0.5), ("-3", 0, 0), ("date", 50, 60), ("soon", None, None), ("inf", None, None)],
)
def test_retry_after(value: str, low: float | None, high: float | None) -> None:
    if value == "date":
        value = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    handler, _ = answering(httpx.Response(429, headers={"Retry-After": value}, text="slow down"))
    with pytest.raises(ProviderError, match="slow down") as caught:
        backend(handler).reply(JUDGE)
    got = caught.value.retry_after
    assert got is None if low is None or high is None else got is not None and low <= got <= high


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<html>gateway</html>", "html"),
        (b'{"choices": [{"message"', "cut JSON"),
        (b"[1, 2]", "list"),
        (b"{}", "no choices"),
        (b'{"choices": []}', "no choice"),
        (b'{"choices": [3]}', "no object"),
        (b'{"choices": [{"message": {"content": "Y"}, "logprobs": {"content": [{"top_logprobs": [{}]}]}}]}', "hole"),
        (b"\xff\xfe\x00", "bytes"),
    ],
)
def test_garbage_is_a_passing_fault(body: bytes, kind: str) -> None:
    handler, _ = answering(httpx.Response(200, content=body))
    with pytest.raises(ProviderError, match="no readable answer") as caught:
        backend(handler).reply(JUDGE)
    assert caught.value.retryable
    assert URL in str(caught.value)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (httpx.ConnectError("refused"), "cannot reach"),
        (httpx.ReadTimeout("late"), "in time"),
        (httpx.ConnectTimeout("late"), "in time"),
        (httpx.RemoteProtocolError("peer closed connection"), "cannot reach"),
        (httpx.ReadError(f"with {KEY}"), "cannot reach"),
    ],
)
def test_transport_faults_name_the_server_and_may_be_retried(fault: Exception, says: str) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise fault

    with pytest.raises(ProviderError, match=says) as caught:
        backend(handler).reply(JUDGE)
    assert caught.value.retryable
    assert URL in str(caught.value)
    assert KEY not in str(caught.value)


def test_a_server_that_is_not_there() -> None:
    server = RemoteBackend("m1", URL)
    with pytest.raises(ProviderError, match=r"cannot reach the server at http://127\.0\.0\.1:1/v1"):
        server.reply(JUDGE)
    server.close()


def test_lone_surrogates_can_be_sent_and_received() -> None:
    handler, asked = answering(httpx.Response(200, content=b'{"choices": [{"message": {"content": "a\\ud83d"}}]}'))
    assert backend(handler).reply(Request(Prompt("s", (), "x\ud800"), (), 5)).text == "a?"
    assert asked[0]["messages"][-1]["content"] == "x\ud800"


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://x/v1", "http://", "http://[::1"])
def test_bad_base_urls_are_refused(url: str) -> None:
    with pytest.raises(InputError, match="URL"):
        RemoteBackend("m1", url)


def test_bad_keys_and_options_are_refused() -> None:
    with pytest.raises(InputError, match="OPENAI_API_KEY") as caught:
        RemoteBackend("m1", URL, "sk-秘密")
    assert "秘密" not in str(caught.value)
    for bad in ({"n_parallel": 0}, {"rpm": -1.0}, {"timeout": 0.0}):
        with pytest.raises(InputError, match="must be above 0"):
            ServerOptions(**bad)


def test_rate_limits_are_met() -> None:
    """60 requests a minute: the first at once, each further one a second later."""
    waits: list[float] = []
    handler, _ = answering(chat("Yes", {"Yes": 0.7}))
    server = backend(handler)
    server._requests = Bucket(60, Clock(lambda: 0.0, waits.append))
    server._tokens = Bucket(60 * 1000, Clock(lambda: 0.0, waits.append))
    for _ in range(3):
        server.reply(JUDGE)
    assert waits == pytest.approx([1.0, 2.0])
    assert server._tokens._level == pytest.approx(1000 - 3 * 21)  # what was used, not what was estimated


# ---- a real server on this machine


@pytest.fixture(scope="module")
def model_path() -> str:
    return str(next(ensure("qwen2.5-coder-0.5b").glob("*.gguf")))


@pytest.fixture(scope="module")
def server_url(model_path: str) -> Iterator[str]:
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    import xllamacpp  # noqa: PLC0415  (reads the environment)

    params = xllamacpp.CommonParams()
    params.model.path = model_path
    params.n_ctx, params.n_parallel, params.warmup, params.verbosity = 1024, 1, False, -1
    params.n_gpu_layers, params.cache_prompt = 0, False
    server = xllamacpp.Server(params)
    yield server.listening_address + "/v1"
    del server


PAIRS = [("where is my parcel", "has my order come"), ("cancel my card", "what is the weather")]
SHOTS = (("1: hi\n2: hello", "Yes"), ("1: hi\n2: my card is lost", "No"))
PROMPTS = [Prompt("Do both ask for the same thing? Yes or No.", SHOTS, f"1: {a}\n2: {b}") for a, b in PAIRS]


@pytest.mark.models
def test_a_real_server_agrees_with_the_model_in_this_process(server_url: str, model_path: str) -> None:
    """Both evaluate each prompt in full and alone, so that even the rounding is the same."""
    local = LlamaBackend(model_path, options=LlamaOptions(reuse_prefix=False, n_ctx=1024))
    remote = RemoteBackend("any", server_url)
    expected = Client(local).choose(PROMPTS, ["Yes", "No"])
    got = Client(remote).choose(PROMPTS, ["Yes", "No"])
    local.close()
    remote.close()
    assert expected.sum(axis=1).min() > 0.9
    np.testing.assert_allclose(got, expected, atol=1e-3)


@pytest.mark.models
def test_a_real_server_without_logprobs_and_with_grammar(server_url: str) -> None:
    with Client(RemoteBackend("any", server_url, options=ServerOptions(logprobs=False))) as words:
        p = words.choose(PROMPTS[:1], ["Yes", "No"])
    assert (p[0] * 3 % 1).max() < 1e-9  # three answers in words
    with Client(RemoteBackend("any", server_url, options=ServerOptions())) as bound:
        assert bound.complete(PROMPTS[:1], 6, 'root ::= "perhaps"') == ["perhaps"]


@pytest.mark.models
def test_real_completions(server_url: str) -> None:
    backend = RemoteBackend("any", server_url, options=ServerOptions(mode="completions"))
    with Client(backend) as client:
        p = client.choose(PROMPTS, ["Yes", "No"])
    assert backend.learnt.now.n_top
    assert p.sum(axis=1).min() > 0.5


def test_a_token_of_a_billion_bytes_takes_no_memory() -> None:
    """Python's ``bytes(n)`` makes n zeros: a number in the place of the bytes of a token is none."""
    top = [{"token": "Yes", "logprob": 0.0, "bytes": 10**15}]
    answer = {"choices": [{"text": "Yes", "logprobs": {"content": [{"top_logprobs": top}]}}]}
    read = OPENAI.read(answer)
    assert read.candidates == ((b"Yes", 0.0),)


@pytest.mark.parametrize("count", [-5, float("inf"), "9", [1]], ids=["negative", "infinite", "text", "list"])
def test_a_count_of_tokens_that_is_none_counts_nothing(count: object) -> None:
    assert usage({"usage": {"prompt_tokens": count}}) == (0, 0, 0)


def test_a_log_probability_that_is_no_number_counts_for_no_option() -> None:
    assert option_probabilities([(b"Yes", math.nan), (b"No", -math.inf)], ("Yes", "No")) == (0.0, 0.0)
