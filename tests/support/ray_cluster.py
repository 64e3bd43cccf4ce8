"""A real Ray cluster of two cores on this machine, as processes of their own."""

from __future__ import annotations

import logging
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from dialin.scale.cluster import QUIET


@contextmanager
def ray_cluster() -> Iterator[str]:
    """Start the cluster and yield its address; skip the test where Ray is not installed."""
    for name in ("RAY_USAGE_STATS_ENABLED", "RAY_DEDUP_LOGS_SKIP_REGEX"):  # Ray reads them when it is imported
        os.environ[name] = QUIET[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        utils = pytest.importorskip("ray.cluster_utils")
    logging.getLogger("ray").setLevel(logging.CRITICAL)
    with (
        tempfile.TemporaryDirectory(prefix="dialin-", ignore_cleanup_errors=True) as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        place = Path(folder, "ray")
        place.mkdir()  # Ray notes the cluster's address there, and makes no folder for it
        patch.setenv("RAY_TMPDIR", folder)
        options = {"num_cpus": 2, "object_store_memory": 200 << 20, "include_dashboard": False, "no_monitor": True}
        cluster = utils.Cluster(initialize_head=True, head_node_args=options | {"temp_dir": str(place)})
        try:
            yield cluster.address
        finally:
            cluster.shutdown()


def holders(address: str) -> list[int]:
    """Return the processes of a cluster on this machine that hold the work of a core (Linux)."""
    found = list[int]()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended
            if b"ray::_Holder" in (folder / "cmdline").read_bytes():
                parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
                if address.encode() in Path("/proc", parent, "cmdline").read_bytes():
                    found.append(int(folder.name))
    return found
