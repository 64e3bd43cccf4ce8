"""Measure the peak memory of inputs that were once read whole, and of the commands that read beside a run.

The turns are those of `studies.own.large_input.spoken`: ten to a dialogue, as a list in each row of a Parquet file, as
a JSON object of columns, and as a workbook whose texts are shared as Excel shares them. Each figure is from a process
of its own, in seconds of the processor. ``--add before`` or ``--add rows`` adds them to that list of
``studies/own/results/large_input_streams.json``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from dialin.discover.connections import Connections
from dialin.jobs.predict import predict_parts, redacting
from dialin.read.columns import Columns
from dialin.read.label_column import column_of
from dialin.read.parts import read_large
from dialin.redact.source import read_redacted
from dialin.runs.parts import save_parts
from dialin.runs.run import load
from dialin.runs.update import united, update_plan
from studies.own import machine
from studies.own.large_input import HashedVectors, Stages, measured, spoken, turns, write_run

RESULTS = "large_input_streams"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def _relation(number: int, kind: str, target: str) -> str:
    return f'<Relationship Id="r{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'


def _relations(*relations: str) -> str:
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{"".join(relations)}</Relationships>'


BOOK = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
    f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_TYPE}.sharedStrings+xml"/></Types>',
    "_rels/.rels": _relations(_relation(0, "officeDocument", "xl/workbook.xml")),
    "xl/_rels/workbook.xml.rels": _relations(
        _relation(0, "worksheet", "worksheets/sheet1.xml"), _relation(1, "sharedStrings", "sharedStrings.xml")
    ),
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="通话" sheetId="1" r:id="r0"/></sheets></workbook>',
}
"""The small files of a workbook."""


# --- what is measured, each in a process of its own -----------------------------------------------


def read_lists(folder: Path, n: int) -> dict[str, object]:
    """Read a Parquet file with a list of turns in each row into a corpus."""
    return {"distinct": len(read_large(folder / f"lists{n}.parquet").texts)}


def redact_lists(folder: Path, n: int) -> dict[str, object]:
    """Read the same into a corpus with placeholders."""
    return {"distinct": len(read_redacted(folder / f"lists{n}.parquet", None, "rules").corpus.texts)}


def read_columns(folder: Path, n: int) -> dict[str, object]:
    """Read a JSON object of columns into a corpus."""
    return {"distinct": len(read_large(folder / f"columns{n}.json").texts)}


def read_sheet(folder: Path, n: int) -> dict[str, object]:
    """Read a workbook into a corpus."""
    return {"distinct": len(read_large(folder / f"sheet{n}.xlsx").texts)}


def predict_lists(folder: Path, n: int) -> dict[str, object]:
    """Predict from a Parquet file with lists of turns to Parquet where it counts what is said next."""
    return _predict(folder, n, "off")


def predict_lists_redacted(folder: Path, n: int) -> dict[str, object]:
    """Predict the same, with placeholders."""
    return _predict(folder, n, "rules")


def _predict(folder: Path, n: int, redact: str) -> dict[str, object]:
    run = redacting(load(folder / "run"), redact)
    opened = Connections(None, HashedVectors().encode, HashedVectors.name, "a study")
    save_parts(folder / "found.parquet", predict_parts(run, folder / f"lists{n}.parquet", Columns(), opened))
    return {"intents": run.intents.num_rows}


def update(folder: Path, n: int) -> dict[str, object]:
    """Put a run of 3,000 sentences and a CSV file of new ones into one corpus."""
    plan = update_plan(load(folder / "run"), str(folder / f"table{n}.csv"), {})
    return {"distinct": len(united(plan).corpus.texts)}


def gold_column(folder: Path, n: int) -> dict[str, object]:
    """Read the gold labels of a CSV file, as `dialin evaluate` does."""
    return {"labels": len(set(column_of(str(folder / f"table{n}.csv"), "intent")))}


STAGES: Stages = {
    stage.__name__: stage
    for stage in (
        *(read_lists, redact_lists, read_columns, read_sheet),
        *(predict_lists, predict_lists_redacted, update, gold_column),
    )
}


# --- the inputs -----------------------------------------------------------------------------------


def write_inputs(folder: Path, n: int) -> None:
    """Write the turns in each form."""
    table = spoken(n)
    rows = table.num_rows // 10 * 10
    said = pa.StructArray.from_arrays(
        [table[name].combine_chunks()[:rows] for name in ("text", "role")], ["text", "role"]
    )
    lists = pa.ListArray.from_arrays(pa.array(range(0, rows + 1, 10), pa.int32()), said)
    pq.write_table(
        pa.table({"id": table["dialogue_id"].take(pa.array(range(0, rows, 10))), "turns": lists}),
        folder / f"lists{n}.parquet",
    )
    new = table.set_column(2, "dialogue_id", pa.array([f"new {i // 10}" for i in range(n)]))
    pacsv.write_csv(new.append_column("intent", pa.array([f"i{i % 300}" for i in range(n)])), folder / f"table{n}.csv")
    with (folder / f"columns{n}.json").open("w", encoding="utf-8") as file:
        columns = (
            f"{json.dumps(name)}: {json.dumps(table[name].to_pylist(), ensure_ascii=False)}"
            for name in table.column_names
        )
        file.write("{" + ", ".join(columns) + "}\n")
    write_sheet(folder / f"sheet{n}.xlsx", table)


def write_sheet(path: Path, table: pa.Table) -> None:
    """Write a workbook of one sheet, its texts in a table of their own, as Excel does."""
    names = table.column_names
    columns = [table[name].to_pylist() for name in names]
    words = (cell for column in columns for cell in column if isinstance(cell, str))
    places = {text: i for i, text in enumerate(dict.fromkeys([*names, *words]))}
    with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=1) as packed:
        for name, xml in BOOK.items():
            packed.writestr(name, xml)
        texts = "".join(f"<si><t>{escape(text)}</t></si>" for text in places)
        packed.writestr("xl/sharedStrings.xml", f'<sst xmlns="{_MAIN}">{texts}</sst>')
        with packed.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write(f'<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
            for row in [names, *zip(*columns, strict=True)]:
                sheet.write(f"<row>{''.join(_cell(cell, places) for cell in row)}</row>".encode())
            sheet.write(b"</sheetData></worksheet>")


def _cell(cell: str | int, places: Mapping[str, int]) -> str:
    return f'<c t="s"><v>{places[cell]}</v></c>' if isinstance(cell, str) else f"<c><v>{cell}</v></c>"


# --- the study ------------------------------------------------------------------------------------


def figures(folder: Path, stages: Sequence[str], n: int) -> Iterator[dict[str, Any]]:
    """Yield the figures of each stage, from a process of its own; the last line of one that fails."""
    for stage in stages:
        command = [sys.executable, "-m", "studies.own.large_commands", "--one", stage, str(n), str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        failed = {"stage": stage, "n": n, "failed": (done.stderr.splitlines() or [""])[-1]}
        yield json.loads(done.stdout) if done.returncode == 0 else failed


def add(key: str, row: dict[str, Any]) -> None:
    """Add a figure to the results."""
    path = machine.RESULTS / f"{RESULTS}.json"
    found = json.loads(path.read_text("utf-8"))
    found[key].append(row)
    machine.write(RESULTS, found)


def main() -> None:
    """Measure every stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=1_000_000, help="number of turns")
    parser.add_argument("--stages", nargs="+", choices=list(STAGES), default=list(STAGES))
    parser.add_argument("--inputs", type=Path, help="folder that keeps the inputs, which are written if it is new")
    parser.add_argument("--add", choices=("before", "rows"), help="list of the results that the figures are added to")
    parser.add_argument("--one", nargs=3, metavar=("STAGE", "N", "FOLDER"), help="measure one figure in this process")
    options = parser.parse_args()
    if options.one:
        stage, n, folder = options.one
        print(json.dumps(measured(STAGES, stage, int(n), Path(folder))))
        return
    with tempfile.TemporaryDirectory() as made:
        folder = options.inputs or Path(made) / "inputs"
        if not folder.exists():
            folder.mkdir(parents=True)
            write_inputs(folder, options.n)
            write_run(folder / "run", turns(3_000))
        for row in figures(folder, options.stages, options.n):
            print(row, flush=True)
            if options.add:
                add(options.add, row)


if __name__ == "__main__":
    main()
