"""The folder of a benchmark: what it is about, and one line for each run that has ended.

``bench.json`` says which data, LLMs and embedder the rows are of; ``runs.jsonl`` grows by a line, so a kill loses at
most the run at hand, whose replies are in ``replies/``. What is measured later fills gaps of a line: then the file is
put in its place as a whole.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dialin import files
from dialin.discover.connect import Specs
from dialin.errors import InputError
from dialin.score.metrics import Scores

ABOUT, RUNS, REPLIES, LABELS, GOODNESS = "bench.json", "runs.jsonl", "replies", "labels", "goodness"
ADDABLE_FIELDS = ("goodness_llm", "encoder")
"""What a folder is about that it may gain later."""
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
    peak_memory_mb : float or None
        The most that the process held during the run, in MB; None if the system does not say.
    goodness : float or None
        Share of the clusters that another LLM finds good, among those that it could judge; None if there is none.
    n_unreadable, goodness_calls : int or None
        Clusters that it could not judge, and its questions; None: not asked yet.
    downstream : float or None
        Accuracy of a classifier of the clusters on held-out sentences; None if there is no cluster.
    n_held_out : int or None
        Those sentences; None: not measured yet.
    encoder : float or None
        Accuracy of a fine-tuned encoder on them; None: not measured, or there is no cluster.
    machine : str
        What it ran on; "" if that was not recorded.
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

    @property
    def k_ratio(self) -> float:
        """Clusters found for each gold label."""
        return self.n_clusters / self.n_true


def score_columns(scores: Scores) -> dict[str, Any]:
    """Return the part of a row that comes from the scores."""
    return {
        **{name: float(getattr(scores, name)) for name in ("nmi", "ami", "ari", "acc", "coverage")},
        **{name: int(getattr(scores, name)) for name in ("n_clusters", "n_true", "n")},
    }


def about_of(specs: Specs, data: Mapping[str, str], measured: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the rows of a folder are about: LLMs, embedder, calibration, the sha256 of all sentences.

    `measured` holds what was measured with: the names of `ADDABLE_FIELDS`, and ``held_out``, the sha256 by data set.
    """
    calibration = "auto" if specs.calibration == "auto" else specs.calibration.name
    models = {"llm": specs.llm, "judge_llm": specs.judge, "embedder": specs.embedder, "calibration": calibration}
    return {"dialin": version("dialin"), **models, "data": dict(data), **measured}


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
        raise InputError(f"{out} is neither empty nor the folder of a benchmark", hint="choose another --out")
    try:
        for name in (REPLIES, LABELS, GOODNESS):
            (out / name).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise files.cannot_write(out, error) from error
    files.write_json(out / ABOUT, about)
    rows = read_rows(out / RUNS)
    rewrite(out / RUNS, rows)
    return rows


def merged(old: dict[str, Any], new: dict[str, Any], out: Path) -> dict[str, Any]:
    """Return what a folder is about with what is asked for now; raise InputError if both cannot be in one table.

    A folder without another judge, held-out sentences or an encoder may gain them.
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
    """Return the rows of a file, none if there is none; raise InputError if a whole line is not a row."""
    lines = path.read_text("utf-8").split("\n") if path.exists() else [""]
    return [row_of(line, path, number) for number, line in enumerate(lines[:-1], 1)]  # the last one has no end


def row_of(line: str, path: Path, number: int) -> Row:
    """Return the row that a line describes."""
    try:
        values = json.loads(line)
        return Row(**{column.name: values[column.name] for column in fields(Row)})
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"line {number} of {path} is damaged", hint="delete the line to repeat its run") from error


def append_row(path: Path, row: Row) -> None:
    """Add one row; raise InputError if it cannot be written."""
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(row), ensure_ascii=False) + "\n")
    except OSError as error:
        raise files.cannot_write(path, error) from error


def rewrite(path: Path, rows: Sequence[Row]) -> None:
    """Write all rows, whole; raise InputError if they cannot be written."""
    files.write_json_lines(path, map(asdict, rows))


def stem_of(key: Key) -> str:
    """Return the name of a run's files, without their endings.

    Examples
    --------
    >>> stem_of(("银行", "dialin@50", 0))
    '银行.dialin@50.0'
    """
    return ".".join(map(str, key))
