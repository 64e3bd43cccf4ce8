"""Measure the speed of the review pages: 55,000 sentences in 1,500 intents, before and after 1,000 decisions.

The run is made up as in `studies.own.report_size`; with ``--run``, it is a copy of one of `studies.own.large_run`. The
study requests each address several times, and takes decisions of each kind; "/ after merge" is the first page after
one. The times are those of whole answers inside this process, without network and without rendering; "cpu_ms" and
"worst_cpu_ms" are processor time, which a busy machine does not lengthen. Writes
``studies/own/results/review_speed.json``, or with ``--run`` ``review_speed_large.json``.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from dialin.jobs.results import write_result
from dialin.jobs.timing import SessionLog
from dialin.review.edits import Accept, Edit, Merge, Move, Rename
from dialin.review.log import DECISIONS, append
from dialin.runs.run import load
from dialin.web.app import Access
from dialin.web.serve import lasting_app
from studies.own import machine
from studies.own.report_size import corpus, fake

BASE = "http://127.0.0.1:8377"
TOKEN = "a-token"
Took = tuple[float, float]
"""Seconds by the clock, and of processor time."""


def main() -> None:
    """Measure all pages with an empty log and with a long log."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sentences", type=int, default=55_000)
    parser.add_argument("--intents", type=int, default=1_500)
    parser.add_argument("--decisions", type=int, default=1_000)
    parser.add_argument("--times", type=int, default=9)
    parser.add_argument("--run", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.run and options.run.parent) as scratch:
        folder = Path(scratch) / "run"
        if options.run:
            shutil.copytree(options.run, folder, copy_function=os.link)
        else:
            made(options.sentences, options.intents, folder)
        rows = measured(folder, options.times, 0)
        decide(folder, options.decisions)
        rows += measured(folder, options.times, options.decisions)
    about = machine.provenance(peak_memory_mb=machine.peak_memory_mb())
    source = load(folder).manifest.source
    sizes = {"sentences": source.n_sentences, "intents": load(folder).found[1].num_rows}
    print(machine.write("review_speed_large" if options.run else "review_speed", {**about, **sizes, "pages": rows}))


def made(n_sentences: int, n_intents: int, folder: Path) -> None:
    """Write a run folder of this size."""
    run, result = fake(corpus(n_sentences), n_intents, folder)
    write_result(run, result, SessionLog(folder))


def decide(folder: Path, n: int) -> None:
    """Write n decisions: some move three sentences, rename or merge, the others accept an intent."""
    state = load(folder).review
    ids = sorted(state.intents)
    kinds: list[Callable[[int, int], Edit]] = [
        lambda own, other: Move(tuple(state.members(own)[:3].tolist()), other),
        lambda own, _: Accept(own),
        lambda own, _: Rename(own, f"renamed-{own}"),
        lambda own, _: Accept(own),
        lambda own, other: Merge(own, (other,)),
    ]
    for i in range(n):
        edit = kinds[i % len(kinds)](ids[2 * i % len(ids)], ids[(2 * i + 1) % len(ids)])
        append(folder / DECISIONS, "Ana", lambda _, edit=edit: edit)  # type: ignore[misc]


def measured(folder: Path, times: int, n_decisions: int) -> list[dict[str, Any]]:
    """Return a row with the times of each page."""
    client, opened = timed_client(folder)
    rows = [row("from the start until the pages are there", n_decisions, [opened], 0)]
    rows.append(row("the first page", n_decisions, [asked(lambda: client.get("/"))], 0))
    sizes, ids = load(folder).intents["size"].to_pylist(), load(folder).intents["intent_id"].to_pylist()
    largest, middle = ids[sizes.index(max(sizes))], ids[len(ids) // 2]
    paths = ["/", f"/intent/{largest}", f"/intent/{middle}", f"/intent/{middle}/split?parts=8"]
    paths += [f"/intent/{largest}/split?parts=8", "/unassigned", "/log", "/search?q=cancel", "/search?q=order+today"]
    for path in paths:
        taken = [asked(lambda path=path: client.get(path)) for _ in range(times)]  # type: ignore[misc]
        rows.append(row(path, n_decisions, taken, len(client.get(path).content)))
    return rows + edited(client, ids, times, n_decisions)


def timed_client(folder: Path) -> tuple[TestClient, Took]:
    """Return a client of the review, and the seconds until it could be asked."""
    clock, processor = time.perf_counter(), time.process_time()
    client = TestClient(lasting_app(load(folder), Access(token=TOKEN, port=8377, hosts=frozenset())), base_url=BASE)
    client.headers["Origin"] = BASE
    opened = time.perf_counter() - clock, time.process_time() - processor
    client.get(f"/?token={TOKEN}", follow_redirects=False)
    return client, opened


def edited(client: TestClient, ids: list[int], times: int, n_decisions: int) -> list[dict[str, Any]]:
    """Return a row for each kind of decision, and one for the first page after it."""
    n = len(ids)
    forms: dict[str, Callable[[int], dict[str, str]]] = {
        "accept": lambda i: {"do": "accept", "intent": str(ids[n // 3 + i])},
        "rename": lambda i: {
            "do": "rename",
            "intent": str(ids[n // 3 + 20 + i]),
            "name": f"name-{n_decisions + i}",
        },
        "merge": lambda i: {"do": "merge", "intent": str(ids[n // 2 + i]), "others": str(ids[-1 - i])},
        "move": lambda i: {"do": "move", "s": str(20_000 + i), "to": str(ids[n // 2 + i])},
        "noise": lambda i: {"do": "noise", "s": str(30_000 + i)},
    }
    rows = []
    for kind, form in forms.items():
        edits, after = list[Took](), list[Took]()
        for i in range(times):
            sent = {**form(i), "next": "/"}
            edits.append(asked(lambda sent=sent: client.post("/edit", data=sent, follow_redirects=False)))  # type: ignore[misc]
            after.append(asked(lambda: client.get("/")))
        rows += [row(kind, n_decisions, edits, 0), row(f"/ after {kind}", n_decisions, after, 0)]
    return rows


def asked(ask: Callable[[], Any]) -> Took:
    """Return the seconds until the answer; raise AssertionError unless its status is 200 or 303."""
    clock, processor = time.perf_counter(), time.process_time()
    answer = ask()
    assert answer.status_code in (200, 303), answer.text
    return time.perf_counter() - clock, time.process_time() - processor


def row(what: str, n_decisions: int, taken: list[Took], n_bytes: int) -> dict[str, Any]:
    """Print and return the figures of a page."""
    clock, processor = zip(*taken, strict=True)
    found = {
        "page": what,
        "decisions": n_decisions,
        "median_ms": round(1000 * statistics.median(clock)),
        "worst_ms": round(1000 * max(clock)),
        "cpu_ms": round(1000 * statistics.median(processor)),
        "worst_cpu_ms": round(1000 * max(processor)),
        "bytes": n_bytes,
    }
    print(found, flush=True)
    return found


if __name__ == "__main__":
    main()
