"""A real server: what signals do to it, and what it leaves in its log."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from conftest import Cli

import serve_worker
from dialin.review.edits import Rename
from dialin.runs.run import Run
from fake_run import calls, decide, fake_run
from scripted import ScriptedBackend

SECRET = "my card is 4111 1111 1111 1111"
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")


@dataclass(frozen=True)
class Server:
    """A server in a process of its own; its output goes into two files."""

    process: subprocess.Popen[bytes]
    out: Path
    err: Path

    @property
    def url(self) -> str:
        """Where it listens, once it has said so."""
        for _ in range(600):
            if lines := self.out.read_text("utf-8").splitlines():
                return lines[0].split()[-1]
            assert self.process.poll() is None, self.err.read_text("utf-8")
            time.sleep(0.05)
        raise AssertionError("the server does not start")

    def log(self) -> str:
        return self.out.read_text("utf-8") + self.err.read_text("utf-8")

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(20)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return fake_run(tmp_path_factory.mktemp("signals") / "run", calls(2))


@contextmanager
def server(folder: Path, tmp_path: Path, *options: str) -> Iterator[Server]:
    command = [sys.executable, serve_worker.__file__, "serve", str(folder), "--port", "0", *options]
    out, err = tmp_path / "out.txt", tmp_path / "err.txt"
    env = os.environ | {"DIALIN_HOME": str(tmp_path / "home"), "PYTHONUNBUFFERED": "1"}
    with out.open("wb") as to_out, err.open("wb") as to_err:
        process = subprocess.Popen(command, stdout=to_out, stderr=to_err, env=env)
    try:
        yield Server(process, out, err)
    finally:
        process.kill()
        process.wait()


@posix
def test_sigterm_answers_what_is_under_way_and_lets_nobody_in(run: Run, tmp_path: Path) -> None:
    with server(run.folder, tmp_path) as served, ThreadPoolExecutor(1) as pool:
        url = served.url
        httpx.post(f"{url}/predict", json={"text": "quick"})
        slow = pool.submit(httpx.post, f"{url}/predict", json={"text": f"slowly {SECRET}"}, timeout=20)
        time.sleep(0.4)
        served.process.terminate()
        time.sleep(0.3)
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{url}/health")
        assert served.process.poll() is None
        assert slow.result().status_code == 200
        assert slow.result().json()["results"][0]["id"] == 0
        assert served.process.wait(20) == 0
        assert "Traceback" not in served.log()


@posix
def test_nothing_but_versions_is_logged_and_ctrl_c_ends_it(run: Run, tmp_path: Path) -> None:
    """SIGHUP has the run looked at."""
    with server(run.folder, tmp_path) as served:
        url = served.url
        before = httpx.get(f"{url}/version").json()["version"]
        send_secrets(url)
        assert SECRET not in httpx.get(f"{url}/metrics").text
        served.process.send_signal(signal.SIGHUP)
        wait_for(lambda: f"dialin serve: now serving version {before}" in served.log())
        decide(run.folder, Rename(0, "say-hello"))
        wait_for(lambda: httpx.get(f"{url}/version").json()["version"] != before)
        assert "say-hello" in httpx.get(f"{url}/intents").text
        assert served.end(signal.SIGINT) == 0
        assert "4111" not in served.log()
        assert len(set(served.log().splitlines())) == 5
    home = tmp_path / "home"
    assert [path for path in home.rglob("*") if path.is_file() and b"4111" in path.read_bytes()] == []


def send_secrets(url: str) -> None:
    """Send good requests, bad ones, and what is no HTTP at all."""
    for path in ("/predict", "/model/parse", "/dialogues", f"/{SECRET}"):
        httpx.post(f"{url}{path}", json={"text": SECRET})
        httpx.post(f"{url}{path}", content=f'{{"text": "{SECRET}'.encode())
    lines = json.dumps({"text": SECRET, "role": SECRET}).encode()
    httpx.post(f"{url}/predict?q={SECRET}", content=lines, headers={"Content-Type": "application/x-ndjson"})
    host, port = url.removeprefix("http://").split(":")
    for sent in (SECRET.encode() + b"\r\n\r\n", f"GET /{SECRET} HTTP/9\r\n{SECRET}\r\n\r\n".encode()):
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            connection.sendall(sent)
            connection.recv(1000)


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(400):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("never came true")


def test_a_port_that_is_taken_is_said_in_one_line(backend: ScriptedBackend, cli: Cli, run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = cli("serve", run.folder, "--port", port)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"dialin: error: cannot listen on 127.0.0.1 port {port}: ")
    assert result.stderr.count("\n") == 1
