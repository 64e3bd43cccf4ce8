"""Takes people's decisions along when a run that they reviewed gets another result.

A capped run can be reviewed and gone on with. The earlier result and its decisions are kept in a folder ``reviewed-1``
(2, 3, …) of the run before anything is overwritten; the new log is written before the manifest makes the new result
valid. So a stop at any moment leaves the decisions beside the result that they are about.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from dialin import files
from dialin.review.apply import reviewed, state_of
from dialin.review.carry import carry
from dialin.review.log import DECISIONS, first_line_of, read_log, write_log
from dialin.runs.branches import read_tree
from dialin.runs.run import Run
from dialin.runs.tables import read_found_intents, read_sentences

KEPT = "reviewed-"
"""Beginning of the name of the folder that keeps an earlier result; a number follows."""


def is_kept_result(path: Path) -> bool:
    """Return whether this is a folder, or one that was being made, that keeps an earlier result of a run."""
    return path.is_dir() and path.name.removeprefix(".").startswith(KEPT) and (path / files.SENTENCES).is_file()


def keep_reviewed(run: Run) -> Path | None:
    """Return the folder that keeps the result that the decisions of a run are about; None without decisions.

    It is made if the run has that result still; otherwise an earlier session made it, which was stopped.

    Raises
    ------
    InputError
        It cannot be written, or the decisions are about another result.
    """
    log = run.folder / DECISIONS
    if not read_log(log):
        return None
    if run.manifest.result:
        return _keep(run)
    return _kept_for(run.folder)  # if none: the new result has to be the one that they are about


def _keep(run: Run) -> Path:
    _ = run.review  # raises if the decisions are not about this result
    folder = run.folder / f"{KEPT}{1 + max(_numbers(run.folder), default=0)}"
    staging = folder.with_name(f".{folder.name}.starting")
    try:
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir()
        for name in (files.SENTENCES, files.INTENTS, files.INTENT_TREE, DECISIONS):
            if (run.folder / name).is_file():  # runs of older versions have no tree
                shutil.copyfile(run.folder / name, staging / name)
        staging.rename(folder)
    except OSError as error:
        shutil.rmtree(staging, ignore_errors=True)
        raise files.cannot_write(folder, error) from error
    return folder


def _kept_for(run: Path) -> Path | None:
    """Return the folder that keeps what the log is about: the one that it came from, or the one with the same log."""
    origin = first_line_of(run / DECISIONS).get("from")
    log = (run / DECISIONS).read_bytes()
    folders = [run / f"{KEPT}{n}" for n in sorted(_numbers(run), reverse=True)]
    same = [folder for folder in folders if folder.name == origin or (folder / DECISIONS).read_bytes() == log]
    return same[0] if same else None


def _numbers(run: Path) -> list[int]:
    names = [path.name.removeprefix(KEPT) for path in run.glob(f"{KEPT}*") if (path / DECISIONS).is_file()]
    return [int(name) for name in names if name.isdecimal()]


def carry_over(run: Run, kept: Path) -> str:
    """Write the decisions about the result in `kept` as a log of the run's new result; return one line about it."""
    sentences = read_sentences(kept)
    entries = read_log(kept / DECISIONS)
    intents = read_found_intents(kept, sentences)
    before = reviewed(kept, sentences, intents, tree=read_tree(kept, set(intents["intent_id"].to_pylist())))
    found = carry(before, entries, state_of(*run.found, run.found_tree))
    write_log(run.folder / DECISIONS, found.entries, {"result": run.manifest.result, "from": kept.name})
    n = found.n_moved + found.n_left
    lost = f"; {found.n_left:,} could not be" if found.n_left else ""
    said = f"{found.n_moved:,} of {n:,} decisions were carried over to the new result by their sentences{lost}"
    return f"{said}; the reviewed result is kept in {kept}"
