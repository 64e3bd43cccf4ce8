"""Assigns new utterances on the cores of a cluster: each holds the run, and answers for one part after another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain
from pathlib import Path

import pyarrow as pa

import dialin
from dialin.discover.connect import connect_for_new
from dialin.discover.connections import Connections
from dialin.embed.base import Embedder
from dialin.jobs.predict import Answers, counts_dialogues, new_rows, predict_parts, told_in_parts
from dialin.llm.spec import is_server
from dialin.read.columns import Columns
from dialin.runs.run import Run, load
from dialin.scale.cores import Cores
from dialin.scale.embedder import opened_on_core

PART_ROWS = 1 << 14
"""Rows that a core answers for at once: some seconds of work, which is all that is done again if it dies."""


def predict_on_cores(
    run: Run, source: object, columns: Columns, opened: Connections, cores: Cores
) -> Iterator[pa.Table]:
    """Yield what `predict_parts` yields, in its order.

    Whole parts go to the cores, but for two cases, in which the cores at most embed, if the embedder in `opened` is
    theirs. Where dialogues count, all turns are one part. And a server embeds for one process, which keeps what it was
    paid for.

    Parameters
    ----------
    run, source, columns, opened
        As for `predict_parts`; each machine of the cluster has to see the folder of the run at its path.
    cores : Cores
        The cores.
    """
    if is_server(opened.embedder_name):
        return predict_parts(run, source, columns, opened)
    parts = new_rows(run, source, columns, PART_ROWS)
    first = next(parts)
    if counts_dialogues(run) and first["dialogue_id"].null_count < first.num_rows:
        here = partial(told_in_parts, Answers.of(run, opened))
        return chain.from_iterable(map(here, chain([first], parts)))
    work = AnswerRows(str(run.folder.resolve()), dialin.__version__)
    return cores.map(work, chain([first], parts))


@dataclass(frozen=True)
class AnswerRows:
    """Work of a core: a part of `read_parts` -> its intents.

    Parameters
    ----------
    folder : str
        The run.
    version : str
        The version of dialin that asks.
    """

    folder: str
    version: str

    @cached_property
    def _answers(self) -> Answers:
        run = load(Path(self.folder))
        on_one_thread = partial(_opened_again, version=self.version)
        return Answers.of(run, connect_for_new(run.embedder_alone.embedder, engine=on_one_thread))

    def open(self) -> None:
        """Open the run and its embedder; errors as for `opened_on_core` and `dialin.runs.run.load`."""
        self._answers  # noqa: B018

    def __call__(self, part: pa.Table) -> pa.Table:
        """Return the intent of each row."""
        return self._answers.table(part)


def _opened_again(embedder: Embedder, version: str) -> Embedder:
    return opened_on_core(embedder.name, version)
