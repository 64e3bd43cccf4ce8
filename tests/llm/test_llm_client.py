from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dialin import room
from dialin.errors import BudgetError, DialinError, DiskFullError, InputError, ModelError, ProviderError
from dialin.llm.backends import backend_of
from dialin.llm.base import LLM, Reply, Request
from dialin.llm.cache import Origin, ReplyStore, request_key
from dialin.llm.client import Client, tagged
from dialin.llm.ledger import Budget, Ledger
from dialin.llm.prices import Price, PriceList
from dialin.llm.rate import Bucket, Clock
from dialin.llm.remote import RemoteBackend
from dialin.llm.retry import Retry
from dialin.llm.threads import THREADS
from dialin.llm.usage import Account, Usage
from dialin.prompts.prompt import Prompt


def prompt(user: str) -> Prompt:
    return Prompt("Same?", (("a", "Yes"),), user)


class Script:
    """A backend that answers by a function and remembers what it was asked."""

    name = "script"

    def __init__(self, answer: Callable[[Request], Reply] | None = None, n_parallel: int = 4) -> None:
        self.n_parallel = n_parallel
        self.n_draws = 1
        self.asked: list[str] = []
        self.answer = answer or (lambda request: Reply("Yes", (0.75, 0.25)[: len(request.options)], 10, 1))
        self.closed = False

    def reply(self, request: Request) -> Reply:
        self.asked.append(request.prompt.user)
        return self.answer(request)

    def close(self) -> None:
        self.closed = True


def by_number(request: Request) -> Reply:
    p = int(request.prompt.user) / 100
    time.sleep(0.002 * (int(request.prompt.user) % 3))  # answers arrive out of order
    return Reply(request.prompt.user, (p, 1 - p)[: len(request.options)], 10, 1)


def test_results_keep_the_order_of_the_prompts() -> None:
    client = Client(Script(by_number))
    assert isinstance(client, LLM)
    p = client.choose([prompt(str(i)) for i in range(40)], ["Yes", "No"])
    assert p.shape == (40, 2)
    np.testing.assert_allclose(p[:, 0], np.arange(40) / 100)
    assert client.complete([prompt(str(i)) for i in (7, 3, 9)], 5) == ["7", "3", "9"]


def test_no_prompts_make_an_empty_matrix_and_no_call() -> None:
    backend = Script()
    assert Client(backend).choose([], ["Yes", "No"]).shape == (0, 2)
    assert Client(backend).complete([], 5) == []
    assert backend.asked == []


@pytest.mark.parametrize("options", [[], ["Yes", "Yes"]])
def test_options_must_be_distinct_and_some(options: list[str]) -> None:
    with pytest.raises(InputError, match="options"):
        Client(Script()).choose([prompt("a")], options)


def test_equal_requests_in_a_batch_are_asked_once() -> None:
    backend = Script()
    client = Client(backend, [ReplyStore(":memory:")])
    assert client.complete([prompt("a"), prompt("b"), prompt("a")], 5) == ["Yes"] * 3
    assert sorted(backend.asked) == ["a", "b"]
    assert client.ledger.total() == Usage(2, 0, 20, 2)


def test_each_call_is_booked_on_its_step_and_model() -> None:
    """A run may have two models, each with a price of its own; the provider's cache makes some tokens cheaper."""
    second = Script(lambda _: Reply("Yes", (), 20, 2, tokens_cached=16))
    second.name = "second"
    client = Client(Script())
    client.step("judge").complete([prompt("a")], 5)
    client.step("judge").asking(second).complete([prompt("a")], 5)
    client.step("name").asking(second).complete([prompt("b")], 5)
    assert client.ledger.bill() == {
        Account("judge", "script"): Usage(1, 0, 10, 1),
        Account("judge", "second"): Usage(1, 0, 20, 2, 16),
        Account("name", "second"): Usage(1, 0, 20, 2, 16),
    }


@pytest.mark.parametrize("n_parallel", [1, 8], ids=["one at a time", "eight at a time"])
def test_a_cap_holds_where_the_server_counts_no_tokens(n_parallel: int) -> None:
    backend, store = Script(lambda _: Reply("Yes", (), 0, 0), n_parallel), ReplyStore(":memory:")
    client = Client(backend, [store], budget=Budget(max_tokens=400))
    with pytest.raises(BudgetError, match="400 tokens"):
        client.complete([prompt(f"where is my parcel number {i}") for i in range(100)], 5)
    assert 250 < client.ledger.total().tokens <= 400
    assert sum(store.bill().values(), Usage()).tokens == client.ledger.total().tokens


