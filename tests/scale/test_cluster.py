"""Joining a cluster: what is said where there is none, and that Ray is not heard."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import Cli

from dialin.errors import ClusterError, DiskFullError, InputError
from dialin.scale import cluster
from dialin.scale.cluster import joined_cluster
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
def test_what_is_no_address_is_said(address: str) -> None:
    with pytest.raises(InputError, match="HOST:PORT") as told, joined_cluster(address):
        pass
    assert told.value.message == f"--ray {address} is no address of a Ray cluster"


def test_a_cluster_that_is_not_there_is_said_within_seconds(
    cli: Cli, calls: Path, stranger: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within `CONNECT_SECONDS`, which the test does not wait for."""
    assert cluster.CONNECT_SECONDS <= 5.0
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.5)
    one_line(cli("discover", calls, "--out", "run", "--llm", "none", "--ray", "127.0.0.1:1"), "127.0.0.1:1", "refused")
    nothing_left({"calls.csv"})
    before = time.monotonic()
    with pytest.raises(InputError, match=f"{stranger} cannot be used: timed out"), joined_cluster(stranger):
        pass
    assert time.monotonic() - before < SECONDS


def test_auto_is_the_cluster_that_the_environment_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    with pytest.raises(InputError, match=r"127\.0\.0\.1:1 cannot be used: .*refused"), joined_cluster("auto"):
        pass


@pytest.mark.parametrize(("free", "said"), [(60, "64 MB"), (900, "1.1 GB")], ids=["logs", "blocks"])
def test_without_room_for_ray_none_is_started(free: int, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ray itself would wait for half a minute, or die by a signal once its blocks fill the disk."""
    ray = SimpleNamespace(init=never_there, shutdown=lambda: None)
    monkeypatch.setattr(cluster, "quiet_ray", lambda: ray)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    in_memory = 2 << 30 if free == 60 else 0
    monkeypatch.setattr(cluster, "free_bytes", lambda path: in_memory if "shm" in str(path) else free << 20)
    with (
        pytest.raises(DiskFullError, match=f"Ray needs {said} in .*, and {free} MB are free") as told,
        joined_cluster("auto"),
    ):
        pass
    assert told.value.hint == "make room on that disk"


def never_there(**_: object) -> None:
    """Take the place of Ray, where no cluster runs."""
    raise ConnectionError("no cluster")


def test_a_cluster_that_fails_on_a_full_disk_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ray = SimpleNamespace(shutdown=lambda: None)
    monkeypatch.setattr(cluster, "quiet_ray", lambda: ray)
    monkeypatch.setattr(cluster, "join_or_start", lambda *_: str(tmp_path))
    free = {"bytes": 1 << 20}
    monkeypatch.setattr(cluster, "free_bytes", lambda _: free["bytes"])
    with (
        pytest.raises(DiskFullError, match=r"Ray needs 64 MB in .*; continue with: dialin resume run"),
        joined_cluster("auto"),
    ):
        raise ClusterError("an actor is unavailable", hint="continue with: dialin resume run")
    free["bytes"] = 1 << 30
    with pytest.raises(ClusterError, match="unavailable"), joined_cluster("auto"):
        raise ClusterError("an actor is unavailable")
