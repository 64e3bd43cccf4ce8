"""Measure the size of the report and the time to write it, for 5,000 to 110,000 sentences and for the worst texts.

The sentences are those of sgd_dialogues. Their vectors come from their words (tf-idf, reduced to 384 dimensions), and
their intents come from k-means on the vectors; neither affects size or time. In the worst case, each of 55,000
sentences has 1,280 characters of Chinese and HTML, and there are 2,000 intents. Writes
``studies/own/results/report_size.json``.

With ``--run``, the study measures what each command costs on a run, such as one that `studies.own.large_run` made:
seconds, processor time and peak memory of a process of its own. It writes ``report_size_large.json``.
"""

from __future__ import annotations

import argparse
import gzip
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.cluster import MiniBatchKMeans
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from dialin import files
from dialin.cluster.strata import Stratum
from dialin.discover.assign import build
from dialin.discover.connections import Connections
from dialin.discover.settings import Settings
from dialin.discover.specs import Specs
from dialin.discover.state import Intent, Result
from dialin.facts.build import facts_of
from dialin.facts.loaded import load_files
from dialin.facts.sample import sampled
from dialin.jobs.results import write_result
from dialin.jobs.timing import SessionLog
from dialin.read.columns import Columns
from dialin.read.corpus import Corpus, corpus_of
from dialin.read.dates import DATE
from dialin.report.map.places import layout
from dialin.report.map.points import MAX_POINTS
from dialin.runs.manifest import COMPLETE, RunPlan
from dialin.runs.run import Run, load
from dialin.runs.start import start
from dialin.search.iterate import Round
from dialin.search.trial import Trial
from studies.own import data, machine

DIMENSIONS = 384
WORST = "</script>&很长的一句话" * 80


