"""What a run is for the comparison of two runs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import numpy as np

from dialin.discover.state import NOT_A_NEED
from dialin.runs.run import Run
from dialin.taxonomy.snapshot import n_searched


def test_what_was_left_out_as_not_a_need_does_not_count() -> None:
    """Of 9 utterances, 5 say what is not a need; what has no intent for another reason counts."""
    source = SimpleNamespace(source=SimpleNamespace(n_occurrences=9))
    run = cast(Run, SimpleNamespace(manifest=source, corpus=SimpleNamespace(counts=np.array([3, 5, 1]))))
    assert n_searched(run, ["", NOT_A_NEED, "noise"]) == 4
    assert n_searched(run, ["", "", ""]) == 9
