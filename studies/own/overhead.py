"""Measure what dialin itself costs between a question and its answer, against a server that answers in 20 ms.

With 64 calls at a time the ideal is 3,200 questions a second; each layer of the client is timed alone, and beside it a
client of bare sockets, which shows what the server can do. Then a limit of 600 questions a minute is kept for a bit
over a minute, and the server counts. Writes ``studies/own/results/overhead.json``.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import itertools
import json
import os
import pstats
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from dialin.llm.base import Request
from dialin.llm.cache import ReplyStore
from dialin.llm.client import Client
from dialin.llm.remote import RemoteBackend, ServerOptions
from dialin.llm.usage import Usage
from dialin.prompts.prompt import Prompt
from dialin.prompts.templates import load
from studies.own import machine
from studies.own.kill_storm import free_port

SECONDS = 0.02
PARALLEL = 64
OPTIONS = ("Good", "Bad")
RPM = 600.0


@contextmanager
def served(seconds: float) -> Iterator[str]:
    """Run the server in its own process, and return its base URL."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "studies.own.overhead_server", str(port), str(seconds)])
    url = f"http://127.0.0.1:{port}/v1"
    try:
        for _ in range(100):
            try:
                httpx.get(f"{url}/log")
                break
            except httpx.ConnectError:
                time.sleep(0.05)
        yield url
    finally:
        process.kill()
        process.wait()


def prompts(n: int, first: int = 0) -> list[Prompt]:
    """Return n questions as the judge asks them, no two alike."""
    template = load("list", "en")
    words = ("where is my parcel", "has order {} been shipped", "the tracking of {} has not moved", "when does it come")
    return [template.prompt(sentences=[word.format(i) for word in words * 5]) for i in range(first, first + n)]


def timed(work: Callable[[], object], n: int) -> dict[str, float]:
    """Return questions a second, and milliseconds of this process a question."""
    begun, cpu = time.perf_counter(), time.process_time()
    work()
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    return {
        "questions per second": round(n / seconds),
        "share of the ideal": round(n / seconds / (PARALLEL / SECONDS), 3),
        "CPU ms per question": round(1000 * cpu / n, 3),  # what counts where other work shares the machine
    }


# --- the layers -----------------------------------------------------------------------------------