def main() -> None:
    """Measure a page for each number of sentences and a page of the worst texts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sentences", type=int, nargs="+", default=[5_000, 55_000, 110_000])
    parser.add_argument("--intents", type=int, default=300)
    parser.add_argument("--run", type=Path)
    options = parser.parse_args()
    if options.run:
        measure_commands(options.run)
        return
    rows = []
    for kind, n_intents, name in cases(options.sentences, options.intents):
        rows.append(measured(kind, n_intents, name))
        print(rows[-1], flush=True)
    about = machine.provenance(peak_memory_mb=machine.peak_memory_mb())
    print(machine.write("report_size", {**about, "pages": rows}))


def cases(sizes: list[int], n_intents: int) -> Iterator[tuple[Corpus, int, str]]:
    """Yield a corpus, the number of intents to make up for it, and its name."""
    for n in sizes:
        yield corpus(n), n_intents, "sgd"
    yield worst(corpus(55_000)), 2_000, "worst"


def corpus(n: int) -> Corpus:
    """Return the first turns of sgd_dialogues with n distinct sentences, and made-up dates over half a year."""
    turns = pq.read_table(data.folder() / "sgd_dialogues.parquet", columns=["text", "dialogue_id", "turn", "role"])
    known = turns["text"].combine_chunks().dictionary_encode().indices.to_numpy()
    _, first = np.unique(known, return_index=True)
    turns = turns.slice(0, int(np.sort(first)[min(n, len(first)) - 1]) + 1)
    day = np.datetime64("2024-01-01", "ms") + (np.arange(turns.num_rows) * 183 // turns.num_rows).astype("m8[D]")
    turns = turns.append_column("row", pa.array(np.arange(turns.num_rows)))
    return corpus_of(turns.append_column("date", pa.array(day, DATE)))


def worst(kind: Corpus) -> Corpus:
    """Return the corpus with its texts replaced by long, distinct ones."""
    return replace(kind, texts=[f"{i} {WORST}" for i in range(len(kind.texts))])


def measured(kind: Corpus, n_intents: int, name: str) -> dict[str, Any]:
    """Write a run of these sentences with all files, including the page; return sizes and times."""
    with tempfile.TemporaryDirectory() as folder:
        run, result = fake(kind, n_intents, Path(folder) / "run")
        _, written = timed(lambda: write_result(run, result, SessionLog(run.folder)))
        html = (run.folder / files.REPORT).read_bytes()
        contents = load_files(load(run.folder))
    facts, gathered = timed(lambda: facts_of(contents))
    X = contents.X
    assert X is not None  # the run has just been written
    _, laid_out = timed(lambda: layout(X[sampled(contents.labels, MAX_POINTS, 0)], 0))
    return {
        "texts": name,
        "sentences": len(kind.texts),
        "utterances": kind.occurrences.num_rows,
        "intents": len(facts.intents),
        "bytes": len(html),
        "gzip_bytes": len(gzip.compress(html)),
        "facts": gathered,
        "layout": laid_out,
        "all files of a run, with the page": written,
    }


def measure_commands(folder: Path) -> None:
    """Run each command that reads a run, and write what it cost."""
    opened = load(folder)
    ids = opened.intents["intent_id"].to_pylist()
    commands = {
        "show": ["show", folder],
        "show, one intent": ["show", folder, ids[len(ids) // 2]],
        "show --json": ["show", folder, "--json"],
        "report": ["report", folder],
        "report --without-sentences": [
            "report",
            folder,
            "--without-sentences",
            "--out",
            folder / "figures.html",
            "--force",
        ],
        "report --json": ["report", folder, "--json"],
    }
    rows = []
    for name, command in commands.items():
        rows.append({"command": name, **spent([str(word) for word in command])})
        print(rows[-1], flush=True)
    pages = {name: (folder / name).stat().st_size for name in (files.REPORT, "figures.html")}
    source = opened.manifest.source
    sizes = {"sentences": source.n_sentences, "utterances": source.n_occurrences, "intents": len(ids), "bytes": pages}
    print(machine.write("report_size_large", {**machine.provenance(), **sizes, "commands": rows}))


def spent(command: list[str]) -> dict[str, float]:
    """Run a dialin command; return its seconds by the clock and of processor time, peak memory, and bytes printed."""
    clock, before = time.perf_counter(), os.times()
    with subprocess.Popen([sys.executable, "-m", "dialin", *command], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        n_bytes = len(process.stdout.read())
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return {
        "seconds": round(time.perf_counter() - clock, 1),
        "cpu_seconds": round(used, 1),
        "peak_memory_mb": round(usage.ru_maxrss / 1024),
        "printed_bytes": n_bytes,
    }


def timed(work: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    """Call `work` and return its result, and its seconds by the clock and of processor time."""
    clock, processor = time.perf_counter(), time.process_time()
    found = work()
    seconds = {"seconds": time.perf_counter() - clock, "cpu_seconds": time.process_time() - processor}
    return found, {what: round(value, 1) for what, value in seconds.items()}


def fake(kind: Corpus, n_intents: int, folder: Path) -> tuple[Run, Result]:
    """Start a run folder; return the run and a made-up result that is yet to be written."""
    X, labels = clustered(kind.texts, n_intents)
    plan = RunPlan("sgd.parquet", Columns(), Settings(), Specs("none", "none"))
    run = start(folder, plan, kind, Connections(None, lambda _: X, "tf-idf", "a benchmark"))
    files.write_array(folder / files.EMBEDDINGS, X)
    return replace(run, manifest=replace(run.manifest, status=COMPLETE)), result_of(kind, X, labels)


def clustered(texts: list[str], k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return unit vectors (n, 384) and the intent of each sentence, -1 for every fiftieth."""
    if texts[0].endswith(WORST):
        X = np.random.default_rng(0).normal(size=(len(texts), DIMENSIONS)).astype(np.float32)
    else:
        words = TfidfVectorizer(min_df=2, sublinear_tf=True).fit_transform(texts)
        X = TruncatedSVD(DIMENSIONS, n_iter=2, random_state=0).fit_transform(words).astype(np.float32)
    X /= np.maximum(np.linalg.norm(X, axis=1, keepdims=True), 1e-9)
    labels = MiniBatchKMeans(k, n_init=1, batch_size=4096, random_state=0).fit_predict(X).astype(np.int64)
    return X, np.where(np.arange(len(texts)) % 50 == 7, -1, labels)


def result_of(kind: Corpus, X: np.ndarray, labels: np.ndarray) -> Result:
    """Return the result with these intents, most frequent first."""
    roles = kind.roles or [""] * len(kind.texts)
    used = [label for label, _ in Counter(labels.tolist()).most_common() if label >= 0]
    clusters = [np.flatnonzero(labels == label) for label in used]
    found = np.full(len(labels), -1)
    for i, rows in enumerate(clusters):
        found[rows] = i
    own = [roles[rows[0]] for rows in clusters]
    intents = tuple(
        Intent(i, f"inquire-topic-{i}", len(rows), int(kind.counts[rows].sum()), 0.8, own[i], examples(kind, rows))
        for i, rows in enumerate(clusters)
    )
    trials = tuple(Trial(k, k * 3 // 4, k // 4) for k in (20, 50, 100, 200, 300))
    rounds = ((Stratum("", is_chinese=False), Round(len(labels), (), (), trials, 300)),)
    pieces = build(X, clusters, range(len(clusters)), [""] * len(clusters))
    reasons = ["noise" if label < 0 else "" for label in found]
    return Result(intents, found, (found >= 0).astype(np.float64), reasons, rounds, pieces, True, roles)


def examples(kind: Corpus, rows: np.ndarray) -> tuple[str, ...]:
    """Return the first five sentences of the rows."""
    return tuple(kind.texts[row] for row in rows[:5])


if __name__ == "__main__":
    main()