def test_a_cap_on_money_holds_at_eight_calls_at_a_time() -> None:
    backend = Script(lambda _: Reply("Yes", (), 10, 1), 8)
    client = Client(backend, budget=Budget(max_cost=0.5, prices=PriceList(Price(1000.0, 1000.0))))
    with pytest.raises(BudgetError, match=r"0\.5 money"):
        client.complete([prompt(str(i)) for i in range(100)], 5)
    assert 0 < 11 * len(backend.asked) <= 500


def test_stored_replies_are_free_and_copied_to_the_first_store(tmp_path: Path) -> None:
    shared = ReplyStore(tmp_path / "shared.sqlite")
    Client(Script(), [shared]).step("judge").choose([prompt("a")], ["Yes", "No"])
    run, backend = ReplyStore(tmp_path / "run.sqlite"), Script()
    client = Client(backend, [run, shared])
    p = client.step("judge").choose([prompt("a"), prompt("b")], ["Yes", "No"])
    np.testing.assert_array_equal(p, [[0.75, 0.25]] * 2)
    assert backend.asked == ["b"]
    assert client.ledger.by_step() == {"judge": Usage(1, 1, 10, 1)}
    assert (run.n_paid(), shared.n_paid()) == (1, 2)
    assert run.bill() == {Account("judge", "script"): Usage(2, 0, 20, 2)}


def test_steps_are_counted_apart_and_other_llms_pass_untagged() -> None:
    client = Client(Script())
    judge = tagged(client, "judge")
    judge.choose([prompt("a")], ["Yes", "No"])
    client.step("name").complete([prompt("a")], 5)
    client.complete([prompt("b")], 5)
    assert {step: usage.calls for step, usage in client.ledger.by_step().items()} == {
        "judge": 1,
        "name": 1,
        "other": 1,
    }
    assert tagged(client, "judge") is not client

    class Own:
        name = "own"

        def choose(self, prompts: Sequence[Prompt], options: Sequence[str]) -> NDArray[np.float64]:
            return np.zeros((len(prompts), len(options)))

        def complete(self, prompts: Sequence[Prompt], max_tokens: int, grammar: str = "") -> list[str]:
            return [""] * len(prompts)

    own: LLM = Own()
    assert tagged(own, "judge") is own


def test_the_key_depends_on_all_that_can_change_the_reply() -> None:
    base = Request(prompt("a"), ("Yes", "No"))
    others = [
        Request(prompt("b"), ("Yes", "No")),
        Request(prompt("a"), ("No", "Yes")),
        Request(prompt("a"), ("Yes", "No"), 2),
        Request(prompt("a"), ("Yes", "No"), 1, "root ::= [a-z]"),
        Request(Prompt("Same?", (), "a"), ("Yes", "No")),
    ]
    keys = [request_key("m", r) for r in (base, *others)] + [request_key("m2", base)]
    assert len(set(keys)) == 7
    assert request_key("m", Request(prompt("a"), ("Yes", "No"))) == keys[0]
    assert len(request_key("m", Request(prompt("\ud800 是")))) == 64


@pytest.mark.parametrize("n_parallel", [1, 5])
def test_the_cap_on_calls_is_exact_and_what_was_answered_is_kept(n_parallel: int) -> None:
    store, backend = ReplyStore(":memory:"), Script(by_number, n_parallel)
    client = Client(backend, [store], budget=Budget(max_calls=7))
    prompts = [prompt(str(i)) for i in range(30)]
    with pytest.raises(BudgetError):
        client.complete(prompts, 5)
    assert (len(backend.asked), store.n_paid(), client.ledger.total().calls) == (7, 7, 7)
    again = Client(Script(by_number, n_parallel), [store], budget=Budget(max_calls=23))
    assert again.complete(prompts, 5) == [str(i) for i in range(30)]
    assert again.ledger.total() == Usage(23, 7, 230, 23)


def test_cached_replies_pass_a_budget_of_zero() -> None:
    store = ReplyStore(":memory:")
    Client(Script(), [store]).complete([prompt("a")], 5)
    assert Client(Script(), [store], budget=Budget(max_calls=0)).complete([prompt("a")], 5) == ["Yes"]


