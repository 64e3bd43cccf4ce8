"""A run that does not fit into the memory is not begun, and says what would fit."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import Cli

from dialin.errors import InputError
from dialin.jobs.memory import BASE_BYTES, PER_ROW, MemoryNeed, check_fits, check_number, machine_memory
from dialin.read import parts, text_parts
from dialin.read.table import read
from one_line import one_line
from scripted import ScriptedBackend

RUN = """
import sys
import numpy as np
from dialin.bench.memory import HighWater
from dialin.discover.context import Tools
from dialin.discover.method import discover
from dialin.discover.settings import Settings
from dialin.discover.data import Data
high, n, d = HighWater(), 3_000, 64
rng = np.random.default_rng(0)
X = rng.normal(size=(60, d))[rng.integers(0, 60, n)] + rng.normal(scale=0.5, size=(n, d))
X = (X / np.linalg.norm(X, axis=1, keepdims=True)).astype(np.float32)
texts = [f"text {i} with some words" for i in range(n)]
discover(Data(texts, X, np.ones(n, np.int64), [""] * n), Tools(None, None, ranks_names=False), Settings())
print(high.mb())
"""


def test_what_fits_needs_no_more_than_there_is() -> None:
    need = MemoryNeed(1_000_000, 384, 50.0)
    n = need.fitting(4 << 30)
    assert MemoryNeed(n, 384, 50.0).n_bytes <= 4 << 30 < MemoryNeed(n + 2, 384, 50.0).n_bytes
    assert need.fitting(BASE_BYTES // 2) == 0


def test_what_is_reckoned_is_enough() -> None:
    done = subprocess.run([sys.executable, "-c", RUN], capture_output=True, text=True, check=True)
    assert float(done.stdout) * 1e6 <= MemoryNeed(3_000, 64, 25.0).n_bytes


def test_a_sentence_is_embedded_only_where_its_width_decides() -> None:
    asked = list[str]()

    def encode(texts: list[str]) -> np.ndarray:
        asked.extend(texts)
        return np.zeros((len(texts), 8), np.float32)

    corpus = read([f"where is it {i:03}" for i in range(1_000)])
    need = MemoryNeed(1_000, 8, 15.0, 1_000).n_bytes
    check_fits(corpus, encode, 1 << 40)  # type: ignore[arg-type]
    assert asked == []
    check_fits(corpus, encode, need)  # type: ignore[arg-type]
    assert asked == corpus.texts[:1]
    with pytest.raises(InputError, match=r"1,000 distinct sentences in 1,000 rows need about .*, .* about 9\d\d fit"):
        check_fits(corpus, encode, need - 50_000)  # type: ignore[arg-type]


def test_reading_ends_where_no_sentences_however_short_would_fit() -> None:
    """Into 1 GB fit (2³⁰ − 600,000,000 − 60,000 · 64 · 40) / (1,500 + 64 · 8 + 1 · 6) = 158,643 of them."""
    check_number(158_643, memory=1 << 30)
    with pytest.raises(InputError, match=r"158,644 distinct sentences and more, and 1.0 GB of memory, .* 158,643 fit"):
        check_number(158_644, memory=1 << 30)
    check_number(1)


def test_rows_take_memory_however_few_sentences_they_say() -> None:
    """Beside the base, (2³⁰ − 600,000,000) / PER_ROW rows fit into 1 GB, if nothing is said in them."""
    n = int(((1 << 30) - BASE_BYTES) / PER_ROW)
    check_number(0, n, memory=1 << 30)
    with pytest.raises(InputError, match=f"{n + 1:,} rows need about 1.0 GB of memory, and there are 1.0 GB"):
        check_number(0, n + 1, memory=1 << 30)
    alone = MemoryNeed(1_000_000, 384, 50.0)
    assert replace(alone, n_rows=n).fitting(4 << 30) < alone.fitting(4 << 30)


def test_a_container_has_less_than_its_machine(tmp_path: Path) -> None:
    limit, none = tmp_path / "memory.max", tmp_path / "none"
    limit.write_text("1000000\n")
    none.write_text("max\n")
    assert machine_memory([none, limit, tmp_path / "missing"]) == 1_000_000
    whole = machine_memory([])
    assert whole is None or whole > 1_000_000


def test_a_run_that_does_not_fit_is_not_begun(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    found = cli("discover", calls, "--out", "run", "--llm", "test:scripted", "--memory", "100MB")
    one_line(found, "70 distinct sentences in", "rows need about")
    assert "there are 100 MB" in found.stderr
    assert not Path("run").exists()
    assert cli("discover", calls, "--out", "run", "--llm", "test:scripted", "--memory", "4G").exit_code == 0
    assert "'much' is not a size" in cli("discover", calls, "--out", "b", "--memory", "much").stderr


def test_a_large_file_is_given_up_before_its_sentences_are_in_memory(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_parts, "LARGE_BYTES", 1)
    monkeypatch.setattr(parts, "LARGE_ROWS", 1)
    (tmp_path / "in.csv").write_text("text\n" + "".join(f"hello {i}\n" for i in range(5_000)), "utf-8")
    found = cli("discover", tmp_path / "in.csv", "--out", "run", "--llm", "none", "--memory", "580MB")
    one_line(found, "there are 4,096 distinct sentences and more, and 580 MB of memory, into which at most 1,")
    assert not Path("run").exists()


def test_too_many_rows_of_parquet_are_told_before_any_is_read(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "LARGE_ROWS", 1)
    monkeypatch.setattr(parts, "corpus_of_parts", None)
    n = int(BASE_BYTES / PER_ROW) // 10
    texts = pa.DictionaryArray.from_arrays(pa.array(np.zeros(n, np.int8)), pa.array(["hello"]))
    pq.write_table(pa.table({"text": texts}), tmp_path / "in.parquet")
    found = cli("discover", tmp_path / "in.parquet", "--out", "run", "--llm", "none", "--memory", "600MB")
    one_line(found, f"{n:,} rows need about 629 MB of memory, and there are 600 MB")
    assert not Path("run").exists()


def test_an_estimate_tells_the_memory(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    assert "memory  " in cli("estimate", calls, "--llm", "test:scripted").stdout
    told = json.loads(cli("estimate", calls, "--llm", "test:scripted", "--json").stdout)["memory_bytes"]
    assert told > BASE_BYTES
