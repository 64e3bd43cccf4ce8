"""Read and write the folder of a benchmark: its models and data, and one line for each finished run.

``bench.json`` names the data, LLMs and embedder of the rows. ``runs.jsonl`` grows line by line, so a kill loses at most
the current run, and the replies to that run stay in ``replies/``. Later measurements fill gaps in a line; the whole
file is then replaced.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dialin import files, saved
from dialin.discover.specs import Specs
from dialin.errors import InputError
from dialin.score.metrics import Scores

ABOUT, RUNS, REPLIES, LABELS, GOODNESS = "bench.json", "runs.jsonl", "replies", "labels", "goodness"
ADDABLE_FIELDS = ("goodness_llm", "encoder")
"""Entries of ``bench.json`` that a folder may gain later."""
Key = tuple[str, str, int]
"""Data set, method and seed of a run."""


@dataclass(frozen=True)
class Row:
    """One finished run of one method.

    Parameters
    ----------
    data, method : str
        Names of the data set and the method.
    seed : int
        Seed of all randomness.
    told_k : bool
        Whether the method was told the true number of intents.
    nmi, ami, ari, acc : float
        Scores against gold; the unassigned rows count as one more cluster.
    n_clusters, n_true, n : int
        Numbers of clusters, of gold labels, and of labelled rows.
    coverage : float
        Share of the labelled rows that got a cluster.
    calls, tokens_in, tokens_out : int
        Distinct questions and their tokens, whether this run paid for them or their replies were known.
    paid_calls : int
        Questions that the last session of the run paid for.
    seconds : float
        Duration of that session without embedding the sentences; stored replies take no time.
    embedder : str
        Spec that opens the same embedder again.
    peak_memory_mb : float or None
        Peak memory of the process during the run, in MB; None if the system does not report it.
    goodness : float or None
        Share of clusters that another LLM finds good, of those that it could judge; None if it was not asked, or could
        judge none.
    n_unreadable, goodness_calls : int or None
        Clusters that it could not judge, and the number of its questions; None if it was not asked.
    downstream : float or None
        Accuracy of a classifier of the clusters on held-out sentences; None if there is no cluster.
    n_held_out : int or None
        Number of labelled held-out rows; None if not measured.
    encoder : float or None
        Accuracy of a fine-tuned encoder on the same rows; None if not measured, or if there is no cluster.
    machine : str
        Machine of the run; "" if it was not recorded.
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
    peak_memory_mb: float | None = None
    goodness: float | None = None
    n_unreadable: int | None = None
    goodness_calls: int | None = None
    downstream: float | None = None
    n_held_out: int | None = None
    encoder: float | None = None
    machine: str = ""

    @property
    def key(self) -> Key:
        """Data set, method and seed: they identify the run."""
        return self.data, self.method, self.seed

    @property
    def is_timed(self) -> bool:
        """Whether `seconds` is the full duration of the run, because no reply was known before."""
        return self.paid_calls == self.calls

    @property
    def tokens(self) -> int:
        """Tokens in and out together."""
        return self.tokens_in + self.tokens_out

    @property
    def k_ratio(self) -> float:
        """Number of clusters divided by the number of gold labels."""
        return self.n_clusters / self.n_true


def score_columns(scores: Scores) -> dict[str, Any]:
    """Return the fields of a row that come from the scores."""
    return {
        **{name: float(getattr(scores, name)) for name in ("nmi", "ami", "ari", "acc", "coverage")},
        **{name: int(getattr(scores, name)) for name in ("n_clusters", "n_true", "n")},
    }


