"""Questions through batches: as good as asked at once, each paid once, whatever happens on the way."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from batch_desk import Desk, Killed, N, anthropic_desk, openai_desk, posts, questions, texts
from dialin.errors import BudgetError, InputWarning, ProviderError
from dialin.llm.batches.asking import LEAST_QUESTIONS
from dialin.llm.client import Client
from dialin.llm.ledger import Budget
from dialin.llm.remote import RemoteBackend, ServerOptions
from servers.chat import Body, Plain, fault
from servers.exchange import said
from servers.openai_batch import OpenAIBatch
from servers.personality import KEY
from servers.world import World
from thorough import some

OPTIONS = ("Yes", "No")
Opener = Callable[..., Desk]
PROVIDERS = pytest.mark.parametrize("opener", [openai_desk, anthropic_desk], ids=["openai", "anthropic"])


def asked_at_once(desk: Desk, n: int = N) -> Any:
    """Return what the same questions get without batches."""
    other = type(desk)(desk.folder, type(desk.server)(desk.hours), desk.dialect)
    options = ServerOptions(transport=httpx.MockTransport(other.world.answer))
    with Client(RemoteBackend(other.server.model, other.server.base, KEY, options, desk.dialect)) as client:
        return client.choose(questions(n), OPTIONS)


def times_paid(desk: Desk) -> set[int]:
    return set(desk.server.paid.values())


def batches_path(desk: Desk) -> str:
    return "/batches" if draws(desk) == 1 else "/messages/batches"


def draws(desk: Desk) -> int:
    """Return how often a verdict is paid: at Anthropic it comes from three draws."""
    return 1 if isinstance(desk.server, OpenAIBatch) else 3


@PROVIDERS
def test_a_batch_gives_what_single_questions_give(opener: Opener, tmp_path: Path) -> None:
    desk = opener(tmp_path)
    with desk.client() as client:
        found = client.choose(questions(), OPTIONS)
        np.testing.assert_array_equal(found, asked_at_once(desk))
        assert client.ledger.total().calls == draws(desk) * N
        for bill in (client.ledger.bill(), client.stores[0].bill()):
            at_once, in_batches = sorted(bill.items(), key=lambda item: item[0].batch)
            assert (at_once[0].batch, in_batches[0].batch) == (False, True)
            assert at_once[1].calls == (1 if draws(desk) == 1 else 2)
            assert in_batches[1].calls == draws(desk) * N - at_once[1].calls
    assert times_paid(desk) == {draws(desk)}
    assert desk.hours.now > 3 * 3600
    assert desk.register.read_text() == ""
    assert "39 questions is at api." in desk.notes[0]
    assert "39 of 39 questions answered" in desk.notes[1]


@PROVIDERS
def test_many_questions_go_in_few_batches(opener: Opener, tmp_path: Path, monkeypatch: Any) -> None:
    desk = opener(tmp_path)
    service = desk.client().backend._asker._service  # type: ignore[attr-defined]
    monkeypatch.setattr(type(service), "most_lines", 100)
    with desk.client() as client:
        client.complete(texts(250), 16)
    assert [len(job.lines) for job in desk.server.jobs.values()] == [100, 100, 49]
    assert times_paid(desk) == {1}


@PROVIDERS
def test_few_questions_are_asked_at_once(opener: Opener, tmp_path: Path) -> None:
    desk = opener(tmp_path)
    with desk.client() as client:
        client.complete(texts(LEAST_QUESTIONS - 1), 16)
    assert desk.server.jobs == {}
    assert desk.hours.now == 0


@PROVIDERS
def test_texts_go_through_batches_too(opener: Opener, tmp_path: Path) -> None:
    desk = opener(tmp_path)
    with desk.client() as client:
        assert set(client.complete(texts(), 16)) == {"inquire-refund"}
    assert times_paid(desk) == {1}
    assert len(desk.server.jobs) == 1


@PROVIDERS
def test_killed_anywhere_and_resumed_no_question_is_paid_twice(opener: Opener, tmp_path: Path) -> None:
    """A live answer that was on its way to a killed process is lost; that of a batch never is."""
    whole = opener(tmp_path / "whole", hours=0.03)
    events = _events_of(whole)
    expected = asked_at_once(whole, 25)
    assert {"before POST", "after POST", "before GET", "after GET", "sleep"} <= {e.split(" /")[0] for e in events}
    for number, event in some(list(enumerate(events)), 8):
        desk = opener(tmp_path / str(number), hours=0.03)
        _kill_at(desk, number)
        with pytest.raises(Killed):
            desk.client().choose(questions(25), OPTIONS)
        _let_live(desk)
        with desk.client() as client:
            np.testing.assert_array_equal(client.choose(questions(25), OPTIONS), expected)
        lost = event.startswith("after POST") and event.split("/")[-1] in {"completions", "messages"}
        assert times_paid(desk) <= {draws(desk), draws(desk) + lost}, event
        assert desk.register.read_text() == "", event


def _events_of(desk: Desk) -> list[str]:
    """Return what happens while 25 verdicts are asked for."""
    events: list[str] = []
    desk.on_request, desk.hours.on_sleep = events.append, lambda: events.append("sleep")
    with desk.client() as client:
        client.choose(questions(25), OPTIONS)
    return events


def _kill_at(desk: Desk, number: int) -> None:
    left = [number]

    def happen(_: str = "") -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Killed

    desk.on_request, desk.hours.on_sleep = happen, happen


def _die() -> None:
    raise Killed


def _let_live(desk: Desk) -> None:
    desk.on_request, desk.hours.on_sleep = lambda _: None, lambda: None


def _killed_after(desk: Desk, path: str) -> Desk:
    """Return the desk after a process asked 40 verdicts there and died when something was sent to a path."""

    def die(event: str) -> None:
        if event == f"after POST {path}":
            raise Killed

    desk.on_request = die
    with pytest.raises(Killed):
        desk.client().choose(questions(), OPTIONS)
    _let_live(desk)
    return desk


def test_killed_while_answers_are_stored_it_goes_on_with_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = openai_desk(tmp_path)
    client = desk.client()
    store, kept = client.stores[0], client.stores[0].put

    def put(*row: Any) -> None:
        if len(store.keys()) == 15:
            raise Killed
        kept(*row)

    monkeypatch.setattr(store, "put", put)
    with pytest.raises(Killed):
        client.choose(questions(), OPTIONS)
    with desk.client() as client:
        client.choose(questions(), OPTIONS)
    assert times_paid(desk) == {1}
    assert len(desk.server.jobs) == 1


@PROVIDERS
def test_ctrl_c_leaves_the_batch_and_names_it(opener: Opener, tmp_path: Path) -> None:
    desk = opener(tmp_path)
    interrupted = [True]

    def interrupt() -> None:
        if interrupted and desk.hours.now > 600:
            interrupted.clear()
            raise KeyboardInterrupt

    desk.hours.on_sleep = interrupt
    warned = pytest.warns(InputWarning, match=r"which goes on: batch \w*batch_1; .* when the run is resumed")
    with warned, pytest.raises(KeyboardInterrupt):
        desk.client().choose(questions(), OPTIONS)
    assert json.loads(desk.register.read_text())["name"].endswith("batch_1")
    with desk.client() as client:
        client.choose(questions(), OPTIONS)
    assert times_paid(desk) == {draws(desk)}


@PROVIDERS
def test_what_a_batch_did_not_reach_goes_into_another_then_is_asked_at_once(opener: Opener, tmp_path: Path) -> None:
    """Of 39 the first batch reaches 19; of the 20 left the second reaches 10; the last 10 do not wait a third day."""
    desk = opener(tmp_path, hours=30.0)
    with desk.client() as client:
        found = client.complete(texts(), 16)
    assert found == ["inquire-refund"] * N
    assert [len(job.lines) for job in desk.server.jobs.values()] == [39, 20]
    assert [note.split(": ")[1] for note in desk.notes if "expired" in note] == [
        "19 of 39 questions answered",
        "10 of 20 questions answered",
    ]
    assert times_paid(desk) == {1}


class PickyInBatches(OpenAIBatch):
    """Refuses a temperature in batches only: so the first question, which is asked at once, does not show it."""

    def chat(self, body: Body) -> httpx.Response:
        is_live = not any("output_file_id" in job.fields or job.made < self.clock() for job in self.jobs.values())
        if "temperature" in body and not is_live:
            return said(fault("Unsupported parameter: 'temperature'", param="temperature"), 400)
        return super().chat(body)


def test_what_the_model_refuses_in_a_batch_is_left_out_of_the_next(tmp_path: Path) -> None:
    desk = openai_desk(tmp_path)
    desk = Desk(tmp_path, PickyInBatches(desk.hours), hours=desk.hours)
    with desk.client() as client:
        np.testing.assert_array_equal(client.choose(questions(), OPTIONS), asked_at_once(openai_desk(tmp_path)))
    first, second = desk.server.jobs.values()
    assert all("temperature" in line["body"] for line in first.lines)
    assert not any("temperature" in line["body"] for line in second.lines)
    assert posts(desk, "/chat/completions") == 1


class Filtering(OpenAIBatch):
    """Refuses one question for its content, and fails at another."""

    def chat(self, body: Body) -> httpx.Response:
        question = body["messages"][-1]["content"]
        if "money 7\n" in question:
            return said(fault("Your request was rejected by our safety system", code="content_policy_violation"), 400)
        if "money 9\n" in question and body in [line["body"] for job in self.jobs.values() for line in job.lines]:
            self.broken = getattr(self, "broken", 0) + 1
            if self.broken == 1:
                return said(fault("The server had an error", "server_error"), 500)
        return super().chat(body)


def test_a_refused_question_is_unreadable_and_one_that_failed_is_asked_at_once(tmp_path: Path) -> None:
    desk = openai_desk(tmp_path)
    desk = Desk(tmp_path, Filtering(desk.hours), hours=desk.hours)
    with desk.client() as client:
        found = client.choose(questions(), OPTIONS)
    assert np.flatnonzero(found.sum(axis=1) == 0).tolist() == [7]
    assert posts(desk, "/chat/completions") == 2  # the first, and the failed one
    assert times_paid(desk) == {1}


def test_what_one_model_refuses_in_a_batch_another_answers(tmp_path: Path) -> None:
    desk = openai_desk(tmp_path)
    desk = Desk(tmp_path, Filtering(desk.hours), hours=desk.hours)
    options = ServerOptions(transport=httpx.MockTransport(World(Plain()).answer))
    other = RemoteBackend(Plain.model, Plain.base, "", options)
    with desk.client() as client:
        found = client.falling_back([other]).choose(questions(), OPTIONS)
    assert (found.sum(axis=1) > 0).all()
    assert client.refused == []


class Narrow(OpenAIBatch):
    """Lets 25 questions wait at a time."""

    most_lines = 25

    def _wrong(self, job: Any) -> list[Body]:
        fault = {"code": "token_limit_exceeded", "message": "Enqueued token limit reached"}
        return [fault] if len(job.lines) > self.most_lines else []


def test_an_account_with_little_room_gets_smaller_batches_one_by_one(tmp_path: Path) -> None:
    desk = openai_desk(tmp_path)
    desk = Desk(tmp_path, Narrow(desk.hours), hours=desk.hours)
    with desk.client() as client:
        client.choose(questions(100), OPTIONS)
    assert times_paid(desk) == {1}
    assert any("Enqueued token limit reached; trying again with at most 49 questions" in note for note in desk.notes)
    assert [len(job.lines) for job in desk.server.jobs.values()][:4] == [99, 49, 24, 24]


class Refusing(OpenAIBatch):
    """Takes no batch for this model."""

    def _wrong(self, job: Any) -> list[Body]:
        return [{"code": "model_not_found", "message": "The model may not be used in batches"}]


def test_a_refused_batch_says_why_and_what_to_do(tmp_path: Path) -> None:
    desk = openai_desk(tmp_path)
    desk = Desk(tmp_path, Refusing(desk.hours), hours=desk.hours)
    with pytest.raises(ProviderError, match=r"may not be used in batches \(without batches: .*--no-batch\)"):
        desk.client().choose(questions(), OPTIONS)
    assert desk.register.read_text() == ""


@PROVIDERS
def test_somebody_cancels_a_batch(opener: Opener, tmp_path: Path) -> None:
    desk = opener(tmp_path)

    def cancel() -> None:
        job = next(iter(desk.server.jobs.values()))
        job.cancelled = job.cancelled or desk.hours.now + 1

    desk.hours.on_sleep = cancel
    with pytest.raises(ProviderError, match=r"was cancelled: 19 of 39 questions answered \(somebody cancelled it"):
        desk.client().choose(questions(), OPTIONS)
    desk.hours.on_sleep = lambda: None
    with desk.client() as client:
        client.choose(questions(), OPTIONS)
    assert times_paid(desk) == {draws(desk)}


@PROVIDERS
def test_without_batches_the_open_ones_are_ended_and_the_rest_is_asked_at_once(opener: Opener, tmp_path: Path) -> None:
    desk = opener(tmp_path)
    _killed_after(desk, batches_path(desk))
    begun = desk.hours.now
    with desk.client(is_ending=True) as client:
        np.testing.assert_array_equal(client.choose(questions(), OPTIONS), asked_at_once(desk))
    assert desk.hours.now - begun < 600
    assert len(desk.server.jobs) == 1
    assert not desk.register.exists()
    assert times_paid(desk) == {draws(desk)}


@PROVIDERS
def test_a_batch_that_is_gone_is_asked_again(opener: Opener, tmp_path: Path) -> None:
    desk = opener(tmp_path)
    desk.hours.on_sleep = _die
    with pytest.raises(Killed):
        desk.client().choose(questions(), OPTIONS)
    _let_live(desk)
    desk.server.jobs.clear()
    with desk.client() as client:
        client.choose(questions(), OPTIONS)
    assert any("is no longer at api." in note for note in desk.notes)
    assert times_paid(desk) == {draws(desk)}


@PROVIDERS
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_broken_line_while_a_batch_is_made_makes_no_second_one(opener: Opener, tmp_path: Path, moment: str) -> None:
    desk = opener(tmp_path)
    broken = [True]

    def fail(event: str) -> None:
        if broken and event.startswith(f"{moment} POST") and event.endswith("batches"):
            broken.clear()
            raise httpx.ReadTimeout("no answer")

    desk.on_request = fail
    with desk.client() as client:
        client.complete(texts(), 16)
    assert len(desk.server.jobs) == 1
    assert times_paid(desk) == {1}


@PROVIDERS
def test_a_line_that_is_broken_for_half_an_hour_ends_nothing(opener: Opener, tmp_path: Path) -> None:
    desk = opener(tmp_path)

    def fail(event: str) -> None:
        if event.startswith("before GET") and 1000 < desk.hours.now < 3000:
            raise httpx.ConnectError("no route")

    desk.on_request = fail
    with desk.client() as client:
        client.complete(texts(), 16)
    assert times_paid(desk) == {1}


def test_a_line_that_stays_broken_ends_the_wait(tmp_path: Path) -> None:
    desk = openai_desk(tmp_path)

    def fail(event: str) -> None:
        if event.startswith("before GET") and desk.hours.now > 1000:
            raise httpx.ConnectError("no route")

    desk.on_request = fail
    with pytest.raises(ProviderError, match="cannot reach the server"):
        desk.client().complete(texts(), 16)
    assert 3000 < desk.hours.now < 5000
    assert json.loads(desk.register.read_text())["name"] == "batch_1"


def test_a_cap_on_calls_is_kept_and_what_it_allows_is_answered(tmp_path: Path) -> None:
    desk = openai_desk(tmp_path)
    with desk.client(Budget(max_calls=30)) as client:
        with pytest.raises(BudgetError, match="budget of 30 calls"):
            client.choose(questions(), OPTIONS)
        assert client.ledger.total().calls == 30
        assert len(client.stores[0].keys()) == 30
    assert sum(desk.server.paid.values()) == 30
    with desk.client(Budget(max_calls=10)) as client:
        client.choose(questions(), OPTIONS)
    assert times_paid(desk) == {1}


def test_a_batch_of_somebody_else_is_not_taken_for_ours(tmp_path: Path) -> None:
    """Anthropic keeps no mark: two batches of one size at one time are told apart by their answers."""
    desk = anthropic_desk(tmp_path)
    _killed_after(desk, batches_path(desk))
    ours = desk.server.jobs["msgbatch_1"]
    theirs = [line | {"custom_id": f"theirs-{number}"} for number, line in enumerate(ours.lines)]
    desk.server.jobs = {"msgbatch_1": replace(ours, lines=theirs), "msgbatch_2": ours}
    with desk.client() as client:
        client.choose(questions(), OPTIONS)
    assert [len(job.lines) for job in desk.server.jobs.values()] == [39, 39, 79]
