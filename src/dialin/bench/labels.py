"""Keep the labels of every run in the folder, so that later measurements need no second run."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dialin import files
from dialin.arrays import Labels
from dialin.bench.results import LABELS, Key, stem_of


def path_of(out: Path, key: Key) -> Path:
    """Return the path of the file with the labels of a run."""
    return out / LABELS / f"{stem_of(key)}.npy"


def keep(out: Path, key: Key, labels: Labels) -> None:
    """Write a run's labels (n,) of the distinct sentences; raise InputError if the file cannot be written."""
    files.write_array(path_of(out, key), labels.astype(np.int32))


def kept(out: Path, key: Key, n: int) -> Labels | None:
    """Return the labels (n,) of a run; None if the file is missing, unreadable or of another length than n."""
    try:
        labels = np.load(path_of(out, key), allow_pickle=False)
    except (OSError, ValueError):
        return None
    return labels.astype(np.int64) if labels.shape == (n,) else None
