"""Embedding on a real Ray cluster of two cores: the same vectors, whoever dies."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from conftest import Cli

from dialin.embed import cache
from dialin.embed.choose import embedder_of
from dialin.errors import InputError
from dialin.room import disk_full
from dialin.scale import embedder
from dialin.scale.cluster import joined_cluster
from dialin.scale.cores import Cores
from dialin.scale.embedder import RayEmbedder, on_cores, opened_on_core
from ray_cluster import holders

pytestmark = pytest.mark.filterwarnings("ignore")  # Ray warns of itself
SPEC = "local:intents-en-v3"
TEXTS = [f"where is {what} number {n}" for n in range(40) for what in ("my parcel", "the invoice", "a refund")]
STOPPED = """
import os, signal, sys
from dialin.cli import main
from dialin.cli.progress import Meter
from dialin.scale import embedder
embedder.MIN_TEXTS, embedder.BLOCK_TEXTS = 1, 16
def embedded(self, done, total):
    if done > 32:
        os.kill(os.getpid(), int(sys.argv[1]))
Meter.embedded = embedded
main(sys.argv[2:])
"""
"""A run that gets a signal once three blocks are stored."""


@pytest.fixture
def cores(ray_address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cores]:
    """Join the cluster, which is to encode few texts, in small blocks."""
    monkeypatch.setattr(embedder, "MIN_TEXTS", 1)
    monkeypatch.setattr(embedder, "BLOCK_TEXTS", 16)
    with joined_cluster(ray_address) as found:
        yield found


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")
def test_the_vectors_are_the_same_bit_by_bit_even_if_a_worker_is_killed(
    cores: Cores, ray_address: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nor does Ray tell of the worker on standard output, which may hold the result of a command."""
    here = embedder_of(SPEC).embedder
    there = on_cores(here, cores)
    assert isinstance(there, RayEmbedder)
    blocks = there.encode_blocks(TEXTS)
    found = [next(blocks)]
    os.kill(holders(ray_address)[0], signal.SIGKILL)
    found += blocks
    assert np.concatenate([rows for rows, _ in found]).tolist() == list(range(len(TEXTS)))
    np.testing.assert_array_equal(np.concatenate([vectors for _, vectors in found]), here.encode(TEXTS))
    np.testing.assert_array_equal(there.encode(TEXTS), here.encode(TEXTS))  # by the same processes
    assert capfd.readouterr() == ("", "")


def test_a_run_on_the_cluster_is_the_run_without_it(
    cli: Cli, ray_address: str, home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """To the label, and to the byte of every file but the seconds; Ray itself is not heard."""
    Path("calls.txt").write_text("\n".join(TEXTS))
    monkeypatch.setattr(embedder, "MIN_TEXTS", 1)
    monkeypatch.setattr(embedder, "BLOCK_TEXTS", 16)
    done = cli("discover", "calls.txt", "--out", "there", "--llm", "none", "--ray", ray_address)
    assert done.exit_code == 0, done.stderr
    assert capfd.readouterr() == ("", "")
    monkeypatch.setenv("DIALIN_HOME", str(home / "other"))  # without the vectors of the first run
    assert cli("discover", "calls.txt", "--out", "here", "--llm", "none").exit_code == 0
    for name in ("embeddings.npy", "sentences.parquet", "intents.parquet", "pieces.npz", "rounds.jsonl"):
        assert Path("there", name).read_bytes() == Path("here", name).read_bytes(), name


@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
def test_a_stopped_run_goes_on_with_the_blocks_it_has(
    stop: signal.Signals, cli: Cli, ray_address: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("calls.txt").write_text("\n".join(TEXTS))
    arguments = ["discover", "calls.txt", "--out", "run", "--llm", "none", "--ray", ray_address]
    command = [sys.executable, "-c", STOPPED, str(int(stop)), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == (130 if stop == signal.SIGINT else -signal.SIGKILL), done.stderr
    assert stop == signal.SIGKILL or done.stderr.splitlines()[-1].startswith("dialin: stopped; all replies are kept")
    with closing(sqlite3.connect(home.parent / "home" / "embeddings.sqlite")) as store:
        n_stored = store.execute("SELECT COUNT(*) FROM embedding").fetchone()[0]
    assert 32 < n_stored < len(TEXTS)

    asked = list[int]()
    encode_here = type(embedder_of(SPEC).embedder).encode

    def noting(self: object, texts: Sequence[str]) -> object:
        asked.append(len(texts))
        return encode_here(self, texts)  # type: ignore[arg-type]

    monkeypatch.setattr("dialin.embed.onnx.OnnxEmbedder.encode", noting)
    assert cli("resume", "run").exit_code == 0
    assert asked[0] == len(TEXTS) - n_stored
    assert pq.read_table("run/sentences.parquet").num_rows == len(TEXTS)


def test_a_run_on_the_cluster_whose_disk_fills_up_goes_on_with_the_blocks_it_has(
    cli: Cli, ray_address: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fourth block has no room in the store of vectors; what was stored is not encoded again."""
    monkeypatch.setattr(embedder, "MIN_TEXTS", 1)
    monkeypatch.setattr(embedder, "BLOCK_TEXTS", 16)
    Path("calls.txt").write_text("\n".join(TEXTS))
    real, stored, room = cache.store_vectors, list[tuple[str, bytes]](), 48

    def small(path: Path, connection: Any, name: str, keys: list[bytes], found: Any) -> None:
        if len(stored) >= room:
            raise disk_full(path, OSError(28, os.strerror(28)))
        real(path, connection, name, keys, found)
        stored.extend((name, key) for key in keys)

    command = ("discover", "calls.txt", "--out", "run", "--llm", "none", "--ray", ray_address)
    monkeypatch.setattr(cache, "store_vectors", small)
    failed = cli(*command)
    assert failed.exit_code == 2
    said = failed.stderr.splitlines()[-1]
    assert said.startswith("dialin: error: cannot write ")
    assert "embeddings.sqlite: No space left on device; " in said
    assert said.endswith("continue with: dialin resume run)")
    assert len(stored) == room
    room = 1 << 30
    assert cli("resume", "run", "--ray", ray_address).exit_code == 0
    assert len(stored) == len(set(stored)) > len(TEXTS)
    monkeypatch.setenv("DIALIN_HOME", str(home / "other"))
    assert cli("discover", "calls.txt", "--out", "whole", "--llm", "none").exit_code == 0
    for name in ("embeddings.npy", "sentences.parquet", "intents.parquet", "pieces.npz", "rounds.jsonl"):
        assert Path("run", name).read_bytes() == Path("whole", name).read_bytes(), name


def test_few_texts_are_encoded_here() -> None:
    here = embedder_of(SPEC).embedder
    there = RayEmbedder(here, Cores())
    np.testing.assert_array_equal(there.encode(TEXTS[:3]), here.encode(TEXTS[:3]))
    [(rows, vectors)] = there.encode_blocks(TEXTS[:3])
    assert rows.tolist() == [0, 1, 2]
    assert len(vectors) == 3


def test_a_server_is_asked_from_here() -> None:
    server = embedder_of("openai:some-model@http://127.0.0.1:1/v1").embedder
    assert on_cores(server, Cores()) is server


def test_another_version_on_a_machine_of_the_cluster_is_refused() -> None:
    with pytest.raises(InputError, match=r"dialin 0\.0\.1 here \(install one version on all of them\)"):
        opened_on_core(SPEC, "0.0.1")
