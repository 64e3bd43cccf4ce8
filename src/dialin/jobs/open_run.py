"""Opens a run in a notebook or a script: its tables as frames, its decision function, and its picture."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, get_args

import pyarrow as pa

from dialin import files, saved
from dialin.discover.connect import connect_for_new
from dialin.errors import InputError
from dialin.facts.outcome_columns import with_outcomes
from dialin.jobs.predict import predict_parts
from dialin.jobs.predict_multi import multi_table
from dialin.read.columns import Columns
from dialin.report.notebook import picture
from dialin.runs.run import Run, load

Frame = Literal["pandas", "polars", "arrow"]


def open_run(path: str | Path, frame: Frame = "pandas") -> OpenRun:
    """Open the folder of a run.

    Parameters
    ----------
    path : str or Path
        Run folder, as made by `dialin discover --out`.
    frame : {"pandas", "polars", "arrow"}
        Type of the tables.

    Raises
    ------
    InputError
        If the folder does not hold a run, or the library of the frame is not installed.

    Examples
    --------
    >>> open_run("no-such-run")
    Traceback (most recent call last):
    ...
    dialin.errors.InputError: there is no run in no-such-run (make one with: dialin discover INPUT --out RUN)
    """
    if frame not in get_args(Frame):
        raise InputError(f"frame must be one of {', '.join(get_args(Frame))}, got {frame!r}")
    if frame != "arrow":
        _library(frame)
    return OpenRun(load(Path(path)), frame)


@dataclass(frozen=True, repr=False)
class OpenRun:
    """Run that is open for reading; its tables are as the last review left them.

    Parameters
    ----------
    run : Run
        The open run folder.
    frame : {"pandas", "polars", "arrow"}
        Type of the tables.
    """

    run: Run
    frame: Frame

    @cached_property
    def intents(self) -> Any:
        """One row per intent, needs first, each group with the most frequent first: ``intents.parquet``."""
        return self._frame(with_outcomes(self.run.intents, self.run.sentences, self.run.corpus.occurrences))

    @cached_property
    def sentences(self) -> Any:
        """One row per distinct sentence: ``sentences.parquet``."""
        return self._frame(self.run.sentences)

    @cached_property
    def occurrences(self) -> Any:
        """One row per utterance, in input order, with the id of its sentence: ``occurrences.parquet``."""
        return self._frame(self.run.corpus.occurrences)

    @cached_property
    def rounds(self) -> Any:
        """One row per round of Algorithm 1: ``rounds.jsonl``."""
        return self._frame(pa.Table.from_pylist(saved.read_json_lines(self.run.folder / files.ROUNDS)))

    def predict(self, source: object, columns: Columns | None = None, *, multi: bool = False) -> Any:
        """Return ``row, text, intent_id, name, p_intent`` for each row of texts, a frame or a file.

        Parameters
        ----------
        source : object
            Any source that `dialin.read` accepts: a list of texts, a frame, or the path of a file.
        columns : Columns, optional
            Names of the columns; by default they are found by their usual names.
        multi : bool
            Whether the column ``intents`` follows, with every intent that a row states
            (`dialin.jobs.predict_multi.multi_table`).

        Raises
        ------
        InputError
            The texts cannot be read, or the embedder of the run is on a server that you have not allowed.
        """
        with connect_for_new(self.run.embedder_alone.embedder) as connections:
            told = multi_table if multi else None
            parts = predict_parts(self.run, source, columns or Columns(), connections, told)
            return self._frame(pa.concat_tables(parts))

    def __repr__(self) -> str:
        """Return the expression that opens the run again."""
        return f"open_run({str(self.run.folder)!r}, {self.frame!r})"

    def _repr_html_(self) -> str:
        """Return the headline, the map and the largest intents, for a notebook."""
        return picture(self.run)

    def _frame(self, table: pa.Table) -> Any:
        if self.frame == "arrow":
            return table
        library = _library(self.frame)
        return table.to_pandas() if self.frame == "pandas" else library.from_arrow(table)


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise InputError(f"{name} is not installed", hint=f'pip install {name}, or frame="arrow"') from error
