"""Embedding and assigning on a real Ray cluster of two cores: the same vectors and rows, whoever dies.

All that needs a cluster stands here, so that one is started for all of it.
"""

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
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import Cli, Once

from dialin.discover.connect import connect_for_new
from dialin.embed import cache
from dialin.embed.choose import embedder_of
from dialin.errors import InputError
from dialin.jobs import predict_spread
from dialin.jobs.predict import predict_parts
from dialin.jobs.predict_spread import predict_on_cores
from dialin.read.columns import Columns
from dialin.room import disk_full
from dialin.runs.run import Run, load
from dialin.scale import embedder
from dialin.scale.cluster import joined_cluster
from dialin.scale.cores import Cores
from dialin.scale.embedder import RayEmbedder, on_cores, opened_on_core
from ray_cluster import holders

pytestmark = pytest.mark.filterwarnings("ignore")  # Ray warns of itself
SPEC = "local:intents-en-v5"
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
    """Join the cluster, which is to encode few texts, in small blocks, and gets rows in small parts."""
    monkeypatch.setattr(embedder, "MIN_TEXTS", 1)
    monkeypatch.setattr(embedder, "BLOCK_TEXTS", 16)
    monkeypatch.setattr(predict_spread, "PART_ROWS", 32)
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


# --- assigning ------------------------------------------------------------------------------------


@pytest.fixture
def run(cli: Cli, once: Once) -> Run:
    """Make a run of the texts, and a file with each of them twice, some of them blank."""
    Path("calls.txt").write_text("\n".join(TEXTS))
    once(lambda: cli("discover", "calls.txt", "--out", "run", "--llm", "none"))
    pq.write_table(pa.table({"text": [*TEXTS, None, "", *TEXTS]}), "more.parquet")
    dialogues = [str(n // 4) for n in range(len(TEXTS))]
    pq.write_table(pa.table({"text": TEXTS, "dialogue_id": dialogues}), "dialogues.parquet")
    return load(Path("run"))


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")
def test_the_rows_are_the_same_and_in_order_even_if_a_worker_is_killed(
    run: Run, cores: Cores, ray_address: str
) -> None:
    with connect_for_new(run.embedder_alone.embedder) as opened:
        [*expected] = predict_parts(run, "more.parquet", Columns(), opened)
        parts = predict_on_cores(run, "more.parquet", Columns(), opened, cores)
        found = [next(parts)]
        os.kill(holders(ray_address)[0], signal.SIGKILL)
        found += parts
    assert len(found) > 4
    assert pa.concat_tables(found).equals(pa.concat_tables(expected))


def test_in_dialogues_all_turns_are_one_part(run: Run, cores: Cores) -> None:
    with connect_for_new(run.embedder_alone.embedder) as opened:
        [expected] = predict_parts(run, "dialogues.parquet", Columns(), opened)
        [found] = predict_on_cores(run, "dialogues.parquet", Columns(), opened, cores)
    assert found.equals(expected)


def test_predict_on_a_cluster_writes_the_same_file(run: Run, cli: Cli, ray_address: str) -> None:
    there = cli("predict", "run", "more.parquet", "--out", "there.parquet", "--ray", ray_address)
    assert there.exit_code == 0, there.stderr
    assert cli("predict", "run", "more.parquet", "--out", "here.parquet").exit_code == 0
    assert pq.read_table("there.parquet").equals(pq.read_table("here.parquet"))


def test_what_a_core_cannot_open_it_says_as_it_would_be_said_here(run: Run, cores: Cores) -> None:
    Path("run", "pieces.npz").write_bytes(b"")
    with (
        connect_for_new(run.embedder_alone.embedder) as opened,
        pytest.raises(InputError, match=r"pieces\.npz is damaged"),
    ):
        list(predict_on_cores(run, "more.parquet", Columns(), opened, cores))
