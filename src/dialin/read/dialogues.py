"""Numbers the dialogues that utterances belong to."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dialin.arrays import Ints
from dialin.read.cells import one_array


def dialogue_numbers(occurrences: pa.Table) -> Ints:
    """Return the number of each occurrence's dialogue, by first appearance; −1 if it has no dialogue id."""
    codes = one_array(occurrences["dialogue_id"]).dictionary_encode().indices
    return np.asarray(pc.fill_null(codes, -1).to_numpy(zero_copy_only=False), dtype=np.int64)


def contact_numbers(occurrences: pa.Table) -> Ints:
    """Return the number of the dialogue of each utterance; each row of the input without an id gets one of its own.

    Examples
    --------
    >>> rows, ids = pa.array([0, 1, 2, 2]), pa.array(["a", "a", None, None])
    >>> contact_numbers(pa.table({"row": rows, "dialogue_id": ids})).tolist()
    [0, 0, 1, 1]
    """
    known = dialogue_numbers(occurrences)
    alone = known < 0
    _, own = np.unique(occurrences["row"].to_numpy()[alone], return_inverse=True)
    known = known.copy()
    known[alone] = own + known.max(initial=-1) + 1
    return known