def bare_sockets(url: str, n: int) -> None:
    """Ask with 64 connections and ready-made bytes."""
    host, port = url.removeprefix("http://").removesuffix("/v1").split(":")
    body = json.dumps({"model": "m", "messages": prompts(1)[0].messages()}).encode()
    raw = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)

    async def one(n_own: int) -> None:
        reader, writer = await asyncio.open_connection(host, int(port))
        for _ in range(n_own):
            writer.write(raw)
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].split()[0]))
        writer.close()

    async def every() -> None:
        await asyncio.gather(*(one(n // PARALLEL) for _ in range(PARALLEL)))

    asyncio.run(every())


def bare_httpx(url: str, n: int) -> None:
    """Ask with 64 threads and httpx alone."""
    body = json.dumps({"model": "m", "messages": prompts(1)[0].messages()})
    limits = httpx.Limits(max_connections=PARALLEL, max_keepalive_connections=PARALLEL)
    with httpx.Client(limits=limits) as client, ThreadPoolExecutor(PARALLEL) as pool:
        answers = [pool.submit(client.post, f"{url}/chat/completions", content=body) for _ in range(n)]
        assert all(answer.result().json() for answer in answers)


def backend_of_url(url: str, rpm: float | None = None) -> RemoteBackend:
    """Return the client of the server."""
    return RemoteBackend("overhead", url, None, ServerOptions(n_parallel=PARALLEL, rpm=rpm))


def backend_alone(url: str, n: int, first: int) -> None:
    """Ask through the backend with 64 threads."""
    backend = backend_of_url(url)
    requests = [Request(prompt, OPTIONS) for prompt in prompts(n, first)]
    with ThreadPoolExecutor(PARALLEL) as pool:
        assert all(reply.probabilities for reply in pool.map(backend.reply, requests))
    backend.close()


def whole_client(url: str, n: int, first: int, folder: Path | None) -> None:
    """Ask as a run does; with the two stores of replies if a folder is given."""
    stores = [ReplyStore(folder / f"{name}{first}.sqlite") for name in ("run", "shared")] if folder else []
    with Client(backend_of_url(url), stores) as client:
        assert client.choose(prompts(n, first), OPTIONS).shape == (n, 2)
        assert client.ledger.total() == Usage(n, 0, 300 * n, n)


def layers(url: str, n: int, folder: Path) -> dict[str, Any]:
    """Return the speed of each layer, the best of three: other work on the machine only slows it down."""
    numbers = itertools.count(0, n)
    work: dict[str, Callable[[], object]] = {
        "bare sockets": lambda: bare_sockets(url, n),
        "httpx alone": lambda: bare_httpx(url, n),
        "backend": lambda: backend_alone(url, n, next(numbers)),
        "client": lambda: whole_client(url, n, next(numbers), None),
        "client with its stores": lambda: whole_client(url, n, next(numbers), folder),
    }
    found: dict[str, Any] = {}
    for name, one in work.items():
        tries = [timed(one, n) for _ in range(3)]
        found[name] = max(tries, key=lambda one: one["questions per second"])
        print(f"{name:24} {found[name]}", flush=True)
    return found


def profile(n: int, folder: Path) -> list[str]:
    """Return the functions that a question costs most time in, of one thread and a server that answers at once."""
    with served(0.0) as url:
        profiler = cProfile.Profile()
        backend = backend_of_url(url)
        client = Client(backend, [ReplyStore(folder / "profile.sqlite")])
        requests = [Request(prompt, OPTIONS) for prompt in prompts(n)]
        profiler.enable()
        for request in requests:
            client.choose([request.prompt], request.options)
        profiler.disable()
    stats = pstats.Stats(profiler)
    own = sorted(stats.stats.items(), key=lambda item: -item[1][3])  # type: ignore[attr-defined]
    return [f"{1000 * row[3] / n:.3f} ms  {Path(where[0]).name}:{where[1]} {where[2]}" for where, row in own[:40]]


# --- the rate limit -------------------------------------------------------------------------------


def rate(url: str, seconds: float) -> dict[str, Any]:
    """Keep to 600 questions a minute for so many seconds; return what the server counted."""
    backend = backend_of_url(url, RPM)
    requests = [Request(prompt, OPTIONS) for prompt in prompts(int(RPM / 60 * seconds), 10**6)]
    before = len(httpx.get(f"{url}/log").json())
    with ThreadPoolExecutor(PARALLEL) as pool:
        assert all(reply.probabilities for reply in pool.map(backend.reply, requests))
    backend.close()
    arrivals: list[float] = httpx.get(f"{url}/log").json()[before:]
    steady = arrivals[int(RPM / 60) :]  # after the first second, which a bucket lets through at once
    most = max(sum(start <= at < start + 60 for at in arrivals) for start in arrivals)
    return {
        "questions": len(arrivals),
        "seconds": round(arrivals[-1] - arrivals[0], 2),
        "per minute, after the first second": round(60 * (len(steady) - 1) / (steady[-1] - steady[0]), 1),
        "most in any 60 seconds": most,
    }


def main() -> None:
    """Measure, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=6_400)
    parser.add_argument("--rate-seconds", type=float, default=75.0)
    parser.add_argument("--profile", action="store_true", help="Print where the time goes, and write nothing.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.profile:
            print("\n".join(profile(500, folder)))
            return
        with served(SECONDS) as url:
            found = {"layers": layers(url, options.n, folder), "rate": rate(url, options.rate_seconds)}
    print(found["rate"])
    setting = {
        "load average": os.getloadavg()[1],
        "n": options.n,
        "parallel": PARALLEL,
        "server answers in ms": 1000 * SECONDS,
        "rpm": RPM,
    }
    print(machine.write("overhead", {**machine.provenance(), **setting, **found}))


if __name__ == "__main__":
    main()
