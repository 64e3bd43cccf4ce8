"""Load on `dialin serve` beside a plain service of the same vectors: ``python -m studies.own.serve_load``.

The plain service is what one would write in an afternoon: Starlette, the embedder of the run, and a logistic regression
learnt from its intents; each request is answered alone. Both are asked the same distinct sentences, one a request, by
1, 16 and 64 clients that ask again as soon as they have an answer. Then 64 clients ask `dialin serve` for a minute, and
at last 50,000 requests of few sentences show whether its memory grows. The clients share the processor with the
services. Results: ``studies/own/results/serve_load.json``.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import uvicorn
from sklearn.linear_model import LogisticRegression
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dialin.cli import main as dialin_main
from dialin.embed.choose import embedder_of
from dialin.runs.run import load
from studies.own import machine
from studies.own.rephrased import rephrased

CLIENTS = (1, 16, 64)
CHECKPOINTS = 10
WISHES = (
    *("where is my parcel", "i want my money back", "my password does not work", "how do i cancel my plan"),
    *("the bill is higher than last month", "when does the technician come", "i want to change my address"),
    *("can i pay in two parts", "the router blinks red", "i was charged twice", "my card was declined"),
    *("how long is the warranty", "i need a copy of the invoice", "the app closes by itself", "move my appointment"),
)
"""Sentences that are said again in other words."""


@dataclass
class Load:
    """What clients met: the seconds of each request, and how many had no answer."""

    seconds: list[float] = field(default_factory=list)
    n_errors: int = 0
    took: float = 0.0

    def figures(self) -> dict[str, float]:
        """Return p50 and p99 in milliseconds, requests a second, and errors."""
        p50, p99 = np.percentile(self.seconds, [50, 99]) * 1_000 if self.seconds else (np.nan, np.nan)
        return {
            "p50_ms": round(float(p50), 1),
            "p99_ms": round(float(p99), 1),
            "requests_per_second": round(len(self.seconds) / self.took, 1),
            "requests": len(self.seconds),
            "errors": self.n_errors,
        }


# --- the plain service ----------------------------------------------------------------------------


def plain_service(folder: Path) -> Starlette:
    """Return the plain service over a run."""
    run = load(folder)
    data, labels = run.data, run.sentences["intent_id"].to_numpy()
    assert data is not None
    embedder = embedder_of(run.manifest.embedder)
    model = LogisticRegression(C=10.0, max_iter=1_000).fit(data.own_vectors[labels >= 0], labels[labels >= 0])

    def answer(texts: list[str]) -> dict[str, Any]:
        P = model.predict_proba(embedder.encode(texts))
        return {"results": [{"intent_id": int(model.classes_[p.argmax()]), "p_intent": float(p.max())} for p in P]}

    async def predict(request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(answer, (await request.json())["texts"]))

    return Starlette(routes=[Route("/predict", predict, methods=["POST"])])


# --- the clients ----------------------------------------------------------------------------------


def alone(texts: Iterable[str], **asked: object) -> Iterator[dict[str, Any]]:
    """Yield a request for each text."""
    return ({"texts": [text], **asked} for text in texts)


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, value: dict[str, Any]) -> bool:
    """Send one request over an open connection and read the reply; return whether its status is 200."""
    body = json.dumps(value).encode()
    head = (
        f"POST /predict HTTP/1.1\r\nHost: {writer.get_extra_info('peername')[0]}:{writer.get_extra_info('peername')[1]}"
    )
    writer.write(f"{head}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    await writer.drain()
    found = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(found.partition(b"content-length:")[2].partition(b"\r\n")[0])
    await reader.readexactly(length)
    return b" 200 " in found[:20]


async def client(port: int, asked: Iterator[dict[str, Any]], ends: float, most: Iterator[int], load_: Load) -> None:
    """Ask until the time is over, or until `most` is."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in most:
        if time.perf_counter() >= ends:
            break
        began = time.perf_counter()
        is_good = await ask(reader, writer, next(asked))
        load_.seconds.append(time.perf_counter() - began)
        load_.n_errors += not is_good
    writer.close()


