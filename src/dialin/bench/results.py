"""The folder of a benchmark: what it is about, and one line for each run that has ended.

``bench.json`` says which data, LLMs and embedder the rows are of; ``runs.jsonl`` only grows, so a kill loses at most
the run at hand, whose replies are in ``replies/``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dialin import folder as files
from dialin.connect import Specs
from dialin.errors import InputError
from dialin.metrics import Scores

ABOUT, RUNS, REPLIES = "bench.json", "runs.jsonl", "replies"
Key = tuple[str, str, int]
"""Data set, method, seed."""


@dataclass(frozen=True)
class Row:
    """One run of one method.

    Parameters
    ----------
    data, method : str
        Names.
    seed : int
        Of everything random.
    told_k : bool
        Whether it was told the true number of intents.
    nmi, ami, ari, acc : float
        Against gold, the unassigned as one more cluster.
    n_clusters, n_true, n : int
        Clusters, gold labels, rows with a label.
    coverage : float
        Share of them that got a cluster.
    calls, tokens_in, tokens_out : int
        Distinct questions and their tokens, whether paid for in this run or known before.
    paid_calls : int
        Those that were asked in the session that ended the run.
    seconds : float
        Of that session, without embedding the sentences; stored replies take no time.
    embedder : str
        The spec that gives it again.
    """

    data: str
    method: str
    seed: int
    told_k: bool
    nmi: float
    ami: float
    ari: float
    acc: float
    n_clusters: int
    n_true: int
    n: int
    coverage: float
    calls: int
    paid_calls: int
    tokens_in: int
    tokens_out: int
    seconds: float
    embedder: str

    @property
    def key(self) -> Key:
        """What makes it another run than the others."""
        return self.data, self.method, self.seed

    @property
    def is_timed(self) -> bool:
        """Whether `seconds` is what the run takes: no reply to it was known before."""
        return self.paid_calls == self.calls

    @property
    def tokens(self) -> int:
        """Tokens in and out together."""
        return self.tokens_in + self.tokens_out


def figures_of(scores: Scores) -> dict[str, Any]:
    """Return the part of a row that comes from the scores."""
    return {
        **{name: float(getattr(scores, name)) for name in ("nmi", "ami", "ari", "acc", "coverage")},
        **{name: int(getattr(scores, name)) for name in ("n_clusters", "n_true", "n")},
    }


def about_of(specs: Specs, data: Mapping[str, str]) -> dict[str, Any]:
    """Return what the rows of a folder are about: LLMs, embedder, calibration, and the sha256 of each data set."""
    calibration = specs.calibration.name if specs.calibration else ""
    models = {"llm": specs.llm, "judge_llm": specs.judge, "embedder": specs.embedder, "calibration": calibration}
    return {"dialin": version("dialin"), **models, "data": dict(data)}


def open_folder(out: Path, about: dict[str, Any]) -> list[Row]:
    """Make the folder, or find what it has.

    Parameters
    ----------
    out : Path
        A new or empty folder, or that of an earlier benchmark with the same LLMs and embedder.
    about : dict
        Of `about_of`.

    Returns
    -------
    list of Row
        The runs that have ended; the line that a kill cut short is dropped.

    Raises
    ------
    InputError
        The folder holds something else, or rows of other data, LLMs or another embedder; or it cannot be written.
    """
    if (out / ABOUT).is_file():
        about = merged(files.read_json(out / ABOUT), about, out)
    elif out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} is no folder of a benchmark, and not empty", hint="choose another --out")
    try:
        (out / REPLIES).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise files.cannot_write(out, error) from error
    files.write_json(out / ABOUT, about)
    rows = read_rows(out / RUNS)
    files.write_json_lines(out / RUNS, map(asdict, rows))
    return rows


def merged(old: dict[str, Any], new: dict[str, Any], out: Path) -> dict[str, Any]:
    """Return what a folder is about with new data sets; raise InputError where the two cannot stand in one table."""
    for name in ("llm", "judge_llm", "embedder", "calibration"):
        if old.get(name) != new[name]:
            raise InputError(
                f"the rows in {out} are of {name} {old.get(name)!r}, asked for is {new[name]!r}",
                hint="choose another --out, or the same models",
            )
    for name, sha256 in new["data"].items():
        if old["data"].get(name, sha256) != sha256:
            raise InputError(
                f"the data set {name!r} has changed since the rows in {out}", hint="choose another --out, or rename it"
            )
    return {**old, "data": {**old["data"], **new["data"]}}


def read_rows(path: Path) -> list[Row]:
    """Return the rows of a file, none where there is none; raise InputError where a whole line is no row."""
    lines = path.read_text("utf-8").split("\n") if path.exists() else [""]
    return [row_of(line, path, number) for number, line in enumerate(lines[:-1], 1)]  # the last one has no end


def row_of(line: str, path: Path, number: int) -> Row:
    """Return the row that a line describes."""
    try:
        values = json.loads(line)
        return Row(**{field.name: values[field.name] for field in fields(Row)})
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"line {number} of {path} is damaged", hint="delete the line; its run is done again"
        ) from error


def append(path: Path, row: Row) -> None:
    """Add one row; raise InputError where it cannot be written."""
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(row), ensure_ascii=False) + "\n")
    except OSError as error:
        raise files.cannot_write(path, error) from error