def test_a_cap_on_tokens_stops_before_it_is_passed() -> None:
    client = Client(Script(n_parallel=1), budget=Budget(max_tokens=100))
    with pytest.raises(BudgetError, match="tokens"):
        client.complete([prompt(str(i)) for i in range(30)], 1)
    assert 80 <= client.ledger.total().tokens <= 100


class Failing(Script):
    """Fails `n_failures` times in all, then answers."""

    def __init__(self, error: BaseException, n_failures: int) -> None:
        super().__init__(n_parallel=1)
        self.error, self.left = error, n_failures

    def reply(self, request: Request) -> Reply:
        self.asked.append(request.prompt.user)
        if self.left > 0:
            self.left -= 1
            raise self.error
        return Reply("Yes", (), 10, 1)


def test_passing_faults_are_retried_with_growing_waits() -> None:
    """Waits before the jitter (0..1 s): 1, 2, 4, 8."""
    waits: list[float] = []
    client = Client(Failing(ProviderError("busy", retryable=True), 4), retry=Retry(attempts=5, sleep=waits.append))
    assert client.complete([prompt("a")], 5) == ["Yes"]
    assert [int(low <= wait <= low + 1) for low, wait in zip((1, 2, 4, 8), waits, strict=True)] == [1] * 4
    assert client.ledger.total().calls == 1


def test_the_wait_that_the_server_asks_for_is_kept() -> None:
    waits: list[float] = []
    error = ProviderError("busy", retryable=True, retry_after=90.0)
    Client(Failing(error, 1), retry=Retry(sleep=waits.append)).complete([prompt("a")], 5)
    assert waits == [90.0]


def test_retries_end() -> None:
    backend = Failing(ProviderError("busy", retryable=True), 99)
    client = Client(backend, retry=Retry(attempts=3, sleep=lambda _: None))
    with pytest.raises(ProviderError, match="busy"):
        client.complete([prompt("a")], 5)
    assert len(backend.asked) == 3
    assert client.ledger.total().calls == 0


def test_lasting_faults_and_bugs_are_not_retried_and_free_the_budget() -> None:
    for error in (ProviderError("wrong key"), ZeroDivisionError("bug")):
        backend = Failing(error, 1)
        client = Client(backend, budget=Budget(max_calls=1))
        with pytest.raises(type(error)):
            client.complete([prompt("a")], 5)
        assert client.complete([prompt("a")], 5) == ["Yes"]
        assert len(backend.asked) == 2


