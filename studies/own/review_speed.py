"""Measure the speed of the review pages: 55,000 sentences in 1,500 intents, before and after 1,000 decisions.

The run is made up as in `studies.own.report_size`. The study requests each address several times. "edit" is a decision,
and "after an edit" is the first page after it, which counts everything anew. The times are those of whole answers
inside this process, without network and without rendering. Writes ``studies/own/results/review_speed.json``.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from dialin.jobs.discover import write_result
from dialin.jobs.timing import SessionLog
from dialin.review.edits import Accept, Move
from dialin.review.log import DECISIONS, append
from dialin.runs.run import load
from dialin.web.app import Access, app_of
from studies.own import machine
from studies.own.report_size import corpus, fake

BASE = "http://127.0.0.1:8377"
TOKEN = "a-token"


def main() -> None:
    """Measure all pages with an empty log and with a long log."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sentences", type=int, default=55_000)
    parser.add_argument("--intents", type=int, default=1_500)
    parser.add_argument("--decisions", type=int, default=1_000)
    parser.add_argument("--times", type=int, default=9)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = made(options.sentences, options.intents, Path(scratch) / "run")
        rows = measured(folder, options.times, 0)
        decide(folder, options.decisions)
        rows += measured(folder, options.times, options.decisions)
    about = machine.provenance(peak_memory_mb=machine.peak_memory_mb())
    sizes = {"sentences": options.sentences, "intents": options.intents}
    print(machine.write("review_speed", {**about, **sizes, "pages": rows}))


def made(n_sentences: int, n_intents: int, folder: Path) -> Path:
    """Write a run folder of this size."""
    run, result = fake(corpus(n_sentences), n_intents, folder)
    write_result(run, result, SessionLog(folder))
    return folder


def decide(folder: Path, n: int) -> None:
    """Write n decisions: every other one moves three sentences, the others accept an intent."""
    run = load(folder)
    state = run.review
    for i in range(n):
        rows = state.members(i)[:3].tolist()
        edit = Move(tuple(rows), i + 1) if i % 2 and rows else Accept(i)
        append(folder / DECISIONS, "Ana", lambda _, edit=edit: edit)  # type: ignore[misc]


def measured(folder: Path, times: int, n_decisions: int) -> list[dict[str, Any]]:
    """Return a row with the times of each page."""
    started = time.perf_counter()
    client = TestClient(app_of(load(folder), Access(token=TOKEN, port=8377, hosts=frozenset())), base_url=BASE)
    client.headers["Origin"] = BASE
    client.get(f"/?token={TOKEN}")
    rows = [row("the first page, from the start", n_decisions, [time.perf_counter() - started], 0)]
    sizes = load(folder).intents["size"].to_pylist()
    largest = load(folder).intents["intent_id"].to_pylist()[sizes.index(max(sizes))]
    paths = ["/", f"/intent/{largest}", "/intent/700", f"/intent/{largest}/split?parts=8", "/unassigned", "/log"]
    for path in [*paths, "/search?q=restaurant"]:
        taken = [seconds(lambda path=path: client.get(path)) for _ in range(times)]  # type: ignore[misc]
        rows.append(row(path, n_decisions, taken, len(client.get(path).content)))
    edits, after = list[float](), list[float]()
    for i in range(times):
        edits.append(seconds(lambda i=i: client.post("/edit", data=noise(i), follow_redirects=False)))  # type: ignore[misc]
        after.append(seconds(lambda: client.get("/")))
    return [*rows, row("edit", n_decisions, edits, 0), row("/ after an edit", n_decisions, after, 0)]


def noise(i: int) -> dict[str, str]:
    """Return the form that takes sentence 20,000 + i out of its intent."""
    return {"do": "noise", "s": str(20_000 + i), "next": "/"}


def seconds(ask: Callable[[], Any]) -> float:
    """Return the seconds until the answer; raise AssertionError unless its status is 200 or 303."""
    started = time.perf_counter()
    answer = ask()
    assert answer.status_code in (200, 303), answer.text
    return time.perf_counter() - started


def row(what: str, n_decisions: int, taken: list[float], n_bytes: int) -> dict[str, Any]:
    """Print and return the figures of a page."""
    found = {
        "page": what,
        "decisions": n_decisions,
        "median_ms": round(1000 * statistics.median(taken)),
        "worst_ms": round(1000 * max(taken)),
        "bytes": n_bytes,
    }
    print(found, flush=True)
    return found


if __name__ == "__main__":
    main()
