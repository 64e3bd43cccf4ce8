"""Measure what a Ray cluster costs and gives: its start, its memory, embedding on it, and how fast each step is.

``python -m studies.own.on_ray`` embeds sentences of CLINC150 here and on a cluster of 2 and of 4 processes, in turn,
and reads, assigns and writes rows. What compares is the ratio of two measurements side by side, and a rate is per
second of CPU time of one thread, not of the clock. How well the steps overlap, says ``busy``: the CPU time of the
cluster's workers while ``dialin predict`` reads, embeds, assigns and writes a file with them, by all that the cores
have in that time. Writes ``studies/own/results/on_ray.json``, from which ``studies.own.reckon`` reckons
`docs/scale.md`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dialin.arrays import Matrix
from dialin.discover.assign import Pieces
from dialin.embed.choose import embedder_of
from dialin.jobs import predict_spread
from dialin.read.columns import Columns
from dialin.read.corpus import corpus_of
from dialin.read.parts import read_parts
from dialin.runs.parts import save_parts
from dialin.scale import embedder as scaled
from dialin.scale.cluster import joined_cluster
from studies.own import data, machine

SPEC = "local:intents-en-v5"
N_PIECES = 1_500
POLL_S = 0.2
COMMAND = """
import sys
from dialin.cli import main
from dialin.jobs import predict_spread
predict_spread.PART_ROWS = int(sys.argv[1])
main(sys.argv[2:])
"""


def main() -> None:
    """Measure everything, and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sentences", type=int, default=4_096)
    parser.add_argument("--rows", type=int, default=1 << 18)
    parser.add_argument("--predict", type=int, default=1 << 16, help="rows of the file of dialin predict")
    parser.add_argument(
        "--part", type=int, default=predict_spread.PART_ROWS, help="rows that a core answers for at once"
    )
    parser.add_argument("--only-compare", action="store_true", help="only compare the answers of predict: seconds stay")
    options = parser.parse_args()
    texts = sentences(options.sentences)
    found = machine.read("on_ray") if options.only_compare else measured(texts, options.rows)
    for row in found["embedding"]:
        predict = predict_beside_plain(texts, row["n_processes"], options.predict, options.part)
        row["predict"] = compared(row["predict"], predict) if options.only_compare else predict
        print(row, flush=True)
        machine.write("on_ray", found)


def measured(texts: Sequence[str], n_rows: int) -> dict[str, Any]:
    """Return all figures but those of ``dialin predict``."""
    rates, X = rates_of(texts, n_rows)
    rows = [beside_plain(texts, X, n_processes) for n_processes in (2, 4)]
    return machine.provenance(rates_per_cpu_second=rates, embedding=rows)


def sentences(n: int) -> list[str]:
    """Return n distinct sentences of CLINC150."""
    table = pq.read_table(data.folder() / "clinc150_full_with_oos.parquet")
    return list(dict.fromkeys(table["text"].to_pylist()))[:n]