def about_of(specs: Specs, data: Mapping[str, str], measured: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of ``bench.json``: version, LLMs, embedder, calibration, and the sha256 of each data set.

    `measured` adds the fields of the measurements: `ADDABLE_FIELDS`, and ``held_out``, the sha256 by data set.
    """
    calibration = "auto" if specs.calibration == "auto" else specs.calibration.name
    models = {"llm": specs.llm, "judge_llm": specs.judge, "embedder": specs.embedder, "calibration": calibration}
    return {"dialin": version("dialin"), **models, "data": dict(data), **measured}


def open_folder(out: Path, about: dict[str, Any]) -> list[Row]:
    """Make the folder of a benchmark, or read the rows of an existing one.

    Parameters
    ----------
    out : Path
        A new or empty folder, or the folder of an earlier benchmark with the same LLMs and embedder.
    about : dict
        Result of `about_of`.

    Returns
    -------
    list of Row
        The finished runs; a line that a kill cut short is dropped.

    Raises
    ------
    InputError
        If the folder holds something else, or rows of other data, LLMs or another embedder; or if it cannot be
        written.
    """
    if (out / ABOUT).is_file():
        about = merged(saved.read_json(out / ABOUT), about, out)
    elif out.exists() and not _is_unused(out):
        raise InputError(f"{out} is neither empty nor a benchmark folder", hint="choose another --out")
    try:
        out.mkdir(parents=True, exist_ok=True)
        files.write_json(out / ABOUT, about)  # first: by this file the same command knows the folder after a kill
        for name in (REPLIES, LABELS, GOODNESS):
            (out / name).mkdir(exist_ok=True)
    except OSError as error:
        raise files.cannot_write(out, error) from error
    rows = read_rows(out / RUNS)
    rewrite(out / RUNS, rows)
    return rows


def _is_unused(out: Path) -> bool:
    """Return whether a folder holds nothing, or no more than what a kill left of the first file."""
    return out.is_dir() and set(out.iterdir()) <= {files.unfinished(out / ABOUT)}


def merged(old: dict[str, Any], new: dict[str, Any], out: Path) -> dict[str, Any]:
    """Return the ``bench.json`` that covers the rows of a folder and the new runs.

    A folder without an independent judge, held-out sentences or an encoder may gain them.

    Raises
    ------
    InputError
        If the old file is damaged, or if old and new runs differ in data or models and so cannot share a table.
    """
    missing = [name for name in new if name not in old]
    if missing:
        raise InputError(f"{out / ABOUT} is damaged: {missing[0]!r} is missing", hint="choose another --out")
    for name in ("llm", "judge_llm", "embedder", "calibration", *ADDABLE_FIELDS):
        is_later = name in ADDABLE_FIELDS and not (old[name] and new[name])
        if old[name] != new[name] and not is_later:
            raise InputError(
                f"the rows in {out} were made with {name} {old[name]!r}, not {new[name]!r}",
                hint="choose another --out, or the same models",
            )
    sentences = {what: {**old[what], **new[what]} for what in ("data", "held_out")}
    for what, text in (("data", "data set"), ("held_out", "held-out file of")):
        for name, sha256 in old[what].items():
            if sentences[what][name] != sha256:
                hint = f"choose another --out{', or rename it' if what == 'data' else ''}"
                raise InputError(f"the {text} {name!r} has changed since the rows in {out} were made", hint=hint)
    return {**old, **sentences, **{name: new[name] or old[name] for name in ADDABLE_FIELDS}}


def read_rows(path: Path) -> list[Row]:
    """Return the rows of a file, [] if it does not exist; raise InputError if a complete line is not a row."""
    lines = path.read_text("utf-8").split("\n") if path.exists() else [""]
    return [row_of(line, path, number) for number, line in enumerate(lines[:-1], 1)]  # the rest was cut short


def row_of(line: str, path: Path, number: int) -> Row:
    """Return the row in a line; raise InputError, with the number of the line, if the line is damaged."""
    try:
        values = json.loads(line)
        return Row(**{column.name: values[column.name] for column in fields(Row)})
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"line {number} of {path} is damaged", hint="delete the line to repeat the run") from error


def append_row(path: Path, row: Row) -> None:
    """Append one row to the file; raise InputError if it cannot be written."""
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(row), ensure_ascii=False) + "\n")
    except OSError as error:
        raise files.cannot_write(path, error) from error


def rewrite(path: Path, rows: Sequence[Row]) -> None:
    """Replace the whole file by these rows; raise InputError if they cannot be written."""
    files.write_json_lines(path, map(asdict, rows))


def stem_of(key: Key) -> str:
    """Return the name of a run's files, without their endings.

    Examples
    --------
    >>> stem_of(("银行", "dialin@50", 0))
    '银行.dialin@50.0'
    """
    return ".".join(map(str, key))
