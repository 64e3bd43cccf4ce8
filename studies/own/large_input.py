"""Measure the seconds and the peak memory of large inputs: reading, the cache of vectors, predict, and discover.

Sentences are made of random words, a fifth of them said before; vectors come from a hash of the text, so that only
dialin's own work is measured. Each figure is from a process of its own; the seconds are of the processor, as the
machine may be busy. ``peak_mb`` is what the process held at most, with the parts of mapped files that the system had
not taken back, as nothing else needed them. Writes ``studies/own/results/large_input.json`` after each figure.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import shutil
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from dialin.arrays import Matrix
from dialin.bench.memory import HighWater
from dialin.discover.connections import Connections
from dialin.discover.context import Tools
from dialin.discover.data import Data
from dialin.discover.method import discover
from dialin.discover.settings import Settings
from dialin.discover.specs import Specs
from dialin.embed.cache import CachedEmbedder
from dialin.jobs.discover import Session, work_on
from dialin.jobs.memory import MemoryNeed
from dialin.jobs.predict import predict_parts, redacting
from dialin.jobs.results import write_result
from dialin.jobs.timing import SessionLog
from dialin.read.columns import Columns
from dialin.read.corpus import corpus_of
from dialin.read.parts import read_large
from dialin.read.table import read_table
from dialin.redact.source import read_redacted
from dialin.runs.manifest import RunPlan
from dialin.runs.parts import save_parts
from dialin.runs.run import Run, load
from dialin.runs.start import read_corpus, start
from studies.own import large_run, machine
from studies.own.report_size import fake

SIZES = (100_000, 1_000_000)
DIMENSIONS = 384
N_WORDS = 5_000
COLUMNS = {"sentences": ["text"], "dialogues": ["text", "role", "dialogue_id", "turn"]}


class HashedVectors:
    """An embedder that costs next to nothing: each text has one of 4,096 vectors."""

    name = "study:hashed"

    def __init__(self, n_numbers: int = DIMENSIONS) -> None:
        X = np.random.default_rng(0).normal(size=(4_096, n_numbers)).astype(np.float32)
        self._X = X / np.linalg.norm(X, axis=1, keepdims=True)

    def encode(self, texts: Sequence[str]) -> Matrix:
        """Return vectors of unit norm, shape (n, d)."""
        return np.asarray(self._X[[zlib.crc32(text.encode()) % len(self._X) for text in texts]])


def turns(n: int) -> pa.Table:
    """Return n turns of four to thirteen words, ten to a dialogue."""
    rng = np.random.default_rng(0)
    lengths = rng.integers(4, 14, n)
    words = np.array([f"word{i}" for i in range(N_WORDS)])[rng.integers(0, N_WORDS, lengths.sum())]
    ends = np.cumsum(lengths)
    texts = [" ".join(words[end - length : end]) for end, length in zip(ends, lengths, strict=True)]
    for i in np.flatnonzero(rng.random(n) < 0.2).tolist():
        texts[i] = texts[i % 1_000]
    row = np.arange(n)
    roles = np.where(row % 2, "agent", "customer")
    return pa.table({"text": texts, "role": roles, "dialogue_id": [f"d{i // 10}" for i in range(n)], "turn": row % 10})


def spoken(n: int) -> pa.Table:
    """Return n turns in the words of `large_run`, English and Chinese; a twentieth of them hold a value to redact."""
    rng = np.random.default_rng(0)
    texts = list(large_run.composed(rng.integers(0, 3_000, n), rng.integers(0, 192, n)))
    for i in np.flatnonzero(rng.random(n) < 0.05).tolist():
        texts[i] += VALUES[i % len(VALUES)].format(i)
    return turns(n).set_column(0, "text", pa.array(texts))


def said_again(n: int) -> pa.Table:
    """Return n dated turns that say 1,000 sentences."""
    texts, at = turns(1_000)["text"].combine_chunks(), np.arange(n)
    dates = pa.array(np.datetime64("2024-01-01", "ms") + at.astype("m8[m]"))
    return turns(n).set_column(0, "text", texts.take(pa.array(at % len(texts)))).append_column("date", dates)


VALUES = (
    "; write to ann{}@example.com",
    ", my card is 4111 1111 1111 1111",
    "，我的电话是13800138000",
    ", order no. {:08d}",
)
"""What a turn may say beside its wish."""


# --- what is measured, each in a process of its own -----------------------------------------------


def read_parquet(folder: Path, n: int) -> dict[str, object]:
    """Read a Parquet file of dialogues into a corpus."""
    return {"distinct": len(read_large(folder / f"dialogues{n}.parquet").texts)}


def read_csv(folder: Path, n: int) -> dict[str, object]:
    """Read a CSV of dialogues into a corpus."""
    return {"distinct": len(read_large(folder / f"dialogues{n}.csv").texts)}


def read_gz(folder: Path, n: int) -> dict[str, object]:
    """Read a CSV of dialogues, packed by gzip, into a corpus."""
    return {"distinct": len(read_large(folder / f"spoken{n}.csv.gz").texts)}


def read_json(folder: Path, n: int) -> dict[str, object]:
    """Read a JSON array of turns in dialogues into a corpus."""
    return {"distinct": len(read_large(folder / f"spoken{n}.json").texts)}


def redact_csv(folder: Path, n: int) -> dict[str, object]:
    """Read a CSV of dialogues into a corpus with placeholders."""
    return _redact(folder / f"spoken{n}.csv")


def redact_gz(folder: Path, n: int) -> dict[str, object]:
    """Read a CSV of dialogues, packed by gzip, into a corpus with placeholders."""
    return _redact(folder / f"spoken{n}.csv.gz")


def redact_jsonl(folder: Path, n: int) -> dict[str, object]:
    """Read JSON lines of turns in dialogues into a corpus with placeholders."""
    return _redact(folder / f"spoken{n}.jsonl")


def read_calls(folder: Path, n: int) -> dict[str, object]:
    """Read a JSON array of dialogues with ten turns each into a corpus."""
    return {"distinct": len(read_large(folder / f"calls{n}.json").texts)}


def read_gb18030(folder: Path, n: int) -> dict[str, object]:
    """Read a CSV of dialogues in GB 18030 into a corpus."""
    return {"distinct": len(read_large(folder / f"calls{n}.csv").texts)}


def read_stdin(folder: Path, n: int) -> dict[str, object]:
    """Read JSON lines of turns in dialogues from standard input into a corpus."""
    with (folder / f"calls{n}.jsonl").open(encoding="utf-8") as sys.stdin:
        return {"distinct": len(read_large("-").texts)}


def redact_stdin(folder: Path, n: int) -> dict[str, object]:
    """Read JSON lines of turns in dialogues from standard input into a corpus with placeholders."""
    with (folder / f"calls{n}.jsonl").open(encoding="utf-8") as sys.stdin:
        return _redact("-")


def predict_redacted(folder: Path, n: int) -> dict[str, object]:
    """Predict from a JSON array of dialogues to Parquet with placeholders, where what is said next does not count."""
    run = redacting(load(folder / "run"), "rules")
    alone = replace(run.manifest, settings=replace(run.manifest.settings, context="none"))
    return _predict(replace(run, manifest=alone), folder / f"calls{n}.json", folder)


def _redact(path: Path | str) -> dict[str, object]:
    found = read_redacted(path, None, "rules")
    replaced = found.redaction.replaced if found.redaction else {}
    return {"distinct": len(found.corpus.texts), "replaced": sum(replaced.values())}


def cache_filled(folder: Path, n: int) -> dict[str, object]:
    """Embed n texts through a cache that has none of them."""
    path = folder / f"embeddings{n}.sqlite"
    CachedEmbedder(HashedVectors(), path).encode([f"sentence {i}" for i in range(n)])
    return {"file_mb": round(path.stat().st_size / 1e6)}


def cache_read(folder: Path, n: int) -> dict[str, object]:
    """Look up the n texts that the figure before has left."""
    CachedEmbedder(HashedVectors(), folder / f"embeddings{n}.sqlite").encode([f"sentence {i}" for i in range(n)])
    return {}


def predict_sentences(folder: Path, n: int) -> dict[str, object]:
    """Predict from Parquet to Parquet."""
    return _predict(load(folder / "run"), folder / f"sentences{n}.parquet", folder)


def predict_dialogues(folder: Path, n: int) -> dict[str, object]:
    """Predict from Parquet to Parquet where it counts what is said next."""
    return _predict(load(folder / "run"), folder / f"dialogues{n}.parquet", folder)


def _predict(run: Run, source: Path, folder: Path) -> dict[str, object]:
    opened = Connections(None, HashedVectors().encode, HashedVectors.name, "a study")
    save_parts(folder / "found.parquet", predict_parts(run, source, Columns(), opened))
    return {"intents": run.intents.num_rows}


def discover_64(folder: Path, n: int) -> dict[str, object]:
    """Find intents without an LLM in sentences of 64 numbers, which lie around n / 100 places."""
    return _discover(folder, n, 64)


def discover_rows(folder: Path, n: int) -> dict[str, object]:
    """Make a run without an LLM of n dated turns that say 1,000 sentences, to see what a row takes."""
    plan = RunPlan(str(folder / f"rows{n}.parquet"), Columns(), Settings(), Specs("none", "none"))
    corpus = read_corpus(plan).corpus
    opened = Connections(None, HashedVectors(64).encode, HashedVectors.name, "a study")
    run = start(folder / f"rows{n}", plan, corpus, opened)
    return {"distinct": len(corpus.texts), "intents": work_on(run, opened, Session()).intents.num_rows}


def discover_384(folder: Path, n: int) -> dict[str, object]:
    """Find intents without an LLM in sentences of 384 numbers."""
    return _discover(folder, n, DIMENSIONS)


def _discover(folder: Path, n: int, n_numbers: int) -> dict[str, object]:
    rng, path = np.random.default_rng(0), folder / "X.npy"
    centres = HashedVectors(n_numbers).encode([str(i) for i in range(max(20, n // 100))])
    X = np.lib.format.open_memmap(path, "w+", np.float32, (n, n_numbers))
    for first in range(0, n, 8_192):
        part = X[first : first + 8_192]
        own = centres[rng.integers(0, len(centres), len(part))]
        part[:] = own + rng.normal(scale=0.5 / np.sqrt(n_numbers), size=part.shape)
        part /= np.linalg.norm(part, axis=1, keepdims=True)
    X.flush()
    mapped, texts = np.asarray(np.load(path, mmap_mode="r")), [f"text {i} with some words" for i in range(n)]
    data = Data(texts, mapped, np.ones(n, np.int64), [""] * n)
    found = discover(data, Tools(None, HashedVectors().encode, ranks_names=False), Settings())
    reckoned = MemoryNeed.of(texts, n_numbers, n).n_bytes / 1e6
    return {"intents": len(found.intents), "reckoned_mb": round(reckoned)}


Stages = dict[str, Callable[[Path, int], dict[str, object]]]
STAGES: Stages = {
    stage.__name__: stage
    for stage in (
        *(read_parquet, read_csv, read_gz, read_json, redact_csv, redact_gz, redact_jsonl),
        *(read_calls, read_gb18030, read_stdin, redact_stdin, predict_redacted),
        *(cache_filled, cache_read),
        *(predict_sentences, predict_dialogues, discover_64, discover_384, discover_rows),
    )
}


CALLS = (read_calls, read_gb18030, read_stdin, redact_stdin, predict_redacted)
"""Those that read what `write_calls` writes."""


# --- the study ------------------------------------------------------------------------------------


def write_inputs(folder: Path, sizes: Sequence[int], stages: Sequence[str]) -> None:
    """Write the inputs of some figures, and the run that predicts."""
    are_calls = [STAGES[stage] in CALLS for stage in stages]
    for n in sizes:
        if any(are_calls):
            write_calls(folder, n)
        if not all(are_calls):
            write_rows(folder, n)
    write_run(folder / "run", turns(3_000))


def write_rows(folder: Path, n: int) -> None:
    """Write files with a sentence in each row, and the few sentences that are said again and again."""
    table = turns(n)
    for name, columns in COLUMNS.items():
        pq.write_table(table.select(columns), folder / f"{name}{n}.parquet")
    pacsv.write_csv(table, folder / f"dialogues{n}.csv")
    write_spoken(folder, n)
    pq.write_table(said_again(n), folder / f"rows{n}.parquet")


def write_calls(folder: Path, n: int) -> None:
    """Write turns as JSON lines, as a JSON array of dialogues, and as CSV in GB 18030."""
    rows, name = spoken(n).to_pylist(), folder / f"calls{n}"
    with name.with_suffix(".jsonl").open("w", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    with name.with_suffix(".json").open("w", encoding="utf-8") as calls:
        for i in range(0, n, 10):
            said = [{"text": row["text"], "role": row["role"]} for row in rows[i : i + 10]]
            call = json.dumps({"id": rows[i]["dialogue_id"], "turns": said}, ensure_ascii=False)
            calls.write(f"{',' if i else '['}{call}\n")
        calls.write("]\n")
    with name.with_suffix(".csv").open("w", encoding="gb18030", newline="") as table:
        writer = csv.DictWriter(table, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def write_spoken(folder: Path, n: int) -> None:
    """Write the same turns as CSV, packed and not, as JSON lines, and as a JSON array."""
    table, name = spoken(n), folder / f"spoken{n}"
    pacsv.write_csv(table, name.with_suffix(".csv"))
    with name.with_suffix(".csv").open("rb") as plain, gzip.open(name.with_suffix(".csv.gz"), "wb", 6) as packed:
        shutil.copyfileobj(plain, packed)
    with name.with_suffix(".jsonl").open("w", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in table.to_pylist())
    rows = name.with_suffix(".jsonl").read_text("utf-8").rstrip("\n").replace("\n", ",\n")
    name.with_suffix(".json").write_text(f"[{rows}]\n", "utf-8")


def write_run(folder: Path, table: pa.Table) -> Run:
    """Write a finished run of 300 made-up intents."""
    run, result = fake(corpus_of(read_table(table)), 300, folder)
    return write_result(run, result, SessionLog(folder))


def sizes_of(folder: Path, sizes: Sequence[int]) -> dict[str, float]:
    """Return the sizes of the files that are read, in MB."""
    paths = (path for n in sizes for path in sorted(folder.glob(f"*[a-z]{n}.*")))
    return {path.name: round(path.stat().st_size / 1e6, 1) for path in paths}


def figures(folder: Path, stages: Sequence[str], sizes: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Yield the figures of each stage and size, from a process of its own."""
    for n in sizes:
        for stage in stages:
            command = [sys.executable, "-m", "studies.own.large_input", "--one", stage, str(n), str(folder)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            yield json.loads(done.stdout)


def measured(stages: Stages, stage: str, n: int, folder: Path) -> dict[str, Any]:
    """Measure one figure in this process."""
    high, begin = HighWater(), time.process_time()
    before = high.mb()
    found = stages[stage](folder, n)
    seconds = round(time.process_time() - begin, 1)
    return {"stage": stage, "n": n, "cpu_seconds": seconds, "peak_mb": high.mb(), "before_mb": before, **found}


def main() -> None:
    """Measure every stage at every size, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--stages", nargs="+", choices=list(STAGES), default=list(STAGES))
    parser.add_argument("--results", default="large_input", metavar="NAME", help="name of the file of results")
    parser.add_argument("--one", nargs=3, metavar=("STAGE", "N", "FOLDER"), help="measure one figure in this process")
    options = parser.parse_args()
    if options.one:
        stage, n, folder = options.one
        print(json.dumps(measured(STAGES, stage, int(n), Path(folder))))
        return
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        write_inputs(Path(folder), options.sizes, options.stages)
        sizes = sizes_of(Path(folder), options.sizes)
        for row in figures(Path(folder), options.stages, options.sizes):
            rows.append(row)
            print(row, flush=True)
            machine.write(options.results, machine.provenance(rows=rows, input_mb=sizes))


if __name__ == "__main__":
    main()
