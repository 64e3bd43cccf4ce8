"""Goes through the runs of a benchmark that have not ended yet, one after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from dialin.bench import table
from dialin.bench.cases import Case
from dialin.bench.methods import asks, check_methods, is_told_k, labels_of
from dialin.bench.results import REPLIES, RUNS, Key, Row, about_of, append, figures_of, open_folder
from dialin.cluster import Matrix
from dialin.connect import NO_LLM, Opened, Specs, asked, connect, share, shared_store
from dialin.discover import Tools
from dialin.errors import InputError
from dialin.execute import tools_of
from dialin.llm.base import Backend
from dialin.llm.cache import ReplyStore
from dialin.llm.client import Client
from dialin.usage import Ledger


@dataclass(frozen=True)
class Bench:
    """What is to be run.

    Parameters
    ----------
    cases : sequence of Case
        Data sets.
    methods : sequence of str
        Names of `dialin.bench.methods.METHODS`.
    seeds : sequence of int
        Each method is run with each.
    specs : Specs
        LLMs and embedder.
    out : Path
        The folder; what it has already is not run again.
    """

    cases: Sequence[Case]
    methods: Sequence[str]
    seeds: Sequence[int]
    specs: Specs
    out: Path

    def keys(self, case: Case) -> list[Key]:
        """Return the runs on a data set."""
        return [(case.name, method, seed) for method in self.methods for seed in self.seeds]


@dataclass(frozen=True)
class Watch:
    """Who is told of progress.

    Parameters
    ----------
    on_step : callable
        Told the run that begins.
    on_row : callable
        Told each run that has ended.
    on_reply : callable
        Told of each reply of the LLM.
    on_embed : callable
        Told (texts encoded, texts to encode).
    """

    on_step: Callable[[str], None] = lambda _: None
    on_row: Callable[[Row], None] = lambda _: None
    on_reply: Callable[[], None] = lambda: None
    on_embed: Callable[[int, int], None] = lambda _done, _total: None


def run_bench(bench: Bench, watch: Watch = Watch()) -> list[Row]:
    """Run what is missing in the folder, and write its tables after each run.

    Returns
    -------
    list of Row
        All rows of the folder, also those of methods, data and seeds that were not asked for this time.

    Raises
    ------
    InputError
        A method is unknown or lacks something, or the folder is of something else; before anything is run.
    ProviderError
        The LLM failed; what has ended is kept, and so are all replies.
    """
    check_methods(bench.methods, bench.specs.llm)
    rows = open_folder(bench.out, about_of(bench.specs, {case.name: case.sha256 for case in bench.cases}))
    done = {row.key for row in rows}
    missing = [key for case in bench.cases for key in bench.keys(case) if key not in done]
    for case in bench.cases:
        for row in run_case(case, missing, bench, watch):
            append(bench.out / RUNS, row)
            rows.append(row)
            table.write(bench.out, rows)
            watch.on_row(row)
    table.write(bench.out, rows)
    return rows


def run_case(case: Case, missing: Sequence[Key], bench: Bench, watch: Watch) -> Iterator[Row]:
    """Yield the row of each missing run on a data set, as it ends; nothing is opened where there is none."""
    numbered = [(number, key) for number, key in enumerate(missing, 1) if key[0] == case.name]
    if not numbered:
        return
    with opened_for(case, bench.specs, [key for _, key in numbered], watch) as (opened, X):
        for number, key in numbered:
            watch.on_step(f"{key[0]}: {key[1]}, seed {key[2]} ({number} of {len(missing)})")
            yield measure(case, X, key, Place(opened, bench.out, watch))


@contextmanager
def opened_for(case: Case, specs: Specs, keys: Sequence[Key], watch: Watch) -> Iterator[tuple[Opened, Matrix]]:
    """Give LLMs and embedder for the runs on a data set, and its vectors; no LLM is opened that nobody asks."""
    if not any(asks(method) for _, method, _ in keys):
        specs = replace(specs, llm=NO_LLM, judge_llm=NO_LLM)
    opened = connect(specs, case.texts, watch.on_embed)
    try:
        watch.on_step("embed")
        yield opened, opened.embed(case.texts)
    finally:
        opened.close()


@dataclass(frozen=True)
class Place:
    """Where a run happens: with what, in which folder, and who watches."""

    opened: Opened
    out: Path
    watch: Watch


def measure(case: Case, X: Matrix, key: Key, place: Place) -> Row:
    """Run a method once and return its row; its replies are kept in a store of its own, and shared."""
    _, method, seed = key
    store, ledger = place.out / REPLIES / f"{'.'.join(map(str, key))}.sqlite", Ledger()
    told_k = is_told_k(method)
    with tools_for(method, place, store, ledger) as tools:
        begin = time.perf_counter()
        labels = labels_of(method, case.problem(X, seed, told_k=told_k), tools)
        seconds = time.perf_counter() - begin
    if store.exists():
        with suppress(InputError):  # where the shared store cannot be written, this one has them all the same
            share(store)
    steps = asked(store).values()
    return Row(
        data=case.name,
        method=method,
        seed=seed,
        told_k=told_k,
        **figures_of(case.score(labels)),
        calls=sum(step["questions"] for step in steps),
        paid_calls=ledger.total().calls,
        tokens_in=sum(step["tokens_in"] for step in steps),
        tokens_out=sum(step["tokens_out"] for step in steps),
        seconds=round(seconds, 3),
        embedder=place.opened.embedder_name,
    )


@contextmanager
def tools_for(method: str, place: Place, store: Path, ledger: Ledger) -> Iterator[Tools]:
    """Give what a method works with; no store is made for one that asks nobody."""

    def client_of(backend: Backend) -> Client:
        return Client(backend, [ReplyStore(store), shared_store()], ledger)

    if not asks(method):
        yield Tools(None, place.opened.embed)
        return
    with tools_of(place.opened, client_of, place.watch.on_reply) as tools:
        yield tools
