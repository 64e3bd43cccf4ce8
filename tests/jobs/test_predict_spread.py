"""Assigning on a real Ray cluster of two cores: the same rows in the same order, whoever dies."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import Cli, Once

from dialin.discover.connect import connect_for_new
from dialin.errors import InputError
from dialin.jobs import predict_spread
from dialin.jobs.predict import predict_parts
from dialin.jobs.predict_spread import predict_on_cores
from dialin.read.columns import Columns
from dialin.runs.run import Run, load
from dialin.scale.cluster import joined_cluster
from dialin.scale.cores import Cores
from ray_cluster import holders

pytestmark = pytest.mark.filterwarnings("ignore")  # Ray warns of itself
TEXTS = [f"where is {what} number {n}" for n in range(40) for what in ("my parcel", "the invoice", "a refund")]


@pytest.fixture
def run(cli: Cli, once: Once) -> Run:
    """Make a run of the texts, and a file with each of them twice, some of them blank."""
    Path("calls.txt").write_text("\n".join(TEXTS))
    once(lambda: cli("discover", "calls.txt", "--out", "run", "--llm", "none"))
    pq.write_table(pa.table({"text": [*TEXTS, None, "", *TEXTS]}), "more.parquet")
    dialogues = [str(n // 4) for n in range(len(TEXTS))]
    pq.write_table(pa.table({"text": TEXTS, "dialogue_id": dialogues}), "dialogues.parquet")
    return load(Path("run"))


@pytest.fixture
def cores(run: Run, ray_address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cores]:
    """Join the cluster, which gets the rows in small parts."""
    monkeypatch.setattr(predict_spread, "PART_ROWS", 32)
    with joined_cluster(ray_address) as found:
        yield found


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
