"""An LLM that fails is followed by the one that stands in for it."""

from __future__ import annotations

import threading
import time
from contextlib import closing

import pytest

from dialin.errors import ProviderError
from dialin.llm.base import Reply, Request
from dialin.llm.cache import ReplyStore
from dialin.llm.client import Client
from dialin.llm.retry import Retry
from dialin.prompts.prompt import Prompt

NO_WAIT = Retry(attempts=2, sleep=lambda _: None)


def prompts(n: int) -> list[Prompt]:
    return [Prompt("Name it", (), f"sentence {i}") for i in range(n)]


class Named:
    """A backend that answers with its own name, but for the first calls, at which it fails."""

    n_draws = 1

    def __init__(self, name: str, n_parallel: int = 4, fails_from: int = 10**6, refused: str = "") -> None:
        self.name, self.n_parallel, self.fails_from, self.refused = name, n_parallel, fails_from, refused
        self.asked, self.at_once, self.most_at_once = 0, 0, 0
        self._lock = threading.Lock()

    def reply(self, request: Request) -> Reply:
        with self._lock:
            self.asked += 1
            number = self.asked
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        time.sleep(0.001)
        with self._lock:
            self.at_once -= 1
        if number > self.fails_from:
            raise ProviderError(f"{self.name} is down", retryable=True)
        return Reply("" if self.refused else self.name, (), 10, 1, self.refused)

    def close(self) -> None:
        pass


def test_after_a_failure_the_next_one_answers_all_that_is_left() -> None:
    first, second, told = Named("first", fails_from=0), Named("second"), list[str]()
    client = Client(first, retry=NO_WAIT).falling_back([second], told.append)
    assert client.complete(prompts(9), 5) == ["second"] * 9
    assert told == ["first fails: first is down; second answers from here on"]
    n_asked = first.asked
    assert client.complete(prompts(12), 5)[9:] == ["second"] * 3
    assert first.asked == n_asked  # not asked again in this session


def test_replies_are_kept_under_the_name_of_who_gave_them_and_count_for_a_resumed_run() -> None:
    with closing(ReplyStore(":memory:")) as store, closing(ReplyStore(":memory:")) as shared:
        first, second = Named("first", fails_from=3, n_parallel=1), Named("second")
        begun = Client(first, [store, shared], retry=NO_WAIT).falling_back([second], lambda _: None)
        assert begun.complete(prompts(6), 5) == ["first"] * 3 + ["second"] * 3
        again = Client(Named("first"), [store, shared]).falling_back([Named("second")], lambda _: None)
        assert again.complete(prompts(6), 5) == ["first"] * 3 + ["second"] * 3
        assert again.ledger.total().calls == 0
        alone = Client(Named("second"), [store])
        assert alone.complete(prompts(6), 5) == ["second"] * 6
        assert alone.ledger.total().calls == 3  # those of "first" are not its own


def test_one_that_takes_fewer_calls_at_a_time_is_not_asked_for_more() -> None:
    slow = Named("slow", n_parallel=1)
    Client(Named("first", n_parallel=8, fails_from=0), retry=NO_WAIT).falling_back([slow], lambda _: None).complete(
        prompts(24), 5
    )
    assert slow.most_at_once == 1


def test_a_question_that_is_refused_goes_to_the_next_one_and_the_others_do_not() -> None:
    first, second = Named("first", refused="filtered"), Named("second")
    client = Client(first).falling_back([second], lambda _: None)
    assert client.complete(prompts(3), 5) == ["second"] * 3
    assert first.asked == 3  # it still stands
    assert client.refused == []


def test_where_the_last_one_fails_the_run_stops_as_it_would_without() -> None:
    both = [Named("first", fails_from=0), Named("second", fails_from=0)]
    with pytest.raises(ProviderError, match="second is down"):
        Client(both[0], retry=NO_WAIT).falling_back(both[1:], lambda _: None).complete(prompts(3), 5)


def test_what_the_other_one_said_elsewhere_counts_only_once_it_answers() -> None:
    """A shared store holds answers of the second one: the first is asked all the same, and the second not again."""
    with closing(ReplyStore(":memory:")) as shared, closing(ReplyStore(":memory:")) as own:
        Client(Named("second"), [shared]).complete(prompts(3), 5)
        first, second = Named("first"), Named("second")
        client = Client(first, [own, shared]).falling_back([second], lambda _: None)
        assert client.complete(prompts(3), 5) == ["first"] * 3
    with closing(ReplyStore(":memory:")) as shared, closing(ReplyStore(":memory:")) as own:
        Client(Named("second"), [shared]).complete(prompts(3), 5)
        first, second = Named("first", fails_from=0), Named("second")
        client = Client(first, [own, shared], retry=NO_WAIT).falling_back([second], lambda _: None)
        assert client.complete(prompts(3), 5) == ["second"] * 3
        assert second.asked == 0
