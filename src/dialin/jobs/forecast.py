"""Predicts what `discover` will ask of some sentences, and how long it will take, without asking a server anything."""

from __future__ import annotations

from dataclasses import replace

from dialin.cluster.workers import one_blas_thread
from dialin.discover.connections import Connections
from dialin.discover.context import Tools
from dialin.discover.data import Data
from dialin.discover.replies import shared_store
from dialin.discover.settings import Settings
from dialin.jobs.counting_llm import CosineGuess, CountingLLM
from dialin.jobs.estimate import Counted, Estimate, count, draws_of, total
from dialin.llm.cache import ReplyStore
from dialin.llm.spec import NO_LLM, is_local


@one_blas_thread()
def forecast(
    data: Data,
    opened: Connections,
    settings: Settings,
    run_stores: list[ReplyStore],
    on_counted: Counted = lambda n, of: None,  # noqa: ARG005
) -> Estimate:
    """Return a prediction of the questions that `discover` will ask, and of the seconds until it ends.

    A cascade is counted at its worst, as if the dear judge were asked about every set. What `opened` has measurements
    for is measured here, and the run need not do it again.

    Parameters
    ----------
    data : Data
        The sentences.
    opened : Connections
        LLM and embedder; a local LLM is timed with a few questions, a server is never called.
    settings : Settings
        Settings of the run.
    run_stores : list of ReplyStore
        Replies, besides the shared ones; they are closed.
    on_counted : callable
        Told of each question that is counted, and of each reply of a local model that is timed.
    """
    stores = [*run_stores, shared_store()]
    try:
        name = opened.backend.name if opened.backend else NO_LLM
        llm = CountingLLM(
            name,
            stores,
            CosineGuess.of(data),
            n_draws=draws_of(opened.backend),
            on_question=lambda n: on_counted(n, None),
        )
        judge = llm.as_judge(opened.judge.name, draws_of(opened.judge)) if opened.judge else None
        dear = llm.as_judge(opened.dear.name, draws_of(opened.dear)) if opened.dear else None
        namer = llm if opened.backend else None
        tools = Tools(
            namer,
            opened.embed,
            judge,
            opened.calibration,
            dear,
            opened.dear_calibration,
            on_note=lambda _: None,
            measurements=opened.measurements,
        )
        seconds = count(data, replace(settings, cascade_target=1.0), tools, llm)
        seconds -= opened.measurements.seconds if opened.measurements else 0.0
        backends = {backend.name: backend for backend in (opened.backend, opened.judge, opened.dear) if backend}
        return total(llm, {name: b for name, b in backends.items() if is_local(name)}, seconds, on_counted)
    finally:
        for store in stores:
            store.close()
