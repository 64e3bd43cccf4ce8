"""Run one method once, measure its cost, and return its row."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from dialin.arrays import Matrix
from dialin.bench.cases import Case
from dialin.bench.labels import keep
from dialin.bench.memory import HighWater
from dialin.bench.methods import asks, cap_of, is_told_k, labels_by
from dialin.bench.plan import Watch
from dialin.bench.recall import RecallBackend
from dialin.bench.results import REPLIES, Key, Row, score_columns, stem_of
from dialin.discover.connections import Connections
from dialin.discover.context import Tools
from dialin.discover.replies import asked, shared_store
from dialin.jobs.discover import tools_of
from dialin.jobs.machine import machine_name
from dialin.llm.base import Backend
from dialin.llm.cache import ReplyStore
from dialin.llm.client import Client
from dialin.llm.ledger import Budget, Ledger, total_usage


@dataclass(frozen=True)
class Workbench:
    """Surroundings of a run: the open models, the folder and the listener."""

    opened: Connections
    out: Path
    watch: Watch


@dataclass(frozen=True)
class RunBudget:
    """Reply store, cap and ledger of one run."""

    store: Path
    cap: int | None
    ledger: Ledger = field(default_factory=Ledger)
    recalled: list[str] = field(default_factory=list)

    @property
    def n_paid(self) -> int:
        """Number of questions that were really sent to the LLM."""
        return self.ledger.total().calls - len(self.recalled)

    def budget(self) -> Budget:
        """Return the budget for new questions: the cap minus the replies stored before a kill, which a rerun reuses."""
        n_known = total_usage(asked(self.store)).calls
        return Budget(max_calls=None if self.cap is None else max(self.cap - n_known, 0))


def run_once(case: Case, X: Matrix, key: Key, place: Workbench) -> Row:
    """Run a method once and return its row; keep its labels and replies."""
    _, method, seed = key
    asking = RunBudget(place.out / REPLIES / f"{stem_of(key)}.sqlite", cap_of(method))
    told_k = is_told_k(method)
    with tools_for(method, place, asking) as tools:
        water, begin = HighWater(), time.perf_counter()
        labels = labels_by(method, case.problem(X, seed, told_k=told_k), tools, place.opened.embedder_name)
        seconds, memory = time.perf_counter() - begin, water.mb()
    keep(place.out, key, labels)
    usage = total_usage(asked(asking.store))
    return Row(
        data=case.name,
        method=method,
        seed=seed,
        told_k=told_k,
        **score_columns(case.score(labels)),
        calls=usage.calls,
        paid_calls=asking.n_paid,
        tokens_in=usage.tokens_in,
        tokens_out=usage.tokens_out,
        seconds=round(seconds, 3),
        embedder=place.opened.embedder_name,
        peak_memory_mb=memory,
        machine=machine_name(),
    )


@contextmanager
def tools_for(method: str, place: Workbench, asking: RunBudget) -> Iterator[Tools]:
    """Open the tools of a method; a method that asks no LLM gets no reply store."""
    if not asks(method):
        yield Tools(None, place.opened.embed)
    elif asking.cap is None:
        with tools_of(place.opened, lambda backend: free_client(backend, asking), place.watch.on_reply) as tools:
            yield tools
    else:
        with closing(shared_store()) as known:
            opened = recalling(place.opened, known, asking)
            with tools_of(opened, lambda backend: capped_client(backend, asking), place.watch.on_reply) as tools:
                yield tools


def free_client(backend: Backend, asking: RunBudget) -> Client:
    """Return a client without a cap."""
    return Client(backend, [ReplyStore(asking.store), shared_store()], asking.ledger)


def capped_client(backend: Backend, asking: RunBudget) -> Client:
    """Return a client with a cap; replies known from other runs come from its backend, so they count as well."""
    return Client(backend, [ReplyStore(asking.store)], asking.ledger, asking.budget())


def recalling(opened: Connections, known: ReplyStore, asking: RunBudget) -> Connections:
    """Return the connections with LLMs that answer from a store if they can, and note each recalled reply."""
    both = [b and RecallBackend(b, known, asking.recalled) for b in (opened.backend, opened.judge)]
    return replace(opened, backend=both[0], judge=both[1])
