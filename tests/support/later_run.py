"""A run that follows an earlier one: with intents that are new, candidates, drifted, and listed but never said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dialin import files, saved
from dialin.runs.run import Run, load
from fake_run import calls, fake_run, without_hashes

LISTED = ("claim-warranty", "领取-优惠券", "<b>cancel</b>-newsletter", "request-refund")
NEW, CANDIDATE, DRIFTED, FARTHER = "重置-密码", "request-refund", "greet-agent", "thank-agent"
"""Names of the intents that the later run says something of; `DRIFTED` is said more often, `FARTHER` lies farther."""


def later_run(folder: Path) -> Run:
    """Write a run of `calls` whose files say what is new since January; one listed intent has sentences."""
    run = fake_run(folder, calls())
    uids = uids_by_name(run)
    mark_candidates(folder, {CANDIDATE})
    told = [taxonomy_row(uid, "new" if name in (NEW, CANDIDATE) else "kept") for name, uid in uids.items()]
    files.write_json(folder / files.TAXONOMY, {"since": "runs/january", "result": "r", "intents": told})
    drifted = [drift_row(uids[DRIFTED], "share"), drift_row(uids[FARTHER], "distance", "unassigned")]
    files.write_json(folder / files.DRIFT, {"n_before": 1, "intents": drifted})
    listed = [{"name": n, "description": "", "examples": [], "parent": ""} for n in LISTED]
    files.write_json(folder / files.LISTED_INTENTS, listed)
    without_hashes(folder)
    path = folder / files.MANIFEST
    files.write_json(path, saved.read_json(path) | {"since": "runs/january"})
    return load(folder)


def uids_by_name(run: Run) -> dict[str, str]:
    """Return the uid of each intent by its name."""
    _, intents = run.found
    return dict(zip(intents["name"].to_pylist(), intents["uid"].to_pylist(), strict=True))


def numbers_by_name(run: Run) -> dict[str, int]:
    """Return the number of each intent by its name."""
    return {name: intent for intent, name in run.found_names.items()}


def mark_candidates(folder: Path, names: set[str]) -> None:
    """Let the table of intents say that these are candidates."""
    path = folder / files.INTENTS
    table = pq.read_table(path)
    waits = pa.array([name in names for name in table["name"].to_pylist()], pa.bool_())
    place = table.column_names.index("candidate")
    pq.write_table(table.set_column(place, "candidate", waits), path)


def taxonomy_row(uid: str, state: str, **more: Any) -> dict[str, Any]:
    """Return a row of ``taxonomy.json``."""
    share = {"before": 0.031, "after": 0.064, "low": -0.01, "high": 0.02}
    before = None if state == "new" else uid
    return {"uid": uid, "states": [state], "before": before, "related": [], "share": share, "proof": None} | more


def drift_row(uid: str, *changed: str) -> dict[str, Any]:
    """Return a row of ``drift.json``."""
    share = {"before": 0.031, "after": 0.064, "low": 0.01, "high": 0.05}
    far = {"before": 0.21, "after": 0.3}
    return {"uid": uid, "share": share, "distance": far, "unassigned": share, "changed": list(changed)}
