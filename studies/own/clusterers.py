"""Set dialin beside other clusterers on the same vectors: seconds, memory and scores from 10,000 to a million rows.

``python -m studies.own.clusterers --python PYTHON`` runs each method once, in a process of its own
(`studies.own.clusterers_child`), with two threads and the lowest priority; PYTHON is an interpreter of an environment
with umap-learn, hdbscan, fast-hdbscan, evoc, toponymy and faiss-cpu, which are no dependencies of the project. A run
that takes more than ``--limit`` processor seconds (1,800: 15 minutes of both threads) or 16 GB ends, and its row says
so. Its seconds of the clock have no limit, since they depend on what else the machine does.

The vectors are of the mixture of all labelled English sets in random order (`studies.own.growth`); beyond its 73,393
sentences, each is repeated with noise, so that a method that looks for dense places may find single sentences there.
The shipped embedder has learnt these sets: the scores compare methods on equal vectors, and say nothing about new data.
dialin, EVoC and those that follow UMAP are not told the number of clusters; both k-means are told the true one.
Sentences without a cluster count as one cluster; the scores of the others alone stand beside. Those that follow UMAP
share one map, whose seconds and memory their figures contain. ``cpu_seconds`` compare better than ``seconds``, of
which the load of the machine when a run began tells how far to trust them.
Writes ``studies/own/results/clusterers.json`` after each run, and a table, ``clusterers.md``; rows that are there are
not run again.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Matrix
from dialin.score.metrics import score
from dialin.text.markdown import raw_table
from studies.own import clusterers_child, machine
from studies.own.embedders import SHIPPED
from studies.own.growth import MIXED, GrowingCorpus, corpus_of

SIZES = (10_000, 64_000, 250_000, 1_000_000)
NAMES = {
    "dialin": "dialin, no LLM",
    "minibatch": "mini-batch k-means, told k",
    "faiss": "faiss k-means, told k",
    "evoc": "EVoC",
    "hdbscan": "UMAP + HDBSCAN (BERTopic)",
    "fast_hdbscan": "UMAP + fast-hdbscan",
    "toponymy": "UMAP + Toponymy's clusterer, finest layer",
    "fast_hdbscan_raw": "fast-hdbscan on the vectors",
}
SCORES = ("ami", "ari", "acc")
MAX_MB = 16_000
NOISE = 0.25
"""Mean length of the noise that is added to a unit vector."""
N_CHUNK = 50_000
THREADS = 2
POLL_S = 0.2
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Ended:
    """How a process ended: why it failed ("" if it did not), its seconds, and those of the processors."""

    why: str
    seconds: float
    cpu_seconds: float


def repeated_with_noise(X: Matrix, n: int, seed: int) -> Matrix:
    """Return n unit rows: those of X (m, d) over and over, each with Gaussian noise of length about `NOISE`.

    Parameters
    ----------
    X : float32 array of shape (m, d)
        Unit rows; row i of the result comes from row i modulo m.
    n : int
        Number of rows wanted.
    seed : int
        Seed of the noise.

    Returns
    -------
    float32 array of shape (n, d)
    """
    rng, made = np.random.default_rng(seed), np.empty((n, X.shape[1]), np.float32)
    for begin in range(0, n, N_CHUNK):
        part = made[begin : begin + N_CHUNK]
        rng.standard_normal(out=part, dtype=np.float32)
        part *= NOISE / np.sqrt(X.shape[1])
        part += X[np.arange(begin, begin + len(part)) % len(X)]
        part /= np.linalg.norm(part, axis=1, keepdims=True)
    return made


def ended(command: Sequence[str], limit_s: float, max_mb: float) -> Ended:
    """Run a command, end it when it takes too much time or memory, and return what it took.

    What ends a process is its own processor seconds and memory (Linux only); the figures count the processes that it
    waited for.
    """
    threads = {f"{name}_NUM_THREADS": str(THREADS) for name in ("OMP", "OPENBLAS", "NUMBA")}
    # A thread that spins while it waits for its turn on a busy machine would count as work.
    settings = {**threads, "OMP_WAIT_POLICY": "passive", "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    began, why = time.perf_counter(), ""
    process = subprocess.Popen(command, env={**os.environ, **settings})
    while True:
        pid, status, used = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        if not why and (why := excess(process.pid, limit_s, max_mb)):
            process.kill()
        time.sleep(POLL_S)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Ended(
        why or (f"failed: exit status {process.returncode}" if process.returncode else ""),
        round(time.perf_counter() - began, 1),
        round(used.ru_utime + used.ru_stime, 1),
    )


def excess(pid: int, limit_s: float, max_mb: float) -> str:
    """Return which limit a process is over, in words; "" if none."""
    # After the name in brackets, which may hold spaces, fields 12 and 13 are user and system ticks, field 22 pages.
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    if (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") > limit_s:
        return f"over {limit_s:,g} CPU s"
    return f"over {max_mb:,g} MB" if int(fields[21]) * os.sysconf("SC_PAGE_SIZE") > max_mb * 2**20 else ""


@dataclass(frozen=True)
class Runs:
    """Where and within which limits the methods run.

    Parameters
    ----------
    folder : Path
        Folder for vectors and labels, one below it for each size.
    python : str
        Interpreter for every method but dialin.
    limit_s : float
        Processor seconds that a run may take; a map and what follows it count as one run.
    """

    folder: Path
    python: str
    limit_s: float

    def took(self, name: str, n: int, k: int, left_s: float) -> dict[str, object]:
        """Run one method on n rows; return what it took, and why it failed if it did."""
        folder = self.folder / str(n)
        python = sys.executable if name == "dialin" else self.python
        figures, load = folder / f"{name}.json", os.getloadavg()[0]
        figures.unlink(missing_ok=True)
        end = ended([python, "-m", clusterers_child.__name__, name, str(folder), str(k)], left_s, MAX_MB)
        row: dict[str, object] = {"failed": end.why, "load": round(load, 1)}
        row |= {"process_seconds": end.seconds, "process_cpu_seconds": end.cpu_seconds}
        return row | ({} if end.why else json.loads(figures.read_text(encoding="utf-8")))

    def row(self, name: str, part: GrowingCorpus, maps: dict[str, object] | None) -> dict[str, object]:
        """Run one method on a part and return its figures; `maps` is the row of the map that it follows, if any."""
        n, k = len(part.X), len(np.unique(part.gold))
        head = {"method": name, "n": n, "n_true": k}
        if maps and maps["failed"]:
            return {**head, "failed": f"its UMAP {maps['failed']}"}
        found = self.took(name, n, k, self.limit_s - number(maps, "process_cpu_seconds"))
        if maps:
            found |= {key: round(number(found, key) + number(maps, key), 1) for key in ("seconds", "cpu_seconds")}
            found |= {
                "seconds_of_umap": number(maps, "seconds"),
                "peak_mb": max(number(found, "peak_mb"), number(maps, "peak_mb")),
            }
        if name == "umap" or found["failed"]:
            return {**head, **found}
        return {**head, **found, **scores_of(np.load(self.folder / str(n) / f"{name}.npy"), part.gold)}


def number(row: dict[str, object] | None, key: str) -> float:
    """Return a figure of a row; 0 if there is none."""
    return float(str((row or {}).get(key, 0)))


def scores_of(labels: NDArray[np.int64], gold: NDArray[np.str_]) -> dict[str, object]:
    """Return the scores of all sentences, those of the sentences in a cluster, and their share."""
    found = score(labels, gold)
    figures = {key: round(float(getattr(found, key)), 3) for key in SCORES}
    covered = {f"{key}_covered": round(float(getattr(found.assigned, key)), 3) for key in SCORES}
    return {"n_clusters": found.n_clusters, **figures, **covered, "coverage": round(found.coverage, 3)}


def mixture(path: Path) -> GrowingCorpus:
    """Read the mixture from an npz file; make it first if it is not there."""
    if not path.is_file():
        made = corpus_of("mixture", MIXED, SHIPPED["en"])
        np.savez(path, t=np.array(made.texts, dtype=object), g=made.gold, X=made.X)
    with np.load(path, allow_pickle=True) as found:
        return GrowingCorpus("mixture", found["t"].tolist(), found["g"], found["X"])


def written(whole: GrowingCorpus, n: int, folder: Path) -> GrowingCorpus:
    """Return n rows of the mixture, repeated with noise where it has too few; write them for the processes."""
    rows = np.arange(n) % len(whole.X)
    X = whole.X[:n] if n <= len(whole.X) else repeated_with_noise(whole.X, n, 0)
    part = GrowingCorpus(whole.name, [whole.texts[i] for i in rows], whole.gold[rows], X)
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "X.npy", np.ascontiguousarray(X))
    (folder / "texts.json").write_text(json.dumps(part.texts), encoding="utf-8")
    return part


def table(rows: Sequence[dict[str, object]]) -> str:
    """Return the rows as a Markdown table, those of UMAP alone left out."""
    head = ("rows", "method", "CPU s", "s", "load", "MB", "clusters, true", "AMI ARI ACC", "coverage", "covered alone")
    lines = [line_of(row) for row in sorted(rows, key=place) if row["method"] in NAMES]
    return raw_table(head, lines) + "\n"


def place(row: dict[str, object]) -> tuple[int, int]:
    """Return where a row stands in the table: by size, then by method."""
    return int(str(row["n"])), [*NAMES, "umap"].index(str(row["method"]))


def line_of(row: dict[str, object]) -> tuple[str, ...]:
    """Return the cells of a row."""
    head = (f"{row['n']:,}", NAMES[str(row["method"])])
    if row["failed"]:
        return (*head, str(row["failed"]), *[""] * 7)
    took = tuple(short(number(row, key)) for key in ("cpu_seconds", "seconds", "load", "peak_mb"))
    scores = [" ".join(f"{number(row, key + of):.3f}"[1:] for key in SCORES) for of in ("", "_covered")]
    coverage = f"{number(row, 'coverage'):.3f}".removeprefix("0")
    return (*head, *took, f"{row['n_clusters']:,}, {row['n_true']}", scores[0], coverage, scores[1])


def short(figure: float) -> str:
    """Return a figure with one decimal below ten, and with none from ten on."""
    return f"{figure:.1f}" if figure < 10 else f"{figure:,.0f}"


def main() -> None:
    """Run every method at every size and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", required=True, help="interpreter that has the peers")
    parser.add_argument("--vectors", type=Path, required=True, help="npz file of the mixture, made if it is not there")
    parser.add_argument("--folder", type=Path, required=True, help="folder for what the processes read and write")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--methods", nargs="+", choices=NAMES, default=list(NAMES))
    parser.add_argument("--limit", type=float, default=1_800.0, help="processor seconds a run may take")
    options = parser.parse_args()
    os.nice(19 - os.nice(0))
    whole, runs = mixture(options.vectors), Runs(options.folder, options.python, options.limit)
    rows = {(str(row["method"]), int(row["n"])): row for row in machine.read("clusterers").get("rows", [])}
    for n in options.sizes:
        part = written(whole, n, options.folder / str(n))
        for name in options.methods:
            reads = clusterers_child.CHILDREN[name].reads
            for wanted in ("umap", name) if reads == "umap" else (name,):
                if (wanted, n) not in rows:
                    maps = rows["umap", n] if wanted != "umap" and reads == "umap" else None
                    rows[wanted, n] = runs.row(wanted, part, maps)
                    print(json.dumps(rows[wanted, n]), flush=True)
                    write(list(rows.values()))


def write(rows: list[dict[str, object]]) -> None:
    """Write the rows and their table."""
    path = machine.write("clusterers", machine.provenance(seed=0, threads=THREADS, rows=rows))
    path.with_suffix(".md").write_text(table(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