def loaded(port: int, asked: Iterator[dict[str, Any]], n_clients: int, seconds: float, n_most: int = 1 << 40) -> Load:
    """Let clients send requests to a service for some seconds, and so many at most."""
    found, most = Load(), iter(range(n_most))

    async def all_clients() -> None:
        ends = time.perf_counter() + seconds
        done = await asyncio.gather(
            *(client(port, asked, ends, most, found) for _ in range(n_clients)), return_exceptions=True
        )
        found.n_errors += sum(isinstance(each, BaseException) for each in done)

    began = time.perf_counter()
    asyncio.run(all_clients())
    found.took = time.perf_counter() - began
    return found


# --- the services ---------------------------------------------------------------------------------


@contextmanager
def service(command: list[str], port: int) -> Iterator[int]:
    """Run a service in a process of its own; give its process id once it answers."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ) as process:
        try:
            for _ in range(600):
                if _answers(port):
                    break
                time.sleep(0.1)
            yield process.pid
        finally:
            process.terminate()


@contextmanager
def dialin_serve(folder: Path) -> Iterator[tuple[int, int]]:
    """Serve a run in a process of its own; give its port and its process id once it answers."""
    port = free_port()
    command = "from dialin.cli import main; import sys; main(sys.argv[1:])"
    with service([sys.executable, "-c", command, "serve", str(folder), "--port", str(port)], port) as process:
        yield port, process


def _answers(port: int) -> bool:
    try:
        return loaded(port, alone(["is anybody there"]), 1, 60, 1).n_errors == 0
    except OSError:
        return False


def free_port() -> int:
    """Return a port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def resident_mb(process: int) -> float:
    """Return the resident memory of a process, in MB."""
    found = subprocess.run(["ps", "-o", "rss=", "-p", str(process)], capture_output=True, text=True, check=True)
    return round(int(found.stdout) / 1024, 1)


def memory_over(process: int, port: int, n_requests: int) -> list[float]:
    """Return the resident memory before the requests and at each checkpoint, in MB."""
    few, found = alone(itertools.cycle(rephrased(list(WISHES), 300)[0])), [resident_mb(process)]
    for _ in range(CHECKPOINTS):
        loaded(port, few, 64, 600, n_requests // CHECKPOINTS)
        found.append(resident_mb(process))
    return found


def made_run(folder: Path) -> Path:
    """Let `dialin discover` find the intents of some sentences."""
    source, out = folder / "said.txt", folder / "run"
    source.write_text("\n".join(rephrased(list(WISHES), 600)[0]), "utf-8")
    dialin_main(["discover", str(source), "--out", str(out), "--llm", "none"], standalone_mode=False)
    return out


def never_said() -> Iterator[str]:
    """Yield sentences without end, none of them twice, nor one of the run."""
    said = rephrased(list(WISHES), 3_000, seed=1)[0]
    return (f"{text}, order {number}" for number, text in enumerate(itertools.cycle(said)))


def measured(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Measure both services over a run."""
    texts = alone(never_said())
    found: dict[str, Any] = {}
    port = free_port()
    with service([sys.executable, "-m", "studies.own.serve_load", "--plain", str(folder), str(port)], port):
        found["plain"] = {n: loaded(port, texts, n, options.seconds).figures() for n in CLIENTS}
    with dialin_serve(folder) as (port, process):
        found["dialin serve"] = {n: loaded(port, texts, n, options.seconds).figures() for n in CLIENTS}
        found["a minute of 64 clients"] = loaded(port, texts, 64, options.long_seconds).figures()
        found["memory_mb"] = memory_over(process, port, options.requests)
    return found


def main() -> None:
    """Measure and write the results, or be the plain service."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0, help="of each number of clients")
    parser.add_argument("--long-seconds", type=float, default=60.0)
    parser.add_argument("--requests", type=int, default=50_000, help="over which memory is watched")
    parser.add_argument("--dry", action="store_true", help="print the results, and write none")
    parser.add_argument("--plain", nargs=2, metavar=("RUN", "PORT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.plain:
        folder, port = options.plain
        uvicorn.run(plain_service(Path(folder)), host="127.0.0.1", port=int(port), log_level="error", http="h11")
        return
    with TemporaryDirectory(prefix="dialin-load-") as work:
        found = measured(made_run(Path(work)), options)
    print(json.dumps(found, indent=1))
    if not options.dry:
        machine.write("serve_load", {"provenance": machine.provenance(cores=os.cpu_count()), **found})


if __name__ == "__main__":
    main()
