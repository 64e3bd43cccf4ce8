"""Connections are lent to one call at a time, and used again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import httpx
import pytest

from dialin.llm.lines import Lines

URL = "http://127.0.0.1:8000/v1"


def lines() -> Lines:
    return Lines(URL, {}, 1.0, httpx.MockTransport(lambda _: httpx.Response(200)))


def test_calls_at_the_same_time_have_a_connection_each_and_later_ones_use_them_again() -> None:
    found, barrier = lines(), Barrier(5)

    def call(_: int) -> int:
        with found.taken() as client:
            barrier.wait(10)
            return id(client)

    with ThreadPoolExecutor(5) as pool:
        first, second = (set(pool.map(call, range(5))) for _ in range(2))
    assert len(first) == 5
    assert second == first
    found.close()


def test_a_connection_survives_an_error_but_not_an_interrupt() -> None:
    found = lines()
    with pytest.raises(httpx.ConnectError), found.taken() as failed:
        raise httpx.ConnectError("gone")
    with found.taken() as again:
        assert again is failed
    with pytest.raises(KeyboardInterrupt), found.taken() as interrupted:
        raise KeyboardInterrupt
    with found.taken() as fresh:
        assert fresh is not interrupted
    found.close()
    assert interrupted.is_closed
    assert fresh.is_closed
