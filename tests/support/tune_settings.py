"""Settings of a tuning that takes seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dialin.tune.settings import TuneSettings


def settings(base: Path, **changes: Any) -> TuneSettings:
    chosen: dict[str, Any] = {
        "rank": 4,
        "learning_rate": 1e-2,
        "batch": 2,
        "accumulation": 2,
        "patience": 0,
        "eval_every": 4,
        "dropout": 0.1,
    }
    return TuneSettings(str(base), **chosen | {"epochs": 3, "held_out": ("shop",), "watch_share": 0.2} | changes)