@pytest.mark.filterwarnings("ignore:stopping")
def test_an_interrupt_while_a_thread_starts_loses_no_reply(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C comes to the main thread, which may wait for a thread to start: the pool does not know that one yet."""
    start, asked = threading.Thread.start, threading.Event()

    def interrupted(thread: threading.Thread) -> None:
        start(thread)
        asked.wait(10)
        raise KeyboardInterrupt

    def slowly(request: Request) -> Reply:
        asked.set()
        time.sleep(0.2)
        return Reply("Yes", (), 10, 1)

    backend, store = Script(slowly, n_parallel=1), ReplyStore(tmp_path / "a.sqlite")
    monkeypatch.setattr(threading.Thread, "start", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Client(backend, [store]).complete([prompt("a"), prompt("b")], 5)
    assert len(backend.asked) == 1
    assert store.n_paid() == 1


def test_a_second_interrupt_leaves_the_calls_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first Ctrl-C says what it waits for; the second comes while it waits, and the answer never does."""
    under_way, never = threading.Event(), threading.Event()

    def answer(request: Request) -> Reply:
        under_way.set()
        never.wait(30)
        return Reply("late", (), 10, 1)

    def interrupted(_futures: object) -> Iterator[object]:
        assert under_way.wait(10)
        raise KeyboardInterrupt

    def again(_places: object, _n: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dialin.llm.client.as_completed", interrupted)
    monkeypatch.setattr("dialin.llm.client.wait_until_free", again)
    begin = time.monotonic()
    with pytest.warns(UserWarning, match="another Ctrl-C"), pytest.raises(KeyboardInterrupt):
        Client(Script(answer, n_parallel=1)).complete([prompt("a")], 5)
    assert time.monotonic() - begin < 10
    assert any(thread.name.startswith(THREADS) for thread in threading.enumerate())
    never.set()


@pytest.mark.filterwarnings("ignore:stopping")
@pytest.mark.parametrize("error", [ProviderError("down"), KeyboardInterrupt()])
def test_a_failure_keeps_what_is_under_way_and_starts_no_more(error: BaseException) -> None:
    under_way, failed = threading.Event(), threading.Event()

    def answer(request: Request) -> Reply:
        if request.prompt.user == "slow":
            under_way.set()
            assert failed.wait(10)
            return Reply("slow", (), 10, 1)
        assert under_way.wait(10)
        failed.set()
        raise error

    store, backend = ReplyStore(":memory:"), Script(answer, n_parallel=2)
    client = Client(backend, [store])
    with pytest.raises(type(error)):
        client.complete([prompt("slow"), prompt("bad"), *(prompt(str(i)) for i in range(200))], 5)
    assert store.get(request_key("script", Request(prompt("slow"), (), 5))) == Reply("slow", (), 10, 1)
    assert len(backend.asked) < 100


def test_a_failure_ends_the_waits_of_other_calls() -> None:
    """One call waits an hour for its next try; the failure of the other must not wait for it."""
    waiting = threading.Event()

    def answer(request: Request) -> Reply:
        if request.prompt.user == "patient":
            waiting.set()
            raise ProviderError("busy", retryable=True, retry_after=3600.0)
        assert waiting.wait(10)
        raise ProviderError("wrong key")

    with pytest.raises(ProviderError):
        Client(Script(answer, n_parallel=2)).complete([prompt("patient"), prompt("b")], 5)


def test_closing_closes_all(tmp_path: Path) -> None:
    backend, store = Script(), ReplyStore(tmp_path / "a.sqlite")
    with Client(backend, [store]) as client:
        client.complete([prompt("a")], 5)
    assert backend.closed
    with pytest.raises(sqlite3.ProgrammingError):
        store.get("x")


@given(st.text(), st.text(), st.lists(st.floats(0, 1), max_size=3))
def test_a_store_gives_back_what_it_got(user: str, text: str, p: list[float]) -> None:
    store = ReplyStore(":memory:")
    request, reply = Request(prompt(user)), Reply(text, tuple(p), 3, 2)
    store.put("k", request, reply, Origin("m", "judge"))
    store.put("k", request, Reply("later", (), 0, 0), Origin("m", "judge"))
    assert store.get("k") == reply
    assert store.get("other") is None
    assert store.n_paid() == 1
    store.close()


def test_stored_columns_are_readable(tmp_path: Path) -> None:
    store = ReplyStore(tmp_path / "a.sqlite")
    store.put("k", Request(prompt("退款"), ("是", "否")), Reply("是", (0.9, 0.1), 30, 1), Origin("m", "judge"))
    with closing(sqlite3.connect(tmp_path / "a.sqlite")) as db:
        row = db.execute("SELECT * FROM replies").fetchone()
    assert row[1:3] == ("m", "judge")
    assert "退款" in row[3]
    assert row[4] == '["是", "否"]'
    assert row[7:] == ("是", "[0.9, 0.1]", 30, 1, 1)
    store.close()


def test_two_connections_share_a_file(tmp_path: Path) -> None:
    first, second = ReplyStore(tmp_path / "a.sqlite"), ReplyStore(tmp_path / "a.sqlite")
    first.put("k", Request(prompt("a")), Reply("x", (), 1, 1), Origin("m", "judge"))
    assert second.get("k") == Reply("x", (), 1, 1)
    first.close()
    second.close()


def test_lone_surrogates_can_be_stored() -> None:
    store = ReplyStore(":memory:")
    store.put("k", Request(prompt("\ud800"), ("\udfff",)), Reply("\ud83d", (1.0,), 1, 1), Origin("m", "judge"))
    assert store.get("k") == Reply("?", (1.0,), 1, 1)


def test_only_what_is_answered_in_this_process_reaches_the_later_stores(tmp_path: Path) -> None:
    """The first store may lie in a run folder from somebody else: its replies are for that run alone."""
    run, shared = ReplyStore(tmp_path / "run.sqlite"), ReplyStore(tmp_path / "shared.sqlite")
    planted, fresh = (request_key("script", Request(prompt(text), ("Yes", "No"))) for text in "ab")
    request = Request(prompt("a"), ("Yes", "No"))
    run.put(planted, request, Reply("No", (0.0, 1.0), 1, 1), Origin("script", "judge"))
    client = Client(Script(), [run, shared])
    client.choose([prompt("a"), prompt("b")], ["Yes", "No"])
    assert (shared.get(planted), shared.get(fresh) is None) == (None, False)


def test_a_reply_is_not_lost_if_only_the_later_store_cannot_keep_it(tmp_path: Path) -> None:
    run, shared = ReplyStore(tmp_path / "run.sqlite"), ReplyStore(tmp_path / "shared.sqlite")
    with sqlite3.connect(tmp_path / "shared.sqlite") as full:
        full.execute("CREATE TRIGGER full BEFORE INSERT ON replies BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    full.close()
    assert Client(Script(), [run, shared]).complete([prompt("a")], 5) == ["Yes"]
    assert run.n_paid() == 1


@pytest.mark.parametrize("probabilities", ["[NaN]", "[2]", "[-1]", "{", '["x"]'])
def test_damaged_numbers_of_a_store_are_an_input_error(tmp_path: Path, probabilities: str) -> None:
    store = ReplyStore(tmp_path / "run.sqlite")
    store.put("k", Request(prompt("a"), ("Yes",)), Reply("Yes", (1.0,), 1, 1), Origin("m", "judge"))
    store.close()
    with sqlite3.connect(tmp_path / "run.sqlite") as file:
        file.execute("UPDATE replies SET probabilities = ?", (probabilities,))
    file.close()
    with pytest.raises(InputError, match=r"run\.sqlite: damaged probabilities"):
        ReplyStore(tmp_path / "run.sqlite").get("k")


def test_a_store_with_views_or_triggers_is_refused(tmp_path: Path) -> None:
    """Reading a view can take for ever."""
    with sqlite3.connect(tmp_path / "run.sqlite") as file:
        file.execute("CREATE VIEW replies AS SELECT 1 AS key")
    file.close()
    with pytest.raises(InputError, match="holds views or triggers"):
        ReplyStore(tmp_path / "run.sqlite")


KILLED = """
import os, signal, sys
from dialin.llm.base import Reply
from dialin.llm.cache import ReplyStore
from dialin.llm.client import Client
from dialin.prompts.prompt import Prompt
class B:
    name = "b"; n_parallel = n_draws = 1; n = 0
    def reply(self, request):
        self.n += 1
        if self.n == 6: os.kill(os.getpid(), signal.SIGKILL)
        return Reply("ok", (), 1, 1)
    def close(self): pass
Client(B(), [ReplyStore(sys.argv[1])]).complete([Prompt("s", (), str(i)) for i in range(10)], 5)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_killed_process_loses_no_answered_call(tmp_path: Path) -> None:
    path = tmp_path / "run.sqlite"
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False, timeout=60)
    assert done.returncode == -9
    store = ReplyStore(path)
    assert store.n_paid() == 5
    store.close()


def test_damaged_and_impossible_stores_are_named_in_one_line(tmp_path: Path) -> None:
    damaged = tmp_path / "bad.sqlite"
    damaged.write_text("no database " * 100)
    for path in (damaged, tmp_path / "missing" / "a.sqlite", tmp_path):
        with pytest.raises(DialinError, match="cannot use the reply store") as caught:
            ReplyStore(path)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    store = ReplyStore(tmp_path / "a.sqlite")
    store._db.execute("PRAGMA max_page_count=4")
    big = Request(prompt("x" * 100_000))
    with pytest.raises(DialinError, match="full"):
        store.put("k", big, Reply("x", (), 1, 1), Origin("m", "judge"))
    assert store.n_paid() == 0
    store.close()


class SmallDisk:
    """A disk that is full until a store gives its reserve up; SQLite itself counts the pages.

    Parameters
    ----------
    store : ReplyStore
        The store, which gets no further page until then.
    """

    def __init__(self, store: ReplyStore, monkeypatch: pytest.MonkeyPatch) -> None:
        self.store, self.give_up = store, store._reserve.give_up
        (n,) = store._db.execute("PRAGMA page_count").fetchone()
        store._db.execute(f"PRAGMA max_page_count={n}")
        monkeypatch.setattr(store._reserve, "give_up", self.grow)

    def grow(self) -> None:
        self.give_up()
        self.store._db.execute("PRAGMA max_page_count=100000")


def test_replies_under_way_when_the_disk_gets_full_are_kept_and_no_more_are_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four are asked at a time, and each fills a page: the first that has no room ends it, and those under way stay.

    How many are on their way until it is noticed depends on the machine; most are never asked.
    """
    store, backend = ReplyStore(tmp_path / "a.sqlite"), Script(lambda _: Reply("x" * 5_000, (), 1, 1))
    SmallDisk(store, monkeypatch)
    with pytest.raises(DiskFullError, match=r"cannot write .*a\.sqlite: database or disk is full; \d"):
        Client(backend, [store]).complete([prompt(str(i)) for i in range(40)], 5)
    assert 1 <= len(backend.asked) <= 20
    assert store.n_paid() == len(backend.asked)
    store.close()


def test_without_room_for_replies_nothing_is_paid_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, backend = ReplyStore(tmp_path / "a.sqlite"), Script()
    monkeypatch.setattr(room, "free_bytes", lambda _: 1 << 20)
    with pytest.raises(DiskFullError, match="it takes 8 MB, and 1 MB are free"):
        Client(backend, [store]).complete([prompt("a")], 5)
    assert backend.asked == []
    assert Client(backend, [ReplyStore(":memory:")]).complete([prompt("a")], 5) == ["Yes"]
    store.close()


def test_damaged_probabilities_are_named() -> None:
    store = ReplyStore(":memory:")
    store.put("k", Request(prompt("a")), Reply("x", (), 1, 1), Origin("m", "judge"))
    store._db.execute("UPDATE replies SET probabilities = 'oops'")
    with pytest.raises(DialinError, match="damaged"):
        store.get("k")


class FakeClock:
    def __init__(self) -> None:
        self.time = 0.0

    def clock(self) -> Clock:
        return Clock(lambda: self.time, self.sleep)

    def sleep(self, seconds: float) -> None:
        self.time += seconds


def test_the_bucket_lets_through_what_it_should() -> None:
    """120 a minute: two at once (a second's worth), then one each half second; 6 take (6 − 2) / 2 = 2 s."""
    fake = FakeClock()
    bucket = Bucket(120, fake.clock())
    for _ in range(6):
        bucket.take(1)
    assert fake.time == pytest.approx(2.0)


def test_a_large_amount_passes_and_is_paid_back() -> None:
    """600 a minute, room 10: 60 leaves −50, 5 s; then 40 given back leave room for the next one at once."""
    fake = FakeClock()
    bucket = Bucket(600, fake.clock())
    bucket.take(60)
    assert fake.time == pytest.approx(5.0)
    bucket.give_back(9)
    bucket.take(9)
    assert fake.time == pytest.approx(5.0)


@pytest.mark.parametrize("spec", ["", "gpt-4", "local:", "openai:", "foo:bar", "openai:@http://x"])
def test_unknown_specs_name_the_forms(spec: str) -> None:
    with pytest.raises(InputError, match=r"local:NAME or local:/path"):
        backend_of(spec)


def test_a_server_spec(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    backend = backend_of("openai:org/qwen@http://localhost:8000/v1/", n_parallel=3)
    assert (backend.name, backend.n_parallel) == ("openai:org/qwen@http://localhost:8000/v1", 3)
    backend.close()
    keyless = backend_of("openai:gpt-4o")
    assert isinstance(keyless, RemoteBackend)
    with pytest.raises(InputError, match="OPENAI_API_KEY"):
        keyless.check()  # nothing is asked


def test_local_specs_that_name_no_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelError, match=r"missing\.gguf"):
        backend_of(f"local:{tmp_path}/missing.gguf")
    monkeypatch.setattr("dialin.models.store.ensure", lambda name: tmp_path)
    with pytest.raises(ModelError, match=r"one \.gguf file"):
        backend_of("local:some-embedder")


def test_a_ledger_can_be_shared() -> None:
    ledger = Ledger()
    Client(Script(), ledger=ledger).complete([prompt("a")], 5)
    Client(Script(), ledger=ledger).complete([prompt("b")], 5)
    assert ledger.total().calls == 2


def test_a_store_that_is_forgotten_is_closed(tmp_path: Path) -> None:
    """Python 3.13 warns of connections that nobody closed."""
    store = ReplyStore(tmp_path / "a.sqlite")
    connection = store._db
    del store
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")


def test_a_store_looks_replies_up_in_a_file_that_it_does_not_write(tmp_path: Path) -> None:
    path, reply = tmp_path / "家 %20?.sqlite", Reply("Yes", (0.75,), 10, 1)
    asked, other = Request(prompt("a"), ("Yes",)), Request(prompt("b"), ("Yes",))
    with closing(ReplyStore(path)) as known:
        known.put("a", asked, reply, Origin("m", "judge"))
    before = path.read_bytes()
    with closing(ReplyStore(":memory:", known=path)) as store:
        assert store.get("a") == reply
        store.put("b", other, reply, Origin("m", "judge"))
        assert store.get("b") == reply
        assert store.get("c") is None
    assert path.read_bytes() == before
