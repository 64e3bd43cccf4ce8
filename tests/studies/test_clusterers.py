"""dialin beside other clusterers: the vectors, the limits and the rows of the study."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from studies.own import clusterers
from studies.own.clusterers import Ended, Runs, ended, repeated_with_noise, scores_of, table
from studies.own.growth import GrowingCorpus

ROW = {"method": "faiss", "n": 10_000, "n_true": 3, "failed": "", "seconds": 1.4, "cpu_seconds": 2.0, "peak_mb": 90}
TOOK = {"seconds": 2.0, "cpu_seconds": 3.0, "process_cpu_seconds": 4.0, "peak_mb": 500.0, "failed": ""}

OWN = {"seconds": 1.0, "cpu_seconds": 1.5, "peak_mb": 200}


@pytest.fixture
def part() -> GrowingCorpus:
    """Return four sentences of two intents."""
    return GrowingCorpus("mixture", list("abcd"), np.array(["x", "x", "y", "y"]), np.eye(4, 8, dtype=np.float32))


def test_repeated_rows_lie_near_their_own_and_repeat_with_the_seed() -> None:
    X = np.eye(5, 384, dtype=np.float32)
    made = repeated_with_noise(X, 23, 0)
    assert np.allclose(np.linalg.norm(made, axis=1), 1, atol=1e-5)
    near = made @ X.T
    assert (near.argmax(axis=1) == np.arange(23) % 5).all()
    assert np.allclose(near.max(axis=1), 1 / np.sqrt(1 + clusterers.NOISE**2), atol=0.03)
    assert np.array_equal(made, repeated_with_noise(X, 23, 0))


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_peak_is_that_of_the_process_and_not_of_the_one_that_started_it() -> None:
    large = np.ones(40_000_000)
    code = "from studies.own.clusterers_child import peak_mb; print(peak_mb())"
    root = str(clusterers.ROOT)
    said = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True).stdout
    assert 1 < float(said) < large.nbytes / 2**20


@pytest.mark.parametrize(
    ("code", "limit_s", "max_mb", "why"),
    [
        ("pass", 60, 1e6, ""),
        ("raise SystemExit(3)", 60, 1e6, "failed: exit status 3"),
        ("while True: pass", 0.1, 1e6, "over 0.1 CPU s"),
        ("import time; time.sleep(60)", 60, 1, "over 1 MB"),
    ],
    ids=["well", "dies", "too long", "too large"],
)
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_process_ends_at_its_limits(code: str, limit_s: float, max_mb: float, why: str) -> None:
    end = ended([sys.executable, "-S", "-c", code], limit_s, max_mb)
    assert end.why == why


def test_a_row_holds_the_figures_of_its_map(
    tmp_path: Path, part: GrowingCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "4"
    folder.mkdir()

    def run(command: list[str], limit_s: float, max_mb: float) -> Ended:
        assert (command[0], limit_s, max_mb) == ("peers", 6.0, clusterers.MAX_MB)
        np.save(folder / "hdbscan.npy", [0, 0, 1, -1])
        (folder / "hdbscan.json").write_text(json.dumps(OWN), encoding="utf-8")
        return Ended("", 4.0, 5.0)

    monkeypatch.setattr(clusterers, "ended", run)
    row = Runs(tmp_path, "peers", 10.0).row("hdbscan", part, TOOK)
    assert (row["seconds"], row["cpu_seconds"], row["peak_mb"], row["seconds_of_umap"]) == (3.0, 4.5, 500.0, 2.0)
    assert (row["n_clusters"], row["coverage"], row["acc"], row["acc_covered"]) == (2, 0.75, 0.75, 1.0)


def test_without_its_map_a_row_says_why(tmp_path: Path, part: GrowingCorpus) -> None:
    row = Runs(tmp_path, "peers", 10.0).row("hdbscan", part, TOOK | {"failed": "over 16000 MB"})
    assert row == {"method": "hdbscan", "n": 4, "n_true": 2, "failed": "its UMAP over 16000 MB"}


def test_the_table_is_in_order_and_names_what_failed() -> None:
    good = ROW | scores_of(np.array([0, 0, 1, -1]), np.array(["a", "a", "b", "c"]))
    failed = {"method": "dialin", "n": 10_000, "n_true": 3, "failed": "over 1,800 CPU s"}
    lines = table([good, failed, {"method": "umap", "n": 10_000, "failed": ""}]).splitlines()
    assert [line.split(" | ")[1] for line in lines[2:]] == ["dialin, no LLM", "faiss k-means, told k"]
    assert "over 1,800 CPU s" in lines[2]
    assert "2, 3" in lines[3]
    assert "| .750 |" in lines[3]


def test_the_vectors_are_written_for_the_processes(tmp_path: Path, part: GrowingCorpus) -> None:
    made = clusterers.written(part, 6, tmp_path)
    assert made.texts == list("abcdab")
    assert made.gold.tolist() == ["x", "x", "y", "y", "x", "x"]
    assert np.array_equal(np.load(tmp_path / "X.npy"), made.X)
    assert np.array_equal(clusterers.written(part, 3, tmp_path).X, part.X[:3])
