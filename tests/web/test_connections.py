"""Strangers at the door: what they can hold open is bounded in number and time, and others still come in."""

from __future__ import annotations

import contextlib
import http.client
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
import uvicorn

from dialin.review.log import DECISIONS
from dialin.runs.run import load
from dialin.web.app import Access, app_of
from dialin.web.connections import Limits
from dialin.web.serve import config_of, listening
from fake_run import calls, fake_run
from review_client import TOKEN

LIMITS = Limits(connections=8, seconds=1, head=2_000)
HALF = b"GET / HTTP/1.1\r\nHost: a\r\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fake_run(tmp_path_factory.mktemp("door") / "run", calls(1)).folder


@pytest.fixture
def port(folder: Path) -> Iterator[int]:
    """Serve a run with narrow limits until the test ends."""
    with listening("127.0.0.1", 0) as listener:
        server = uvicorn.Server(config_of(app_of(load(folder), Access(TOKEN)), LIMITS))
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join()


@contextlib.contextmanager
def strangers(port: int, n: int, sent: bytes = HALF) -> Iterator[list[socket.socket]]:
    """Open n connections that send this and then nothing."""
    with contextlib.ExitStack() as stack:
        found = []
        for _ in range(n):
            found.append(stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5)))
            found[-1].sendall(sent)
        yield found


def is_open(connection: socket.socket, wait: float = 0.01) -> bool:
    connection.settimeout(wait)
    try:
        while connection.recv(1000):
            pass
    except TimeoutError:
        return True
    except ConnectionError:
        return False
    return False


def status(port: int, method: str = "GET", key: str = TOKEN, headers: dict[str, str] | None = None) -> int:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    client.request(method, f"/intents?token={key}", headers=headers or {})
    answer = client.getresponse().status
    client.close()
    return answer


def test_the_second_part_of_a_reply_does_not_wait_until_the_first_is_confirmed() -> None:
    with listening("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_half_open_requests_are_bounded_and_others_come_in(port: int) -> None:
    with strangers(port, 60) as crowd:
        assert status(port) == 303
        assert sum(map(is_open, crowd)) <= LIMITS.connections


def test_half_open_requests_end(port: int) -> None:
    with strangers(port, 4) as crowd:
        time.sleep(LIMITS.seconds + 0.3)
        assert not any(map(is_open, crowd))


def test_connections_that_send_nothing_end(port: int) -> None:
    with strangers(port, 4, b"") as crowd:
        time.sleep(LIMITS.seconds + 0.3)
        assert not any(map(is_open, crowd))


@pytest.mark.parametrize("before", [b"", HALF + b"Cookie: dialin-0=a-token\r\n\r\n"], ids=["first", "second"])
def test_a_head_that_comes_in_drops_ends(port: int, before: bytes) -> None:
    with strangers(port, 1, before) as (slow,):
        began = time.monotonic()
        with contextlib.suppress(ConnectionError):
            while time.monotonic() < began + 5 and is_open(slow, 0.1):
                slow.sendall(b"G")
        assert time.monotonic() < began + LIMITS.seconds + 1


def test_a_long_head_ends_the_connection(port: int) -> None:
    with strangers(port, 1, HALF + b"X: " + b"x" * 3_000) as (long,):
        assert long.recv(100).startswith(b"HTTP/1.1 400")
        assert not is_open(long, 1)


def test_a_stranger_is_refused_before_the_body_and_keeps_no_connection(port: int, folder: Path) -> None:
    head = b"POST /edit HTTP/1.1\r\nHost: a\r\nOrigin: http://a\r\nContent-Length: 30000000\r\n\r\n"
    with strangers(port, 1, head) as (stranger,):
        assert stranger.recv(100).startswith(b"HTTP/1.1 403")
        assert not is_open(stranger, 1)
    assert status(port, key="wrong") == 403
    assert not (folder / DECISIONS).exists()


@pytest.mark.parametrize(
    "sent", [b"\0\1\2\r\n\r\n", b"GET / HTTP/9\r\n\r\n", b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n", HALF * 9 + b"\r\n"]
)
def test_what_is_not_http_leaves_no_trace(port: int, sent: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    with strangers(port, 3, sent) as crowd:
        assert not any(is_open(one, 1) for one in crowd)
    assert status(port) == 303
    assert "".join(capfd.readouterr()) == ""
