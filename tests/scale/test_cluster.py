"""Joining a cluster: what is said where there is none, and that Ray is not heard."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Cli

from one_line import nothing_left, one_line

SECONDS = 30.0  # the tests' machine may be slow; Ray itself would try for minutes


@pytest.fixture
def stranger() -> Iterator[str]:
    """Listen as something else than Ray, which never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def test_without_ray_it_says_how_to_get_it(cli: Cli, calls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    one_line(cli("discover", calls, "--out", "run", "--llm", "none", "--ray", "auto"), "pip install 'dialin[ray]'")
    nothing_left({"calls.csv"})


@pytest.mark.parametrize("address", ["somewhere", "127.0.0.1", "ray://127.0.0.1:10001", "127.0.0.1:many"])
def test_what_is_no_address_is_said(cli: Cli, calls: Path, address: str) -> None:
    one_line(cli("discover", calls, "--out", "run", "--llm", "none", "--ray", address), address, "HOST:PORT")
    nothing_left({"calls.csv"})


def test_a_cluster_that_is_not_there_is_said_within_seconds(cli: Cli, calls: Path, stranger: str) -> None:
    before = time.monotonic()
    one_line(cli("discover", calls, "--out", "run", "--llm", "none", "--ray", "127.0.0.1:1"), "127.0.0.1:1", "refused")
    one_line(cli("discover", calls, "--out", "run", "--llm", "none", "--ray", stranger), stranger, "timed out")
    assert time.monotonic() - before < SECONDS
    nothing_left({"calls.csv"})
