"""Defines ``predict``, which assigns new utterances to the intents of a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import click
import pyarrow as pa

from dialin.cli.options import BOM, JSON, RUN, allow_server_option, ray_option, redact_option
from dialin.cli.output import print_data, say
from dialin.cli.replaced import check_written
from dialin.cli.sources import columns_of, source_of, source_options
from dialin.discover.connect import connect_for_new
from dialin.discover.connections import Connections
from dialin.jobs.predict import predict_parts, redacting
from dialin.jobs.predict_multi import multi_table
from dialin.jobs.predict_spread import predict_on_cores
from dialin.room import temporary_folder
from dialin.runs.parts import save_parts
from dialin.runs.run import load
from dialin.runs.save_table import check_bom, format_of
from dialin.scale.cluster import joined_cluster_if
from dialin.scale.cores import Cores
from dialin.scale.embedder import on_cores

_PRINTED = 1 << 20
"""Characters that are printed at once."""


@click.command()
@RUN
@source_options
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write to this new .csv, .jsonl or .parquet file instead.",
)
@click.option("--force", is_flag=True, help="Replace the file of --out if it exists.")
@click.option(
    "--multi",
    is_flag=True,
    help="Add the column intents: each intent that an utterance states, with its first character and the one after.",
)
@BOM
@redact_option("as the run does")
@allow_server_option
@ray_option
@JSON
def predict(run: Path, out: Path | None, multi: bool, ray: str | None, as_json: bool, **options: Any) -> None:
    """Assign new utterances to the intents of a run.

    Prints row, text, intent_id, name and p_intent for each row of INPUT, as CSV unless you ask for another format.
    Parquet and large text files are read, and any file is written, part by part. An existing FILE is kept, unless you
    give --force: then it is replaced as a whole, once the new one is complete.
    """
    usual, bom = "jsonl" if as_json else "csv", options["bom"]
    check_bom(format_of(out) if out else usual, bom=bom)  # raises before any work is done
    check_written({"--out": out}, force=options["force"])
    opened_run = redacting(load(run), options["redact"])
    with joined_cluster_if(ray) as cores, connect_with(opened_run.embedder_alone.embedder, cores) as opened:
        asked = opened_run, source_of(options), columns_of(options), opened
        told = multi_table if multi else None  # on a cluster, its cores embed alone then
        found = predict_on_cores(*asked, cores) if cores and not multi else predict_parts(*asked, told)
        if out:
            tally = RowTally()
            save_parts(out, tally.counted(found), bom=bom)
            say(f"{out}  {tally}", err=True)
        else:
            print_parts(found, usual, bom=bom)


class RowTally:
    """How many rows have passed, and how many of them have an intent."""

    def __init__(self) -> None:
        self.n, self.n_assigned = 0, 0

    def counted(self, parts: Iterable[pa.Table]) -> Iterator[pa.Table]:
        """Yield the parts, and count their rows."""
        for part in parts:
            self.n += part.num_rows
            self.n_assigned += int((part["intent_id"].to_numpy() >= 0).sum())
            yield part

    def __str__(self) -> str:
        return f"{self.n:,} utterance{'s' * (self.n != 1)}, {self.n_assigned:,} with an intent"


def connect_with(spec: str, cores: Cores | None) -> Connections:
    """Open an embedder, which works on the cores of a cluster, if there are any."""
    return connect_for_new(spec, engine=partial(on_cores, cores=cores) if cores else None)


def print_parts(parts: Iterable[pa.Table], form: str, *, bom: bool) -> None:
    """Print a table that comes in parts, once it is whole."""
    with temporary_folder() as folder:
        path = folder / f"found.{form}"
        save_parts(path, parts, bom=bom)
        with path.open(encoding="utf-8", newline="") as file:
            while text := file.read(_PRINTED):
                print_data(text)