def compared(earlier: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """Return earlier figures of ``dialin predict``, with what a comparison of its answers says now."""
    rows = {"compared": {**machine.provenance(), "n_rows": now["n_rows"], "part": now["part"]}}
    return {**earlier, "is_equal": now["is_equal"], **rows}


def rates_of(texts: Sequence[str], n_rows: int) -> tuple[dict[str, int], Matrix]:
    """Return how many rows each step does in a second of CPU time on one thread, and the vectors of the texts."""
    rates, seconds = dict[str, int](), cpu_seconds
    one = embedder_of(SPEC, n_threads=1).embedder
    X, took = seconds(lambda: one.encode(texts))
    rates["embed"] = round(len(texts) / took)
    centroids = X[np.random.default_rng(0).choice(len(X), N_PIECES)]
    pieces = Pieces(centroids, np.full(N_PIECES, 0.6, np.float32), np.arange(N_PIECES), ("",) * N_PIECES)
    _, took = seconds(lambda: pieces.assign(X, [""] * len(X)))
    rates["assign"] = round(len(X) / took)
    with tempfile.TemporaryDirectory(prefix="dialin-") as folder:
        path = Path(folder) / "said.parquet"
        said = [texts[i] for i in np.random.default_rng(0).integers(0, len(texts), n_rows)]
        pq.write_table(pa.table({"text": said}), path, row_group_size=1 << 16)
        parts, took = seconds(lambda: list(read_parts(path, Columns(), in_dialogues=False)))
        rates["read"] = round(n_rows / took)
        _, took = seconds(lambda: [corpus_of(part) for part in parts])
        rates["distinct"] = round(n_rows / took)
        _, took = seconds(lambda: save_parts(Path(folder) / "found.parquet", answers(parts)))
        rates["write"] = round(n_rows / took)
    return rates, X


def answers(parts: Sequence[pa.Table]) -> Iterator[pa.Table]:
    """Yield tables as ``dialin predict`` writes them."""
    for part in parts:
        ids = np.arange(part.num_rows) % N_PIECES
        names = pa.array([f"inquire-something-{i}" for i in range(N_PIECES)]).take(pa.array(ids))
        yield part.select(["row", "text"]).append_column("intent_id", [ids]).append_column("name", [names])


def cpu_seconds(work: Callable[[], Any]) -> tuple[Any, float]:
    """Return what some work finds, and the CPU seconds that this process spends on it."""
    before = time.process_time()
    found = work()
    return found, time.process_time() - before


def beside_plain(texts: Sequence[str], X: Matrix, n_processes: int) -> dict[str, Any]:
    """Return the seconds of embedding here and on a cluster, in turn, and the memory of the cluster."""
    scaled.MIN_TEXTS, scaled.BLOCK_TEXTS = 1, len(texts) // 4
    here = embedder_of(SPEC).embedder
    row: dict[str, Any] = {"n_texts": len(texts), "n_processes": n_processes}
    with cluster(n_processes) as address:
        start = time.perf_counter()
        with joined_cluster(address) as cores:
            row["seconds_to_join"] = round(time.perf_counter() - start, 1)
            there = scaled.RayEmbedder(here, cores)
            start = time.perf_counter()
            there.encode(texts[:n_processes])
            row["seconds_to_open"] = round(time.perf_counter() - start, 1)
            plain, ray = list[float](), list[float]()
            for _ in range(2):
                start = time.perf_counter()
                here.encode(texts)
                plain.append(time.perf_counter() - start)
                start = time.perf_counter()
                found = there.encode(texts)
                ray.append(time.perf_counter() - start)
                row["is_equal"] = bool(np.array_equal(found, X))
            row["mb"] = {name: round(kb / 1024) for name, kb in memory_kb().items()}
    row["seconds_plain"], row["seconds_ray"] = ([round(s, 1) for s in side] for side in (plain, ray))
    row["ratio"] = round(sum(ray) / sum(plain), 2)
    return row


def predict_beside_plain(texts: Sequence[str], n_processes: int, n_rows: int, part: int) -> dict[str, Any]:
    """Return the seconds of ``dialin predict`` on distinct rows, here and on a cluster, and how busy its cores were."""
    with tempfile.TemporaryDirectory(prefix="dialin-") as name, cluster(n_processes) as address:
        folder = Path(name)
        pq.write_table(pa.table({"text": list(texts[:3_000])}), folder / "said.parquet")
        rows = [f"{texts[i % len(texts)]} {i // len(texts)}" for i in range(n_rows)]
        pq.write_table(pa.table({"text": rows}), folder / "new.parquet")
        run = ("discover", folder / "said.parquet", "--out", folder / "run", "--llm", "none", "--embedder", SPEC)
        took(part, *run)
        asked = (part, "predict", folder / "run", folder / "new.parquet", "--out")
        plain = took(*asked, folder / "here.parquet")
        with worker_cpu_seconds() as used:
            ray = took(*asked, folder / "there.parquet", "--ray", address)
        is_equal = pq.read_table(folder / "here.parquet").equals(pq.read_table(folder / "there.parquet"))
    n_cores = min(n_processes, os.cpu_count() or 1)
    figures = {
        "seconds_plain": plain,
        "seconds_ray": ray,
        "ratio": ray / plain,
        "busy": sum(used.values()) / (ray * n_cores),
    }
    return {"n_rows": n_rows, "part": part, "is_equal": is_equal} | {
        key: round(value, 2) for key, value in figures.items()
    }


def took(part: int, *arguments: object) -> float:
    """Return the seconds of a command of dialin, with so many rows in a part that goes to a core."""
    start = time.perf_counter()
    command = [sys.executable, "-c", COMMAND, str(part), *map(str, arguments)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


@contextmanager
def worker_cpu_seconds() -> Iterator[dict[str, float]]:
    """Yield the CPU seconds of each of Ray's workers by its process number, which grow while they live; Linux only."""
    used, ended = dict[str, float](), Event()

    def look() -> None:
        while not ended.wait(POLL_S):
            for folder in Path("/proc").glob("[0-9]*"):
                with suppress(OSError):  # it has ended
                    if b"ray::" in (folder / "cmdline").read_bytes():
                        fields = (folder / "stat").read_text().rpartition(")")[2].split()
                        used[folder.name] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    thread = Thread(target=look)
    thread.start()
    try:
        yield used
    finally:
        ended.set()
        thread.join()


def memory_kb() -> dict[str, int]:
    """Return the kB of memory of this process, of Ray's workers, and of what else Ray runs; shared pages are shared."""
    kinds = {"this process": 0, "workers": 0, "rest of Ray": 0}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
            lines = (folder / "smaps_rollup").read_text().splitlines()
        except OSError:  # it has ended
            continue
        kind = "this process" if folder.name == str(os.getpid()) else "workers" if b"ray::" in command else ""
        kind = kind or ("rest of Ray" if b"/ray/" in command or b"ray-" in command else "")
        if kind:
            kinds[kind] += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kinds


@contextmanager
def cluster(n_processes: int) -> Iterator[str]:
    """Start a Ray cluster that believes in so many cores; yield its address."""
    from ray.cluster_utils import Cluster  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="dialin-", ignore_cleanup_errors=True) as folder:
        own = Path(folder, "ray")
        own.mkdir()  # Ray notes the cluster's address there, and makes no folder for it
        os.environ["RAY_TMPDIR"] = folder
        place = {"temp_dir": str(own), "include_dashboard": False}
        size = {"num_cpus": n_processes, "object_store_memory": 200 << 20}
        found = Cluster(initialize_head=True, head_node_args=place | size)
        try:
            yield found.address
        finally:
            found.shutdown()


if __name__ == "__main__":
    main()
