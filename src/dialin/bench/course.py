"""Run everything that a benchmark still lacks, then measure the clusters of the finished runs."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby

from dialin.arrays import Matrix
from dialin.bench import page, table
from dialin.bench.cases import Case
from dialin.bench.encoder import title_of
from dialin.bench.measures import measure_case
from dialin.bench.methods import asks, check_methods
from dialin.bench.once import Workbench, run_once
from dialin.bench.plan import Bench, Watch
from dialin.bench.results import RUNS, Key, Row, about_of, append_row, open_folder, rewrite
from dialin.discover.connect import connect
from dialin.discover.connections import Connections
from dialin.discover.specs import Specs
from dialin.llm.spec import NO_LLM


def run_bench(bench: Bench, watch: Watch) -> list[Row]:
    """Run everything that is missing in the folder, and write its tables after each run.

    Returns
    -------
    list of Row
        All rows of the folder, including earlier methods, data and seeds that this call did not ask for.

    Raises
    ------
    InputError
        Before the first run, if a method is unknown or lacks something, or if the folder holds something else.
    ProviderError
        If the LLM fails; the folder keeps all finished runs and all replies.
    """
    check_methods(bench.methods, bench.specs.llm)
    rows = {row.key: row for row in open_folder(bench.out, about(bench))}
    missing = missing_of(bench, rows)
    for case in bench.cases:
        for row in run_case(case, missing, bench, watch):
            append_row(bench.out / RUNS, row)
            rows[row.key] = row
            write_results(bench, list(rows.values()))
            watch.on_row(row)
        for row in measure_case(case, list(rows.values()), bench, watch):
            rows[row.key] = row
            rewrite(bench.out / RUNS, list(rows.values()))
            write_results(bench, list(rows.values()))
            watch.on_row(row)
    write_results(bench, list(rows.values()))
    return list(rows.values())


def about(bench: Bench) -> dict[str, object]:
    """Return the content of ``bench.json`` for a benchmark: data, models and measurements."""
    data = {case.name: case.sha256 for case in bench.cases}
    held_out = {name: case.sha256 for name, case in bench.held_out.items()}
    encoder = title_of(bench.encoder) if bench.encoder else ""
    return about_of(bench.specs, data, {"goodness_llm": bench.goodness_llm, "held_out": held_out, "encoder": encoder})


def missing_of(bench: Bench, done: Container[Key]) -> list[Key]:
    """Return the unfinished runs by data set, those without an LLM first, so that no LLM is open while they run."""
    missing = [key for case in bench.cases for key in bench.keys(case) if key not in done]
    order = [case.name for case in bench.cases]
    return sorted(missing, key=lambda key: (order.index(key[0]), asks(key[1])))


def run_case(case: Case, missing: Sequence[Key], bench: Bench, watch: Watch) -> Iterator[Row]:
    """Yield the row of each missing run on a data set as the run ends; open no model if no run is missing."""
    numbered = [(number, key) for number, key in enumerate(missing, 1) if key[0] == case.name]
    for asking, group in groupby(numbered, key=lambda pair: asks(pair[1][1])):
        with opened_for(case, bench.specs, watch, asking=asking) as (opened, X):
            for number, key in group:
                watch.on_step(f"{key[0]}: {key[1]}, seed {key[2]} ({number} of {len(missing)})")
                yield run_once(case, X, key, Workbench(opened, bench.out, watch))


@contextmanager
def opened_for(case: Case, specs: Specs, watch: Watch, *, asking: bool) -> Iterator[tuple[Connections, Matrix]]:
    """Open the models for runs on a data set and embed its sentences; open LLMs only if the runs are `asking`."""
    if not asking:
        specs = replace(specs, llm=NO_LLM, judge_llm=NO_LLM)
    with connect(specs, case.texts, watch.on_embed, watch.on_note) as opened:
        watch.on_step("embed")
        yield opened, opened.embed(case.texts)


def write_results(bench: Bench, rows: Sequence[Row]) -> None:
    """Write the tables and the page; raise InputError if they cannot be written."""
    table.write_tables(bench.out, rows)
    page.write_page(bench.out, rows)
