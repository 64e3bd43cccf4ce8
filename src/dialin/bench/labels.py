"""The labels of every run, kept in the folder, so that what is measured later needs no second run."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dialin import files
from dialin.arrays import Labels
from dialin.bench.results import LABELS, Key, stem_of


def path_of(out: Path, key: Key) -> Path:
    """Return where the labels of a run lie."""
    return out / LABELS / f"{stem_of(key)}.npy"


def keep(out: Path, key: Key, labels: Labels) -> None:
    """Write the labels (n,) of the distinct sentences of a data set; raise InputError if that fails."""
    files.write_array(path_of(out, key), labels.astype(np.int32))


def kept(out: Path, key: Key, n: int) -> Labels | None:
    """Return the labels (n,) of a run; None if they are not there, or of something else."""
    try:
        labels = np.load(path_of(out, key), allow_pickle=False)
    except (OSError, ValueError):
        return None
    return labels.astype(np.int64) if labels.shape == (n,) else None
